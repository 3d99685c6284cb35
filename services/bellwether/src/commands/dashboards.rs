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
    /// Address at which people reach the board, to which they link [default: the setting http.public_url, or
    /// http:// and http.listen]
    #[arg(long, value_name = "URL")]
    board: Option<String>,
}

/// Runs it.
pub fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let public = || context.settings.public_url.clone();
    let board = arguments.board.or_else(public).unwrap_or_else(|| format!("http://{}", context.settings.listen));
    let folder = arguments.out;
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for dashboard in exporter::dashboards(&board) {
        let file = folder.join(dashboard.file);
        fs::write(&file, dashboard.text()).with_context(|| format!("cannot write {}", file.display()))?;
        context.out.text(&file.display().to_string())?;
    }
    Ok(Outcome::Done)
}
