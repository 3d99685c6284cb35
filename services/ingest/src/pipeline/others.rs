//! Partitions that other members of the group hold. Another `ingest` brings their records to the lake; another program
//! that only shares the group's name takes them away from it, and nothing else would ever say so.
//!
//! Who is who cannot be told from the group. What tells is the lake: a partition of somebody else that has records and on
//! which the table does not move is *withheld*.

use crate::state::StreamPartition;
use rdkafka::{
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::KafkaResult,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::{Duration, Instant},
};

/// It is told after this part of the limit, and again after each full one.
const TOLD_AFTER: u32 = 10;
/// The longest that the group is asked for its members.
const ASKED: Duration = Duration::from_secs(5);
/// Partitions that a message names, before it counts the rest.
const NAMED: usize = 10;

/// What others hold and the lake does not get.
pub(crate) struct Others {
    limit: Duration,
    behind: BTreeMap<StreamPartition, Standing>,
    told: Option<Instant>,
}

/// A partition of another member that has more than the table.
struct Standing {
    /// The table's.
    position: Option<i64>,
    since: Instant,
}

/// Partitions that are withheld, in order, and for how long the first of them has been.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Withheld {
    pub(crate) places: Vec<StreamPartition>,
    pub(crate) time: Duration,
}

impl Others {
    pub(crate) fn new(limit: Duration) -> Self {
        Self { limit, behind: BTreeMap::new(), told: None }
    }

    /// How often others are looked at, where nobody waits for them.
    pub(crate) fn interval(&self) -> Duration {
        self.limit / TOLD_AFTER
    }

    /// Partitions of others whose records the table lacks, with its position, as of now.
    pub(crate) fn observe(&mut self, behind: &BTreeMap<StreamPartition, Option<i64>>, now: Instant) {
        self.behind.retain(|place, standing| behind.get(place) == Some(&standing.position));
        for (place, position) in behind {
            self.behind.entry(*place).or_insert(Standing { position: *position, since: now });
        }
    }

    /// Those on which the table has not moved for the time after which it is told.
    pub(crate) fn withheld(&self, now: Instant) -> Withheld {
        let standing = |standing: &Standing| now.duration_since(standing.since);
        let long = self.behind.iter().filter(|(_, of)| standing(of) >= self.interval());
        let time = long.clone().map(|(_, of)| standing(of)).max().unwrap_or_default();
        Withheld { places: long.map(|(place, _)| *place).collect(), time }
    }

    /// Whether to say so now.
    pub(crate) fn tell(&mut self, withheld: &Withheld, now: Instant) -> bool {
        if withheld.places.is_empty() {
            self.told = None;
            return false;
        }
        let due = self.told.is_none_or(|told| now.duration_since(told) >= self.limit);
        if due {
            self.told = Some(now);
        }
        due
    }

    /// Too long for a run that should end by itself.
    pub(crate) fn unbearable(&self, withheld: &Withheld) -> bool {
        !withheld.places.is_empty() && withheld.time >= self.limit
    }
}

/// A member of the group, as far as it can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
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
pub(crate) fn holders<C: ConsumerContext>(consumer: &BaseConsumer<C>, group: &str, places: &[(String, i32)]) -> String {
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
pub(crate) fn list(places: &[(String, i32)]) -> String {
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

    #[test]
    fn only_a_partition_on_which_the_table_stands_still_is_withheld() {
        let (limit, start) = (Duration::from_secs(100), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut others = Others::new(limit);
        others.observe(&[((0, 1), Some(5)), ((0, 2), None)].into(), start);
        assert!(others.withheld(at(9)).places.is_empty());
        // Another ingest commits on the one, nobody on the other.
        others.observe(&[((0, 1), Some(9)), ((0, 2), None)].into(), at(9));
        let withheld = others.withheld(at(12));
        assert_eq!(withheld, Withheld { places: vec![(0, 2)], time: Duration::from_secs(12) });
        assert!(others.tell(&withheld, at(12)) && !others.tell(&withheld, at(60)), "sparingly");
        assert!(others.tell(&withheld, at(112)), "but not once and for all");
        assert!(!others.unbearable(&withheld) && others.unbearable(&others.withheld(at(100))));
        others.observe(&BTreeMap::new(), at(101));
        assert!(others.withheld(at(300)).places.is_empty(), "caught up");
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
