//! What changed between two evaluations, site by site: what a leader asks first on a Monday.

use crate::{
    change::{Change, SiteChange},
    values::{Judgement, State, Values},
};

/// The changes from `before` to `now`, sorted. Sites and metrics that only one of them has changed nothing.
pub fn changes(before: &Values, now: &Values) -> Vec<SiteChange> {
    let mut changes: Vec<SiteChange> = Vec::new();
    for metric in &now.metrics {
        let Some(earlier) = before.metric(&metric.metric.name) else { continue };
        for judgement in &metric.judgements {
            let found = earlier.judgement(&judgement.site).and_then(|earlier| of(earlier, judgement));
            let place =
                |change| SiteChange { change, site: judgement.site.clone(), metric: metric.metric.name.clone() };
            changes.extend(found.map(place));
        }
    }
    changes.sort();
    changes
}

fn of(before: &Judgement, now: &Judgement) -> Option<Change> {
    let lags = |judgement: &Judgement| judgement.on().next().is_some();
    let silent = |judgement: &Judgement| judgement.state == State::Silent;
    match () {
        () if lags(now) && !lags(before) => Some(Change::StartedToLag),
        () if silent(now) && !silent(before) => Some(Change::WentSilent),
        // A site that gives nothing to judge by has not recovered.
        () if lags(before) && !lags(now) && now.state == State::Ok => Some(Change::Recovered),
        () if silent(before) && !silent(now) => Some(Change::HeardAgain),
        () => None,
    }
}
