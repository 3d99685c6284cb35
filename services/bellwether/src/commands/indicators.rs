//! `indicators`: evaluates the lake once, or again and again behind the exporter.

use super::{Context, validate, when};
use crate::{
    configured, disk,
    evaluation::{Evaluator, GoodQueries},
    failure::{Failure, Outcome},
    output::Out,
    rollout::{Clock, Queries},
    services::{self, Evaluation, Serving},
};
use ::lake::Lake;
use evaluation::Telemetry;
use jiff::Timestamp;
use prometheus::Registry;

/// Arguments.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Arguments {
    /// Evaluate and store once, then end (nothing is served meanwhile)
    #[arg(long)]
    once: bool,
    /// The evaluation's clock [default: now]; later data are hidden
    #[arg(long, value_name = "MOMENT", value_parser = when::moment)]
    as_of: Option<Timestamp>,
}

/// What is stored of a week that is not over would be published as complete, and stay so: publications are append-only.
fn refuse_the_future(as_of: Option<Timestamp>) -> Result<(), Failure> {
    match as_of.filter(|as_of| *as_of > Timestamp::now()) {
        Some(as_of) => Err(Failure::misuse(format!(
            "--as-of {as_of} lies in the future: what is stored then would count running weeks as complete. \
             `board --as-of` looks ahead and stores nothing"
        ))),
        None => Ok(()),
    }
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    refuse_the_future(arguments.as_of)?;
    let clock = arguments.as_of.map_or(Clock::Wall, Clock::At);
    let contracts = configured::contracts(&context.settings)?;
    if arguments.once {
        let lake = Lake::open(&context.settings.lake.0).await?;
        let queries = GoodQueries::read(&context.settings, &contracts).await?;
        return once(&queries, &Evaluator::new(lake, contracts), clock, &mut context.out).await;
    }
    let settings = &context.settings;
    let (registry, stop) = (Registry::new(), services::stop_signal()?);
    disk::register(&registry, &settings.lake.0)?;
    let telemetry = Telemetry::register(&registry)?;
    let exporter = services::exporter(settings, &registry, clock)?;
    let queries = Queries::open(settings, &contracts, &registry).await?;
    let serving = Serving::start(settings, exporter.clone(), stop.clone()).await?;
    let onlooker = validate::strengths(settings, &registry)?;
    // What holds at another moment is nothing to tell people of.
    let (desk, onlooker) = match clock {
        Clock::Wall => services::digests(settings, onlooker)?,
        Clock::At(_) => (None, onlooker),
    };
    let evaluation = Evaluation { contracts, telemetry, queries, clock, onlooker };
    let lake = || async { Ok(Lake::open(&settings.lake.0).await?) };
    let (ended, ()) = tokio::join!(
        services::evaluate(evaluation, settings, &exporter, lake, &stop),
        services::tell(desk, &exporter, &stop),
    );
    serving.finish().await?;
    ended.map(|()| Outcome::Done)
}

/// Evaluates what is good, and tells what is not.
async fn once(queries: &GoodQueries, evaluator: &Evaluator, clock: Clock, out: &mut Out) -> Result<Outcome, Failure> {
    let (_, stored) = queries.store(evaluator, None, clock.now()).await?;
    let (values, failed) = (&stored.values, &stored.failed);
    let done = values.metrics.len().saturating_sub(failed.len());
    let (sites, as_of) = (values.sites.len(), values.as_of);
    let [metrics_s, sites_s] = [done, sites].map(|count| if count == 1 { "" } else { "s" });
    out.text(&format!("{done} metric{metrics_s} of {sites} site{sites_s} as of {as_of}"))?;
    if !failed.is_empty() {
        out.text(&format!("failed, see the log: {}", failed.join(", ")))?;
    }
    for refused in &values.refused {
        out.text(&format!("{}: {refused}", queries.place_of_minimum(&refused.metric)))?;
    }
    let refused = queries.refused.len();
    if refused > 0 {
        let s = if refused == 1 { "" } else { "s" };
        out.text(&format!("query files with faults are left out, see the log: {refused} fault{s}"))?;
    }
    Ok(if failed.is_empty() && refused == 0 { Outcome::Done } else { Outcome::Found })
}
