//! A site in a metric: state, reasons, scores, target, coverage, streak, trend, week.

use super::{FamilyError, Sites, table::Table};
use indicators::{Judgement, MetricValues, ReasonValue, State};

/// The labels of a judgement.
type Labels<'a> = [(&'a str, &'a str); 3];

/// All judgements of a metric.
pub(super) fn judgements(table: &mut Table, metric: &MetricValues, sites: &Sites<'_>) -> Result<(), FamilyError> {
    for judgement in &metric.judgements {
        let site = judgement.site.as_str();
        let labels = [("metric", metric.metric.name.as_str()), ("site", site), ("region", sites.region(site))];
        state(table, judgement, labels)?;
        for reason in &judgement.reasons {
            lagging(table, judgement, reason, labels, sites)?;
        }
        numbers(table, judgement, labels)?;
        table.shared("leading_week_start_timestamp_seconds")?.set(labels, sites.day_start(site, judgement.last_week));
    }
    Ok(())
}

fn state(table: &mut Table, judgement: &Judgement, labels: Labels<'_>) -> Result<(), FamilyError> {
    let family = table.shared("leading_state")?;
    for state in State::ALL {
        family.set(labels.into_iter().chain([("state", state.as_str())]), flag(judgement.state == state));
    }
    Ok(())
}

fn lagging(
    table: &mut Table,
    judgement: &Judgement,
    reason: &ReasonValue,
    labels: Labels<'_>,
    sites: &Sites<'_>,
) -> Result<(), FamilyError> {
    let labels = || labels.into_iter().chain([("reason", reason.reason.as_str())]);
    if matches!(judgement.state, State::Ok | State::Lagging) {
        table.shared("leading_lagging")?.set(labels(), flag(reason.on));
    }
    if let (true, State::Lagging, Some(since)) = (reason.on, judgement.state, reason.since) {
        table.shared("leading_lagging_since_timestamp_seconds")?.set(labels(), sites.day_start(&judgement.site, since));
    }
    table.shared("leading_lagging_score")?.set_some(labels(), reason.score);
    Ok(())
}

fn numbers(table: &mut Table, judgement: &Judgement, labels: Labels<'_>) -> Result<(), FamilyError> {
    let families = [
        ("leading_target", judgement.target),
        ("leading_coverage", judgement.coverage),
        ("leading_streak_below", judgement.streak.map(f64::from)),
        ("leading_trend_per_week", judgement.trend_per_week),
    ];
    for (name, value) in families {
        table.shared(name)?.set_some(labels, value);
    }
    Ok(())
}

fn flag(on: bool) -> f64 {
    f64::from(u8::from(on))
}
