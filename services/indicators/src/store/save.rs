//! Evaluation → lake.

use super::{
    changes::changes,
    error::StoreError,
    load::Stored,
    state::{AS_OF, EVALUATION, FAILED, METRICS, State, input, query},
    table,
};
use crate::{Evaluated, Limits, Metric, Tables, query_file::fingerprint};
use jiff::Timestamp;
use lake::{Commit, Lake, Mark, Pending};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What became of an evaluation's results.
#[derive(Debug, Clone)]
pub enum Saved {
    /// They are in the lake.
    Done {
        /// Rows that differed from those stored before.
        rows: usize,
        /// All that is stored now.
        stored: Box<Stored>,
    },
    /// The same inputs, queries and clock are stored already: nothing was written.
    Unchanged,
    /// Somebody else has stored an evaluation since this one opened its tables: evaluate again.
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
    limits: &Limits,
) -> Result<Saved, StoreError> {
    // The writer comes first: it lays the table out where it is missing, and the state is read from it.
    let mut writer = lake.writer(&table::spec()).await?;
    let mut state = State::read(lake, limits).await?;
    if state.evaluation != evaluated.follows {
        return Ok(Saved::Superseded);
    }
    let goals = goals(evaluated.as_of, &evaluated.inputs, metrics, &evaluated.failed());
    let records = changes(&state, metrics, evaluated, computed_at);
    let mut marks = Vec::new();
    for (name, value) in goals {
        let expected = state.mark(&name).await?;
        marks.push(Mark { name, expected, value });
    }
    if records.is_empty() && marks.iter().all(|mark| mark.expected == Some(mark.value)) {
        return Ok(Saved::Unchanged);
    }
    let evaluation = evaluated.follows.unwrap_or(0) + 1;
    marks.push(Mark { name: EVALUATION.to_owned(), expected: evaluated.follows, value: evaluation });
    let pending =
        if records.is_empty() { Pending::default() } else { writer.write(&[table::batch(&records)?]).await? };
    match writer.commit(pending, &marks).await? {
        Commit::Done(_) => {}
        Commit::Fenced { .. } => return Ok(Saved::Superseded),
    }
    let rows = records.len();
    let as_of = Timestamp::from_microsecond(evaluated.as_of.as_microsecond()).unwrap_or(evaluated.as_of);
    state.extend(records);
    let stored = Stored::of(&state, evaluation, as_of, evaluated.sites.clone());
    Ok(Saved::Done { rows, stored: Box::new(stored) })
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
    for (name, value) in goals(as_of, tables.versions(), metrics, &BTreeSet::new()) {
        if snapshot.mark(&name).await? != Some(value) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The marks, evaluation's number aside, as they stand once an evaluation is stored. A metric whose query failed is
/// current with no query, so that the next evaluation tries it again.
fn goals(
    as_of: Timestamp,
    inputs: &BTreeMap<String, u64>,
    metrics: &[Arc<Metric>],
    failed: &BTreeSet<&str>,
) -> BTreeMap<String, i64> {
    let names: BTreeSet<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
    let names = fingerprint(&names.into_iter().collect::<Vec<_>>().join("\n"));
    let versions = inputs.iter().map(|(stream, version)| (input(stream), i64::try_from(*version).unwrap_or(i64::MAX)));
    let queries = metrics.iter().map(|metric| {
        let failed = failed.contains(metric.name.as_str());
        (query(&metric.name), if failed { FAILED } else { metric.fingerprint })
    });
    let whole = [(AS_OF.to_owned(), as_of.as_microsecond()), (METRICS.to_owned(), names)];
    versions.chain(queries).chain(whole).collect()
}
