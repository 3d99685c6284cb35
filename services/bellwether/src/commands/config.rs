//! `config check|print`.

use super::Context;
use crate::{
    configured::{self, QUERIES},
    error_code::ErrorCode,
    failure::{Failure, Outcome},
    output::Format,
    settings::{self, Settings},
};
use ::lake::{Lake, LakeError};
use contracts::Contracts;
use std::{io, path::Path};
use workbench::Fault;

/// Settings.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check the settings and what they point at, and report every fault
    Check,
    /// Print every value in force and its source; secrets are masked
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
    let contracts = configured::contracts(&context.settings)?;
    let named = configured::names_queries(&context.entries);
    let (queries, faults) = queries(&context.settings, named, &contracts).await?;
    configured::kafka(&context.settings)?;
    configured::access(&context.settings).map_err(Failure::usage)?;
    let lake = lake_folder(&context.settings.lake.0)?;
    let there = standing(&context.settings).await?;
    let streams = contracts.iter().count();
    let key = match configured::privacy_key(&context.settings) {
        Ok(key) => {
            configured::ingest(&context.settings, false)?;
            if let Some(lake) = there {
                lake.check_key(&key.fingerprint()).await?;
            }
            "a privacy key is set"
        }
        Err(_) if context.settings.privacy.is_none() => "no privacy key: `ingest` and `run` will refuse to start",
        Err(error) => return Err(error.into()),
    };
    context.out.text(&format!("the settings are good: {streams} event contracts; {queries}; {key}; {lake}"))?;
    let unused = settings::unused(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()));
    if !unused.is_empty() {
        let told = "these variables begin with BELLWETHER but are not settings, and nothing reads them";
        context.out.text(&format!("{told}: {}", unused.join(", ")))?;
    }
    if faults.is_empty() {
        return Ok(Outcome::Done);
    }
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    context.out.text(&format!("query files with faults will not be used:\n{}", told.join("\n")))?;
    Ok(Outcome::Found)
}

/// The lake, if there is one where the settings say.
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
        let told = format!("no folder {}, so the built-in metrics", folder.display());
        return Ok((told, Vec::new()));
    }
    let set = configured::queries(settings, contracts)
        .await
        .map_err(|error| Failure::usage(anyhow::Error::from(error).context(format!("the setting `{QUERIES}`"))))?;
    Ok((format!("{} metrics", set.metrics.len()), set.faults))
}

/// Whether a lake can be written where the settings say, before anybody tries. Leaves nothing behind.
///
/// # Errors
/// A place that is no folder, or one that this user may not write to.
fn lake_folder(url: &str) -> Result<String, Failure> {
    let folder = lake::folder(url).map_err(Failure::usage)?;
    let shown = folder.display();
    let existing = folder.ancestors().find(|place| place.exists()).unwrap_or(Path::new("/"));
    let written = if existing.is_dir() {
        tempfile::tempfile_in(existing).map(drop)
    } else {
        Err(io::Error::from(io::ErrorKind::NotADirectory))
    };
    written.map_err(|error| {
        Failure::misuse(format!(
            "lake.url: the folder {shown} cannot be written: {}: {error}; give this user write access to it, or set \
             lake.url (BELLWETHER__LAKE__URL) to another",
            existing.display()
        ))
        .coded(ErrorCode::LakeFolder)
    })?;
    Ok(if existing == folder {
        format!("the lake is in {shown}")
    } else {
        format!("the lake will be created in {shown}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_judged_without_being_touched() {
        let place = tempfile::tempdir().unwrap();
        let url = |path: &str| place.path().join(path).display().to_string();
        assert!(lake_folder(&url("")).unwrap().starts_with("the lake is in "));
        assert!(lake_folder(&url("a/lake")).unwrap().starts_with("the lake will be created in "));
        std::fs::write(place.path().join("file"), "").unwrap();
        for refused in [url("file"), url("file/lake"), "/proc/lake".to_owned()] {
            let message = lake_folder(&refused).unwrap_err().message();
            assert!(message.contains(&refused) && message.contains("lake.url"), "{message}");
        }
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1, "only the file that was there");
    }
}
