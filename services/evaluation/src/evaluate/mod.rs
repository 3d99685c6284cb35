//! Metrics × weeks × lake → weekly parts, at one clock.
//!
//! ```text
//! Work ─stretches─► for each: current rows read once ─┬─► one session a query (own memory, own time) ─► PartRow …
//! (which weeks)                                       └─► activity: which site sent what in which week
//! ```
//!
//! A query that fails leaves no parts and harms no other.

mod activity;
mod metric;
mod outcome;
mod parts;
mod refusals;
mod sites;
mod work;

pub(crate) use activity::Seen;
pub(crate) use outcome::Series;
pub use outcome::{Computed, EvaluateError, Evaluated, QueryFailure, QueryRun};
pub(crate) use parts::exact;
pub(crate) use refusals::{OtherWeeks, refuse};
pub use sites::reference_sites;
pub use work::Work;

use crate::{session::Limits, tables::Tables, views::Views};
use datafusion::error::DataFusionError;
use futures::{StreamExt, stream};
use indicators::{Activity, Metric};
use jiff::Timestamp;
use metric::Running;
use refusals::NoOtherWeeks;
use std::sync::Arc;

/// Evaluates all weeks of all metrics at `as_of`, and stores nothing; later data are hidden.
///
/// # Errors
/// When reference tables or streams cannot be read. A failing query is no error: it is in `runs`.
pub async fn evaluate(
    tables: &Tables,
    metrics: &[Arc<Metric>],
    as_of: Timestamp,
    limits: &Limits,
) -> Result<Evaluated, EvaluateError> {
    let views = Views::open(tables, as_of, limits).await?;
    let work = Work::all(metrics);
    let mut computed = compute(&views, &work, limits).await?;
    refuse(&mut computed, &work, &NoOtherWeeks, limits, as_of);
    let Computed { parts, bad, activity: seen, runs } = computed;
    let mut activity = Activity::default();
    for row in seen {
        activity.weeks.entry((row.stream, row.site)).or_default().insert(row.week);
    }
    Ok(Evaluated { as_of, parts, bad, activity, sites: reference_sites(&views).await?, runs })
}

/// Computes the weeks of the work, portion by portion and stretch by stretch: the rows of a stretch are read once, for all
/// queries of the portion.
pub async fn compute(views: &Views, work: &Work, limits: &Limits) -> Result<Computed, DataFusionError> {
    let mut computed = Computed::default();
    let rows = work.rows(views.tables());
    for work in work.portions(&rows, limits) {
        let mut running = Running::all(&work);
        for stretch in work.stretches(&rows, limits) {
            let views = views.reading(&stretch.windows(&work), limits).await?;
            let queries = stream::iter(running)
                .map(|query| query.over(stretch.clone(), views.clone(), limits.clone()))
                .buffer_unordered(limits.concurrency.max(1))
                .collect();
            let (ran, seen) = futures::join!(queries, activity::read(&work, &stretch, &views, limits));
            running = ran;
            computed.activity.extend(seen?);
        }
        for (run, returned) in running.into_iter().map(Running::end) {
            computed.runs.push(run);
            computed.parts.extend(returned.rows);
            computed.bad.extend(returned.bad);
        }
    }
    computed.runs.sort_by(|a, b| a.metric.cmp(&b.metric));
    computed.parts.sort();
    computed.bad.sort();
    computed.activity.sort();
    Ok(computed)
}
