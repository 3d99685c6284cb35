//! Puts the organisation together and its records on their way.

use crate::{
    calendar,
    chance::{Chance, Purpose},
    event::Event,
    habits,
    local::{days, minutes, seconds},
    number::signed,
    organisation::{Organisation, Site},
    outcomes,
    plan::{Plan, PlanError, WEEKS_BEYOND},
    record::{Record, delay},
    reference, survey, training,
    truth::Truth,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Commitments run up to six weeks ahead of their due time, so those due further ahead are known of too.
const WEEKS_AHEAD: usize = 6;

/// One sending of one version of an event: what a producer hands to Kafka.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// When it reaches the topic, on the data's own clock.
    pub arrives: Timestamp,
    /// What is sent. Its stream and Kafka key are [`Event::stream`] and [`Event::key`].
    pub event: Event,
}

/// A simulated organisation: everything that it sends, and the truth about it.
#[derive(Debug)]
pub struct Simulation {
    /// What was asked for.
    pub plan: Plan,
    /// What a correct evaluation of everything that arrived by `plan.end` finds.
    pub truth: Truth,
    deliveries: Vec<Delivery>,
    known: usize,
}

/// Simulates a plan: the same plan leads to the same deliveries and the same truth.
pub fn simulate(plan: &Plan) -> Result<Simulation, PlanError> {
    plan.check()?;
    let org = Organisation::new(plan)?;
    let (core, habits, particulars) = (records(&org), habits(&org), particulars(&org));
    let truth = Truth::of(&org, core.iter().chain(&habits).chain(&particulars));
    let sent =
        [(Purpose::Delivery, core), (Purpose::HabitDelivery, habits), (Purpose::ParticularDelivery, particulars)];
    let deliveries = deliveries(plan, sent);
    let known = deliveries.partition_point(|delivery| delivery.arrives <= plan.end);
    Ok(Simulation { plan: *plan, truth, deliveries, known })
}

impl Simulation {
    /// Everything that arrives up to `plan.end`, over all streams, in order of arrival: late, doubled and out-of-order
    /// events where they fall.
    pub fn arrivals(&self) -> &[Delivery] {
        &self.deliveries[..self.known]
    }

    /// What arrives in the four weeks after `plan.end`, in order of arrival, for a demonstration that goes on.
    pub fn afterwards(&self) -> &[Delivery] {
        &self.deliveries[self.known..]
    }

    /// What arrives after `from` up to and including `to`, before or after `plan.end`, in order of arrival.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> &[Delivery] {
        let first = self.deliveries.partition_point(|delivery| delivery.arrives <= from);
        let last = self.deliveries.partition_point(|delivery| delivery.arrives <= to);
        &self.deliveries[first..last.max(first)]
    }

    /// The events of each stream that arrive up to `plan.end`, in order of arrival. Every stream is there.
    pub fn streams(&self) -> BTreeMap<&'static str, Vec<&Event>> {
        let mut streams: BTreeMap<_, Vec<_>> = Event::STREAMS.iter().map(|stream| (*stream, Vec::new())).collect();
        for delivery in self.arrivals() {
            streams.entry(delivery.event.stream()).or_default().push(&delivery.event);
        }
        streams
    }
}

/// Everything that anybody at a site that still speaks recorded, in the simulated weeks and the four beyond.
fn records(org: &Organisation) -> Vec<Record> {
    let mut records = Vec::new();
    let last = org.plan.running() + WEEKS_BEYOND;
    for site in &org.sites {
        let from = records.len();
        reference::site(org, site, &mut records);
        for week in 0..=last {
            calendar::site_week(org, site, week, &mut records);
            survey::site_week(org, site, week, &mut records);
            training::courses(org, site, week, &mut records);
            outcomes::site_week(org, site, week, &mut records);
        }
        for week in 0..=last + WEEKS_AHEAD {
            training::commitments(org, site, week, &mut records);
        }
        silence(org, site, &mut records[from..]);
    }
    records
}

/// What they recorded of the habits beside the core ones; apart, so that these move nothing of the rest.
fn habits(org: &Organisation) -> Vec<Record> {
    let mut records = Vec::new();
    for site in &org.sites {
        let from = records.len();
        for week in 0..=org.plan.running() + WEEKS_BEYOND {
            habits::site_week(org, site, week, &mut records);
        }
        silence(org, site, &mut records[from..]);
    }
    records
}

/// What sites recorded of particulars, so that these move nothing of the rest.
fn particulars(org: &Organisation) -> Vec<Record> {
    let mut records = Vec::new();
    for site in &org.sites {
        for week in 0..=org.plan.running() + WEEKS_BEYOND {
            habits::pairs_of_two_sites(org, site, week, &mut records);
        }
    }
    records
}

/// Takes away what a site that goes silent does not send, and what happens where it is not open yet or any more.
fn silence(org: &Organisation, site: &Site, records: &mut [Record]) {
    if !site.particulars.always_open() {
        let open = |at: Timestamp| site.is_open(&org.plan, at);
        records.iter_mut().for_each(|record| record.versions.retain(|v| v.event.event_time().is_none_or(open)));
    }
    let Some(silence) = site.silence(&org.plan) else { return };
    let heard = |at: Timestamp| at < silence;
    for record in records {
        record.versions.retain(|v| heard(v.arrives) && v.event.event_time().is_none_or(heard));
    }
}

/// Every sending of every version in order of arrival. Three in two hundred are sent twice (reference records once
/// only, because there the last one wins).
fn deliveries(plan: &Plan, records: [(Purpose, Vec<Record>); 3]) -> Vec<Delivery> {
    let until = plan.end + days(7 * signed(WEEKS_BEYOND));
    let mut deliveries = Vec::new();
    for (purpose, records) in records {
        let mut chance = Chance::of(plan.seed, purpose, 0, 0, 0);
        for version in records.into_iter().flat_map(|record| record.versions) {
            if version.event.event_time().is_some() && chance.hits(0.015) {
                let again = version.arrives
                    + if chance.hits(0.5) { seconds(chance.whole(1..=30)) } else { minutes(30) + delay(&mut chance) };
                deliveries.push(Delivery { arrives: again, event: version.event.clone() });
            }
            deliveries.push(Delivery { arrives: version.arrives, event: version.event });
        }
    }
    deliveries.retain(|delivery| delivery.arrives <= until);
    deliveries.sort_by_key(|delivery| delivery.arrives);
    deliveries
}
