//! Determinism, and how events arrive: late, doubled, out of order.

use crate::small;
use simulator::{Event, Plan, simulate};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn equal_plans_give_equal_bytes_and_other_seeds_do_not() {
    let plan = Plan { sites: 5, weeks: 8, ..Plan::default() };
    let bytes = |plan: &Plan| {
        let simulation = simulate(plan).unwrap();
        let payloads: Vec<_> = simulation.arrivals().iter().map(|delivery| delivery.event.payload().unwrap()).collect();
        (payloads, serde_json::to_vec(&simulation.truth).unwrap())
    };
    assert_eq!(bytes(&plan), bytes(&plan));
    assert_ne!(bytes(&plan), bytes(&Plan { seed: 8, ..plan }));
}

#[test]
fn arrivals_are_in_order_and_split_at_the_end() {
    let simulation = small();
    let (before, after) = (simulation.arrivals(), simulation.afterwards());
    assert!(
        before.is_sorted_by_key(|delivery| delivery.arrives) && after.is_sorted_by_key(|delivery| delivery.arrives)
    );
    assert!(before.last().unwrap().arrives <= simulation.plan.end);
    assert!(after.first().unwrap().arrives > simulation.plan.end);
    let monday = "2026-06-15T00:00:00Z".parse().unwrap();
    let running = simulation.between(monday, simulation.plan.end);
    assert_eq!(running.last(), before.last());
    assert!(running.iter().all(|delivery| delivery.arrives > monday) && !running.is_empty());
    assert_eq!(simulation.streams().values().map(Vec::len).sum::<usize>(), before.len());
}

#[test]
fn events_arrive_doubled_revised_late_and_out_of_order() {
    let mut sent: BTreeMap<(&str, &str), Vec<(i64, jiff::Timestamp)>> = BTreeMap::new();
    for delivery in small().arrivals() {
        sent.entry((delivery.event.stream(), delivery.event.key())).or_default().push(delivery.event.recency());
    }
    let doubled = sent.values().filter(|recencies| {
        let distinct: BTreeSet<_> = recencies.iter().collect();
        distinct.len() < recencies.len()
    });
    assert!(doubled.count() > 100);
    assert!(sent.values().filter(|recencies| !recencies.is_sorted()).count() > 50, "old revisions after new ones");
    let same_revision = |r: &&Vec<(i64, _)>| r.iter().any(|a| r.iter().any(|b| a.0 == b.0 && a.1 != b.1));
    assert!(sent.values().filter(same_revision).count() > 5, "one revision recorded twice");
    for ((stream, key), recencies) in &sent {
        if matches!(*stream, "sites" | "leaders") {
            assert!(recencies.is_sorted_by(|a, b| a < b), "{stream} {key}: once each and in order");
        }
    }
}

#[test]
fn calendars_hold_what_makes_calendars_hard() {
    use simulator::{Basis, Category, Status};
    let simulation = small();
    let audits = simulation.arrivals().iter().filter_map(|delivery| match &delivery.event {
        Event::CalendarAudit(entry) => Some(entry),
        _ => None,
    });
    let audits: Vec<_> = audits.collect();
    let count = |holds: &dyn Fn(&simulator::CalendarAudit) -> bool| audits.iter().filter(|entry| holds(entry)).count();
    assert!(count(&|entry| entry.status == Status::Cancelled) > 100);
    assert!(count(&|entry| entry.status == Status::Tentative) > 100);
    assert!(count(&|entry| entry.basis == Basis::Planned && entry.starts_at.at > simulation.plan.end) > 50);
    let done = |entry: &simulator::CalendarAudit| entry.basis == Basis::Actual && entry.category != Category::Leave;
    let end = simulation.plan.end;
    assert!(count(&|entry| done(entry) && entry.starts_at.at <= end && entry.ends_at.at > end) > 0, "begun, not over");
    assert!(
        count(&|entry| entry.starts_at.offset != entry.ends_at.offset) > 0 || dst_night(&audits),
        "a changed clock"
    );
}

/// Is there work through a night in which the clocks change?
fn dst_night(audits: &[&simulator::CalendarAudit]) -> bool {
    audits.iter().any(|entry| {
        let wall = |moment: simulator::Moment| moment.offset.to_datetime(moment.at);
        let passed = entry.ends_at.at.duration_since(entry.starts_at.at);
        wall(entry.ends_at).duration_since(wall(entry.starts_at)) != passed
    })
}
