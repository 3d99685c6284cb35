//! What an evaluation is about: which metrics it computes, and what is to become of the others.

use crate::{
    evaluate::Computed,
    promises::Round,
    store::{InputVersions, Provenance},
};
use contracts::Contracts;
use indicators::Metric;
use jiff::Timestamp;
use std::{collections::BTreeSet, sync::Arc};

/// What an evaluation is about.
pub(super) enum Scope<'a> {
    /// All declared metrics but those that are skipped: whatever else is stored ceases to exist.
    Declared { declared: &'a [Arc<Metric>], skip: &'a BTreeSet<String> },
    /// All weeks of one metric, and nothing else.
    One(&'a Arc<Metric>),
}

impl Scope<'_> {
    /// Whose promises are to be recorded. Only where every query file is known may less hold for weeks to come.
    pub(super) fn round<'a>(&'a self, contracts: &'a Contracts, as_of: Timestamp, now: Timestamp) -> Round<'a> {
        let complete = match self {
            Self::One(_) => false,
            Self::Declared { declared, skip } => {
                skip.iter().all(|name| declared.iter().any(|metric| metric.name == *name))
            }
        };
        Round { contracts, declared: self.declared(), complete, as_of, now }
    }

    pub(super) fn declared(&self) -> &[Arc<Metric>] {
        match self {
            Self::Declared { declared, .. } => declared,
            Self::One(metric) => std::slice::from_ref(metric),
        }
    }

    /// Whether what was computed from `before` still follows what is stored.
    pub(super) fn rests_on_the_same(&self, before: &Provenance, now: &Provenance) -> bool {
        let same = |name: &String| before.metrics.get(name) == now.metrics.get(name);
        match self {
            Self::One(metric) => same(&metric.name),
            Self::Declared { declared, skip } => {
                let mut computed = declared.iter().map(|metric| &metric.name).filter(|name| !skip.contains(*name));
                before.shared == now.shared && before.active == now.active && computed.all(same)
            }
        }
    }

    /// What everything was computed from once this is stored. A metric without rows is not known by name once its file is
    /// gone, and could not be distinguished from one that went on: it keeps input versions of its own.
    pub(super) fn provenance_after(
        &self,
        before: &Provenance,
        now: &Provenance,
        versions: InputVersions,
        computed: &Computed,
        with_rows: impl Fn(&str) -> bool,
    ) -> Provenance {
        let mut after = now.clone();
        match self {
            Self::One(metric) if computed.succeeded(&metric.name) => {
                after.metrics.insert(metric.name.clone(), (metric.fingerprint, Some(versions)));
            }
            Self::One(_) => {}
            Self::Declared { declared, .. } => {
                let old = after.shared.replace(versions.clone());
                let removed = self.removed(before);
                after.metrics.retain(|name, _| !removed.contains(name));
                for (_, own) in after.metrics.values_mut() {
                    *own = own.take().or_else(|| old.clone());
                }
                for metric in declared.iter().filter(|metric| computed.succeeded(&metric.name)) {
                    let own = (!with_rows(&metric.name)).then(|| versions.clone());
                    after.metrics.insert(metric.name.clone(), (metric.fingerprint, own));
                }
                after.active = declared.iter().flat_map(|metric| metric.streams.iter().cloned()).collect();
            }
        }
        after
    }

    /// Metrics that are declared no more. Those stored since the work began are not among them: another program declares them.
    pub(super) fn removed(&self, before: &Provenance) -> BTreeSet<String> {
        match self {
            Self::One(_) => BTreeSet::new(),
            Self::Declared { declared, skip } => {
                let declared: BTreeSet<&String> = declared.iter().map(|metric| &metric.name).chain(*skip).collect();
                before.metrics.keys().filter(|name| !declared.contains(name)).cloned().collect()
            }
        }
    }
}
