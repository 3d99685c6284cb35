//! Field time by walking through each leader's week, from one change of what they do to the next; and what was expected of
//! each leader, day by day.

use super::{
    decimal,
    decimal::ONE,
    exact::Exact,
    known::{is_open, works_on},
};
use crate::{
    event::{Basis, CalendarAudit, Category, Event, LeaderRecord, SiteRecord, Status},
    local::{at, days, monday_of},
    organisation::Organisation,
};
use jiff::{Timestamp, civil::Date};
use std::collections::BTreeMap;

/// Microseconds in units of the ninth digit.
const MICROSECOND: i128 = ONE / 1_000_000;

/// How many entries are going on: of work in the field, of work, of any kind.
type Going = [i64; 3];
/// What starts and ends change about it.
type Changes = BTreeMap<Timestamp, Going>;

pub(super) fn parts(org: &Organisation, known: &[&Event], as_of: Timestamp) -> Exact {
    let done = known.iter().filter_map(|event| match event {
        Event::CalendarAudit(entry) if counts(entry) && entry.starts_at.at <= as_of => Some(entry),
        _ => None,
    });
    let mut entries: BTreeMap<(&str, &str), Vec<&CalendarAudit>> = BTreeMap::new();
    for entry in done {
        entries.entry((&entry.site_id, &entry.leader_id)).or_default().push(entry);
    }
    let mut parts = Exact::new();
    let mut logged: BTreeMap<(Date, &str, &str), i128> = BTreeMap::new();
    for ((at_site, leader), entries) in entries {
        let Some(site) = org.sites.iter().find(|candidate| candidate.id == at_site) else { continue };
        for (week, changes) in by_week(&site.zone, &entries, as_of) {
            let [field, working, any] = walk(&changes).map(|micros| micros * MICROSECOND);
            let row = parts.entry((week, site.id.clone())).or_default();
            row.numerator += field;
            row.denominator += working;
            logged.insert((week, at_site, leader), any);
        }
    }
    parts.retain(|_, row| row.denominator > 0);
    for ((week, site), row) in &mut parts {
        let posts = known.iter().filter_map(|event| match event {
            Event::Leader(post) if post.site_id == *site => Some(post),
            _ => None,
        });
        let open = known.iter().find_map(|event| match event {
            Event::Site(record) if record.site_id == *site => Some(record),
            _ => None,
        });
        let (mut accounted, mut expected) = (0, 0);
        for post in posts {
            let due = expected_of(post, open, *week);
            let has = logged.get(&(*week, site.as_str(), post.leader_id.as_str())).copied().unwrap_or(0);
            accounted += has.min(due);
            expected += due;
        }
        row.coverage = Some((accounted, expected));
    }
    parts
}

fn counts(entry: &CalendarAudit) -> bool {
    entry.basis == Basis::Actual && entry.status == Status::Confirmed
}

/// The hours of a post in a week, for the site's working days on which it is held and the site is open.
#[expect(clippy::cast_possible_truncation, reason = "the hours of a week are few: their microseconds are exact")]
fn expected_of(post: &LeaderRecord, site: Option<&SiteRecord>, week: Date) -> i128 {
    let Some(hours) = post.weekly_hours else { return 0 };
    let (mut held, mut all) = (0, 0);
    for day in (0..7).map(|day| week + days(day)) {
        if !works_on(site, day) {
            continue;
        }
        all += 1;
        let begun = post.from.is_none_or(|from| from <= day);
        let over = post.to.is_some_and(|to| to < day);
        held += i128::from(begun && !over && is_open(site, day));
    }
    let full = (hours * 3600.0 * 1e6).round() as i128 * MICROSECOND;
    decimal::quotient(full * held, all)
}

/// Starts and ends in each local week, entries cut where the week and the data end.
fn by_week(zone: &jiff::tz::TimeZone, entries: &[&CalendarAudit], as_of: Timestamp) -> BTreeMap<Date, Changes> {
    let mut weeks: BTreeMap<Date, Changes> = BTreeMap::new();
    for entry in entries {
        let ends = entry.ends_at.at.min(as_of);
        let mut from = entry.starts_at.at;
        while from < ends {
            let week = monday_of(zone.to_datetime(from).date());
            let until = ends.min(at(zone, week + days(7), 0).at);
            let (field, leave) = (entry.category == Category::Field, entry.category == Category::Leave);
            let of = [field, !leave, true].map(i64::from);
            let changes = weeks.entry(week).or_default();
            for (moment, sign) in [(from, 1), (until, -1)] {
                let change = changes.entry(moment).or_default();
                (0..3).for_each(|kind| change[kind] += sign * of[kind]);
            }
            from = until;
        }
    }
    weeks
}

/// Microseconds of each: a moment counts once however many entries cover it.
fn walk(changes: &Changes) -> [i128; 3] {
    let (mut passed, mut going, mut since) = ([0; 3], Going::default(), Timestamp::MIN);
    for (at, change) in changes {
        for kind in 0..3 {
            passed[kind] += if going[kind] > 0 { at.duration_since(since).as_micros() } else { 0 };
            going[kind] += change[kind];
        }
        since = *at;
    }
    passed
}
