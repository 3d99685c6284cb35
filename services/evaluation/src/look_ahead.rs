//! Values of an evaluation that stores nothing.

use crate::{
    evaluate::{EvaluateError, Evaluated, QueryRun, evaluate},
    promises::foreseen,
    session::Limits,
    store::{State, StoreError},
    tables::Tables,
};
use contracts::Contracts;
use indicators::{
    BadRow, Metric, Published, Values,
    derive::{Input, derive},
};
use jiff::Timestamp;
use lake::Lake;
use std::sync::Arc;

/// Evaluates at `as_of` and stores nothing. What was published by then is shown as it was; what was published only later, as
/// it was first: the difference to what is known now could be single answers. Gives the queries that failed, too.
///
/// # Errors
/// When the lake cannot be read, or has lost promises to those who answered.
pub async fn look_ahead(
    lake: &Lake,
    contracts: &Contracts,
    metrics: &[Arc<Metric>],
    as_of: Timestamp,
    limits: &Limits,
) -> Result<(Values, Vec<QueryRun>), StoreError> {
    let tables = Tables::open(lake, contracts).await?;
    let Evaluated { parts, bad, activity, sites, runs, .. } =
        evaluate(&tables, metrics, as_of, limits).await.map_err(|EvaluateError::Tables(error)| error)?;
    let mut publications = State::read(lake, limits).await?.publications;
    // After the publications: whatever was published was promised earlier.
    let promises = foreseen(lake, contracts, metrics, as_of, limits).await?;
    publications.retain(|published| published.at <= as_of || published.version == 1);
    let due = metrics.iter().flat_map(|metric| promises.to_publish(metric, &parts, &publications, &sites, as_of));
    let due: Vec<Published> = due.collect();
    let publications: Vec<Published> =
        publications.into_iter().chain(due).map(|published| promises.show(published)).collect();
    let bad: Vec<BadRow> = bad.into_iter().map(|row| promises.show_bad(row)).collect();
    let input =
        Input { as_of, sites: &sites, parts: &parts, activity: &activity, publications: &publications, bad: &bad };
    let mut values = derive(metrics, &input);
    values.refused = promises.refusals(metrics.iter(), &publications, as_of);
    Ok((values, runs.into_iter().filter(|run| run.outcome.is_err()).collect()))
}
