//! What a correct evaluation finds, by brute force from the organisation's own records and not by SQL.
//!
//! A part is one row of a metric's additive parts. Decimals are written out in full, with 9 digits after the point (18
//! for sums of squares), as DECIMAL(38,9) and DECIMAL(38,18) print, so that equal numbers are equal strings.

mod answers;
mod decimal;
mod exact;
mod field_time;
mod follow_through;
mod known;
mod part;
mod sums;

pub(crate) use answers::{giver, means};
pub(crate) use decimal::{ONE, quotient};
pub(crate) use exact::Core;
pub(crate) use follow_through::promises;
pub(crate) use known::Known;
pub use part::Part;
pub(crate) use sums::Sums;

use crate::{
    cast::{Fate, Metric},
    event::Event,
    habits,
    organisation::{Organisation, Site},
    planted::{PlantedFault, PlantedRollout, PlantedState, Reason, State},
    record::Record,
};
use jiff::Timestamp;
use serde::Serialize;

/// The truth at `as_of`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Truth {
    /// The evaluation clock: the plan's end.
    pub as_of: Timestamp,
    /// Every row with a denominator above 0, before suppression, the running week included, of the three core metrics and
    /// of each metric of the catalogue; by metric, week, site, labels. Shares above the whole are no rows: they are faults.
    pub parts: Vec<Part>,
    /// What was planted, never what a rule says; by metric and site.
    pub states: Vec<PlantedState>,
    /// Rows that were made impossible on purpose: they are no parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<PlantedFault>,
    /// Programmes, where they began and what they did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rollouts: Vec<PlantedRollout>,
}

impl Truth {
    pub(crate) fn of<'a>(org: &Organisation, records: impl Iterator<Item = &'a Record>) -> Self {
        let known: Vec<&Event> = records.filter_map(|record| record.known_at(org.plan.end)).collect();
        let as_of = org.plan.end;
        let by_stream = Known::of(org, &known, as_of);
        let core =
            Core { field_time: field_time::parts(org, &known, as_of), prestart_quality: answers::prestart(&by_stream) };
        let mut found = habits::truths(&by_stream, &core);
        found.extend([
            Sums::of(Metric::FieldTime.name(), core.field_time),
            Sums::of(Metric::PrestartQuality.name(), core.prestart_quality),
            Sums::of(Metric::LearningFollowThrough.name(), follow_through::parts(&by_stream)),
        ]);
        let metrics: Vec<&'static str> = found.iter().map(Sums::metric).collect();
        let mut parts: Vec<Part> = found.into_iter().flat_map(Sums::parts).collect();
        parts.sort_unstable();
        let rollouts = org.programme.planted(org.sites.iter().map(|site| site.id.as_str()));
        Self { as_of, parts, states: states(org, &metrics), faults: faults(org), rollouts }
    }
}

fn faults(org: &Organisation) -> Vec<PlantedFault> {
    let of_site = |site: &Site| {
        let week = org.plan.monday(site.particulars.uninvited?);
        Some(PlantedFault { metric: habits::RESPONSE_RATE, site: site.id.clone(), week })
    };
    org.sites.iter().filter_map(of_site).collect()
}

fn states(org: &Organisation, metrics: &[&'static str]) -> Vec<PlantedState> {
    let mut states = Vec::new();
    for site in &org.sites {
        let mut plant = |metric, state, reasons: &[Reason], week| {
            let from = org.plan.monday(week);
            states.push(PlantedState { metric, site: site.id.clone(), state, reasons: reasons.to_vec(), from });
        };
        match site.fate {
            Some(Fate::Lagging { metric, from, .. }) => {
                plant(metric.name(), State::Lagging, &[Reason::Below], from);
                if metric == Metric::LearningFollowThrough {
                    // What people commit to is committed to peers.
                    plant(habits::TO_PEERS, State::Lagging, &[Reason::Below], from);
                }
            }
            Some(Fate::Falling { metric, from, .. }) => plant(metric.name(), State::Lagging, &[Reason::Falling], from),
            Some(Fate::Silent { from }) => {
                let told = metrics.iter().filter(|metric| !habits::SELDOM.contains(metric));
                told.for_each(|metric| plant(metric, State::Silent, &[], from));
            }
            Some(Fate::Small) => {
                let of_answers = habits::OF_ANSWERS.into_iter().chain([Metric::PrestartQuality.name()]);
                of_answers.for_each(|metric| plant(metric, State::Suppressed, &[], 0));
            }
            None => {}
        }
        for planted in org.stories.planted.iter().filter(|planted| planted.site == site.number) {
            for metric in planted.story.metrics() {
                plant(metric, State::Lagging, &[planted.story.reason()], planted.from);
            }
        }
    }
    states.sort();
    states
}
