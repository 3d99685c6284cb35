//! `dashboards`: Grafana's dashboards as files.

use super::Context;
use crate::failure::{Failure, Outcome};
use anyhow::Context as _;
use std::{fs, path::PathBuf};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Folder to write them to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs it.
pub fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let board = context.settings.board_url();
    let folder = arguments.out;
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for dashboard in exporter::dashboards(&board) {
        let file = folder.join(dashboard.file);
        fs::write(&file, dashboard.text()).with_context(|| format!("cannot write {}", file.display()))?;
        context.out.text(&file.display().to_string())?;
    }
    Ok(Outcome::Done)
}
