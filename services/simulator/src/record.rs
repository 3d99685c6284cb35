//! One thing of the organisation and the versions of it that were sent.

use crate::{
    chance::Chance,
    event::Event,
    local::{minutes, seconds},
};
use jiff::Timestamp;

/// A thing (an entry, an answer …) with every version that was sent of it.
pub(crate) struct Record {
    pub versions: Vec<Version>,
}

/// One version as it was sent.
pub(crate) struct Version {
    pub event: Event,
    pub arrives: Timestamp,
}

impl Record {
    /// From what was recorded, oldest first, and when. Each version gets the next revision, now and then (a careless
    /// producer) the one before it again, which the later recording then overrules.
    pub(crate) fn of(history: Vec<(Timestamp, Event)>, chance: &mut Chance) -> Self {
        let mut versions: Vec<Version> = Vec::with_capacity(history.len());
        let (mut revision, mut before) = (0, Timestamp::MIN);
        for (recorded, mut event) in history {
            let recorded = recorded.max(before + seconds(if versions.is_empty() { 0 } else { 1 }));
            if revision == 0 || !chance.hits(0.01) {
                revision += 1;
            }
            event.stamp(revision, recorded);
            before = recorded;
            versions.push(Version { event, arrives: recorded + delay(chance) });
        }
        Self { versions }
    }

    /// The version that holds for one who has received everything up to `end`.
    pub(crate) fn known_at(&self, end: Timestamp) -> Option<&Event> {
        let received = self.versions.iter().filter(|version| version.arrives <= end);
        received.map(|version| &version.event).max_by_key(|event| event.recency())
    }
}

/// Time between recording and arrival: mostly moments, sometimes a shift without network, seldom days.
pub(crate) fn delay(chance: &mut Chance) -> jiff::SignedDuration {
    match chance.whole(1..=100) {
        1 => minutes(chance.whole(1440..=9000)),
        2..=8 => minutes(chance.whole(10..=480)),
        _ => seconds(chance.whole(2..=120)),
    }
}
