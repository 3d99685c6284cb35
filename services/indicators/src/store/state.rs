//! What the table of results holds at one version.

use super::{
    error::StoreError,
    record::{Key, Kind, Record, key},
    table,
};
use crate::{Activity, Limits, PartRow, Published};
use futures::StreamExt;
use jiff::Timestamp;
use lake::{Lake, LakeError, TableSnapshot};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

/// Mark: number of the latest evaluation.
pub(super) const EVALUATION: &str = "indicators/evaluation";
/// Mark: its clock, in microseconds since the epoch.
pub(super) const AS_OF: &str = "indicators/as_of";

/// Mark: fingerprint of the names of all metrics, so that one whose file was taken away is noticed.
pub(super) const METRICS: &str = "indicators/metrics";

/// Mark: version of a table that was read.
pub(super) fn input(stream: &str) -> String {
    format!("indicators/input/{stream}")
}

/// Mark: fingerprint of the query that a metric's rows come from; [`FAILED`] where the last evaluation of it gave none.
pub(super) fn query(metric: &str) -> String {
    format!("indicators/query/{metric}")
}

/// No query's fingerprint: those are 0 or more.
pub(super) const FAILED: i64 = -1;

/// Number of the evaluation stored last; `None` before the first one.
pub(crate) async fn latest(lake: &Lake) -> Result<Option<i64>, LakeError> {
    match lake.snapshot(table::TABLE).await? {
        Some(snapshot) => snapshot.mark(EVALUATION).await,
        None => Ok(None),
    }
}

/// The latest record of every key (those that ceased to exist included), and all publications.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub evaluation: Option<i64>,
    pub as_of: Option<Timestamp>,
    pub parts: BTreeMap<Key, Record>,
    pub activity: BTreeMap<Key, Record>,
    pub publications: Vec<Published>,
    snapshot: Option<TableSnapshot>,
}

impl State {
    /// Reads the table; an empty state where there is none.
    pub(crate) async fn read(lake: &Lake, limits: &Limits) -> Result<Self, StoreError> {
        let Some(snapshot) = lake.snapshot(table::TABLE).await? else { return Ok(Self::default()) };
        let mut state = Self {
            evaluation: snapshot.mark(EVALUATION).await?,
            as_of: snapshot.mark(AS_OF).await?.and_then(|micros| Timestamp::from_microsecond(micros).ok()),
            ..Self::default()
        };
        let ctx = crate::session(limits.memory_bytes, limits.threads)?;
        let mut batches = ctx.read_table(snapshot.provider()?)?.execute_stream().await?;
        while let Some(batch) = batches.next().await {
            for record in table::records(&batch?)? {
                state.add(record);
            }
        }
        state.publications.sort();
        state.snapshot = Some(snapshot);
        Ok(state)
    }

    /// What the table holds once these are stored too.
    pub(super) fn extend(&mut self, records: Vec<Record>) {
        records.into_iter().for_each(|record| self.add(record));
        self.publications.sort();
    }

    fn add(&mut self, record: Record) {
        let latest = match record.kind {
            Kind::Part => &mut self.parts,
            Kind::Activity => &mut self.activity,
            Kind::Publication { .. } => return self.publications.extend(record.published()),
        };
        match latest.entry(key(&record.row)) {
            Entry::Vacant(entry) => drop(entry.insert(record)),
            Entry::Occupied(mut entry) if entry.get().evaluation < record.evaluation => drop(entry.insert(record)),
            Entry::Occupied(_) => {}
        }
    }

    /// A mark of the table.
    pub(super) async fn mark(&self, name: &str) -> Result<Option<i64>, StoreError> {
        match &self.snapshot {
            Some(snapshot) => Ok(snapshot.mark(name).await?),
            None => Ok(None),
        }
    }

    /// The table itself, `None` before anything was stored.
    pub(crate) fn provider(&self) -> Result<Option<Arc<dyn datafusion::catalog::TableProvider>>, StoreError> {
        Ok(self.snapshot.as_ref().map(TableSnapshot::provider).transpose()?)
    }

    /// Parts that exist, in order.
    pub(crate) fn live(&self) -> impl Iterator<Item = &Record> {
        self.parts.values().filter(|record| record.row.denominator > 0)
    }

    /// Rows of the parts that exist, in order.
    pub(super) fn part_rows(&self) -> Vec<PartRow> {
        let mut rows: Vec<PartRow> = self.live().map(|record| record.row.clone()).collect();
        rows.sort();
        rows
    }

    /// When a row of each metric was last stored.
    pub(super) fn computed_at(&self) -> BTreeMap<String, Timestamp> {
        let mut latest: BTreeMap<String, Timestamp> = BTreeMap::new();
        for record in self.parts.values() {
            let at = latest.entry(record.row.metric.clone()).or_insert(record.computed_at);
            *at = record.computed_at.max(*at);
        }
        latest
    }

    /// Activity that exists.
    pub(super) fn active(&self) -> Activity {
        let mut activity = Activity::default();
        for record in self.activity.values().filter(|record| record.row.denominator > 0) {
            let row = &record.row;
            activity.weeks.entry((row.metric.clone(), row.site.clone())).or_default().insert(row.week);
        }
        activity
    }
}
