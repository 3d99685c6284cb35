//! `board`: which sites lag, on what, since when.

use super::{Context, when};
use crate::{
    board, configured,
    error_code::ErrorCode,
    evaluation::{Evaluator, GoodQueries, Unstored},
    failure::{Failure, Outcome},
    output::{Format, Out},
    settings::Settings,
};
use ::lake::Lake;
use contracts::Contracts;
use evaluation::QueryRun;
use indicators::{
    Metric,
    board::{Board, Only, words},
};
use jiff::Timestamp;
use std::{collections::BTreeSet, sync::Arc};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Evaluate at this moment, in memory [default: what was stored last]
    #[arg(long, value_name = "MOMENT", value_parser = when::moment)]
    as_of: Option<Timestamp>,
    /// Only the metrics of this group; `core` are those without one
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// Only this site, by its id or its name
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// Only the sites of this region
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Only this metric
    #[arg(long, value_name = "METRIC")]
    metric: Option<String>,
    /// Only what changed since the week before
    #[arg(long)]
    changed: bool,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let contracts = configured::contracts(&context.settings)?;
    let mut queries = GoodQueries::read(&context.settings, &contracts).await?;
    if let Some(group) = &arguments.group {
        keep(group, &mut queries.metrics)?;
    }
    let Unstored { values, failed } = values(&context.settings, contracts, &queries, arguments.as_of).await?;
    let Arguments { site, region, metric, changed, .. } = arguments;
    let only = Only { site, region, metric, changed, ..Only::default() };
    let board = only.of(&Board::new(&values)).map_err(Failure::misuse)?;
    match changed && board.sites.is_empty() && arguments.format == Format::Table {
        true => context.out.text(words::NOTHING_CHANGED)?,
        false => board::write(&mut context.out, arguments.format, &board)?,
    }
    for run in &failed {
        tell(run, arguments.format, &mut context.out)?;
    }
    Ok(if failed.is_empty() { Outcome::Done } else { Outcome::Found })
}

/// What was stored last, or what holds at another moment.
pub(super) async fn values(
    settings: &Settings,
    contracts: Contracts,
    queries: &GoodQueries,
    as_of: Option<Timestamp>,
) -> Result<Unstored, Failure> {
    let evaluator = Evaluator::new(Lake::open(&settings.lake.0).await?, contracts);
    let stored = evaluator.stored(queries).await?;
    match (stored, as_of) {
        (Some(values), as_of) if as_of.is_none_or(|as_of| as_of == values.as_of) => {
            Ok(Unstored { values, failed: Vec::new() })
        }
        (_, Some(as_of)) => evaluator.evaluate_unstored(queries, as_of).await,
        (_, None) => Err(anyhow::anyhow!(
            "nothing is evaluated yet in the lake {}: `bellwether indicators --once` does it, \
             `bellwether board --as-of MOMENT` shows a moment without storing it",
            settings.lake.0
        )
        .into()),
    }
}

/// Leaves the metrics of one group.
fn keep(group: &str, metrics: &mut Vec<Arc<Metric>>) -> Result<(), Failure> {
    let known: BTreeSet<&str> = metrics.iter().map(|metric| metric.group()).collect();
    if !known.contains(group) {
        let known = Vec::from_iter(known).join(", ");
        return Err(Failure::misuse(format!("--group {group}: no metric is in this group; there are {known}")));
    }
    metrics.retain(|metric| metric.group() == group);
    Ok(())
}

/// A query that failed, below the board and in the log: without that, its metric would look as if nothing had happened.
fn tell(run: &QueryRun, format: Format, out: &mut Out) -> Result<(), Failure> {
    let (metric, Err(error)) = (&run.metric, &run.outcome) else { return Ok(()) };
    let code = ErrorCode::of(error).map(ErrorCode::id);
    tracing::error!(code, metric, %error, "query failed: the board shows nothing of this metric");
    if matches!(format, Format::Table) {
        out.text(&format!("\nThe query of {metric} failed, so nothing is shown of it: {error}"))?;
    }
    Ok(())
}
