//! `run`: ingest, evaluation and exporter in one process.

use super::Context;
use crate::{
    failure::{Failure, Outcome},
    rollout::{Queries, Work},
    service::{Clock, Service},
    serving::Serving,
    shutdown, wiring,
};
use ::indicators::Telemetry;
use ::ingest::Until;
use ::lake::Lake;
use exporter::Exporter;
use prometheus::Registry;

/// Arguments.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Arguments {
    /// Resume partitions whose topic was truncated or recreated, at their earliest record
    #[arg(long)]
    accept_gap: bool,
}

/// Runs it until a signal. Either half that fails stops the other.
pub async fn run(arguments: Arguments, context: Context) -> Result<Outcome, Failure> {
    let contracts = wiring::contracts(&context.settings)?;
    let settings = wiring::ingest(&context.settings, arguments.accept_gap)?;
    let (registry, stop) = (Registry::new(), shutdown::token()?);
    let telemetry = Telemetry::register(&registry)?;
    let exporter = Exporter::new(registry.clone())?;
    let serving = Serving::start(context.settings.listen, exporter.clone(), stop.clone()).await?;
    let lake = Lake::create(&context.settings.lake.0).await?;
    let queries = Queries::open(&context.settings, &contracts, &registry).await?;
    let work = Work { lake: lake.clone(), contracts: contracts.clone(), telemetry };
    let service = Service::new(&context.settings, work, exporter, Clock::Wall);
    let ingesting = async {
        let report = ::ingest::run(settings, &contracts, &lake, &registry, Until::Stopped, stop.clone()).await;
        stop.cancel();
        report
    };
    let evaluating = async {
        let ended = service.run(queries, &stop).await;
        stop.cancel();
        ended
    };
    let (ingested, evaluated) = tokio::join!(ingesting, evaluating);
    serving.finish().await?;
    ingested?;
    evaluated?;
    Ok(Outcome::Done)
}
