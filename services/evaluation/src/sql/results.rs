//! The stored results as tables, and what their columns mean.

use super::{
    error::{SqlError, failed},
    values::values_table,
};
use crate::store::{Record, State, batch};
use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use datafusion::{
    catalog::TableProvider,
    datasource::MemTable,
    error::DataFusionError,
    logical_expr::{ident, lit},
    prelude::SessionContext,
};
use indicators::Values;
use std::sync::Arc;

const PARTS: [&str; 11] = [
    "metric",
    "week",
    "site",
    "labels",
    "numerator",
    "denominator",
    "sum_squares",
    "logged",
    "expected",
    "respondents",
    "computed_at",
];

/// What a publication has beyond its parts.
const PUBLISHED: [&str; 3] = ["respondents", "version", "published_at"];
const EVALUATION: &str = "evaluation";

fn history_columns() -> Vec<&'static str> {
    [&PARTS[..], &[EVALUATION]].concat()
}

fn publication_columns() -> Vec<&'static str> {
    [&PARTS[..7], &PUBLISHED].concat()
}

/// The tables of results with what a row of each is, and their columns.
pub fn result_tables() -> Result<Vec<(&'static str, &'static str, SchemaRef)>, DataFusionError> {
    let mut tables = schemas()?;
    let values = values_table(&Values::default())?.schema();
    let row = "What is exported: one row a metric, scope, label set and window; a site without any value has one row.";
    tables.push(("indicator_values", row, values));
    Ok(tables)
}

fn schemas() -> Result<Vec<(&'static str, &'static str, SchemaRef)>, DataFusionError> {
    let stored = batch(&[]).map_err(|error| DataFusionError::External(error.into()))?.schema();
    let of = |names: &[&str]| -> Result<SchemaRef, DataFusionError> {
        let indices = names.iter().map(|name| stored.index_of(name)).collect::<Result<Vec<_>, _>>()?;
        Ok(Arc::new(stored.project(&indices)?))
    };
    Ok(vec![
        ("indicators", "The latest parts: one row a metric, week, site and label set.", of(&PARTS)?),
        (
            "indicators_history",
            "All parts ever stored, superseded ones too; denominator 0: the row ceased to exist.",
            of(&history_columns())?,
        ),
        ("publications", "What was shown of metrics with `privacy`, every version.", of(&publication_columns())?),
    ])
}

/// Offers `indicators`, `indicators_history` and `publications`.
pub(super) fn register(ctx: &SessionContext, state: &State) -> Result<(), SqlError> {
    let latest: Vec<Record> = state.live().cloned().collect();
    let latest = columns(&batch(&latest)?, &PARTS).map_err(failed)?;
    ctx.register_table("indicators", Arc::new(latest)).map_err(failed)?;
    let all = match state.provider()? {
        Some(provider) => provider,
        None => Arc::new(MemTable::try_new(batch(&[])?.schema(), vec![vec![]]).map_err(failed)?),
    };
    let rows = |kind: &str, names: &[&str]| {
        let rows = ctx.read_table(Arc::clone(&all))?;
        let rows = rows.filter(ident("kind").eq(lit(kind)))?;
        rows.select(names.iter().map(|name| ident(*name)).collect::<Vec<_>>())
    };
    let history = rows("part", &history_columns()).map_err(failed)?;
    ctx.register_table("indicators_history", history.into_view()).map_err(failed)?;
    let publications = rows("publication", &publication_columns()).map_err(failed)?;
    ctx.register_table("publications", publications.into_view()).map_err(failed)?;
    Ok(())
}

fn columns(batch: &RecordBatch, names: &[&str]) -> Result<MemTable, DataFusionError> {
    let indices = names.iter().map(|name| batch.schema().index_of(name)).collect::<Result<Vec<_>, _>>()?;
    let batch = batch.project(&indices)?;
    MemTable::try_new(batch.schema(), vec![vec![batch]])
}

/// What a column means, whichever table of results it is in; `None` where it is none of theirs.
pub fn meaning(column: &str) -> Option<&'static str> {
    MEANINGS.iter().find(|(name, _)| *name == column).map(|(_, meaning)| *meaning)
}

const MEANINGS: [(&str, &str); 31] = [
    ("metric", "Name of the metric."),
    ("week", "Monday of the week, in the site's time zone."),
    ("site", "Site; NULL for roll-ups."),
    ("labels", "The query's other labels: `labels['kind']`."),
    ("computed_at", "When the row was computed."),
    ("evaluation", "Number of the evaluation that stored the row: 1, 2, …"),
    ("version", "1 when the week was first shown, 2 when enough further people had answered, …"),
    ("published_at", "The clock when it was shown."),
    ("scope", "`site`, `region` or `company`."),
    ("region", "Region of the site, or that was rolled up; NULL for the company."),
    (
        "window",
        "`week`, `week_to_date`, `4w` or `13w`; NULL where a site has no value in any. Write \"window\": it is a word \
         of SQL.",
    ),
    ("last_week", "Monday of the last complete week."),
    ("value", "Σ numerator / Σ denominator of the window; of a count Σ numerator."),
    ("lower", "Lower 95 % bound."),
    ("upper", "Upper 95 % bound."),
    ("sample_size", "Observations that the bounds rest on; NULL for a census."),
    ("target", "The site's own target, else the metric's."),
    (
        "state",
        "`silent`, `suppressed`, `no_data`, `insufficient`, `lagging`, `unjudged` or `ok`: the first that holds.",
    ),
    (
        "course",
        "Which way the site is going: `worsening`, `steady`, `improving` or `recovering`; NULL where it cannot be told.",
    ),
    (
        "assurance",
        "Whether the site meets its target in `most`, `some` or `hardly_any` weeks at its present level and noise; NULL where \
         it cannot be told.",
    ),
    ("reasons", "Why the site lags, or did when it went quiet: `below`, `behind_peers`, `falling`."),
    ("reasons_last_week", "Monday of the week that the reasons rest on: the site's last with a value."),
    ("lacking", "What is lacking before the site can be judged; NULL where it is judged."),
    ("score_below", "How near the alarm `below` is: on from 5, off under 2.5."),
    ("score_behind_peers", "How near the alarm `behind_peers` is: on from 5, off under 2.5."),
    ("score_falling", "How near the alarm `falling` is: on from 3.5."),
    ("coverage", "Share of what was to be logged that was, in the last complete week."),
    ("streak", "Weeks in a row worse than the alarm's threshold."),
    ("trend_per_week", "Change a week over the last 13 weeks; where there are reasons, since the earliest onset."),
    ("sites_shown", "Of roll-ups of metrics with `privacy`: sites that are in the value."),
    ("sites", "Of the same: sites with rows in the window, suppressed or not."),
];
