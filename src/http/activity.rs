//! What goes on on one connection, as its parts tell each other: the socket, what answers, and the timer that ends it.
//!
//! hyper says neither what it has buffered nor whether an answer is done. All of that follows from when it reads, writes and flushes:
//!
//! - It asks the socket for more only if its buffer holds no whole request; while a request is being answered, only if its buffer is empty.
//! - It flushes when it has written all that it had. So an answer is done at the first flush after its last byte has been taken from it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::Poll;

use super::request_body::UnreadBody;
use super::shutdown::Phase;

/// See the module. All of it changes in the connection's own task.
#[derive(Debug, Default)]
pub struct Activity {
    /// How often the turn has changed on a connection of HTTP/1: odd where a request is being answered.
    turns: AtomicU64,
    /// How often the socket has taken bytes.
    written: AtomicU64,
    flags: AtomicU32,
    /// Whether the request that is being answered has a body of which more is to be read.
    unread: Arc<UnreadBody>,
}

/// A request that is being answered, until the answer has been made.
#[derive(Debug)]
pub struct Turn(Arc<Activity>);

/// A request has come whose answer is not done.
const ANSWERING: u32 = 1;
/// Some of that answer has been written.
const WRITING: u32 = 1 << 1;
/// That request ends if its client closes.
const CANCELS_ON_CLOSE: u32 = 1 << 2;
/// hyper may hold bytes that it has not made a request of.
const BUFFERED: u32 = 1 << 3;
/// When hyper asked last, nothing had come.
const INPUT_EMPTY: u32 = 1 << 4;
/// The client has closed its side.
const CLIENT_CLOSED: u32 = 1 << 5;
/// What answers has had the chance to read the body's end since.
const CLOSE_SETTLED: u32 = 1 << 6;
/// hyper is to ask once more.
const ASK_AGAIN: u32 = 1 << 7;
/// Bytes wait for the client to read those before them.
const WRITE_BLOCKED: u32 = 1 << 8;
/// The server is to stop.
const STOPPING: u32 = 1 << 9;
/// And what it gave for that is over.
const GRACE_OVER: u32 = 1 << 10;

/// What hyper is told where the client has closed its side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// That it has.
    Told,
    /// Nothing yet: the answer is still sent, to a client that may have closed only the one side.
    Held,
    /// That the connection is broken, which ends the request.
    Fatal,
}

/// What hyper is told where nothing has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quiet {
    /// To wait.
    Wait,
    /// That there will be no more.
    End,
    /// That what has come of a request was not completed in time.
    CutShort,
}

impl Activity {
    /// The head of a request has come.
    pub fn begin(self: &Arc<Activity>) -> Turn {
        self.add_turns(1);
        Turn(Arc::clone(self))
    }

    /// A request has come, and its answer has been made at once.
    pub fn pass(&self) {
        self.add_turns(2);
    }

    /// hyper hands a request to what answers.
    pub fn called(&self) {
        self.change(WRITING | CANCELS_ON_CLOSE | CLOSE_SETTLED | INPUT_EMPTY, ANSWERING);
    }

    /// Tells whether the body of the request that is being answered has been read to its end.
    pub fn unread(&self) -> &Arc<UnreadBody> {
        &self.unread
    }

    /// From here on the request ends if its client closes.
    pub fn cancel_on_close(&self) {
        let again = if self.has(CLIENT_CLOSED) { ASK_AGAIN } else { 0 };
        self.change(0, CANCELS_ON_CLOSE | again);
    }

    /// hyper asks the socket for more.
    pub fn asked(&self) {
        if self.has(ANSWERING) {
            self.change(BUFFERED, 0);
        }
    }

    /// hyper has been given bytes.
    pub fn gave(&self) {
        self.change(INPUT_EMPTY, BUFFERED);
    }

    /// The client has closed its side, and hyper asks for more.
    pub fn closed(&self) -> Close {
        let flags = self.flags.load(Ordering::Relaxed);
        if flags & ANSWERING == 0 {
            return Close::Told;
        }
        if flags & CLOSE_SETTLED == 0 {
            // The end of the body may have come along with the close, and be read only now.
            self.change(0, CLIENT_CLOSED | CLOSE_SETTLED | INPUT_EMPTY | ASK_AGAIN);
            return Close::Held;
        }
        match (self.unread.is_there(), flags & CANCELS_ON_CLOSE) {
            (true, _) => Close::Told,
            (false, 0) => Close::Held,
            (false, _) => Close::Fatal,
        }
    }

    /// Whether the client has closed its side.
    pub fn is_client_closed(&self) -> bool {
        self.has(CLIENT_CLOSED)
    }

    /// Nothing has come, and hyper asks for more.
    pub fn quiet(&self) -> Quiet {
        let flags = self.flags.load(Ordering::Relaxed);
        if flags & STOPPING == 0 {
            return Quiet::Wait;
        }
        if flags & ANSWERING != 0 {
            self.change(0, INPUT_EMPTY);
            return Quiet::Wait;
        }
        match (flags & BUFFERED, flags & GRACE_OVER) {
            (0, _) => Quiet::End,
            (_, 0) => Quiet::Wait,
            (_, _) => Quiet::CutShort,
        }
    }

    /// Takes note of what came of writing to the client.
    pub fn wrote<T>(&self, written: &Poll<T>) {
        match written {
            Poll::Pending => self.change(0, WRITE_BLOCKED),
            Poll::Ready(_) => {
                let writing = if self.has(ANSWERING) { WRITING } else { 0 };
                self.change(WRITE_BLOCKED, writing);
                self.written.store(self.written.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            }
        }
    }

    /// hyper has written all that it had.
    pub fn flushed(&self) {
        if self.has(WRITING) && self.turns().is_multiple_of(2) {
            // It waits for a client that has closed, or whose requests are no longer waited for.
            let again = if self.has(CLIENT_CLOSED | STOPPING) { ASK_AGAIN } else { 0 };
            self.change(ANSWERING | WRITING | CANCELS_ON_CLOSE, again);
        }
    }

    /// Whether hyper is to be polled once more, since it would be told something else now.
    pub fn take_ask_again(&self) -> bool {
        let asks = self.has(ASK_AGAIN);
        if asks {
            self.change(ASK_AGAIN, 0);
        }
        asks
    }

    /// The server is as far with its end as that.
    pub fn reach(&self, phase: Phase) {
        match phase {
            Phase::Running => {}
            Phase::Stopping => self.change(0, STOPPING),
            Phase::GraceOver => self.change(0, STOPPING | GRACE_OVER),
        }
    }

    /// Whether the server is to stop.
    pub fn is_stopping(&self) -> bool {
        self.has(STOPPING)
    }

    /// Whether the answer that is ready now is the last one on this connection.
    pub fn is_last(&self) -> bool {
        self.has(STOPPING) && self.has(INPUT_EMPTY | GRACE_OVER)
    }

    /// Whether bytes wait for the client to read those before them.
    pub fn is_write_blocked(&self) -> bool {
        self.has(WRITE_BLOCKED)
    }

    /// How often the socket has taken bytes.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// How often the turn has changed: odd where a request is being answered.
    pub fn turns(&self) -> u64 {
        self.turns.load(Ordering::Relaxed)
    }

    fn add_turns(&self, changes: u64) {
        self.turns.store(self.turns() + changes, Ordering::Relaxed);
    }

    /// Whether any of those flags is set.
    fn has(&self, flags: u32) -> bool {
        self.flags.load(Ordering::Relaxed) & flags != 0
    }

    fn change(&self, clear: u32, set: u32) {
        self.flags.store(self.flags.load(Ordering::Relaxed) & !clear | set, Ordering::Relaxed);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.add_turns(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WROTE: Poll<()> = Poll::Ready(());

    /// A request without a body that is being answered, and has asked for more.
    fn answering() -> Arc<Activity> {
        let activity = Arc::new(Activity::default());
        activity.gave();
        activity.called();
        activity.asked();
        activity
    }

    #[test]
    fn a_close_is_held_back_until_the_answer_is_done() {
        let activity = answering();
        assert_eq!(activity.closed(), Close::Held);
        assert!(activity.take_ask_again() && !activity.take_ask_again());
        assert_eq!(activity.closed(), Close::Held);
        let turn = activity.begin();
        activity.wrote(&WROTE);
        activity.flushed();
        assert_eq!(activity.closed(), Close::Held, "more of the answer is to come");
        drop(turn);
        activity.flushed();
        assert!(activity.take_ask_again());
        assert_eq!(activity.closed(), Close::Told);
    }

    #[test]
    fn a_close_ends_a_request_that_asks_for_it_also_where_it_came_before() {
        let activity = answering();
        assert_eq!(activity.closed(), Close::Held);
        assert!(activity.take_ask_again());
        activity.cancel_on_close();
        assert!(activity.take_ask_again());
        assert_eq!(activity.closed(), Close::Fatal);
        activity.wrote(&WROTE);
        activity.flushed();
        activity.called();
        assert_eq!(activity.closed(), Close::Held, "the next request has not asked for it");
    }

    #[test]
    fn a_stop_ends_what_is_idle_and_waits_for_what_has_begun_until_the_grace_is_over() {
        let idle = Activity::default();
        assert_eq!(idle.quiet(), Quiet::Wait);
        idle.reach(Phase::Stopping);
        assert_eq!(idle.quiet(), Quiet::End);
        let half_a_head = Activity::default();
        half_a_head.gave();
        half_a_head.reach(Phase::Stopping);
        half_a_head.asked();
        assert_eq!(half_a_head.quiet(), Quiet::Wait);
        half_a_head.reach(Phase::GraceOver);
        assert_eq!(half_a_head.quiet(), Quiet::CutShort);
    }

    #[test]
    fn a_stop_that_comes_during_an_answer_ends_the_connection_after_it() {
        let activity = answering();
        let stream = activity.begin();
        activity.wrote(&WROTE);
        activity.reach(Phase::Stopping);
        activity.flushed();
        assert!(!activity.take_ask_again());
        drop(stream);
        activity.flushed();
        assert!(activity.take_ask_again());
        assert_eq!(activity.quiet(), Quiet::End);
    }

    #[test]
    fn an_answer_is_the_last_if_nothing_is_buffered_and_nothing_has_come() {
        let activity = answering();
        activity.reach(Phase::Stopping);
        assert!(!activity.is_last(), "nobody has looked");
        assert_eq!(activity.quiet(), Quiet::Wait);
        assert!(activity.is_last());
        activity.gave();
        assert!(!activity.is_last(), "one more has come");
        activity.called();
        assert!(!activity.is_last(), "hyper has not asked for more, so it has more");
        activity.reach(Phase::GraceOver);
        assert!(activity.is_last());
    }
}
