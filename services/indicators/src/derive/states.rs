//! The state of a site in a metric: the first that holds, in the order of `State::ALL`.

use super::{clock::weeks_before, coverage, directory::Place, lagging::Verdict, rows::SiteRows};
use crate::{definition::Metric, values::State};

/// The states of a site that gives nothing to judge by at the moment: silent, suppressed, no data, insufficient.
pub(super) fn quiet(metric: &Metric, place: &Place, rows: &SiteRows<'_>, silent: bool) -> Option<State> {
    let recent = weeks_before(place.last, 3)..=place.last;
    let has_value = rows.pooled.range(recent.clone()).next().is_some();
    if silent {
        Some(State::Silent)
    } else if !has_value && rows.suppressed.range(recent).next().is_some() {
        Some(State::Suppressed)
    } else if !has_value {
        Some(State::NoData)
    } else if coverage::is_insufficient(metric.coverage, rows.pooled.get(&place.last)) {
        Some(State::Insufficient)
    } else {
        None
    }
}

/// The states of the others.
pub(super) fn judged(verdict: &Verdict) -> State {
    if verdict.reasons.iter().any(|reason| reason.on) {
        State::Lagging
    } else if verdict.lacking.is_some() {
        State::Unjudged
    } else {
        State::Ok
    }
}
