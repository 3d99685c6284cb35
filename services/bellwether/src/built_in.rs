//! The metrics that the program brings: those of the folder that is configured, of `./queries` where there is one, or else
//! those that it was built with. (A folder that somebody named has to be there.)

use crate::{
    failure::Failure,
    settings::{Entry, Origin, Settings},
};
use tempfile::TempDir;
use workbench::find_queries;

/// File name and text of every query of this repository, as `services/build.rs` lists them.
const SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/shipped_queries.rs"));
/// The same of the catalogue, which is used only where somebody asks for it.
const CATALOGUE: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/shipped_catalogue.rs"));
const KEY: &str = "indicators.queries";

/// Points the settings at the built-in queries where there are no others. They are in the folder that is given back, for as
/// long as it lives.
pub fn stand_in(settings: &mut Settings, entries: &[Entry]) -> Result<Option<TempDir>, Failure> {
    let configured = entries.iter().any(|entry| entry.key == KEY && entry.source != Origin::Default);
    if configured || settings.indicators.queries.exists() {
        return Ok(None);
    }
    let folder = TempDir::with_prefix("bellwether-queries-")?;
    for (name, text) in SHIPPED {
        std::fs::write(folder.path().join(name), text)?;
    }
    tracing::info!("no folder {} here: these are the built-in metrics", settings.indicators.queries.display());
    settings.indicators.queries = folder.path().to_owned();
    Ok(Some(folder))
}

/// Points the settings at the metrics of their folder and those of the catalogue: in a folder that is given back, for as long
/// as it lives. A metric of the settings' folder takes the place of that of the catalogue with its name.
///
/// # Errors
/// A folder of queries that cannot be read, a temporary one that cannot be made.
pub fn with_catalogue(settings: &mut Settings) -> Result<TempDir, Failure> {
    let own = find_queries(&[settings.indicators.queries.clone()])?;
    let folder = TempDir::with_prefix("bellwether-queries-")?;
    for (name, text) in CATALOGUE {
        std::fs::write(folder.path().join(name), text)?;
    }
    for (name, text) in own.iter().filter_map(|(path, text)| Some((path.file_name()?, text))) {
        std::fs::write(folder.path().join(name), text)?;
    }
    settings.indicators.queries = folder.path().to_owned();
    Ok(folder)
}
