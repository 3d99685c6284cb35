//! The metrics and files that somebody names on the command line.

use super::faults::{excerpts, summary};
use crate::{commands::Context, error_code::ErrorCode, failure::Failure, settings::Settings};
use contracts::Contracts;
use evaluation::messages::did_you_mean;
use indicators::Metric;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use workbench::{QueryFileError, find_queries, read_queries};

/// The paths that were named, or else the configured folder. A metric's name stands for its file in that folder.
pub fn paths(named: &[PathBuf], context: &Context) -> Result<Vec<PathBuf>, Failure> {
    let folder = &context.settings.indicators.queries;
    let file = |given: &PathBuf| match given.to_str().filter(|_| !given.exists()) {
        Some(name) => path(name, folder),
        None => Ok(given.clone()),
    };
    if named.is_empty() { Ok(vec![folder.clone()]) } else { named.iter().map(file).collect() }
}

/// One metric of the configured folder by its name, or of any file by its path. Faults of other
/// files do not matter.
pub async fn metric(
    named: &str,
    settings: &Settings,
    contracts: &Contracts,
    colour: bool,
) -> Result<Arc<Metric>, Failure> {
    let path = path(named, &settings.indicators.queries)?;
    let files = find_queries(&[path]).map_err(Failure::usage)?;
    let read = read_queries(&files, contracts).await.map_err(|error| match error {
        QueryFileError::Faults(faults) => {
            Failure::from(anyhow::Error::msg(excerpts(&faults, colour) + &summary(&faults, files.len())))
                .coded(ErrorCode::Queries)
        }
        other => other.into(),
    })?;
    read.into_iter().next().ok_or_else(|| Failure::misuse(format!("there is no metric in {named}")))
}

/// What looks like a path is one; anything else is the name of a file in the folder.
fn path(named: &str, folder: &Path) -> Result<PathBuf, Failure> {
    if named.contains(std::path::MAIN_SEPARATOR) || Path::new(named).extension().is_some() {
        return Ok(PathBuf::from(named));
    }
    let path = folder.join(format!("{named}.sql"));
    if path.is_file() {
        return Ok(path);
    }
    let files = find_queries(&[folder.to_owned()]).unwrap_or_default();
    let known: Vec<&str> = files.iter().filter_map(|(path, _)| path.file_stem()?.to_str()).collect();
    let all = || match known.is_empty() {
        true => "no query is there; name the folder by `indicators.queries`, or the file by its path".to_owned(),
        false => format!("there are {}", known.join(", ")),
    };
    let help = did_you_mean(named, known.iter().copied()).unwrap_or_else(all);
    Err(Failure::misuse(format!("there is no metric `{named}` in {}: {help}", folder.display())))
}
