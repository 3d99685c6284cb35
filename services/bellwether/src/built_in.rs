//! The metrics that the program brings: those of the folder that is configured, of `./queries` where there is one, or else
//! those that it was built with. (A folder that somebody named has to be there.)

use crate::{
    failure::Failure,
    settings::{Entry, Origin, Settings},
};
use tempfile::TempDir;

/// File name and text of every query of this repository, as `services/build.rs` lists them.
const SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/shipped_queries.rs"));
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
