//! Events: what receivers can be told of.

use crate::base::vocabulary::vocabulary;

vocabulary! {
    /// What is told about a call.
    ///
    /// ```
    /// use akol_mock::{Event, Webhooks};
    /// let names: Vec<&str> = Event::ALL.iter().map(|event| event.as_str()).collect();
    /// assert_eq!(names, Webhooks::EVENTS);
    /// assert_eq!("call.ended".parse(), Ok(Event::CallEnded));
    /// ```
    pub enum Event {
        /// A call connects.
        CallStarted = "call.started",
        /// A call ends.
        CallEnded = "call.ended",
        /// The person was handed to a human.
        CallTransferred = "call.transferred",
        /// An outbound call reached a voicemail.
        CallVoicemail = "call.voicemail",
        /// A call ended after a conversation.
        CallCompleted = "call.completed",
        /// Nobody answered.
        CallMissed = "call.missed",
        /// A call failed to connect.
        CallFailed = "call.failed",
        /// The transcript can be fetched.
        TranscriptReady = "transcript.ready",
        /// The summary can be fetched.
        SummaryReady = "summary.ready",
    }
}

impl Event {
    /// Whether it tells of a call's end, and with it of what is known only then.
    #[doc(hidden)]
    pub const fn is_of_ending(self) -> bool {
        !matches!(self, Event::CallStarted | Event::CallTransferred | Event::CallVoicemail)
    }
}
