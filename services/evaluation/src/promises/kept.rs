//! The table of promises, read and added to.

use super::{
    answers::{Reader, holds_answers},
    table,
};
use crate::{
    session::{Limits, session},
    store::{PROMISES, State, StoreError, TABLE},
};
use contracts::Contracts;
use futures::StreamExt;
use indicators::{
    Metric, clock,
    promises::{Answers, Declared, Promise, Promises},
};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use lake::{Commit, Lake, Mark, TableSnapshot};
use std::{collections::BTreeMap, sync::Arc};

/// Mark of the table: how many promises it holds.
const COUNT: &str = "promises/count";
/// No zone is further from UTC.
const FURTHEST: SignedDuration = SignedDuration::from_hours(15);
/// How often to look again when another program made promises meanwhile.
const ATTEMPTS: usize = 5;

/// The promises of a lake, and which answers its metrics read.
#[derive(Debug)]
pub(crate) struct Kept {
    lake: Lake,
    snapshot: Option<TableSnapshot>,
    promises: Promises,
    count: i64,
    /// By fingerprint of the query file.
    answers: BTreeMap<i64, Answers>,
}

/// Who promises what, when.
pub(crate) struct Round<'a> {
    pub contracts: &'a Contracts,
    pub declared: &'a [Arc<Metric>],
    /// Whether these are all that there are: only then may less hold for weeks to come.
    pub complete: bool,
    /// The evaluation's clock.
    pub as_of: Timestamp,
    /// The wall clock.
    pub now: Timestamp,
}

impl Kept {
    /// What the lake holds.
    pub(super) async fn of_lake(lake: &Lake, limits: &Limits) -> Result<Self, StoreError> {
        // Before the promises: whatever it counts was promised earlier.
        let known = match lake.snapshot(TABLE).await? {
            Some(results) => results.mark(PROMISES).await?,
            None => None,
        };
        Self::open(lake, known, limits).await
    }

    /// The same, of a lake whose results were read.
    pub(crate) async fn of_results(lake: &Lake, results: &State, limits: &Limits) -> Result<Self, StoreError> {
        Self::open(lake, results.promises().await?, limits).await
    }

    /// `known`: under how many promises results were stored.
    async fn open(lake: &Lake, known: Option<i64>, limits: &Limits) -> Result<Self, StoreError> {
        let (promises, answers) = (Promises::default(), BTreeMap::new());
        let mut kept = Self { lake: lake.clone(), snapshot: None, promises, count: 0, answers };
        kept.read(limits).await?;
        kept.check(known).map(|()| kept)
    }

    /// What is promised.
    pub(crate) fn promises(&self) -> &Promises {
        &self.promises
    }

    pub(crate) fn into_promises(self) -> Promises {
        self.promises
    }

    /// Whether results were stored under more promises than these.
    pub(crate) fn are_fewer_than(&self, known: Option<i64>) -> bool {
        known.unwrap_or(0) > self.count
    }

    /// How results are to remember that they were stored under as many promises; `None` where they do.
    pub(crate) fn mark(&self, known: Option<i64>) -> Option<Mark> {
        let more = self.count > known.unwrap_or(0);
        more.then(|| Mark { name: PROMISES.to_owned(), expected: known, value: self.count })
    }

    /// Reads what others promised since, and records what these metrics promise where nobody has promised it yet.
    pub(crate) async fn keep(
        &mut self,
        round: &Round<'_>,
        known: Option<i64>,
        limits: &Limits,
    ) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS {
            self.read(limits).await?;
            self.check(known)?;
            let due = self.due(round).await?;
            if due.is_empty() {
                return Ok(());
            }
            if self.append(&due).await? {
                for Promise { subject, from, minimum, by, .. } in &due {
                    tracing::info!(?subject, minimum, %from, by, "promised to those who answered");
                }
                return self.read(limits).await;
            }
        }
        Err(StoreError::Overtaken { attempts: ATTEMPTS })
    }

    /// What would be promised then. Nothing is stored.
    pub(super) async fn foresee(mut self, round: &Round<'_>) -> Result<Promises, StoreError> {
        let due = self.due(round).await?;
        due.into_iter().for_each(|promise| self.promises.add(promise));
        Ok(self.promises)
    }

    async fn read(&mut self, limits: &Limits) -> Result<(), StoreError> {
        let latest = match &self.snapshot {
            Some(snapshot) => Some(snapshot.latest().await?),
            None => self.lake.snapshot(table::TABLE).await?,
        };
        let Some(latest) = latest else { return Ok(()) };
        if self.snapshot.as_ref().is_some_and(|snapshot| snapshot.version() == latest.version()) {
            return Ok(());
        }
        let (mut promises, mut count) = (Promises::default(), 0);
        let ctx = session(limits.share(), 1)?;
        let mut batches = ctx.read_table(latest.provider()?)?.execute_stream().await?;
        while let Some(batch) = batches.next().await {
            for promise in table::promises(&batch?)? {
                promises.add(promise);
                count += 1;
            }
        }
        (self.snapshot, self.promises, self.count) = (Some(latest), promises, count);
        Ok(())
    }

    fn check(&self, known: Option<i64>) -> Result<(), StoreError> {
        match known {
            Some(known) if known > self.count => Err(StoreError::PromisesLost { known, found: self.count }),
            _ => Ok(()),
        }
    }

    async fn due(&mut self, round: &Round<'_>) -> Result<Vec<Promise>, StoreError> {
        let forgotten = |stream: &&str| round.contracts.get(stream).is_some_and(|contract| !holds_answers(contract));
        if let Some(stream) = self.promises.streams().into_iter().find(forgotten) {
            return Err(StoreError::AnswersForgotten { stream: stream.to_owned() });
        }
        let private: Vec<&Arc<Metric>> = round.declared.iter().filter(|metric| metric.privacy.is_some()).collect();
        self.read_queries(&private, round.contracts).await?;
        let declared = private.into_iter().filter_map(|metric| {
            let answers = self.answers.get(&metric.fingerprint)?.clone();
            Some(Declared { metric, answers })
        });
        let lowered_from = round.complete.then(|| not_begun(round.as_of.max(round.now)));
        Ok(self.promises.due(&declared.collect::<Vec<_>>(), lowered_from, round.now))
    }

    /// Finds out which answers these queries read, each once.
    async fn read_queries(&mut self, metrics: &[&Arc<Metric>], contracts: &Contracts) -> Result<(), StoreError> {
        let unread: Vec<_> = metrics.iter().filter(|metric| !self.answers.contains_key(&metric.fingerprint)).collect();
        if unread.is_empty() {
            return Ok(());
        }
        let reader = Reader::new(contracts)?;
        for metric in unread {
            self.answers.insert(metric.fingerprint, reader.answers(metric).await);
        }
        Ok(())
    }

    /// Appends promises; `false` where somebody else did meanwhile.
    async fn append(&mut self, due: &[Promise]) -> Result<bool, StoreError> {
        let mut writer = self.lake.writer(&table::spec()).await?;
        let pending = writer.write(&[table::batch(due)?]).await?;
        let more = i64::try_from(due.len()).unwrap_or(i64::MAX);
        let expected = (self.count > 0).then_some(self.count);
        let mark = Mark { name: COUNT.to_owned(), expected, value: self.count.saturating_add(more) };
        Ok(matches!(writer.commit(pending, &[mark]).await?, Commit::Done(_)))
    }
}

/// Monday of the first week that has begun nowhere.
fn not_begun(at: Timestamp) -> Date {
    let furthest = at.checked_add(FURTHEST).unwrap_or(at);
    clock::weeks_after(clock::running_week(furthest, &TimeZone::UTC), 1)
}
