//! `validate`: do these metrics lead those outcomes?
//!
//! ```text
//!  lake ─load─► Stored ─panel─► Request ─validation::judge─► Report ─► table · JSON · CSV
//! ```
//!
//! It evaluates no query and stores nothing.

mod page;
mod panel;

use super::{Context, backfill};
use crate::{
    configured,
    failure::{Failure, Outcome},
    output::Format,
};
use indicators::{Kind, Metric};
use panel::Chosen;
use std::sync::Arc;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Metrics that may follow: incidents, scores
    #[arg(long = "outcome", value_name = "NAME", num_args = 1.., required = true)]
    outcomes: Vec<String>,
    /// Metrics that may lead [default: all of kind ratio or mean that are no outcome]
    #[arg(long = "metric", value_name = "NAME", num_args = 1..)]
    metrics: Vec<String>,
    /// Metrics that no habit can move: what moves them too is in doubt
    #[arg(long = "placebo", value_name = "NAME", num_args = 1..)]
    placebos: Vec<String>,
    /// Another draw of the random parts; the same number gives the same report
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let contracts = configured::contracts(&context.settings)?;
    let stored = configured::stored(&context.settings, &contracts).await?;
    let all = configured::good_queries(&context.settings, &contracts).await?.metrics;
    let chosen = chosen(all, &arguments)?;
    let request = panel::request(&stored, &chosen, arguments.seed)?;
    // Minutes of arithmetic on all cores: not on a thread that others wait for.
    let report = tokio::task::spawn_blocking(move || validation::judge(&request)).await?.map_err(Failure::usage)?;
    match arguments.format {
        Format::Json => context.out.json(&report)?,
        Format::Csv => context.out.list(Format::Csv, &page::COLUMNS, &page::lines(&report))?,
        Format::Table => {
            context.out.list(Format::Table, &page::COLUMNS, &page::lines(&report))?;
            context.out.text(&page::words(&report))?;
        }
    }
    Ok(Outcome::Done)
}

/// The metrics of each part, none in two.
fn chosen(all: Vec<Arc<Metric>>, arguments: &Arguments) -> Result<Chosen, Failure> {
    let named = |names: &[String]| match names {
        [] => Ok(Vec::new()),
        names => backfill::chosen(all.clone(), names),
    };
    let (outcomes, placebos) = (named(&arguments.outcomes)?, named(&arguments.placebos)?);
    let taken = |metric: &Arc<Metric>| outcomes.iter().chain(&placebos).any(|other| other.name == metric.name);
    let leading = match arguments.metrics.as_slice() {
        [] => all.iter().filter(|metric| is_leading(metric) && !taken(metric)).cloned().collect(),
        names => backfill::chosen(all.clone(), names)?,
    };
    if let Some(both) = leading.iter().find(|metric| taken(metric)) {
        return Err(Failure::misuse(format!(
            "`{}` cannot lead itself: name it as --metric or as --outcome",
            both.name
        )));
    }
    if let Some(both) = placebos.iter().find(|placebo| outcomes.iter().any(|outcome| outcome.name == placebo.name)) {
        return Err(Failure::misuse(format!("`{}` is either an --outcome or a --placebo", both.name)));
    }
    if leading.is_empty() {
        return Err(Failure::misuse("there is no metric of kind ratio or mean that may lead: name one with --metric"));
    }
    Ok(Chosen { leading, outcomes, placebos })
}

fn is_leading(metric: &Metric) -> bool {
    matches!(metric.kind, Kind::Ratio | Kind::Mean)
}
