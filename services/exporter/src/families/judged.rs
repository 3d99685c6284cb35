//! A site in a metric: state, reasons, scores, what is lacking, target, coverage, streak, trend, week.

use super::{FamilyError, Sites, table::Table};
use indicators::{Judgement, Lacking, MetricValues, ReasonValue, State};

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
        for (what, amount) in judgement.lacking.map(Lacking::amounts).unwrap_or_default() {
            let labels = labels.into_iter().chain([("what", what)]);
            table.shared("leading_lacking")?.set(labels, f64::from(amount));
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
    // Where nothing is judged now only what is carried is said: a 0 would call the site recovered.
    if reason.on || reason.judged && matches!(judgement.state, State::Ok | State::Lagging) {
        table.shared("leading_lagging")?.set(labels(), flag(reason.on));
    }
    let weeks = [
        ("leading_lagging_since_timestamp_seconds", reason.since),
        ("leading_lagging_last_week_timestamp_seconds", reason.last_week),
    ];
    for (family, week) in weeks.into_iter().filter(|_| reason.on) {
        let start = week.map(|week| sites.day_start(&judgement.site, week));
        table.shared(family)?.set_some(labels(), start);
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
