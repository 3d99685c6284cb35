//! Hours in a row in which nothing but the clock moved.

use super::hours::{Hour, Hours};
use crate::families::{self, CLOCK, FamilyError};
use indicators::Values;
use jiff::civil::Date;
use prometheus::proto::{LabelPair, Metric, MetricFamily};

/// What every scrape within some hours would have found.
#[derive(Debug)]
pub struct Stretch {
    week: Date,
    hours: Hours,
    families: Vec<MetricFamily>,
}

/// Values that a scrape would not have shown either, or that would get a label twice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StretchError {
    /// A name, a label or a series is wrong; the query file is where to put it right.
    #[error("week of {week}: {source}")]
    Family {
        /// Monday of the week.
        week: Date,
        /// What is wrong, and where.
        source: FamilyError,
    },
    /// A label that every sample was to get is there already.
    #[error("family `{family}` has a label `{label}` of its own: add another one, or none")]
    Label {
        /// The family's name.
        family: String,
        /// The label's name.
        label: String,
    },
}

impl Stretch {
    /// The families of `values`, which stood in all of `hours`; `week` is the Monday that people know them by. Every
    /// sample gets the labels `extra` too, as a scrape gives `job` and `instance`.
    ///
    /// # Errors
    /// As publishing these values would have been refused, and a label of `extra` that a family has.
    pub fn new(values: &Values, week: Date, hours: Hours, extra: &[(String, String)]) -> Result<Self, StretchError> {
        let mut families = families::of(values).map_err(|source| StretchError::Family { week, source })?;
        for family in &mut families {
            let name = family.name().to_owned();
            for metric in family.mut_metric() {
                add(metric, extra).map_err(|label| StretchError::Label { family: name.clone(), label })?;
            }
        }
        Ok(Self { week, hours, families })
    }

    /// Monday of the week.
    pub fn week(&self) -> Date {
        self.week
    }

    /// The hours.
    pub fn hours(&self) -> Hours {
        self.hours
    }

    pub(super) fn families(&self) -> &[MetricFamily] {
        &self.families
    }

    /// Every series with its samples.
    pub(super) fn series(&self) -> impl Iterator<Item = Stamped<'_>> {
        self.families.iter().flat_map(move |family| {
            let moves = moves(family);
            family.get_metric().iter().map(move |metric| Stamped {
                name: family.name(),
                labels: labels(metric),
                value: value(metric),
                moves,
                hours: self.hours,
            })
        })
    }
}

/// A series of a stretch.
pub(super) struct Stamped<'a> {
    pub name: &'a str,
    /// By name.
    pub labels: Vec<(&'a str, &'a str)>,
    value: f64,
    moves: bool,
    hours: Hours,
}

impl Stamped<'_> {
    /// One sample an hour.
    pub fn samples(&self) -> impl Iterator<Item = (Hour, f64)> {
        self.hours.iter().map(|hour| (hour, if self.moves { hour.seconds() as f64 } else { self.value }))
    }
}

/// Whether a family's value is the hour itself.
pub(super) fn moves(family: &MetricFamily) -> bool {
    family.name() == CLOCK
}

pub(super) fn value(metric: &Metric) -> f64 {
    metric.get_gauge().get_value()
}

/// By name; to Prometheus an empty label is an absent one, and remote write takes none.
pub(super) fn labels(metric: &Metric) -> Vec<(&str, &str)> {
    let mut labels: Vec<_> = metric.get_label().iter().map(|pair| (pair.name(), pair.value())).collect();
    labels.retain(|(_, value)| !value.is_empty());
    labels.sort_unstable();
    labels
}

fn add(metric: &mut Metric, extra: &[(String, String)]) -> Result<(), String> {
    let mut pairs = metric.take_label();
    for (name, value) in extra {
        if pairs.iter().any(|pair| pair.name() == name) {
            return Err(name.clone());
        }
        let mut pair = LabelPair::default();
        pair.set_name(name.clone());
        pair.set_value(value.clone());
        pairs.push(pair);
    }
    metric.set_label(pairs);
    Ok(())
}
