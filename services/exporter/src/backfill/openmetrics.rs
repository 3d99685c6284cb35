//! Stretches → the OpenMetrics text format 1.0, family by family and series by series.
//!
//! `promtool tsdb create-blocks-from openmetrics` wants the samples of a family together and those of a series in the
//! order of time, so everything is collected first: a run of equal values takes 16 bytes, whatever its hours.

use super::{
    hours::{Hour, Hours},
    stretch::{self, Stretch},
};
use prometheus::proto::{Metric, MetricFamily};
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

/// Hourly samples of any number of series, in little memory.
#[derive(Debug, Default)]
pub struct History {
    families: BTreeMap<String, Family>,
}

#[derive(Debug, Default)]
struct Family {
    help: String,
    /// By labels as they are written.
    series: BTreeMap<String, Vec<Run>>,
}

/// Hours in a row with one value.
#[derive(Debug, Clone, Copy)]
struct Run {
    hours: Hours,
    value: f64,
}

/// Why no whole file was written.
#[derive(Debug, thiserror::Error)]
pub enum OpenMetricsError {
    /// The file, or whoever reads the pipe.
    #[error("cannot write the samples: {0}")]
    Write(#[from] io::Error),
    /// Whoever counted the samples said so.
    #[error("stopped")]
    Stopped,
}

impl History {
    /// Adds what comes after everything added before.
    pub fn add(&mut self, stretch: &Stretch) {
        for family in stretch.families() {
            let kept = self.families.entry(family.name().to_owned()).or_default();
            if kept.help.is_empty() {
                family.help().clone_into(&mut kept.help);
            }
            for metric in family.get_metric() {
                let runs = kept.series.entry(labels(metric)).or_default();
                self::runs(family, metric, stretch.hours()).for_each(|run| extend(runs, run));
            }
        }
    }

    /// Series so far.
    pub fn series(&self) -> usize {
        self.families.values().map(|family| family.series.len()).sum()
    }

    /// Samples so far.
    pub fn samples(&self) -> u64 {
        self.runs().map(|run| run.hours.count()).sum()
    }

    /// The first and the last hour with a sample; `None` without one.
    pub fn hours(&self) -> Option<Hours> {
        let first = self.runs().map(|run| run.hours.first).min()?;
        let last = self.runs().map(|run| run.hours.last).max()?;
        Some(Hours { first, last })
    }

    /// Writes it all. `goes_on` is told of the samples written, a series at a time, and may say no.
    ///
    /// # Errors
    /// What the writer says, and [`OpenMetricsError::Stopped`].
    pub fn write(&self, out: &mut dyn Write, mut goes_on: impl FnMut(u64) -> bool) -> Result<(), OpenMetricsError> {
        for (name, family) in &self.families {
            writeln!(out, "# HELP {name} {}\n# TYPE {name} gauge", escaped(&family.help))?;
            for (labels, runs) in &family.series {
                let series = if labels.is_empty() { name.clone() } else { format!("{name}{{{labels}}}") };
                let mut samples = 0;
                for run in runs {
                    let head = format!("{series} {} ", number(run.value));
                    for hour in run.hours.iter() {
                        writeln!(out, "{head}{}", hour.seconds())?;
                    }
                    samples += run.hours.count();
                }
                if !goes_on(samples) {
                    return Err(OpenMetricsError::Stopped);
                }
            }
        }
        writeln!(out, "# EOF")?;
        Ok(out.flush()?)
    }

    fn runs(&self) -> impl Iterator<Item = &Run> {
        self.families.values().flat_map(|family| family.series.values()).flatten()
    }
}

fn runs(family: &MetricFamily, metric: &Metric, hours: Hours) -> Box<dyn Iterator<Item = Run>> {
    if stretch::moves(family) {
        let one = |hour: Hour| Run { hours: Hours { first: hour, last: hour }, value: hour.seconds() as f64 };
        return Box::new(hours.iter().map(one));
    }
    Box::new(std::iter::once(Run { hours, value: stretch::value(metric) }))
}

fn extend(runs: &mut Vec<Run>, run: Run) {
    match runs.last_mut() {
        Some(last) if last.value == run.value && last.hours.last.next() == run.hours.first => {
            last.hours.last = run.hours.last;
        }
        _ => runs.push(run),
    }
}

/// `site="leeds",window="4w"`.
fn labels(metric: &Metric) -> String {
    let pairs = stretch::labels(metric);
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    pairs.join(",")
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// The shortest text that reads back as the same number.
fn number(value: f64) -> String {
    match value {
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spelled_as_the_format_wants_them() {
        let spelled = [0.1 + 0.2, 1e21, f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(number);
        assert_eq!(spelled, ["0.30000000000000004", "1000000000000000000000", "+Inf", "-Inf", "NaN"]);
    }

    #[test]
    fn a_run_grows_by_the_same_value_in_the_next_hour_only() {
        let hour = |n: i64| Hour::up_to(jiff::Timestamp::from_second(n * 3600).unwrap());
        let run = |first, last, value| Run { hours: Hours { first: hour(first), last: hour(last) }, value };
        let mut runs = Vec::new();
        for more in [run(1, 3, 0.5), run(4, 4, 0.5), run(5, 6, 0.25), run(8, 9, 0.25)] {
            extend(&mut runs, more);
        }
        let got: Vec<(u64, f64)> = runs.iter().map(|run| (run.hours.count(), run.value)).collect();
        assert_eq!(got, [(4, 0.5), (2, 0.25), (2, 0.25)]);
    }
}
