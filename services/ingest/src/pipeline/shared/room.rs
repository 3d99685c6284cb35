//! How many bytes may be between decoding and their commit, in all streams together, whatever the size of a record.
//!
//! ```text
//!  decode ──take──► block ──► queue of a stream ──► its batch ──► commit: the block is dropped, its room is free again
//!     └── no room: shortage ──► streams commit what they have, however little
//! ```

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Room is given out in so many bytes.
const UNIT: usize = 1024;

/// Room for a number of bytes.
pub(crate) struct Room {
    units: u32,
    free: Arc<Semaphore>,
    short: watch::Sender<bool>,
}

/// Room that is free again when this is dropped.
pub(crate) type Taken = OwnedSemaphorePermit;

impl Room {
    pub(crate) fn new(bytes: usize) -> Self {
        let units = u32::try_from(bytes / UNIT).unwrap_or(u32::MAX).max(1);
        Self { units, free: Arc::new(Semaphore::new(units as usize)), short: watch::Sender::new(false) }
    }

    /// Waits for room for so many bytes; who needs more than there is at all gets all of it, alone.
    pub(crate) async fn take(&self, bytes: usize) -> Option<Taken> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX).min(self.units);
        if let Ok(taken) = Arc::clone(&self.free).try_acquire_many_owned(units) {
            return Some(taken);
        }
        self.short.send_replace(true);
        let taken = Arc::clone(&self.free).acquire_many_owned(units).await;
        self.short.send_replace(false);
        // Nobody closes the semaphore.
        taken.ok()
    }

    /// Whether somebody waits for room.
    pub(crate) fn shortage(&self) -> watch::Receiver<bool> {
        self.short.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Duration, timeout};

    #[tokio::test]
    async fn who_finds_no_room_says_so_and_waits_until_there_is_some() {
        let room = Room::new(10 * UNIT);
        let mut shortage = room.shortage();
        let first = room.take(7 * UNIT).await;
        let waiting = async {
            let taken = room.take(4 * UNIT - 1).await;
            assert!(taken.is_some());
        };
        let freeing = async {
            shortage.changed().await.unwrap();
            assert!(*shortage.borrow_and_update());
            drop(first);
        };
        tokio::join!(waiting, freeing);
        assert!(!*shortage.borrow(), "it is over");
    }

    #[tokio::test]
    async fn a_block_larger_than_all_the_room_takes_all_of_it() {
        let room = Room::new(10 * UNIT);
        let whole = room.take(usize::MAX).await.unwrap();
        assert_eq!(whole.num_permits(), 10);
        assert!(timeout(Duration::from_millis(20), room.take(1)).await.is_err());
        drop(whole);
        assert!(room.take(1).await.is_some());
    }
}
