//! `digest`: what is told once a week, written out.

use super::{Context, board, when};
use crate::{
    configured,
    digest::{Format, Told},
    evaluation::{GoodQueries, Unstored},
    failure::{Failure, Outcome},
};
use indicators::board::{Board, Only};
use jiff::Timestamp;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Only the sites of this region
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Only the metrics of this owner
    #[arg(long, value_name = "OWNER")]
    owner: Option<String>,
    /// Evaluate at this moment, in memory [default: what was stored last]
    #[arg(long, value_name = "MOMENT", value_parser = when::moment)]
    as_of: Option<Timestamp>,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let Arguments { region, owner, as_of, format } = arguments;
    let contracts = configured::contracts(&context.settings)?;
    let queries = GoodQueries::read(&context.settings, &contracts).await?;
    let Unstored { values, failed } = board::values(&context.settings, contracts, &queries, as_of).await?;
    let only = Only { region, owner, ..Only::default() };
    let told = Told::of(&Board::new(&values), &only, context.settings.public_url.as_deref());
    let told = told.map_err(Failure::misuse)?;
    match format {
        Format::Markdown => context.out.text(&told.markdown())?,
        Format::Html => context.out.text(&told.html())?,
        Format::Json => context.out.json(&told)?,
    }
    for run in &failed {
        let Err(error) = &run.outcome else { continue };
        tracing::error!(metric = run.metric, %error, "query failed: the digest tells nothing of this metric");
    }
    Ok(if failed.is_empty() { Outcome::Done } else { Outcome::Found })
}
