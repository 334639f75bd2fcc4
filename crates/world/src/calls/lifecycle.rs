//! The life of a call: which status can follow which, and why.

use crate::base::vocabulary::vocabulary;
use crate::calls::call::{Outcome, Status};

vocabulary! {
    /// What happens next to a live call.
    pub enum Step {
        /// The phone begins to ring.
        Ring = "ring",
        /// Somebody picks up.
        Answer = "answer",
        /// The agent hands over, or hears that it talks to a machine.
        Tell = "tell",
        /// It ends as planned.
        Finish = "finish",
    }
}

/// Why a call leaves the status it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A person or a machine picked up.
    Answered,
    /// Nobody could be reached: no answer, busy, or the network failed.
    Unreachable,
    /// The conversation came to its end.
    Finished,
    /// The agent left its message on a machine.
    MessageLeft,
    /// The connection broke.
    Dropped,
    /// The call was ended over the API.
    Ended,
}

impl Cause {
    /// Every cause.
    #[cfg(test)]
    pub const ALL: [Cause; 6] = {
        use Cause::*;
        [Answered, Unreachable, Finished, MessageLeft, Dropped, Ended]
    };

    /// What ends an answered call whose outcome is to be `outcome`.
    pub fn of_ending(outcome: Outcome) -> Cause {
        match outcome {
            Outcome::Completed | Outcome::Transferred | Outcome::HungUp => Cause::Finished,
            Outcome::VoicemailLeft => Cause::MessageLeft,
            Outcome::NoAnswer | Outcome::Busy | Outcome::Failed | Outcome::Canceled => Cause::Dropped,
        }
    }
}

/// The status that a call enters when it leaves `status` because of `cause`, or `None` where the lifecycle forbids it.
pub fn next(status: Status, cause: Cause) -> Option<Status> {
    use {Cause::*, Status::*};
    match (status, cause) {
        (Ringing, Answered) => Some(InProgress),
        (Ringing, Unreachable | Ended) => Some(Failed),
        (InProgress, Finished | Ended) => Some(Completed),
        (InProgress, MessageLeft) => Some(Voicemail),
        (InProgress, Dropped) => Some(Failed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_has_ended_stays_as_it_is() {
        for status in Status::ALL.iter().filter(|status| status.is_final()) {
            assert!(Cause::ALL.iter().all(|cause| next(*status, *cause).is_none()), "{status}");
        }
    }

    #[test]
    fn every_live_call_can_be_ended() {
        for status in Status::ALL.iter().filter(|status| !status.is_final()) {
            assert!(next(*status, Cause::Ended).is_some_and(Status::is_final), "{status}");
        }
    }

    #[test]
    fn nobody_talks_before_the_answer() {
        for cause in [Cause::Finished, Cause::MessageLeft, Cause::Dropped] {
            assert_eq!(next(Status::Ringing, cause), None);
        }
    }
}
