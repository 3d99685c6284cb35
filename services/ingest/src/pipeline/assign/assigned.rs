//! The partitions of our assignment: where each is read on, and those that cannot be read at the moment for a reason that
//! may pass: which, why, since when, and when each is looked at again.

use crate::{error::IngestError, pipeline::shared::StreamPartition};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

/// Between a partition's first failure and looking at it again; doubled each time after.
const FIRST: Duration = Duration::from_secs(1);
/// … up to this.
const LONGEST: Duration = Duration::from_secs(60);
/// With a partition waited for this long, a run that should end by itself ends with an error.
const LIMIT: Duration = Duration::from_secs(60);

/// Where the next record of a partition must come from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor {
    pub(crate) generation: u64,
    pub(crate) next: i64,
}

/// What the callbacks, which run on the thread that polls, leave behind for it.
#[derive(Default)]
pub(crate) struct Assigned {
    /// Partitions that the group gave us, those that we stopped included. `None` before the first assignment.
    pub(crate) partitions: Option<BTreeSet<StreamPartition>>,
    /// Those that are read.
    pub(crate) cursors: BTreeMap<StreamPartition, Cursor>,
    /// Those that do not exist (any more): they count as empty until they are there.
    pub(crate) absent: BTreeSet<StreamPartition>,
    /// Those that cannot be read for now, or were only just tried again.
    pub(crate) waits: Waits,
    /// Stopped ones that the client must not fetch.
    pub(super) paused: BTreeSet<StreamPartition>,
    /// What went wrong inside a callback.
    pub(crate) failure: Option<IngestError>,
}

/// Those that are waited for, by partition.
#[derive(Debug, Default)]
pub(crate) struct Waits(BTreeMap<StreamPartition, Wait>);

/// One partition's.
#[derive(Debug)]
pub(crate) struct Wait {
    pub(crate) since: Instant,
    /// What the client or the broker said last.
    pub(crate) why: String,
    /// The offset that could not be read; `None` where the partition was not even taken.
    failed: Option<i64>,
    pause: Duration,
    /// `None` while it is being tried.
    due: Option<Instant>,
}

impl Waits {
    /// A partition failed (again). In so much time it is looked at again; `None` where that was settled before.
    pub(crate) fn put(
        &mut self,
        place: StreamPartition,
        offset: Option<i64>,
        why: String,
        now: Instant,
    ) -> Option<Duration> {
        let wait = self.0.entry(place).or_insert_with(|| Wait {
            since: now,
            why: String::new(),
            failed: None,
            pause: Duration::ZERO,
            due: None,
        });
        wait.why = why;
        wait.failed = wait.failed.max(offset);
        // Of several failures before it was looked at, one counts.
        if wait.due.is_some() {
            return None;
        }
        wait.pause = (wait.pause * 2).clamp(FIRST, LONGEST);
        wait.due = Some(now + wait.pause);
        Some(wait.pause)
    }

    /// Whether a partition has read past what it waits for, having come to `next`, or to its end there. What stood before the
    /// offset that failed says nothing of it.
    pub(crate) fn passed(&self, place: &StreamPartition, next: i64, is_end: bool) -> bool {
        let past = |failed: i64| next > failed || (is_end && next == failed);
        self.0.get(place).is_some_and(|wait| wait.failed.is_none_or(past))
    }

    /// A partition reads on, or is none of ours any more. What it had waited for, if it had.
    pub(crate) fn over(&mut self, place: &StreamPartition) -> Option<Wait> {
        self.0.remove(place)
    }

    /// Those to look at now; they count as being tried from here on.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<StreamPartition> {
        let due = self.0.iter_mut().filter(|(_, wait)| wait.due.is_some_and(|due| due <= now));
        due.map(|(place, wait)| {
            wait.due = None;
            *place
        })
        .collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that are not among these.
    pub(crate) fn beyond(&self, these: &BTreeSet<StreamPartition>) -> Vec<StreamPartition> {
        self.0.keys().filter(|place| !these.contains(place)).copied().collect()
    }

    /// One that has lasted too long for a run that should end by itself.
    pub(crate) fn unbearable(&self, now: Instant) -> Option<(StreamPartition, &Wait)> {
        self.0.iter().find(|(_, wait)| now.duration_since(wait.since) > LIMIT).map(|(place, wait)| (*place, wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_that_keeps_failing_is_looked_at_ever_more_rarely() {
        let (mut waits, mut now) = (Waits::default(), Instant::now());
        let mut pauses = Vec::new();
        for _ in 0..8 {
            let pause = waits.put((0, 1), None, "gone".into(), now).unwrap();
            pauses.push(pause.as_secs());
            assert_eq!(waits.put((0, 1), None, "gone".into(), now), None, "counts once, and is told once");
            assert!(waits.due(now).is_empty(), "not at once");
            now += pause;
            assert_eq!(waits.due(now), [(0, 1)]);
            assert!(waits.due(now).is_empty(), "it is being tried");
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(waits.unbearable(now).map(|(place, _)| place), Some((0, 1)));
        assert!(waits.over(&(0, 1)).is_some() && waits.is_empty());
        assert_eq!(waits.put((0, 1), None, "gone".into(), now), Some(FIRST), "a new beginning");
    }

    /// Records that stood before the one that failed, in the same fetch, ended the wait: nobody looked at the partition again.
    #[test]
    fn only_what_lies_behind_the_offset_that_failed_ends_a_wait() {
        let (mut waits, now, place) = (Waits::default(), Instant::now(), (0, 1));
        assert!(!waits.passed(&place, 20, false), "nothing waits");
        waits.put(place, Some(15), "out of range".into(), now);
        assert!(
            !waits.passed(&place, 12, false) && !waits.passed(&place, 15, false) && !waits.passed(&place, 12, true)
        );
        assert!(waits.passed(&place, 16, false) && waits.passed(&place, 15, true));
        // Taken from its table again it begins earlier, and may fail there.
        waits.put(place, Some(10), "out of range".into(), now);
        assert!(!waits.passed(&place, 15, false));
    }
}
