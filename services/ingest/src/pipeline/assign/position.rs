//! Where each partition goes on: positions are marks of the stream's table, and are checked against the topic before
//! anything is read. A mark is an application transaction of Delta: the transaction id is its name, the version its value.
//!
//! Five marks a partition: the next offset to read; and of the *last record* that was read (a transaction's control
//! record or an aborted one may lie between the two) its own offset, its timestamp, a hash, and when it was ingested. If the topic still
//! holds a record at exactly that offset, it must be the same one: otherwise the topic was recreated and refilled.
//! Where compaction or retention has removed the record there is nothing to compare, and the range must do.

use crate::error::{PositionError, PositionFault};
use lake::{LakeError, Mark, TableWriter};

/// A partition's marks, as the table holds them (or will).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// The next offset to read; `None` before the first commit.
    pub(crate) next: Option<i64>,
    /// The last record that was read; `None` before the first.
    pub(crate) last: Option<LastRecord>,
    /// When the last record was ingested, microseconds since the epoch: the next is not ingested before, whatever the
    /// clocks of writers say. Views tell by it what came after an accepted gap.
    pub(crate) ingested: Option<i64>,
}

/// What is remembered of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LastRecord {
    pub(crate) offset: i64,
    /// Milliseconds since the epoch, -1 where there is none.
    pub(crate) timestamp: i64,
    /// First 63 bits of HMAC-SHA256 over key and value, by the privacy key: the raw record may name people, and guesses
    /// at it must not be confirmed.
    pub(crate) hash: i64,
}

impl LastRecord {
    /// Stands in the table (marks cannot be unset) where there is no record to compare with: no topic holds offset -1.
    const NONE: Self = Self { offset: -1, timestamp: -1, hash: 0 };
}

impl Position {
    /// The partition's marks, as of the snapshot that the writer stands on.
    pub(crate) fn read(table: &TableWriter, topic: &str, partition: i32) -> Result<Self, LakeError> {
        let mark = |what: &str| table.mark(&name(topic, partition, what));
        let last = match (mark("record")?, mark("timestamp")?, mark("hash")?) {
            (Some(offset), Some(timestamp), Some(hash)) => Some(LastRecord { offset, timestamp, hash }),
            _ => None,
        };
        Ok(Self { next: mark("offset")?, last, ingested: mark("ingested")? })
    }

    /// This position, about to go on at `from`. Beyond an accepted gap the last record says nothing any more.
    pub(crate) fn resumed_at(self, from: i64) -> Self {
        match self.next {
            Some(next) if next != from => Self { last: self.last.map(|_| LastRecord::NONE), ..self },
            _ => self,
        }
    }

    /// The marks that move this position to `to`. All of them are compared, so that a position moves as a whole.
    pub(crate) fn marks_to(&self, to: &Self, topic: &str, partition: i32) -> Vec<Mark> {
        let values = |position: &Self| {
            let last = position.last;
            [
                position.next,
                last.map(|last| last.offset),
                last.map(|last| last.timestamp),
                last.map(|last| last.hash),
                position.ingested,
            ]
        };
        let names = ["offset", "record", "timestamp", "hash", "ingested"];
        names
            .into_iter()
            .zip(values(self).into_iter().zip(values(to)))
            .filter_map(|(what, (expected, value))| {
                Some(Mark { name: name(topic, partition, what), expected, value: value? })
            })
            .collect()
    }
}

fn name(topic: &str, partition: i32, what: &str) -> String {
    format!("kafka/{topic}/{partition}/{what}")
}

/// What a topic holds of a partition, as far as a position needs to know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    /// First offset.
    pub(crate) low: i64,
    /// The offset that the next record gets.
    pub(crate) high: i64,
    /// Timestamp and hash of the record at [`Position::last`]'s offset, where there is one.
    pub(crate) record: Option<(i64, i64)>,
}

/// The offset to read on from, or why the partition must stop.
pub(crate) fn resume(
    position: &Position,
    held: &Held,
    (topic, partition): (&str, i32),
    accept_gap: bool,
) -> Result<i64, PositionError> {
    let Some(stored) = position.next else { return Ok(held.low) };
    let replaced = position.last.filter(|last| held.record.is_some_and(|found| found != (last.timestamp, last.hash)));
    let fault = if !(held.low..=held.high).contains(&stored) {
        PositionFault::OutOfRange
    } else if let Some(last) = replaced {
        PositionFault::Replaced { record: last.offset }
    } else {
        return Ok(stored);
    };
    let error = PositionError { topic: topic.into(), partition, stored, low: held.low, high: held.high, fault };
    if accept_gap {
        tracing::warn!(topic, partition, stored, resumed = held.low, "gap accepted: {error}");
        return Ok(held.low);
    }
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: LastRecord = LastRecord { offset: 9, timestamp: 1_000, hash: 77 };
    const AT_TEN: Position = Position { next: Some(10), last: Some(LAST), ingested: Some(5) };

    fn check(position: &Position, held: (i64, i64, Option<(i64, i64)>), accept: bool) -> Result<i64, PositionFault> {
        let held = Held { low: held.0, high: held.1, record: held.2 };
        resume(position, &held, ("t", 0), accept).map_err(|error| error.fault)
    }

    #[test]
    fn goes_on_where_the_topic_continues_the_table() {
        assert_eq!(check(&Position::default(), (4, 20, None), false), Ok(4));
        assert_eq!(check(&AT_TEN, (0, 20, Some((1_000, 77))), false), Ok(10));
        assert_eq!(check(&AT_TEN, (0, 10, Some((1_000, 77))), false), Ok(10));
        // Compacted or expired: nothing to compare with.
        assert_eq!(check(&AT_TEN, (10, 10, None), false), Ok(10));
    }

    #[test]
    fn stops_where_it_does_not_unless_the_gap_is_accepted() {
        for held in [(11, 20, None), (0, 9, None), (0, 0, None)] {
            assert_eq!(check(&AT_TEN, held, false), Err(PositionFault::OutOfRange));
            assert_eq!(check(&AT_TEN, held, true), Ok(held.0));
        }
        for record in [(1_000, 78), (1_001, 77)] {
            let expected = Err(PositionFault::Replaced { record: 9 });
            assert_eq!(check(&AT_TEN, (0, 20, Some(record)), false), expected);
            assert_eq!(check(&AT_TEN, (3, 20, Some(record)), true), Ok(3));
        }
    }

    #[test]
    fn marks_expect_what_was_read_and_name_the_partition() {
        let first = Position::default().marks_to(&AT_TEN, "t", 3);
        assert_eq!(first.len(), 5);
        assert!(first.iter().all(|mark| mark.expected.is_none()));
        assert_eq!(first[0], Mark { name: "kafka/t/3/offset".into(), expected: None, value: 10 });
        let hidden = AT_TEN.marks_to(&Position { next: Some(12), ..AT_TEN }, "t", 3);
        assert_eq!(hidden[0].value, 12);
        assert_eq!((hidden[1].expected, hidden[1].value), (Some(9), 9));
    }

    /// Without this, the record at the old offset of a refilled topic would be compared once the topic has grown past it.
    #[test]
    fn an_accepted_gap_forgets_the_last_record() {
        let resumed = AT_TEN.resumed_at(3);
        assert_eq!(resumed.last, Some(LastRecord::NONE));
        assert_eq!(AT_TEN.resumed_at(10), AT_TEN);
        let after = Position { next: Some(4), ..resumed };
        assert_eq!(check(&after, (0, 50, None), false), Ok(4));
    }
}
