//! Does what may take longer than a moment on threads of its own, so that nobody else's request waits for it.

use std::sync::Arc;

use hyper::StatusCode;
use tokio::sync::Semaphore;
use tokio::task;

use crate::dialect::refusal::Refusal;

/// How much of it is done at once: the processor is there for others, too.
const AT_ONCE: usize = 2;

/// See the module. Clones share the threads.
#[derive(Clone, Debug)]
pub struct Aside(Arc<Semaphore>);

impl Default for Aside {
    fn default() -> Aside {
        Aside(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Aside {
    /// Does that work when it is its turn. It is done to its end even if nobody waits for it any more.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let stopped = || Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "The server stops");
        let permit = Arc::clone(&self.0).acquire_owned().await.map_err(|_| stopped())?;
        let done = task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        // It is not begun any more where the server has stopped.
        done.await.map_err(|_| stopped())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn two_are_done_at_once_and_the_others_wait_for_their_turn() {
        let aside = Aside::default();
        let (begun, count) = mpsc::channel();
        let (release, gate) = mpsc::channel::<()>();
        let gate = Arc::new(parking_lot::Mutex::new(gate));
        let work = |number: usize| {
            let (begun, gate) = (begun.clone(), Arc::clone(&gate));
            let (aside, work) = (aside.clone(), move || {
                begun.send(number).unwrap();
                let _ = gate.lock().recv();
            });
            Box::pin(async move { aside.run(work).await })
        };
        let (mut first, mut second, mut third) = (work(1), work(2), work(3));
        for one in [&mut first, &mut second, &mut third] {
            assert!(
                std::future::poll_fn(|context| std::task::Poll::Ready(one.as_mut().poll(context).is_pending())).await
            );
        }
        let mut both = [count.recv().unwrap(), count.recv().unwrap()];
        both.sort_unstable();
        assert_eq!((both, count.try_recv().is_err()), ([1, 2], true));
        release.send(()).unwrap();
        let third = tokio::spawn(third);
        assert_eq!(count.recv_timeout(Duration::from_secs(30)), Ok(3));
        drop(release);
        for one in [first, second] {
            one.await.unwrap();
        }
        third.await.unwrap().unwrap();
    }
}
