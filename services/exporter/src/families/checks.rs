//! What Prometheus would refuse, or take for something else.

use indicators::Metric;
use indicators::RESERVED_LABELS;
use prometheus::proto;
use std::collections::HashSet;

/// One bad name, label or series: with it the whole scrape would fail, or two series be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FamilyError {
    /// A metric's name is not lower-case letters, digits and underscores.
    #[error(
        "metric `{metric}`: its name must be lower-case letters, digits and underscores, and start with a letter; \
         rename queries/{metric}.sql"
    )]
    MetricName {
        /// The metric.
        metric: String,
    },
    /// A label's name is not one that a query may give.
    #[error(
        "metric `{metric}`, label `{label}`: a label must be lower-case letters, digits and underscores, start with a \
         letter, and not be one of {}; rename it in queries/{metric}.sql", RESERVED_LABELS.join(", ")
    )]
    LabelName {
        /// The metric.
        metric: String,
        /// The label.
        label: String,
    },
    /// Two metrics claim one family.
    #[error("family `{family}` is that of {first} and would be that of {second} too; rename one of the query files")]
    Taken {
        /// The family's name.
        family: String,
        /// Whose it is.
        first: String,
        /// Who claims it too.
        second: String,
    },
    /// A series given twice.
    #[error("family `{family}` has the series {{{labels}}} twice; the labels of a query must name its rows")]
    Duplicate {
        /// The family's name.
        family: String,
        /// The series, as `name="value"` pairs.
        labels: String,
    },
}

/// The names that a query file chose.
pub(super) fn names(metric: &Metric) -> Result<(), FamilyError> {
    if !is_name(&metric.name) {
        return Err(FamilyError::MetricName { metric: metric.name.clone() });
    }
    match metric.labels.iter().find(|label| !is_name(label) || RESERVED_LABELS.contains(&label.as_str())) {
        Some(label) => Err(FamilyError::LabelName { metric: metric.name.clone(), label: label.clone() }),
        None => Ok(()),
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// No two series of one family have the same labels. To Prometheus an empty label is an absent one.
pub(super) fn no_duplicates(family: &str, series: &[proto::Metric]) -> Result<(), FamilyError> {
    let mut seen = HashSet::with_capacity(series.len());
    for one in series {
        let mut labels: Vec<_> = one.get_label().iter().map(|l| (l.name(), l.value())).collect();
        labels.retain(|(_, value)| !value.is_empty());
        labels.sort_unstable();
        if let Some(again) = seen.replace(labels) {
            let said: Vec<_> = again.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
            return Err(FamilyError::Duplicate { family: family.to_owned(), labels: said.join(",") });
        }
    }
    Ok(())
}
