//! What the table of results holds at one version.

use super::{
    error::StoreError,
    record::{Key, Kind, Record, key},
    table,
};
use crate::{Activity, PartRow, Published};
use futures::StreamExt;
use jiff::Timestamp;
use lake::{Lake, TableSnapshot};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

/// Mark: number of the latest evaluation.
pub(super) const EVALUATION: &str = "indicators/evaluation";
/// Mark: its clock, in microseconds since the epoch.
pub(super) const AS_OF: &str = "indicators/as_of";

/// Mark: version of a table that was read.
pub(super) fn input(stream: &str) -> String {
    format!("indicators/input/{stream}")
}

/// Mark: fingerprint of the query that a metric's rows come from.
pub(super) fn query(metric: &str) -> String {
    format!("indicators/query/{metric}")
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
    pub(crate) async fn read(lake: &Lake) -> Result<Self, StoreError> {
        let Some(snapshot) = lake.snapshot(table::TABLE).await? else { return Ok(Self::default()) };
        let mut state = Self {
            evaluation: snapshot.mark(EVALUATION).await?,
            as_of: snapshot.mark(AS_OF).await?.and_then(|micros| Timestamp::from_microsecond(micros).ok()),
            ..Self::default()
        };
        let ctx = crate::session(usize::MAX >> 1, 1)?;
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
