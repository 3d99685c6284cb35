//! What a correct evaluation finds, by brute force from the organisation's own records and not by SQL.
//!
//! A part is one row of a metric's additive parts. Decimals are written out in full, with 9 digits after the point (18
//! for sums of squares), as DECIMAL(38,9) and DECIMAL(38,18) print, so that equal numbers are equal strings.

mod answers;
mod decimal;
mod field_time;
mod follow_through;
mod known;
mod sums;

pub(crate) use answers::{giver, means};
pub(crate) use decimal::{ONE, quotient};
pub(crate) use follow_through::promises;
pub(crate) use known::Known;
pub(crate) use sums::Sums;

use crate::{
    cast::{Fate, Metric},
    event::Event,
    habits,
    organisation::Organisation,
    record::Record,
};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use std::collections::BTreeMap;

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
}

/// The parts of one metric at one site in one week.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Part {
    /// Which metric.
    pub metric: &'static str,
    /// Monday of the site's local week.
    pub week: Date,
    /// Raw site id.
    pub site: String,
    /// Labels beside the site.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<&'static str, String>,
    /// Seconds in the field, commitments kept, the sum of the respondents' means …; 9 digits.
    pub numerator: String,
    /// Seconds worked, commitments due, respondents …; 1 for a count; 9 digits.
    pub denominator: String,
    /// Sum of the squares of the respondents' means, 18 digits; `None` for ratios.
    pub sum_squares: Option<String>,
    /// Seconds that the calendars account for, as far as they were expected, 9 digits; `None` where nothing is expected.
    pub logged: Option<String>,
    /// Seconds of the contracts, 9 digits; `None` like `logged`.
    pub expected: Option<String>,
}

/// One planted (site, metric) pair.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PlantedState {
    /// Which metric.
    pub metric: &'static str,
    /// Raw site id.
    pub site: String,
    /// What the board must show at `as_of`.
    pub state: State,
    /// The reasons of lagging that must be among those shown.
    pub reasons: Vec<Reason>,
    /// Monday of the week in which it began.
    pub from: Date,
}

/// States that can be planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Truly worse than the alarm, or truly falling.
    Lagging,
    /// Sends nothing.
    Silent,
    /// Too few people to show their answers.
    Suppressed,
}

/// Why a planted site lags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Its true level is under the alarm.
    Below,
    /// Its true level fell.
    Falling,
}

/// Parts of one metric by week and site.
pub(crate) type Exact = BTreeMap<(Date, String), Row>;

/// Those of the core metrics that others are made of.
pub(crate) struct Core {
    pub field_time: Exact,
    pub prestart_quality: Exact,
}

/// One row's parts, exact: in units of the last digit.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub numerator: i128,
    pub denominator: i128,
    squares: Option<i128>,
    /// Logged and expected.
    coverage: Option<(i128, i128)>,
}

impl Row {
    /// Adds a respondent with their mean.
    fn respondent(&mut self, mean: i128) {
        self.numerator += mean;
        self.denominator += ONE;
        self.squares = Some(self.squares.unwrap_or(0) + mean * mean);
    }
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
        Self { as_of, parts, states: states(org, &metrics) }
    }
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
