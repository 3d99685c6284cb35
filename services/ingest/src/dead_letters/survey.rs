//! What a dead-letter topic holds, by the coordinates of the records that were refused.

use super::{
    Coordinates, DeadLetter, LetterState,
    record::{Entry, Place, entry},
    topic::Topic,
};
use crate::IngestError;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// All copies of a letter, and what is known of its replays.
#[derive(Default)]
pub(super) struct Letter {
    /// By place in the topic. A batch that was read twice has sent its letters twice.
    copies: BTreeMap<Place, DeadLetter>,
    /// Copies that a replay covers.
    marked: BTreeSet<Place>,
    replayed_at: Option<Timestamp>,
}

/// Letters by source coordinates.
pub(super) fn survey(topic: &Topic, source: &str) -> Result<BTreeMap<Coordinates, Letter>, IngestError> {
    let mut letters: BTreeMap<Coordinates, Letter> = BTreeMap::new();
    topic.read(|record| {
        use rdkafka::Message;
        match entry(record, source) {
            Some(Entry::Letter(letter)) => {
                let place = (record.partition(), record.offset());
                letters.entry(letter.source.clone()).or_default().copies.insert(place, letter);
            }
            Some(Entry::Mark { source, letters: covered, at }) => letters.entry(source).or_default().cover(covered, at),
            None => {}
        }
        Ok(())
    })?;
    // Marks outlive their letters.
    letters.retain(|_, letter| !letter.copies.is_empty());
    Ok(letters)
}

impl Letter {
    fn cover(&mut self, letters: Vec<Place>, at: Option<Timestamp>) {
        self.marked.extend(letters);
        self.replayed_at = self.replayed_at.max(at);
    }

    /// Where all copies stand: what a replay covers.
    pub(super) fn places(&self) -> Vec<Place> {
        self.copies.keys().copied().collect()
    }

    /// The newest copy that no replay covers, or else the newest.
    pub(super) fn newest(&self) -> Option<(Place, DeadLetter)> {
        let newest = self.copies.iter().max_by_key(|(place, copy)| (!self.marked.contains(place), copy.at, **place));
        newest.map(|(place, copy)| {
            let open = !self.marked.contains(place);
            let state = if open { LetterState::Open } else { LetterState::Replayed };
            (*place, DeadLetter { state, replayed_at: self.replayed_at, ..copy.clone() })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(second: i64) -> DeadLetter {
        DeadLetter {
            source: Coordinates { topic: "t".into(), partition: 0, offset: 7 },
            state: LetterState::Open,
            replayed_at: None,
            reason: "schema".into(),
            message: "wrong".into(),
            at: Some(Timestamp::constant(second, 0)),
            truncated: None,
        }
    }

    #[test]
    fn a_copy_that_arrives_after_a_replay_is_open_whatever_its_clock_says() {
        let mut letter = Letter::default();
        letter.copies.insert((0, 5), copy(100));
        letter.copies.insert((1, 2), copy(90));
        assert_eq!(letter.newest().map(|(place, copy)| (place, copy.state)), Some(((0, 5), LetterState::Open)));
        let at = Some(Timestamp::constant(200, 0));
        letter.cover(letter.places(), at);
        let (place, replayed) = letter.newest().unwrap();
        assert_eq!((place, replayed.state, replayed.replayed_at), ((0, 5), LetterState::Replayed, at));
        letter.copies.insert((1, 3), copy(50));
        assert_eq!(letter.newest().map(|(place, copy)| (place, copy.state)), Some(((1, 3), LetterState::Open)));
    }
}
