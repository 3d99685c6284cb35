//! `sql`: one SELECT over the lake.

use super::Context;
use crate::{
    configured,
    failure::{Failure, Outcome},
    output::{Format, write_batches},
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
    let contracts = configured::contracts(&context.settings)?;
    let lake = Lake::open(&context.settings.lake.0).await?;
    // Streams and stored results need no query file; without any only the table of values is empty.
    let metrics = match configured::queries(&context.settings, &contracts).await {
        Ok(set) => {
            if arguments.text.contains("indicator_values") && !set.faults.is_empty() {
                let advice = "`indicator_values` lacks the metrics of bad query files: see bellwether query check";
                tracing::warn!(faults = set.faults.len(), "{advice}");
            }
            set.metrics
        }
        Err(error) => {
            tracing::warn!(%error, "no metric is known: `indicator_values` is empty");
            Vec::new()
        }
    };
    let limits = configured::limits(&context.settings);
    let rows = evaluation::sql(&lake, &contracts, &metrics, &arguments.text, Timestamp::now(), &limits).await?;
    write_batches(&mut context.out, arguments.format, &rows.schema, &rows.batches)?;
    Ok(Outcome::Done)
}
