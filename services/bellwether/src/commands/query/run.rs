//! `query run`: what one metric returns, evaluated in memory.

use super::{faults::excerpts, named};
use crate::{
    commands::{Context, when},
    configured,
    failure::{Failure, Outcome},
    output::{Format, write_batches},
};
use ::lake::Lake;
use evaluation::Tables;
use jiff::{Timestamp, civil::Date};
use std::sync::Arc;
use workbench::{PreviewError, Wanted, preview};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A metric of the configured folder, or the path of a query file
    #[arg(value_name = "NAME|PATH")]
    metric: String,
    /// The evaluation clock: later data are hidden [default: now]
    #[arg(long, value_name = "MOMENT", value_parser = when::moment)]
    as_of: Option<Timestamp>,
    /// First week: 2026-W23, or any date of it
    #[arg(long, value_name = "WEEK", value_parser = when::monday)]
    from: Option<Date>,
    /// Last week
    #[arg(long, value_name = "WEEK", value_parser = when::monday)]
    to: Option<Date>,
    /// Rows for which this holds: an SQL condition over the columns shown, such as "site = 'leith' AND value < 0.3"
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let Arguments { metric, as_of, from, to, condition, format } = arguments;
    when::in_order(from, to).map_err(Failure::misuse)?;
    let contracts = configured::contracts(&context.settings)?;
    let metric = named::metric(&metric, &context.settings, &contracts, context.out.colour).await?;
    let lake = Lake::open(&context.settings.lake.0).await?;
    let tables = Tables::open(&lake, &contracts).await?;
    let wanted = Wanted { as_of: as_of.unwrap_or_else(Timestamp::now), from, to, condition };
    let limits = configured::limits(&context.settings);
    let promises = evaluation::foreseen(&lake, &contracts, &[Arc::clone(&metric)], wanted.as_of, &limits).await?;
    if let Some(refused) = promises.refused(&metric) {
        tracing::warn!(metric = metric.name, "{refused}");
    }
    let rows = preview(&tables, &promises, &metric, &wanted, &limits).await.map_err(|error| match error {
        PreviewError::Condition(fault) => Failure::misuse(excerpts(&[fault], context.out.colour)),
        other => other.into(),
    })?;
    write_batches(&mut context.out, format, &rows.schema, &rows.batches)?;
    Ok(Outcome::Done)
}
