//! What a correct evaluation finds, by brute force from the organisation's own records and not by SQL.
//!
//! A part is one row of a metric's additive parts. Decimals are written out in full, with 9 digits after the point (18
//! for sums of squares), as DECIMAL(38,9) and DECIMAL(38,18) print, so that equal numbers are equal strings.

mod decimal;
mod field_time;
mod follow_through;
mod prestart;

use crate::{
    cast::{Fate, Metric},
    event::Event,
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
    /// Every row with a denominator above 0, before suppression, the running week included; by metric, week, site.
    pub parts: Vec<Part>,
    /// What was planted, never what a rule says; by metric and site.
    pub states: Vec<PlantedState>,
}

/// The parts of one metric at one site in one week.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Part {
    /// Which metric.
    pub metric: Metric,
    /// Monday of the site's local week.
    pub week: Date,
    /// Raw site id.
    pub site: String,
    /// Seconds in the field, commitments kept, or the sum of the respondents' means; 9 digits.
    pub numerator: String,
    /// Seconds worked, commitments due, or respondents; 9 digits.
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
    pub metric: Metric,
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
type Exact = BTreeMap<(Date, String), Row>;

/// One row's parts, exact: in units of the last digit.
#[derive(Debug, Default)]
struct Row {
    numerator: i128,
    denominator: i128,
    squares: Option<i128>,
    /// Logged and expected.
    coverage: Option<(i128, i128)>,
}

impl Truth {
    pub(crate) fn of(org: &Organisation, records: &[Record]) -> Self {
        let known: Vec<&Event> = records.iter().filter_map(|record| record.known_at(org.plan.end)).collect();
        let as_of = org.plan.end;
        let found = [
            (Metric::FieldTime, field_time::parts(org, &known, as_of)),
            (Metric::LearningFollowThrough, follow_through::parts(org, &known, as_of)),
            (Metric::PrestartQuality, prestart::parts(org, &known, as_of)),
        ];
        let parts = found.into_iter().flat_map(|(metric, exact)| exact.into_iter().map(move |row| part(metric, row)));
        Self { as_of, parts: parts.collect(), states: states(org) }
    }
}

fn part(metric: Metric, ((week, site), row): ((Date, String), Row)) -> Part {
    let (logged, expected) = row.coverage.unzip();
    Part {
        metric,
        week,
        site,
        numerator: decimal::nine(row.numerator),
        denominator: decimal::nine(row.denominator),
        sum_squares: row.squares.map(decimal::eighteen),
        logged: logged.map(decimal::nine),
        expected: expected.map(decimal::nine),
    }
}

fn states(org: &Organisation) -> Vec<PlantedState> {
    let mut states = Vec::new();
    for site in &org.sites {
        let mut plant = |metric, state, reasons: &[Reason], week| {
            let from = org.plan.monday(week);
            states.push(PlantedState { metric, site: site.id.clone(), state, reasons: reasons.to_vec(), from });
        };
        match site.fate {
            Some(Fate::Lagging { metric, from, .. }) => plant(metric, State::Lagging, &[Reason::Below], from),
            Some(Fate::Falling { metric, from, .. }) => plant(metric, State::Lagging, &[Reason::Falling], from),
            Some(Fate::Silent { from }) => {
                Metric::ALL.into_iter().for_each(|metric| plant(metric, State::Silent, &[], from));
            }
            Some(Fate::Small) => plant(Metric::PrestartQuality, State::Suppressed, &[], 0),
            None => {}
        }
    }
    states.sort();
    states
}
