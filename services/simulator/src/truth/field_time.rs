//! Field time by walking through each leader's week, from one change of what they do to the next.

use super::{Exact, decimal::ONE};
use crate::{
    event::{Basis, CalendarAudit, Category, Event, Status},
    local::{at, days, monday_of},
    organisation::Organisation,
};
use jiff::{Timestamp, civil::Date};
use std::collections::BTreeMap;

/// What is going on, changed by one start or end: (entries of work, entries of field work).
type Changes = BTreeMap<Timestamp, (i64, i64)>;

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
    for ((site, _), entries) in entries {
        let Some(site) = org.sites.iter().find(|candidate| candidate.id == site) else { continue };
        for (week, changes) in by_week(&site.zone, &entries, as_of) {
            let (field, working) = walk(&changes);
            let row = parts.entry((week, site.id.clone())).or_insert((0, 0, None));
            row.0 += field * (ONE / 1_000_000);
            row.1 += working * (ONE / 1_000_000);
        }
    }
    parts.retain(|_, row| row.1 > 0);
    parts
}

fn counts(entry: &CalendarAudit) -> bool {
    entry.basis == Basis::Actual && entry.status == Status::Confirmed && entry.category != Category::Leave
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
            let field = i64::from(entry.category == Category::Field);
            let changes = weeks.entry(week).or_default();
            let started = changes.entry(from).or_default();
            *started = (started.0 + 1, started.1 + field);
            let ended = changes.entry(until).or_default();
            *ended = (ended.0 - 1, ended.1 - field);
            from = until;
        }
    }
    weeks
}

/// Microseconds in the field and at work: a moment counts once however many entries cover it.
fn walk(changes: &Changes) -> (i128, i128) {
    let (mut field, mut working, mut now, mut since) = (0, 0, (0, 0), Timestamp::MIN);
    for (at, change) in changes {
        if now.0 > 0 {
            let passed = at.duration_since(since).as_micros();
            working += passed;
            field += if now.1 > 0 { passed } else { 0 };
        }
        now = (now.0 + change.0, now.1 + change.1);
        since = *at;
    }
    (field, working)
}
