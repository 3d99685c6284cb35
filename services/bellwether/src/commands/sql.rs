//! `sql`: one SELECT over the lake.

use super::Context;
use crate::{
    failure::{Failure, Outcome},
    output::{Format, write_batches},
    wiring,
};
use ::lake::Lake;
use jiff::Timestamp;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// One SELECT over indicators, indicators_history, publications, indicator_values, sites, leaders and the streams
    text: String,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let contracts = wiring::contracts(&context.settings)?;
    let lake = Lake::open(&context.settings.lake.0).await?;
    // Streams and stored results need no query file; without any only the table of values is empty.
    let metrics = match wiring::good_queries(&context.settings, &contracts).await {
        Ok(set) => set.metrics,
        Err(error) => {
            tracing::warn!(%error, "no metric is known: `indicator_values` is empty");
            Vec::new()
        }
    };
    let limits = wiring::limits(&context.settings);
    let rows = evaluation::sql(&lake, &contracts, &metrics, &arguments.text, Timestamp::now(), &limits).await?;
    write_batches(&mut context.out, arguments.format, &rows.schema, &rows.batches)?;
    Ok(Outcome::Done)
}
