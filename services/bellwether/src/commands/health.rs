//! `health`: how is a running program? For the health check of a container, in which there is no other client.

use super::Context;
use crate::failure::{Failure, Outcome};
use exporter::probe::{beside, probe};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to ask [default: /-/healthy at the setting http.listen]
    #[arg(value_name = "URL")]
    url: Option<String>,
    /// Ask /-/ready instead: are values of a recent clock served?
    #[arg(long, conflicts_with = "url")]
    ready: bool,
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let path = if arguments.ready { "/-/ready" } else { "/-/healthy" };
    let url = arguments.url.unwrap_or_else(|| beside(context.settings.listen, path));
    let said = tokio::task::spawn_blocking(move || probe(&url)).await??;
    context.out.text(&said)?;
    Ok(Outcome::Done)
}
