//! `board`: which sites lag, on what, since when.

use super::Context;
use crate::{
    board,
    evaluation::Evaluator,
    failure::{Failure, Outcome},
    output::Format,
    wiring,
};
use ::lake::Lake;
use jiff::Timestamp;

/// Arguments.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Arguments {
    /// Evaluate at this moment, in memory [default: what was stored last]
    #[arg(long, value_name = "MOMENT", value_parser = super::moment)]
    as_of: Option<Timestamp>,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let contracts = wiring::contracts(&context.settings)?;
    let lake = Lake::open(&context.settings.lake.0).await?;
    let evaluator = Evaluator::new(&context.settings, &contracts, lake).await?;
    let stored = evaluator.stored().await?;
    let values = match (stored, arguments.as_of) {
        (Some(values), as_of) if as_of.is_none_or(|as_of| as_of == values.as_of) => values,
        (_, Some(as_of)) => evaluator.preview(as_of).await?,
        (_, None) => {
            return Err(anyhow::anyhow!(
                "nothing is evaluated yet in the lake {}: `bellwether indicators --once` does it, \
                 `bellwether board --as-of MOMENT` shows a moment without storing it",
                context.settings.lake.0
            )
            .into());
        }
    };
    board::write(&mut context.out, arguments.format, &values)?;
    Ok(Outcome::Done)
}
