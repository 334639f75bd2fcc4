//! Runs work that may take longer than a millisecond on threads of its own, so that no other request waits for it.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// How many tasks run at once. The processor is there for other requests, too.
const AT_ONCE: usize = 2;

/// See the module. Clones share the threads.
#[derive(Clone, Debug)]
pub struct BlockingPool(Arc<Semaphore>);

impl Default for BlockingPool {
    fn default() -> BlockingPool {
        BlockingPool(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// The server has stopped: the work was not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

impl BlockingPool {
    /// Runs `work` when it is its turn. It runs to its end even if its caller does not wait for it any more.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stopped> {
        let Ok(runtime) = Handle::try_current() else {
            // The thread is its caller's own.
            return Ok(work());
        };
        let permit = Arc::clone(&self.0).acquire_owned().await.map_err(|_| Stopped)?;
        let done = runtime.spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        match done.await {
            Ok(output) => Ok(output),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // The runtime has stopped.
            Err(_) => Err(Stopped),
        }
    }
}

#[cfg(test)]
impl BlockingPool {
    /// Leaves no room in it until what comes back is dropped.
    pub fn fill_up(&self) -> tokio::sync::OwnedSemaphorePermit {
        Arc::clone(&self.0).try_acquire_many_owned(AT_ONCE as u32).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn two_are_done_at_once_and_the_others_wait_for_their_turn() {
        let pool = BlockingPool::default();
        let (begun, count) = mpsc::channel();
        let (release, gate) = mpsc::channel::<()>();
        let gate = Arc::new(parking_lot::Mutex::new(gate));
        let work = |number: usize| {
            let (begun, gate) = (begun.clone(), Arc::clone(&gate));
            let (pool, work) = (pool.clone(), move || {
                begun.send(number).unwrap();
                let _ = gate.lock().recv();
            });
            Box::pin(async move { pool.run(work).await })
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
