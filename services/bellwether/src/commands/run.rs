//! `run`: ingest, evaluation and exporter in one process.

use super::{Context, validate};
use crate::{
    configured, disk,
    failure::{Failure, Outcome},
    rollout::{Clock, Queries},
    services::{self, Evaluation, Serving},
};
use ::ingest::Ingestion;
use ::lake::Lake;
use evaluation::Telemetry;
use prometheus::Registry;

/// Arguments.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Arguments {
    /// Resume partitions whose topic was truncated or recreated, at their earliest record, and tables that another engine
    /// has restored to an earlier version, behind the gap
    #[arg(long)]
    accept_gap: bool,
}

/// Runs it until a signal. Each service fails and recovers alone; wrong configuration ends all of them.
pub async fn run(arguments: Arguments, context: Context) -> Result<Outcome, Failure> {
    let settings = &context.settings;
    let contracts = configured::contracts(settings)?;
    let ingest = configured::ingest(settings, arguments.accept_gap)?;
    let (registry, stop) = (Registry::new(), services::stop_signal()?);
    disk::register(&registry, &settings.lake.0)?;
    let telemetry = Telemetry::register(&registry)?;
    let ingestion = Ingestion::new(ingest, &contracts, &registry)?;
    let exporter = services::exporter(settings, &registry, Clock::Wall)?;
    let serving = Serving::start(settings, exporter.clone(), stop.clone()).await?;
    let queries = Queries::open(settings, &contracts, &registry).await?;
    let (desk, onlooker) = services::digests(settings, validate::strengths(settings, &registry)?)?;
    let evaluation = Evaluation { contracts, telemetry, queries, clock: Clock::Wall, onlooker };
    let lake = || async { Ok(Lake::create(&settings.lake.0).await?) };
    let (ingested, evaluated, ()) = tokio::join!(
        services::ingest(&ingestion, settings, &exporter, &stop),
        services::evaluate(evaluation, settings, &exporter, lake, &stop),
        services::tell(desk, &exporter, &stop),
    );
    serving.finish().await?;
    ingested?;
    evaluated?;
    Ok(Outcome::Done)
}
