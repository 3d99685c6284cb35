//! What stored results were computed from: marks of the table of results.
//!
//! All metrics share one basis (the clock and the edition of every table), but one whose query failed, or that was computed
//! beside the others, has its own until it has caught up. So nothing that came meanwhile is ever missed.

use crate::edition::Edition;
use contracts::Contracts;
use indicators::Metric;
use jiff::Timestamp;
use lake::{LakeError, Mark, TableWriter};
use std::collections::{BTreeMap, BTreeSet};

/// Mark: number of the latest evaluation.
pub(super) const EVALUATION: &str = "indicators/evaluation";
/// Mark: the clock, in microseconds since the epoch.
pub(super) const AS_OF: &str = "indicators/as_of";
/// In place of a clock: the metric shares the basis of all.
const SHARED: i64 = i64::MIN;
/// In place of an edition or a fingerprint: there is none.
const NONE: i64 = -1;

/// Mark: edition of a table that was read.
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

/// Mark: the clock of a metric's own basis.
fn own_as_of(metric: &str) -> String {
    format!("indicators/own/{metric}/as_of")
}

/// Mark: an edition of a metric's own basis.
fn own_input(metric: &str, stream: &str) -> String {
    format!("indicators/own/{metric}/input/{stream}")
}

/// A clock, and the edition of every table that there was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Basis {
    pub as_of: Timestamp,
    pub inputs: BTreeMap<String, Edition>,
}

/// What all results were computed from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Bases {
    /// Number of the latest evaluation.
    pub evaluation: Option<i64>,
    /// Of every metric without an own one.
    pub shared: Option<Basis>,
    /// Streams whose activity is kept.
    pub active: BTreeSet<String>,
    /// Fingerprint of the query, and the own basis where there is one.
    pub metrics: BTreeMap<String, (i64, Option<Basis>)>,
}

impl Bases {
    /// As the table has them.
    pub(super) fn read<'a>(
        writer: &TableWriter,
        contracts: &Contracts,
        metrics: impl Iterator<Item = &'a str>,
    ) -> Result<Self, LakeError> {
        let mark = |name: &str| writer.mark(name);
        let basis = |as_of: &str, name: &dyn Fn(&str) -> String| -> Result<Option<Basis>, LakeError> {
            let as_of = mark(as_of)?.filter(|micros| *micros != SHARED);
            let Some(as_of) = as_of.and_then(|micros| Timestamp::from_microsecond(micros).ok()) else {
                return Ok(None);
            };
            let mut inputs = BTreeMap::new();
            for contract in contracts.iter() {
                if let Some(edition) = mark(&name(contract.name()))?.and_then(Edition::from_number) {
                    inputs.insert(contract.name().to_owned(), edition);
                }
            }
            Ok(Some(Basis { as_of, inputs }))
        };
        let mut bases = Self { evaluation: mark(EVALUATION)?, shared: basis(AS_OF, &input)?, ..Self::default() };
        for contract in contracts.iter() {
            if mark(&active(contract.name()))? == Some(1) {
                bases.active.insert(contract.name().to_owned());
            }
        }
        for metric in metrics {
            if let Some(fingerprint) = mark(&query(metric))?.filter(|fingerprint| *fingerprint != NONE) {
                let own = basis(&own_as_of(metric), &|stream| own_input(metric, stream))?;
                bases.metrics.insert(metric.to_owned(), (fingerprint, own));
            }
        }
        Ok(bases)
    }

    /// What a metric's stored rows were computed from; `None` where this text of it never was.
    pub(crate) fn of(&self, metric: &Metric) -> Option<&Basis> {
        let (fingerprint, own) = self.metrics.get(&metric.name)?;
        own.as_ref().or(self.shared.as_ref()).filter(|_| *fingerprint == metric.fingerprint)
    }

    /// The marks to be moved so that the table has `goal` where it has these.
    pub(super) fn marks_to(
        &self,
        goal: &Self,
        contracts: &Contracts,
        writer: &TableWriter,
    ) -> Result<Vec<Mark>, LakeError> {
        let (then, mut now) = (self.values(contracts), goal.values(contracts));
        // What is not said any more has to be said not to be.
        for name in then.keys().filter(|name| !now.contains_key(*name)).cloned().collect::<Vec<_>>() {
            let none = if name.ends_with("/as_of") { SHARED } else { NONE };
            now.insert(name, none);
        }
        let moved = now.into_iter().filter(|(name, value)| then.get(name) != Some(value));
        moved.map(|(name, value)| Ok(Mark { expected: writer.mark(&name)?, name, value })).collect()
    }

    fn values(&self, contracts: &Contracts) -> BTreeMap<String, i64> {
        let edition = |basis: &Basis, stream: &str| basis.inputs.get(stream).map_or(NONE, Edition::number);
        let mut values = BTreeMap::new();
        if let Some(shared) = &self.shared {
            values.insert(AS_OF.to_owned(), shared.as_of.as_microsecond());
            values.extend(shared.inputs.keys().map(|stream| (input(stream), edition(shared, stream))));
        }
        values.extend(self.active.iter().map(|stream| (active(stream), 1)));
        for (metric, (fingerprint, own)) in &self.metrics {
            values.insert(query(metric), *fingerprint);
            if let Some(own) = own {
                values.insert(own_as_of(metric), own.as_of.as_microsecond());
                let names = contracts.iter().map(|contract| contract.name());
                values.extend(names.map(|stream| (own_input(metric, stream), edition(own, stream))));
            }
        }
        values
    }
}
