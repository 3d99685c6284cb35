//! What a demonstration is told.

use crate::commands::simulate::PlanArgs;
use std::{net::SocketAddr, path::PathBuf};

/// Arguments.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// End once the board is shown
    #[arg(long)]
    pub(super) once: bool,
    #[command(flatten)]
    pub(super) plan: PlanArgs,
    /// The metrics of the catalogue, too (queries/CATALOGUE.md)
    #[arg(long)]
    pub(super) catalogue: bool,
    /// Folder for the lake, empty or not there yet [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// Where to serve /metrics (not with --once) [default: the setting http.listen]
    #[arg(long, value_name = "ADDRESS")]
    pub(super) listen: Option<SocketAddr>,
}
