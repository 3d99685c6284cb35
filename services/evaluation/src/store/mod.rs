//! Results in the lake: one physical table, one commit an evaluation.
//!
//! ```text
//! catch_up ─► State (the latest record of every key) ─stage─► rows that differ ─commit─► ONE commit: rows + marks
//!    ▲                                                                                             │
//!    └──────────────────────────── others stored meanwhile: what is held is read again ◄───────────┘
//! ```
//!
//! Invariant: the mark `indicators/evaluation` moves by one a commit, and the marks that say what rows were computed from
//! move in the same commit as the rows. Whoever finds other input versions than those it began from begins again, so no week
//! is lost between two evaluations, and one that read older tables never takes the place of one that read newer ones.

mod changes;
mod error;
mod load;
mod provenance;
mod record;
mod state;
mod table;

pub use error::StoreError;
pub use load::{Stored, load};

pub(crate) use changes::Differences;
pub(crate) use load::recent_values;
pub(crate) use provenance::{InputVersions, PROMISES, Provenance};
pub(crate) use record::Record;
pub(crate) use state::State;
pub(crate) use table::{TABLE, batch, labels};

use crate::session::Limits;
use contracts::Contracts;
use indicators::Metric;
use lake::{Commit, Lake, Mark, Pending, TableWriter};
use provenance::EVALUATION;
use std::{collections::BTreeSet, sync::Arc};

/// The table of results, open for writing, and what it holds.
#[derive(Debug)]
pub(crate) struct Store {
    lake: Lake,
    contracts: Contracts,
    writer: TableWriter,
    /// As of the writer's snapshot, while `version` is the writer's.
    state: State,
    version: Option<u64>,
}

/// Rows to be committed together. The state holds them already.
#[derive(Debug, Default)]
pub(crate) struct Staged(Vec<Record>);

/// What became of a commit.
pub(crate) enum Committed {
    /// There was nothing to commit.
    Nothing,
    /// It is the evaluation of this number, and wrote so many rows.
    Evaluation { number: i64, rows: usize },
    /// Others committed first: what is held has been read again.
    Conflict,
}

impl Store {
    /// Reads what is stored. Creates the table where it is missing.
    pub(crate) async fn open(lake: &Lake, contracts: &Contracts, limits: &Limits) -> Result<Self, StoreError> {
        let writer = lake.writer(&table::spec()).await?;
        let state = State::read(lake, limits).await?;
        let version = state.version();
        Ok(Self { lake: lake.clone(), contracts: contracts.clone(), writer, state, version })
    }

    /// What is held.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Makes what is held that of the table's latest version.
    pub(crate) async fn catch_up(&mut self, limits: &Limits) -> Result<(), StoreError> {
        self.writer.refresh().await?;
        while self.version != Some(self.writer.version()) {
            match self.version {
                Some(version) => self.state.advance(version, limits).await?,
                None => self.state = State::read(&self.lake, limits).await?,
            }
            self.version = self.state.version();
            self.writer.refresh().await?;
        }
        Ok(())
    }

    /// What the results of these metrics, and of all that are stored, were computed from.
    pub(crate) fn provenance(&self, metrics: &[Arc<Metric>]) -> Result<Provenance, StoreError> {
        let declared = metrics.iter().map(|metric| metric.name.as_str());
        let stored = self.state.metrics.iter().map(String::as_str);
        let names: BTreeSet<&str> = declared.chain(stored).collect();
        Ok(Provenance::read(&self.writer, &self.contracts, names.into_iter())?)
    }

    /// Whether what is held of the metric was computed by just its text.
    pub(crate) fn holds(&self, metric: &Metric) -> Result<bool, StoreError> {
        let only = std::iter::once(metric.name.as_str());
        Ok(Provenance::read(&self.writer, &self.contracts, only)?.of(metric).is_some())
    }

    /// Adds rows to those that are to be committed. From here on what is held is that of no version, until they are.
    pub(crate) fn stage(&mut self, staged: &mut Staged, records: Vec<Record>) {
        self.version = None;
        self.state.extend(records.clone());
        staged.0.extend(records);
    }

    /// Under how many promises the results were stored.
    pub(crate) fn promises(&self) -> Result<Option<i64>, StoreError> {
        Ok(self.writer.mark(PROMISES)?)
    }

    /// Commits the staged rows, and the marks that make the provenance `from` the provenance `to`, and `more`.
    pub(crate) async fn commit(
        &mut self,
        staged: &Staged,
        from: &Provenance,
        to: &Provenance,
        more: Option<Mark>,
        limits: &Limits,
    ) -> Result<Committed, StoreError> {
        let mut marks = from.marks_to(to, &self.contracts, &self.writer)?;
        marks.extend(more);
        if staged.0.is_empty() && marks.is_empty() {
            self.version = Some(self.writer.version());
            return Ok(Committed::Nothing);
        }
        let (number, rows) = (from.next_evaluation(), staged.0.len());
        marks.push(Mark { name: EVALUATION.to_owned(), expected: from.evaluation, value: number });
        let pending = match rows {
            0 => Pending::default(),
            _ => self.writer.write(&[table::batch(&staged.0)?]).await?,
        };
        if let Commit::Done(version) = self.writer.commit(pending, &marks).await? {
            self.state.evaluation = Some(number);
            self.state.as_of = to.shared.as_ref().map(|shared| shared.as_of);
            self.version = Some(version);
            return Ok(Committed::Evaluation { number, rows });
        }
        self.catch_up(limits).await?;
        Ok(Committed::Conflict)
    }
}
