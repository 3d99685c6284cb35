//! `config check|print`.

use super::Context;
use crate::{
    failure::{Failure, Outcome},
    lake_folder,
    output::Format,
    settings::{self, Origin, Settings},
    wiring,
};
use ::lake::{Lake, LakeError};
use contracts::Contracts;
use workbench::Fault;

/// The folder of queries, as a setting.
const QUERIES: &str = "indicators.queries";

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
        Command::Check => check(context).await,
    }
}

async fn check(mut context: Context) -> Result<Outcome, Failure> {
    let contracts = wiring::contracts(&context.settings)?;
    let mut entries = context.entries.iter();
    let named = entries.any(|entry| entry.key == QUERIES && !matches!(entry.source, Origin::Default));
    let (queries, faults) = queries(&context.settings, named, &contracts).await?;
    wiring::kafka(&context.settings)?;
    let lake = lake_folder::check(&context.settings.lake.0)?;
    let there = standing(&context.settings).await?;
    let streams = contracts.iter().count();
    let key = match wiring::privacy_key(&context.settings) {
        Ok(key) => {
            wiring::ingest(&context.settings, false)?;
            if let Some(lake) = there {
                lake.check_key(&key.fingerprint()).await?;
            }
            "a privacy key is there"
        }
        Err(_) if context.settings.privacy.is_none() => "no privacy key: `ingest` and `run` will refuse to start",
        Err(error) => return Err(error.into()),
    };
    context.out.text(&format!("the settings are good: {streams} event contracts; {queries}; {key}; {lake}"))?;
    let unused = settings::unused(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()));
    if !unused.is_empty() {
        let told = "variables that begin with BELLWETHER and are no settings; nothing reads them";
        context.out.text(&format!("{told}: {}", unused.join(", ")))?;
    }
    if faults.is_empty() {
        return Ok(Outcome::Done);
    }
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    context.out.text(&format!("query files with faults will not be used:\n{}", told.join("\n")))?;
    Ok(Outcome::Found)
}

/// The lake, if one is laid out where the settings say.
async fn standing(settings: &Settings) -> Result<Option<Lake>, LakeError> {
    match Lake::open(&settings.lake.0).await {
        Ok(lake) => Ok(Some(lake)),
        Err(LakeError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What is to be said of the folder of queries, and the faults of its files. Nobody needs the default one, but one that
/// somebody named has to be there.
async fn queries(settings: &Settings, named: bool, contracts: &Contracts) -> Result<(String, Vec<Fault>), Failure> {
    let folder = &settings.indicators.queries;
    if !folder.exists() && !named {
        let told = format!("no folder {}: the built-in metrics", folder.display());
        return Ok((told, Vec::new()));
    }
    let set = wiring::queries(settings, contracts)
        .await
        .map_err(|error| Failure::usage(anyhow::Error::from(error).context(format!("the setting `{QUERIES}`"))))?;
    Ok((format!("{} metrics", set.metrics.len()), set.faults))
}
