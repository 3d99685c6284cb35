//! `config check|print`.

use super::Context;
use crate::{
    failure::{Failure, Outcome},
    lake_folder,
    output::Format,
    wiring,
};

/// Settings.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Reads file and environment, and what they point at; tells every fault
    Check,
    /// What holds, and where each value comes from; secrets are masked
    Print {
        /// How to write it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// Runs it. Faults of the settings themselves have been told before a command runs.
pub async fn run(command: Command, mut context: Context) -> Result<Outcome, Failure> {
    match command {
        Command::Print { format } => {
            context.out.list(format, &["key", "value", "source"], &context.entries)?;
            Ok(Outcome::Done)
        }
        Command::Check => {
            let contracts = wiring::contracts(&context.settings)?;
            let folder = &context.settings.indicators.queries;
            let metrics = if folder.is_dir() {
                let metrics = wiring::metrics(&context.settings, &contracts).await?;
                format!("{} metrics", metrics.len())
            } else {
                format!("no folder {}: `indicators`, `run` and `demo` will refuse to start", folder.display())
            };
            wiring::kafka(&context.settings)?;
            let lake = lake_folder::check(&context.settings.lake.0)?;
            let streams = contracts.iter().count();
            let key = match wiring::privacy_key(&context.settings) {
                Ok(_) => {
                    wiring::ingest(&context.settings, false)?;
                    "a privacy key is there"
                }
                Err(_) if context.settings.privacy.is_none() => {
                    "no privacy key: `ingest` and `run` will refuse to start"
                }
                Err(error) => return Err(error.into()),
            };
            context.out.text(&format!("the settings are good: {streams} event contracts; {metrics}; {key}; {lake}"))?;
            Ok(Outcome::Done)
        }
    }
}
