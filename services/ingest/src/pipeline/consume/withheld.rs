//! Partitions that other members of the group hold. Another `ingest` brings their records to the lake; another program
//! that only shares the group's name takes them away from it, and nothing else would ever say so.
//!
//! The group does not say who is who. The lake does: a partition of somebody else that has records and on
//! which the table does not move is *withheld*.

use crate::{
    error::IngestError,
    pipeline::{
        assign::{Assigner, probe::Probe},
        shared::{Shared, StreamPartition, Until},
    },
    settings::Settings,
};
use rdkafka::{
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::KafkaResult,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::{Duration, Instant},
};

/// A warning comes after this part of the limit, and again after each full one.
const WARN_AFTER: u32 = 10;
/// The longest that a look at the partitions of others may take: nothing is read meanwhile.
const LOOK: Duration = Duration::from_secs(2);
/// The longest that the group is asked for its members.
const ASKED: Duration = Duration::from_secs(5);
/// Partitions that a message names, before it counts the rest.
const NAMED: usize = 10;

/// Looks at the partitions of other members, every now and then.
pub(super) struct Watch {
    /// By `read_committed`: a partition ends at its first open transaction.
    probe: Probe,
    /// No look at single partitions takes longer.
    limit: Duration,
    others: Others,
    looked: Instant,
    caught_up: bool,
    /// Those that were withheld at the last look, by topic.
    withheld: Vec<(String, i32)>,
}

impl Watch {
    pub(super) fn new(settings: &Settings) -> Result<Self, IngestError> {
        Ok(Self {
            probe: Probe::of_committed(settings)?,
            limit: settings.ingest.connect_limit.min(LOOK),
            others: Others::new(settings.ingest.withheld_limit),
            looked: Instant::now(),
            caught_up: false,
            withheld: Vec::new(),
        })
    }

    /// Whether it is time to look again, where nobody waits for others.
    pub(super) fn is_due(&self) -> bool {
        self.looked.elapsed() >= self.others.interval()
    }

    /// All partitions of others were caught up at the last look.
    pub(super) fn caught_up(&self) -> bool {
        self.caught_up
    }

    /// Looks at the expected partitions that are not ours. Whether a broker has answered; an error where others withhold
    /// records from a run that should end by itself.
    pub(super) fn look(
        &mut self,
        shared: &Shared,
        consumer: &BaseConsumer<Assigner>,
        expected: &BTreeSet<StreamPartition>,
        until: Until,
    ) -> Result<bool, IngestError> {
        self.looked = Instant::now();
        let ours = consumer.context().assigned().partitions.clone();
        let found = self.find(shared, consumer, expected.difference(ours.as_ref().unwrap_or(&BTreeSet::new())))?;
        self.caught_up = ours.is_some() && found.behind.is_empty() && found.unknown.is_empty();
        let now = Instant::now();
        self.others.observe(&found, now);
        let withheld = self.others.withheld(now);
        let named = |(stream, partition): &StreamPartition| (shared.topic(*stream).to_owned(), *partition);
        let places: Vec<(String, i32)> = withheld.places.iter().map(named).collect();
        let before = std::mem::replace(&mut self.withheld, places.clone());
        shared.metrics.withheld(&before, &places);
        let ends = until == Until::CaughtUp && self.others.unbearable(&withheld);
        if ends || self.others.warns(&withheld, now) {
            let group = shared.settings.ingest.group.clone();
            let error = IngestError::Withheld {
                holders: holders(consumer, &group, &places),
                partitions: list(&places),
                group,
                seconds: withheld.time.as_secs(),
            };
            if ends {
                return Err(error);
            }
            tracing::warn!("{error}");
        }
        Ok(found.heard)
    }

    fn find<'a>(
        &self,
        shared: &Shared,
        consumer: &BaseConsumer<Assigner>,
        others: impl Iterator<Item = &'a StreamPartition>,
    ) -> Result<Found, IngestError> {
        let mut by_stream: BTreeMap<usize, BTreeSet<i32>> = BTreeMap::new();
        for (stream, partition) in others {
            by_stream.entry(*stream).or_default().insert(*partition);
        }
        let mut found = Found::default();
        let end = Instant::now() + self.limit;
        for (stream, partitions) in by_stream {
            let wanted: Vec<i32> = partitions.iter().copied().collect();
            let mut ranges = self.probe.ranges(shared.topic(stream), &wanted, end)?;
            for (partition, committed) in consumer.context().committed(stream, &partitions)? {
                match ranges.remove(&partition) {
                    None => {} // No such partition: there is nothing to withhold.
                    Some(Ok((low, high))) => {
                        found.heard = true;
                        if high > low && committed.is_none_or(|next| next < high) {
                            found.behind.insert((stream, partition), committed);
                        }
                    }
                    Some(Err(_)) => drop(found.unknown.insert((stream, partition))),
                }
            }
        }
        Ok(found)
    }
}

/// What a look at the partitions of others has found.
#[derive(Default)]
struct Found {
    /// Those whose records the table lacks, with its position.
    behind: BTreeMap<StreamPartition, Option<i64>>,
    /// Those that cannot be asked for now: without a leader, or in an outage. What was known of them holds.
    unknown: BTreeSet<StreamPartition>,
    /// A broker has answered for one of them.
    heard: bool,
}

/// What others hold and the lake does not get.
struct Others {
    limit: Duration,
    behind: BTreeMap<StreamPartition, Unmoved>,
    warned: Option<Instant>,
}

/// A partition of another member that has more than the table.
struct Unmoved {
    /// The table's.
    position: Option<i64>,
    since: Instant,
}

/// Partitions that are withheld, in order, and for how long the first of them has been.
#[derive(Debug, PartialEq, Eq)]
struct Withheld {
    places: Vec<StreamPartition>,
    time: Duration,
}

impl Others {
    fn new(limit: Duration) -> Self {
        Self { limit, behind: BTreeMap::new(), warned: None }
    }

    /// How often others are looked at, where nobody waits for them.
    fn interval(&self) -> Duration {
        self.limit / WARN_AFTER
    }

    /// Takes up what was found as of now.
    fn observe(&mut self, found: &Found, now: Instant) {
        let Found { behind, unknown, .. } = found;
        self.behind.retain(|place, unmoved| unknown.contains(place) || behind.get(place) == Some(&unmoved.position));
        for (place, position) in behind {
            self.behind.entry(*place).or_insert(Unmoved { position: *position, since: now });
        }
    }

    /// Those on which the table has not moved for the time after which a warning comes.
    fn withheld(&self, now: Instant) -> Withheld {
        let unmoved = |of: &Unmoved| now.duration_since(of.since);
        let long = self.behind.iter().filter(|(_, of)| unmoved(of) >= self.interval());
        let time = long.clone().map(|(_, of)| unmoved(of)).max().unwrap_or_default();
        Withheld { places: long.map(|(place, _)| *place).collect(), time }
    }

    /// Whether to warn now.
    fn warns(&mut self, withheld: &Withheld, now: Instant) -> bool {
        if withheld.places.is_empty() {
            self.warned = None;
            return false;
        }
        let due = self.warned.is_none_or(|warned| now.duration_since(warned) >= self.limit);
        if due {
            self.warned = Some(now);
        }
        due
    }

    /// Too long for a run that should end by itself.
    fn unbearable(&self, withheld: &Withheld) -> bool {
        !withheld.places.is_empty() && withheld.time >= self.limit
    }
}

/// A member of the group, as far as it can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Member {
    client: String,
    host: String,
    partitions: BTreeSet<(String, i32)>,
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client.id {:?} at {}", self.client, self.host.trim_start_matches('/'))
    }
}

/// Who holds any of these partitions, in words.
fn holders<C: ConsumerContext>(consumer: &BaseConsumer<C>, group: &str, places: &[(String, i32)]) -> String {
    let members = match members(consumer, group) {
        Ok(members) => members,
        Err(error) => return format!("a member that cannot be asked for ({error})"),
    };
    let held = |member: &&Member| places.iter().any(|place| member.partitions.contains(place));
    let named: Vec<String> = members.iter().filter(held).map(ToString::to_string).collect();
    match named.is_empty() {
        true => "no member that the group names".to_owned(),
        false => named.join(" and "),
    }
}

fn members<C: ConsumerContext>(consumer: &BaseConsumer<C>, group: &str) -> KafkaResult<Vec<Member>> {
    let groups = consumer.fetch_group_list(Some(group), ASKED)?;
    let members = groups.groups().iter().filter(|found| found.name() == group).flat_map(|found| found.members());
    let member = |member: &rdkafka::groups::GroupMemberInfo| Member {
        client: member.client_id().to_owned(),
        host: member.client_host().to_owned(),
        partitions: member.assignment().and_then(assignment).unwrap_or_default(),
    };
    Ok(members.map(member).collect())
}

/// What the consumer protocol writes of an assignment: a version, and topics with their partitions.
fn assignment(bytes: &[u8]) -> Option<BTreeSet<(String, i32)>> {
    let mut rest = bytes.get(2..)?;
    let mut found = BTreeSet::new();
    for _ in 0..number(&mut rest)? {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (topic, after) = after.split_at_checked(usize::try_from(i16::from_be_bytes(*length)).ok()?)?;
        let topic = std::str::from_utf8(topic).ok()?;
        rest = after;
        for _ in 0..number(&mut rest)? {
            found.insert((topic.to_owned(), number(&mut rest)?));
        }
    }
    Some(found)
}

fn number(bytes: &mut &[u8]) -> Option<i32> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    Some(i32::from_be_bytes(*number))
}

/// Partitions by name; of many the first.
fn list(places: &[(String, i32)]) -> String {
    let named: Vec<String> =
        places.iter().take(NAMED).map(|(topic, partition)| format!("{topic}-{partition}")).collect();
    match places.len().checked_sub(NAMED).filter(|more| *more > 0) {
        Some(more) => format!("{} and {more} more", named.join(", ")),
        None => named.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<const N: usize, const M: usize>(
        behind: [(StreamPartition, Option<i64>); N],
        unknown: [StreamPartition; M],
    ) -> Found {
        Found { behind: behind.into(), unknown: unknown.into(), heard: true }
    }

    #[test]
    fn only_a_partition_on_which_the_table_stands_still_is_withheld() {
        let (limit, start) = (Duration::from_secs(100), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut others = Others::new(limit);
        others.observe(&found([((0, 1), Some(5)), ((0, 2), None)], []), start);
        assert!(others.withheld(at(9)).places.is_empty());
        // Another ingest commits on the one, nobody on the other.
        others.observe(&found([((0, 1), Some(9)), ((0, 2), None)], []), at(9));
        let withheld = others.withheld(at(12));
        assert_eq!(withheld, Withheld { places: vec![(0, 2)], time: Duration::from_secs(12) });
        assert!(others.warns(&withheld, at(12)) && !others.warns(&withheld, at(60)), "sparingly");
        assert!(others.warns(&withheld, at(112)), "but not once and for all");
        assert!(!others.unbearable(&withheld) && others.unbearable(&others.withheld(at(100))));
        others.observe(&Found::default(), at(101));
        assert!(others.withheld(at(300)).places.is_empty(), "caught up");
    }

    /// One partition without a leader, and nothing was told of any other.
    #[test]
    fn a_partition_that_cannot_be_asked_for_hides_no_other_and_is_not_forgotten() {
        let (limit, start) = (Duration::from_secs(100), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut others = Others::new(limit);
        others.observe(&found([((0, 1), Some(5))], []), start);
        others.observe(&found([((0, 2), None)], [(0, 1)]), at(5));
        assert_eq!(others.withheld(at(12)).places, [(0, 1)], "as far as anybody knows");
        assert_eq!(others.withheld(at(16)).places, [(0, 1), (0, 2)]);
        others.observe(&found([((0, 1), Some(6)), ((0, 2), None)], []), at(17));
        assert_eq!(others.withheld(at(17)).places, [(0, 2)], "back, and its table had moved meanwhile");
    }

    #[test]
    fn an_assignment_is_read_and_a_broken_one_is_none() {
        let mut bytes = vec![0, 0, 0, 0, 0, 1, 0, 2];
        bytes.extend(b"ab");
        bytes.extend([0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 7, 255, 255, 255, 255]);
        assert_eq!(assignment(&bytes), Some([("ab".to_owned(), 0), ("ab".to_owned(), 7)].into()));
        for length in 0..bytes.len() - 4 {
            assert_eq!(assignment(&bytes[..length]), None, "{length}");
        }
    }

    #[test]
    fn many_partitions_are_counted() {
        let places: Vec<(String, i32)> = (0..12).map(|n| ("t".to_owned(), n)).collect();
        assert_eq!(list(&places[..2]), "t-0, t-1");
        assert!(list(&places).ends_with("t-9 and 2 more"), "{}", list(&places));
    }
}
