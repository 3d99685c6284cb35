//! `publish`: NDJSON to Kafka.

use super::Context;
use crate::{
    configured,
    failure::{Failure, Outcome},
};
use std::{path::PathBuf, sync::Arc};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Stream, e.g. calendar_audits
    stream: String,
    /// Files of one JSON event a line; .gz is unpacked, - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let contracts = configured::contracts(&context.settings)?;
    let contract = Arc::clone(configured::stream(&contracts, &arguments.stream)?);
    let kafka = configured::kafka(&context.settings)?;
    let topic = contract.topic().to_owned();
    let publishing = move || ingest::publish(&kafka, &contract, &arguments.files);
    let published = tokio::task::spawn_blocking(publishing).await??;
    context.out.text(&format!("{} records, {} bytes to {topic}", published.records, published.bytes))?;
    Ok(Outcome::Done)
}
