//! `simulate`: an organisation as files, with the truth planted in them.

use super::{Context, when};
use crate::{
    configured,
    failure::{Failure, Outcome},
};
use contracts::Contracts;
use ingest::{KafkaSettings, Published, Publisher};
use jiff::Timestamp;
use simulator::{Plan, Simulation, simulate};
use std::path::PathBuf;

/// What to simulate. Equal arguments give equal bytes.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct PlanArgs {
    /// Number of sites
    #[arg(long, default_value_t = Plan::default().sites)]
    pub sites: usize,
    /// Complete weeks before the running one
    #[arg(long, default_value_t = Plan::default().weeks)]
    pub weeks: usize,
    /// Seed of everything that is drawn at random
    #[arg(long, default_value_t = Plan::default().seed)]
    pub seed: u64,
}

impl PlanArgs {
    /// A plan that ends at `end`.
    pub fn plan(self, end: Timestamp) -> Plan {
        Plan { seed: self.seed, sites: self.sites, weeks: self.weeks, end }
    }
}

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Folder for `<stream>.ndjson` and `truth.json`
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Send the events to Kafka too
    #[arg(long)]
    publish: bool,
    #[command(flatten)]
    plan: PlanArgs,
    /// The last moment of the data
    #[arg(long, default_value_t = Plan::END, value_parser = when::moment)]
    end: Timestamp,
    /// Also write so many invalid events, in `bad/`, listed in `bad.json`
    #[arg(long, default_value_t = 0, value_name = "N")]
    bad: usize,
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let plan = arguments.plan.plan(arguments.end);
    let simulation = tokio::task::spawn_blocking(move || simulate(&plan)).await?.map_err(Failure::usage)?;
    let written = simulation.write(&arguments.out, arguments.bad)?;
    let out = arguments.out.display();
    let bad = if written.bad > 0 { format!(" and {} invalid ones", written.bad) } else { String::new() };
    context.out.text(&format!("{} events{bad} in {out}, as of {}", written.events, plan.end))?;
    if arguments.publish {
        let kafka = configured::kafka(&context.settings)?;
        let contracts = configured::contracts(&context.settings)?;
        let publishing = move || publish(&kafka, &contracts, &simulation, arguments.bad);
        let published = tokio::task::spawn_blocking(publishing).await??;
        context.out.text(&format!("{} records published", published.records))?;
    }
    Ok(Outcome::Done)
}

/// Everything in order of arrival, then the invalid events.
fn publish(
    kafka: &KafkaSettings,
    contracts: &Contracts,
    simulation: &Simulation,
    bad: usize,
) -> Result<Published, anyhow::Error> {
    let mut publisher = Publisher::new(kafka)?;
    for event in simulation.arrivals().iter().map(|delivery| &delivery.event) {
        let Some(contract) = contracts.get(event.stream()) else { continue };
        publisher.send(contract.topic(), Some(event.key().as_bytes()), Some(&event.payload()?))?;
    }
    for bad in simulation.bad(bad) {
        let Some(contract) = contracts.get(bad.stream) else { continue };
        publisher.send(contract.topic(), Some(bad.key.as_bytes()), Some(&bad.payload))?;
    }
    Ok(publisher.finish()?)
}
