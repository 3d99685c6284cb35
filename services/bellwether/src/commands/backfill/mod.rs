//! `backfill`: stored weeks as the samples that scrapes would have found.
//!
//! ```text
//!  lake ─load─► Past ─spans, derive─► Stretch … ─┬─► openmetrics: a file for promtool
//!                                                └─► remote: a server that takes remote write
//! ```
//!
//! It evaluates no query and stores nothing.

mod chosen;
mod job;
mod openmetrics;
mod past;
mod remote;

#[cfg(test)]
mod tests;

pub use chosen::metrics as chosen;

use super::{Context, when};
use crate::{
    configured,
    failure::{Failure, Outcome},
    services,
};
use clap::ValueEnum;
use exporter::backfill::Hour;
use jiff::{Timestamp, civil::Date};
use job::Job;
use past::Past;
use std::{path::PathBuf, sync::Arc};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// First week: any of its dates, or its ISO number such as 2026-W24
    #[arg(long, value_name = "WEEK", value_parser = when::monday)]
    from: Date,
    /// Last week, itself included
    #[arg(long, value_name = "WEEK", value_parser = when::monday)]
    to: Date,
    /// What becomes of the samples
    #[arg(long, value_enum)]
    format: Format,
    /// Only these metrics [default: all]
    #[arg(long = "metric", value_name = "NAME", num_args = 1..)]
    metrics: Vec<String>,
    /// With openmetrics: where to write, - for standard output
    #[arg(long, value_name = "FILE", required_if_eq("format", "openmetrics"))]
    out: Option<PathBuf>,
    /// With remote-write: where to write [default: the setting remote_write.url]
    #[arg(long, value_name = "URL", conflicts_with = "out")]
    url: Option<String>,
    /// A label for every sample, as a scrape adds job and instance; may be given again
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = chosen::label)]
    labels: Vec<(String, String)>,
}

/// What becomes of the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A file for `promtool tsdb create-blocks-from openmetrics`
    Openmetrics,
    /// Sent to a server that takes Prometheus' remote write
    RemoteWrite,
}

/// Runs it.
pub async fn run(arguments: Arguments, context: Context) -> Result<Outcome, Failure> {
    let Arguments { from, to, format, metrics, out, url, labels } = arguments;
    when::in_order(Some(from), Some(to)).map_err(Failure::misuse)?;
    let remote = match format {
        Format::RemoteWrite => Some(remote::of(url, &context.settings.remote_write)?),
        Format::Openmetrics if url.is_some() => {
            return Err(Failure::misuse("--url is for --format remote-write; a file is written to --out FILE"));
        }
        Format::Openmetrics => None,
    };
    let (stop, now) = (services::stop_signal()?, Timestamp::now());
    let contracts = configured::contracts(&context.settings)?;
    let stored = configured::stored(&context.settings, &contracts).await?;
    let all = configured::good_queries(&context.settings, &contracts).await?.metrics;
    let metrics = chosen::metrics(all, &metrics)?;
    let weeks = chosen::weeks(&stored, &metrics, from, to)?;
    let until = match format {
        Format::Openmetrics => stored.as_of.min(now.checked_sub(openmetrics::TOO_NEW)?),
        Format::RemoteWrite => stored.as_of.min(now),
    };
    let (past, until) = (Past::new(stored, metrics, weeks.clone()), Hour::up_to(until));
    let spans = past.spans(until);
    if spans.is_empty() {
        return Err(chosen::nothing(&weeks, until));
    }
    let job = Job { past: Arc::new(past), spans, labels, now, stop };
    match (remote, out) {
        (Some(remote), _) => remote::run(job, remote, context.out).await,
        (None, Some(out)) => openmetrics::run(job, out, context.out).await,
        (None, None) => Err(Failure::misuse("--format openmetrics needs --out FILE (- for standard output)")),
    }
}
