//! One line of waiting deliveries for each receiver, so that none can hold up another's.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many deliveries one receiver gets at once. Enough to keep a receiver busy, and few enough that a slow one ties
/// up no more than 64 of the 1024 sockets that a process is commonly allowed.
const AT_ONCE: usize = 64;

/// The lines in front of all receivers that something is on its way to. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<HashMap<String, Line>>>);

struct Line {
    places: Arc<Semaphore>,
    /// How many wait or are being served; the line is taken away with the last.
    visitors: usize,
}

/// A place at the front: a delivery may go on for as long as it holds this.
pub(super) struct Place {
    // Given back before the visit ends, as fields are dropped in this order.
    _permit: Option<OwnedSemaphorePermit>,
    _visit: Visit,
}

/// Being in line, which ends also when the one who waits gives up.
struct Visit {
    lines: Lines,
    receiver: String,
}

impl Lines {
    /// Waits for a place in front of `receiver`, first come, first served.
    pub(super) async fn join(&self, receiver: String) -> Place {
        let (places, visit) = self.enter(receiver);
        Place {
            // Fails for a closed semaphore only, and nobody closes these.
            _permit: places.acquire_owned().await.ok(),
            _visit: visit,
        }
    }

    fn enter(&self, receiver: String) -> (Arc<Semaphore>, Visit) {
        let mut lines = self.0.lock();
        let line = lines
            .entry(receiver.clone())
            .or_insert_with(|| Line { places: Arc::new(Semaphore::new(AT_ONCE)), visitors: 0 });
        line.visitors += 1;
        (Arc::clone(&line.places), Visit { lines: self.clone(), receiver })
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut lines = self.lines.0.lock();
        if let Some(line) = lines.get_mut(&self.receiver) {
            line.visitors -= 1;
            if line.visitors == 0 {
                lines.remove(&self.receiver);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `future` gives if it need not wait.
    async fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            value = future => Some(value),
            () = std::future::ready(()) => None,
        }
    }

    #[tokio::test]
    async fn a_full_line_waits_until_a_place_is_given_back() {
        let lines = Lines::default();
        let mut places = Vec::new();
        for _ in 0..AT_ONCE {
            places.push(at_once(lines.join("slow".to_owned())).await.unwrap());
        }
        assert!(at_once(lines.join("slow".to_owned())).await.is_none());
        assert!(at_once(lines.join("quick".to_owned())).await.is_some());

        places.pop();
        assert!(at_once(lines.join("slow".to_owned())).await.is_some());
    }

    #[tokio::test]
    async fn a_line_is_taken_away_with_its_last_visitor() {
        let lines = Lines::default();
        let first = lines.join("a".to_owned()).await;
        let second = lines.join("a".to_owned()).await;
        drop(first);
        assert_eq!(lines.0.lock().len(), 1);
        drop(second);
        assert!(lines.0.lock().is_empty());
    }

    #[tokio::test]
    async fn one_who_gives_up_waiting_leaves_no_trace() {
        let lines = Lines::default();
        let mut places = Vec::new();
        for _ in 0..AT_ONCE {
            places.push(lines.join("slow".to_owned()).await);
        }
        assert!(at_once(lines.join("slow".to_owned())).await.is_none());
        drop(places);
        assert!(lines.0.lock().is_empty());
    }
}
