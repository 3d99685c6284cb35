//! What stored results were computed from: marks of the table of results.
//!
//! A mark is a named number that Delta keeps as the version of a transaction id, and that moves with the rows of one commit.
//!
//! All metrics share their input versions (the clock and the version of every table), but one whose query failed, or that was
//! computed beside the others, has its own until it has caught up. So nothing that came meanwhile is ever missed.

use crate::tables::TableVersion;
use contracts::Contracts;
use indicators::Metric;
use jiff::Timestamp;
use lake::{LakeError, Mark, TableWriter};
use std::collections::{BTreeMap, BTreeSet};

/// Mark: number of the latest evaluation.
pub(super) const EVALUATION: &str = "indicators/evaluation";
/// Mark: under how many promises to those who answered the results were stored.
pub(crate) const PROMISES: &str = "indicators/promises";
/// Mark: the clock, in microseconds since the epoch.
pub(super) const AS_OF: &str = "indicators/as_of";
/// In place of a clock: the metric shares the input versions of all.
const SHARED: i64 = i64::MIN;
/// In place of a version or a fingerprint: there is none.
const NONE: i64 = -1;

/// Mark: version of a table that was read.
fn input(stream: &str) -> String {
    format!("indicators/input/{stream}")
}

/// Mark: 1 where the activity of a stream is kept.
fn active(stream: &str) -> String {
    format!("indicators/active/{stream}")
}

/// Mark: fingerprint of the query that a metric's rows come from.
fn query(metric: &str) -> String {
    format!("indicators/query/{metric}")
}

/// Mark: the clock of a metric's own input versions.
fn own_as_of(metric: &str) -> String {
    format!("indicators/own/{metric}/as_of")
}

/// Mark: the version of a table among a metric's own.
fn own_input(metric: &str, stream: &str) -> String {
    format!("indicators/own/{metric}/input/{stream}")
}

/// A clock, and the version of every table that there was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InputVersions {
    pub as_of: Timestamp,
    pub tables: BTreeMap<String, TableVersion>,
}

/// What all results were computed from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Provenance {
    /// Number of the latest evaluation.
    pub evaluation: Option<i64>,
    /// Of every metric without an own one.
    pub shared: Option<InputVersions>,
    /// Streams whose activity is kept.
    pub active: BTreeSet<String>,
    /// Fingerprint of the query, and its own input versions where it has them.
    pub metrics: BTreeMap<String, (i64, Option<InputVersions>)>,
}

impl Provenance {
    /// Number of the next evaluation.
    pub(crate) fn next_evaluation(&self) -> i64 {
        self.evaluation.unwrap_or(0) + 1
    }

    /// As the table has it.
    pub(super) fn read<'a>(
        writer: &TableWriter,
        contracts: &Contracts,
        metrics: impl Iterator<Item = &'a str>,
    ) -> Result<Self, LakeError> {
        let mark = |name: &str| writer.mark(name);
        let versions = |as_of: &str, name: &dyn Fn(&str) -> String| -> Result<Option<InputVersions>, LakeError> {
            let as_of = mark(as_of)?.filter(|micros| *micros != SHARED);
            let Some(as_of) = as_of.and_then(|micros| Timestamp::from_microsecond(micros).ok()) else {
                return Ok(None);
            };
            let mut tables = BTreeMap::new();
            for contract in contracts.iter() {
                if let Some(version) = mark(&name(contract.name()))?.and_then(TableVersion::from_mark) {
                    tables.insert(contract.name().to_owned(), version);
                }
            }
            Ok(Some(InputVersions { as_of, tables }))
        };
        let mut provenance =
            Self { evaluation: mark(EVALUATION)?, shared: versions(AS_OF, &input)?, ..Self::default() };
        for contract in contracts.iter() {
            if mark(&active(contract.name()))? == Some(1) {
                provenance.active.insert(contract.name().to_owned());
            }
        }
        for metric in metrics {
            if let Some(fingerprint) = mark(&query(metric))?.filter(|fingerprint| *fingerprint != NONE) {
                let own = versions(&own_as_of(metric), &|stream| own_input(metric, stream))?;
                provenance.metrics.insert(metric.to_owned(), (fingerprint, own));
            }
        }
        Ok(provenance)
    }

    /// What a metric's stored rows were computed from; `None` where this text of it never was.
    pub(crate) fn of(&self, metric: &Metric) -> Option<&InputVersions> {
        let (fingerprint, own) = self.metrics.get(&metric.name)?;
        own.as_ref().or(self.shared.as_ref()).filter(|_| *fingerprint == metric.fingerprint)
    }

    /// The marks to be moved so that the table has `to` where it has this.
    pub(super) fn marks_to(
        &self,
        to: &Self,
        contracts: &Contracts,
        writer: &TableWriter,
    ) -> Result<Vec<Mark>, LakeError> {
        let (then, mut now) = (self.values(contracts), to.values(contracts));
        // A mark cannot be removed: what holds no more is marked so.
        for name in then.keys().filter(|name| !now.contains_key(*name)).cloned().collect::<Vec<_>>() {
            let none = if name.ends_with("/as_of") { SHARED } else { NONE };
            now.insert(name, none);
        }
        let moved = now.into_iter().filter(|(name, value)| then.get(name) != Some(value));
        moved.map(|(name, value)| Ok(Mark { expected: writer.mark(&name)?, name, value })).collect()
    }

    fn values(&self, contracts: &Contracts) -> BTreeMap<String, i64> {
        let version = |versions: &InputVersions, stream: &str| {
            versions.tables.get(stream).map_or(NONE, |version| version.to_mark())
        };
        let mut values = BTreeMap::new();
        if let Some(shared) = &self.shared {
            values.insert(AS_OF.to_owned(), shared.as_of.as_microsecond());
            values.extend(shared.tables.keys().map(|stream| (input(stream), version(shared, stream))));
        }
        values.extend(self.active.iter().map(|stream| (active(stream), 1)));
        for (metric, (fingerprint, own)) in &self.metrics {
            values.insert(query(metric), *fingerprint);
            if let Some(own) = own {
                values.insert(own_as_of(metric), own.as_of.as_microsecond());
                let names = contracts.iter().map(|contract| contract.name());
                values.extend(names.map(|stream| (own_input(metric, stream), version(own, stream))));
            }
        }
        values
    }
}
