//! Evaluation → lake.

use super::{
    changes::changes,
    error::StoreError,
    state::{AS_OF, EVALUATION, State, input, query},
    table,
};
use crate::{Evaluated, Metric, Tables};
use jiff::Timestamp;
use lake::{Commit, Lake, Mark, Pending};
use std::{collections::BTreeMap, sync::Arc};

/// What became of an evaluation's results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// They are in the lake.
    Done {
        /// Number of the evaluation.
        evaluation: i64,
        /// Rows that differed from those stored before.
        rows: usize,
    },
    /// The same inputs, queries and clock are stored already: nothing was written.
    Unchanged,
    /// Somebody else stored an evaluation meanwhile: evaluate again.
    Superseded,
}

/// Stores an evaluation as one commit: the rows that differ from the stored ones, publications that have become due, and
/// the marks that say from what they were computed. `computed_at` is the wall clock.
///
/// # Errors
/// When the table of results cannot be read or written.
pub async fn save(
    lake: &Lake,
    metrics: &[Arc<Metric>],
    evaluated: &Evaluated,
    computed_at: Timestamp,
) -> Result<Saved, StoreError> {
    // The writer comes first: it lays the table out where it is missing, and the state is read from it.
    let mut writer = lake.writer(&table::spec()).await?;
    let state = State::read(lake).await?;
    let failed = evaluated.failed();
    let succeeded = metrics.iter().filter(|metric| !failed.contains(metric.name.as_str()));
    let goals = goals(evaluated.as_of, &evaluated.inputs, succeeded);
    let records = changes(&state, metrics, evaluated, computed_at);
    let mut marks = Vec::new();
    for (name, value) in goals {
        let expected = state.mark(&name).await?;
        marks.push(Mark { name, expected, value });
    }
    if records.is_empty() && marks.iter().all(|mark| mark.expected == Some(mark.value)) {
        return Ok(Saved::Unchanged);
    }
    let evaluation = state.evaluation.unwrap_or(0) + 1;
    marks.push(Mark { name: EVALUATION.to_owned(), expected: state.evaluation, value: evaluation });
    let pending =
        if records.is_empty() { Pending::default() } else { writer.write(&[table::batch(&records)?]).await? };
    match writer.commit(pending, &marks).await? {
        Commit::Done(_) => Ok(Saved::Done { evaluation, rows: records.len() }),
        Commit::Fenced { .. } => Ok(Saved::Superseded),
    }
}

/// Whether an evaluation of these metrics over these tables at this clock is what was stored last, so that evaluating it
/// again would change nothing.
///
/// # Errors
/// When the table of results cannot be read.
pub async fn is_current(
    lake: &Lake,
    tables: &Tables,
    metrics: &[Arc<Metric>],
    as_of: Timestamp,
) -> Result<bool, StoreError> {
    let Some(snapshot) = lake.snapshot(table::TABLE).await? else { return Ok(false) };
    for (name, value) in goals(as_of, tables.versions(), metrics.iter()) {
        if snapshot.mark(&name).await? != Some(value) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The marks, evaluation's number aside, as they stand once an evaluation is stored.
fn goals<'a>(
    as_of: Timestamp,
    inputs: &BTreeMap<String, u64>,
    metrics: impl Iterator<Item = &'a Arc<Metric>>,
) -> BTreeMap<String, i64> {
    let versions = inputs.iter().map(|(stream, version)| (input(stream), i64::try_from(*version).unwrap_or(i64::MAX)));
    let queries = metrics.map(|metric| (query(&metric.name), metric.fingerprint));
    versions.chain(queries).chain([(AS_OF.to_owned(), as_of.as_microsecond())]).collect()
}
