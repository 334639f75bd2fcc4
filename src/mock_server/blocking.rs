//! Waits for a future where there is no runtime.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Wakes a thread that is parked.
struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: Arc<Parked>) {
        self.0.unpark();
    }
}

/// Blocks this thread until `future` has come to its end. Whatever it waits for must happen on another thread.
pub(super) fn wait_for<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Parked(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            // Woken in the meantime, it does not park; woken for nothing, it asks once more.
            Poll::Pending => thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[test]
    fn what_another_thread_does_is_waited_for() {
        let (send, receive) = oneshot::channel();
        let sending = thread::spawn(move || send.send(7));
        assert_eq!(wait_for(receive), Ok(7));
        assert_eq!(sending.join().unwrap(), Ok(()));
        assert_eq!(wait_for(async { 8 }), 8);
    }
}
