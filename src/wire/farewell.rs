//! The end of the server, as each of its connections hears of it.
//!
//! A connection asks at whatever happens on it. So while the server does not stop, which is nearly always, asking costs a look at a number,
//! and no place in a line of those who wait.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::watch;
use tokio::task::unconstrained;

/// Ends when the server is to stop. To be polled by one task only.
pub struct Farewell {
    stop: watch::Receiver<bool>,
    said: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// Whether that knows whom to wake.
    is_set: bool,
}

impl Farewell {
    /// Ends when that turns true, or nobody can say so any more.
    pub fn of(stop: watch::Receiver<bool>) -> Farewell {
        let mut waiting = stop.clone();
        let said = Box::pin(async move {
            let _ = waiting.wait_for(|stop| *stop).await;
        });
        Farewell { stop, said, is_set: false }
    }
}

impl Future for Farewell {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.is_set && matches!(self.stop.has_changed(), Ok(false)) {
            return Poll::Pending;
        }
        self.is_set = true;
        // Whatever else the task has done: one that yields for that would not know whom to wake.
        Pin::new(&mut unconstrained(self.said.as_mut())).poll(context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    /// Whether it is over by now.
    async fn is_over(farewell: &mut Farewell) -> bool {
        poll_fn(|context| Poll::Ready(Pin::new(&mut *farewell).poll(context).is_ready())).await
    }

    #[tokio::test]
    async fn who_has_asked_is_woken_by_the_stop_or_when_nobody_can_say_it_any_more() {
        for is_said in [true, false] {
            let (sender, stop) = watch::channel(false);
            let mut farewell = Farewell::of(stop);
            assert!(!is_over(&mut farewell).await && !is_over(&mut farewell).await);
            let said = async {
                tokio::task::yield_now().await;
                if is_said {
                    sender.send_replace(true);
                }
                drop(sender);
            };
            tokio::join!(farewell, said);
        }
    }
}
