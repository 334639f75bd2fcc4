//! Runs work that may take longer than a millisecond on threads of its own, so that no other request waits for it.
//!
//! Two tasks run at once, and of each workspace one: a client that asks for much of it waits for itself, and others wait for at most the task
//! that runs before theirs.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many tasks run at once. The processor is there for other requests, too.
const AT_ONCE: usize = 2;

/// The pool of a server. Clones share the threads.
#[derive(Clone, Debug)]
pub struct BlockingPool(Arc<Semaphore>);

/// The pool as one workspace uses it. Clones share its turn.
#[derive(Clone, Debug)]
pub struct PoolShare {
    /// For one task of the workspace.
    own: Arc<Semaphore>,
    /// For the tasks of all.
    all: Arc<Semaphore>,
}

/// The server has stopped: the work was not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

impl Default for BlockingPool {
    fn default() -> BlockingPool {
        BlockingPool(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl BlockingPool {
    /// For another workspace.
    pub fn share(&self) -> PoolShare {
        PoolShare { own: Arc::new(Semaphore::new(1)), all: Arc::clone(&self.0) }
    }
}

impl PoolShare {
    /// Runs `work` here and now, or as [`PoolShare::run`] does where it `is_long`.
    pub async fn run_if<T: Send + 'static>(
        &self,
        is_long: bool,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Stopped> {
        if is_long { self.run(work).await } else { Ok(work()) }
    }

    /// Runs `work` when it is its turn. It runs to its end even if its caller does not wait for it any more.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stopped> {
        let Ok(runtime) = Handle::try_current() else {
            // The thread is its caller's own.
            return Ok(work());
        };
        // In this order: who waits for its own workspace keeps no other from the threads.
        let permits = (acquire(&self.own).await?, acquire(&self.all).await?);
        let done = runtime.spawn_blocking(move || {
            let _permits = permits;
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

async fn acquire(semaphore: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Stopped> {
    Arc::clone(semaphore).acquire_owned().await.map_err(|_| Stopped)
}

#[cfg(test)]
impl BlockingPool {
    /// Leaves no room in it until what comes back is dropped.
    pub fn fill_up(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.0).try_acquire_many_owned(AT_ONCE as u32).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    const PLENTY: Duration = Duration::from_secs(30);

    /// Work of several workspaces that says when it begins, and ends when it is let go.
    struct Workers {
        begun: mpsc::Sender<&'static str>,
        gate: Arc<parking_lot::Mutex<mpsc::Receiver<()>>>,
    }

    impl Workers {
        fn new() -> (Workers, mpsc::Receiver<&'static str>, mpsc::Sender<()>) {
            let (begun, begins) = mpsc::channel();
            let (release, gate) = mpsc::channel();
            (Workers { begun, gate: Arc::new(parking_lot::Mutex::new(gate)) }, begins, release)
        }

        /// Begins some in the turn that it has.
        async fn begin(&self, share: &PoolShare, name: &'static str) -> tokio::task::JoinHandle<Result<(), Stopped>> {
            let (share, begun, gate) = (share.clone(), self.begun.clone(), Arc::clone(&self.gate));
            let mut running = Box::pin(async move {
                share
                    .run(move || {
                        begun.send(name).unwrap();
                        let _ = gate.lock().recv();
                    })
                    .await
            });
            // It has its place before the next comes.
            std::future::poll_fn(|context| {
                assert!(running.as_mut().poll(context).is_pending());
                std::task::Poll::Ready(())
            })
            .await;
            tokio::spawn(running)
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn two_run_at_once_and_of_each_workspace_one() {
        let pool = BlockingPool::default();
        let (a, b, c) = (pool.share(), pool.share(), pool.share());
        let (workers, begins, release) = Workers::new();
        let mut all = vec![workers.begin(&a, "a").await];
        assert_eq!(begins.recv_timeout(PLENTY), Ok("a"));
        all.push(workers.begin(&a, "a again").await);
        all.push(workers.begin(&b, "b").await);
        assert_eq!(begins.recv_timeout(PLENTY), Ok("b"), "it does not wait for the second of a");
        all.push(workers.begin(&c, "c").await);
        assert!(begins.try_recv().is_err());
        // Whichever ends first, c has waited for its turn, and only a for itself.
        release.send(()).unwrap();
        release.send(()).unwrap();
        let mut next = [begins.recv_timeout(PLENTY).unwrap(), begins.recv_timeout(PLENTY).unwrap()];
        next.sort_unstable();
        assert_eq!(next, ["a again", "c"]);
        drop(release);
        for one in all {
            assert_eq!(one.await.unwrap(), Ok(()));
        }
    }

    #[test]
    fn without_a_runtime_work_runs_at_once() {
        let share = BlockingPool::default().share();
        let mut running = std::pin::pin!(share.run(|| 7));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert_eq!(running.as_mut().poll(&mut context), std::task::Poll::Ready(Ok(7)));
    }
}
