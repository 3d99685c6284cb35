//! The state of a site in a metric.

use super::{clock::weeks_before, coverage, directory::Place, rows::SiteRows};
use crate::{Metric, ReasonValue, State};

/// The first that holds, in the order of `State::ALL`.
pub(super) fn state(
    metric: &Metric,
    place: &Place,
    rows: &SiteRows<'_>,
    silent: bool,
    reasons: &[ReasonValue],
) -> State {
    let recent = weeks_before(place.last, 3)..=place.last;
    let has_value = rows.pooled.range(recent.clone()).next().is_some();
    if silent {
        State::Silent
    } else if !has_value && rows.suppressed.range(recent).next().is_some() {
        State::Suppressed
    } else if !has_value {
        State::NoData
    } else if coverage::is_insufficient(metric.coverage, rows.pooled.get(&place.last)) {
        State::Insufficient
    } else if reasons.iter().any(|reason| reason.on) {
        State::Lagging
    } else {
        State::Ok
    }
}
