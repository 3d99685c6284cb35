//! What is asked.

use crate::output::Format;
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, Default, clap::Args)]
pub struct Arguments {
    /// Metrics that may follow: incidents, scores [default: the setting validate.outcomes, else the metrics of the group lagging]
    #[arg(long = "outcome", value_name = "NAME", num_args = 1..)]
    pub(super) outcomes: Vec<String>,
    /// Metrics that may lead [default: all others of kind ratio or mean that are not in the group lagging]
    #[arg(long = "metric", value_name = "NAME", num_args = 1..)]
    pub(super) metrics: Vec<String>,
    /// Metrics that no habit can move: what moves them too is in doubt [default: the setting validate.placebos]
    #[arg(long = "placebo", value_name = "NAME", num_args = 1..)]
    pub(super) placebos: Vec<String>,
    /// Instead: what these programmes did to the metrics and outcomes, against sites not reached yet
    #[arg(long = "rollout", value_name = "NAME", num_args = 1..)]
    pub(super) rollout: Vec<String>,
    /// Where they began: lines of rollout,site,week [default: the setting validate.rollouts]
    #[arg(long, value_name = "FILE")]
    pub(super) rollouts: Option<PathBuf>,
    /// Weeks that a rollout's effect is looked at together in
    #[arg(long, value_name = "WEEKS", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=26))]
    pub(super) weeks_together: u8,
    /// Another draw of the random parts; the same number gives the same report
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(super) seed: u64,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}
