//! One evaluation of a lake, from what changed since the last one to the commit of its results.
//!
//! ```text
//!  catch up ─► work ───────► compute ───► refuse ─────────────► commit ─► Refreshed
//!     ▲        which weeks   their rows   metrics that fail       │       what happened
//!     └───────── begins again: others stored results meanwhile ◄──┘
//! ```

mod scope;
mod showing;

use crate::{
    dirty::{Changed, Found},
    evaluate::{Computed, QueryRun, Work, compute, reference_sites, refuse},
    promises::Kept,
    session::Limits,
    store::{
        Committed, Differences, InputVersions, Provenance, Record, Staged, Store, StoreError, Stored, recent_values,
    },
    tables::{Freshness, Tables},
    views::Views,
};
use contracts::Contracts;
use indicators::{BadRow, Metric, Site, Values, promises::Refused};
use jiff::Timestamp;
use lake::Lake;
use scope::Scope;
use showing::Held;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// How often to begin again when another program stored results meanwhile.
const ATTEMPTS: usize = 5;

/// The stored results of one lake, kept up to date by computing only what changed.
///
/// Of two that store at the same time both win when they compute different metrics, and one begins again otherwise.
#[derive(Debug)]
pub struct Results {
    lake: Lake,
    contracts: Contracts,
    limits: Limits,
    store: Store,
    /// Those that were read last.
    tables: Tables,
    sites: Vec<Site>,
    promises: Kept,
    /// Refusals that were told.
    refused: Vec<Refused>,
}

/// What one evaluation did.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// The clock.
    pub as_of: Timestamp,
    /// Its number; `None` where nothing had to be stored.
    pub evaluation: Option<i64>,
    /// Rows that differed from those stored before.
    pub rows: usize,
    /// Rows outside their kind's range that were not known as such, as far as they may be named; sorted.
    pub bad: Vec<BadRow>,
    /// How each query fared, by metric name; a query none of whose weeks changed took no time.
    pub runs: Vec<QueryRun>,
    /// Events whose site no reference record names.
    pub unknown_site_events: u64,
    /// Query files that ask for fewer people than were promised, as far as that was not told before.
    pub refused: Vec<Refused>,
}

/// What is about to be stored.
struct Evaluation<'a> {
    scope: &'a Scope<'a>,
    /// What the work was found from.
    before: &'a Provenance,
    work: &'a Work,
    computed: &'a Computed,
    as_of: Timestamp,
    /// The wall clock.
    now: Timestamp,
}

/// What was stored.
#[derive(Default)]
struct Done {
    /// `None` where nothing had to be.
    evaluation: Option<i64>,
    rows: usize,
    /// Bad rows that were not known, or not for this reason.
    bad: Vec<BadRow>,
}

impl Results {
    /// Reads what is stored. Creates the table of results where it is missing.
    ///
    /// # Errors
    /// When the lake cannot be read or written.
    pub async fn open(lake: &Lake, contracts: &Contracts, limits: &Limits) -> Result<Self, StoreError> {
        let store = Store::open(lake, contracts, limits).await?;
        let tables = Tables::open(lake, contracts).await?;
        let views = Views::open(&tables, Timestamp::UNIX_EPOCH, limits).await?;
        let sites = reference_sites(&views).await?;
        let promises = Kept::of_results(lake, store.state(), limits).await?;
        let (lake, contracts, limits) = (lake.clone(), contracts.clone(), limits.clone());
        Ok(Self { lake, contracts, limits, store, tables, sites, promises, refused: Vec::new() })
    }

    /// The same with other limits for the queries.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Brings the declared metrics, but those in `skip`, up to `as_of`, in one commit: computes the weeks that new data, the
    /// clock or changed reference data reach, and all weeks of a metric whose text changed. Rows of metrics that are neither
    /// declared nor in `skip` cease to exist. A query that fails leaves what is stored of its metric. `now` is the wall clock.
    ///
    /// # Errors
    /// When the lake cannot be read or written, or others stored results each time.
    pub async fn refresh(
        &mut self,
        declared: &[Arc<Metric>],
        skip: &BTreeSet<String>,
        as_of: Timestamp,
        now: Timestamp,
    ) -> Result<Refreshed, StoreError> {
        self.evaluate_and_store(&Scope::Declared { declared, skip }, as_of, now).await
    }

    /// Computes all weeks of one metric at `as_of` and stores them, beside whatever else is stored meanwhile.
    ///
    /// # Errors
    /// As [`Results::refresh`].
    pub async fn recompute(
        &mut self,
        metric: &Arc<Metric>,
        as_of: Timestamp,
        now: Timestamp,
    ) -> Result<Refreshed, StoreError> {
        self.evaluate_and_store(&Scope::One(metric), as_of, now).await
    }

    /// The whole of it, top to bottom.
    async fn evaluate_and_store(
        &mut self,
        scope: &Scope<'_>,
        as_of: Timestamp,
        now: Timestamp,
    ) -> Result<Refreshed, StoreError> {
        let as_of = Timestamp::from_microsecond(as_of.as_microsecond()).unwrap_or(as_of);
        for attempt in 1..=ATTEMPTS {
            self.lake.check_there().await?;
            self.store.catch_up(&self.limits).await?;
            let round = scope.round(&self.contracts, as_of, now);
            self.promises.keep(&round, self.store.promises()?, &self.limits).await?;
            let before = self.store.provenance(scope.declared())?;
            self.tables = self.tables.latest(&self.lake).await?;
            let views = Views::open(&self.tables, as_of, &self.limits).await?;
            self.sites = reference_sites(&views).await?;
            let work = self.work(scope, &views, &before).await?;
            let mut computed = compute(&views, &work, &self.limits).await?;
            refuse(&mut computed, &work, self.store.state(), &self.limits, as_of);
            self.lake.check_there().await?;
            let evaluation = Evaluation { scope, before: &before, work: &work, computed: &computed, as_of, now };
            if let Some(Done { evaluation, rows, bad }) = self.commit(&evaluation).await? {
                let bad = showing::nameable(bad, scope.declared(), &self.sites, as_of);
                let unknown_site_events = self.store.state().events_outside(&self.sites);
                let refused = self.newly_refused(scope.declared(), as_of);
                let runs = computed.runs;
                return Ok(Refreshed { as_of, evaluation, rows, bad, runs, unknown_site_events, refused });
            }
            tracing::info!(
                attempt,
                "results were stored meanwhile, by another program or in the background; evaluating again"
            );
        }
        Err(StoreError::Overtaken { attempts: ATTEMPTS })
    }

    /// Files that ask for fewer people than were promised, once each.
    fn newly_refused(&mut self, metrics: &[Arc<Metric>], as_of: Timestamp) -> Vec<Refused> {
        let published = &self.store.state().publications;
        let mut refused = self.promises.promises().refusals(metrics.iter(), published, as_of);
        refused.retain(|refused| !self.refused.iter().any(|told| told.says_as(refused)));
        self.refused.extend(refused.iter().cloned());
        refused
    }

    /// Which weeks of which metrics have to be computed.
    async fn work(&self, scope: &Scope<'_>, views: &Views, stored: &Provenance) -> Result<Work, StoreError> {
        match scope {
            Scope::One(metric) => Ok(Work { activity: BTreeMap::new(), ..Work::all(&[Arc::clone(metric)]) }),
            Scope::Declared { declared, skip } => {
                let due: Vec<_> = declared.iter().filter(|metric| !skip.contains(&metric.name)).cloned().collect();
                let mut changed = Changed {
                    lake: &self.lake,
                    views,
                    state: self.store.state(),
                    stored,
                    limits: &self.limits,
                    found: Found::default(),
                };
                Ok(changed.work(declared, &due).await?)
            }
        }
    }

    /// Stores what differs, and what has become due; `None` when what the work rested on is no longer what is stored.
    async fn commit(&mut self, evaluation: &Evaluation<'_>) -> Result<Option<Done>, StoreError> {
        let Evaluation { scope, before, work, computed, as_of, now } = *evaluation;
        loop {
            let stored = self.store.provenance(scope.declared())?;
            let known = self.store.promises()?;
            if !scope.rests_on_the_same(before, &stored) || self.promises.are_fewer_than(known) {
                return Ok(None);
            }
            let with_rows = |name: &str| self.store.state().metrics.contains(name) || computed.has_rows(name);
            let after = scope.provenance_after(before, &stored, self.input_versions(as_of), computed, with_rows);
            let removed = scope.removed(before);
            let unwatched = stored.active.difference(&after.active).cloned().collect();
            let differences =
                Differences { work, computed, removed: &removed, unwatched: &unwatched, sites: &self.sites };
            let number = stored.next_evaluation();
            let records = differences.records(self.store.state(), number, now);
            let bad = records.iter().filter_map(Record::bad_row);
            let bad: Vec<BadRow> = bad.map(|row| self.promises.promises().show_bad(row)).collect();
            let mut staged = Staged::default();
            self.store.stage(&mut staged, records);
            let state = self.store.state();
            let held = Held { state, promises: self.promises.promises() };
            let due = showing::due_publications(&held, scope, before, (work, computed), &self.sites, as_of);
            let due = due.into_iter().map(|published| Record::publication(published, number, now));
            self.store.stage(&mut staged, due.collect());
            let promised = self.promises.mark(known);
            match self.store.commit(&staged, &stored, &after, promised, &self.limits).await? {
                Committed::Nothing => return Ok(Some(Done::default())),
                Committed::Evaluation { number, rows } => {
                    return Ok(Some(Done { evaluation: Some(number), rows, bad }));
                }
                Committed::Conflict => {}
            }
        }
    }

    /// What is computed now is computed from these.
    fn input_versions(&self, as_of: Timestamp) -> InputVersions {
        let version = |name: &str| Some((name.to_owned(), self.tables.version(name)?));
        InputVersions { as_of, tables: self.contracts.iter().filter_map(|contract| version(contract.name())).collect() }
    }

    /// How new what the lake holds of each stream is, as of the tables that were read last.
    pub fn freshness(&self) -> Vec<Freshness> {
        self.tables.freshness()
    }

    /// Whether the stored rows of the metric were computed by this very query text.
    ///
    /// # Errors
    /// When the marks of the table cannot be read.
    pub fn holds(&self, metric: &Arc<Metric>) -> Result<bool, StoreError> {
        self.store.holds(metric)
    }

    /// Everything derived of what is stored of these metrics; `None` before the first evaluation.
    pub fn values(&self, metrics: &[Arc<Metric>]) -> Option<Values> {
        let state = self.store.state();
        let as_of = state.evaluation.and(state.as_of)?;
        Some(recent_values(state, self.promises.promises(), as_of, &self.sites, metrics))
    }

    /// What is stored; `None` before the first evaluation.
    pub fn stored(&self) -> Option<Stored> {
        Stored::of(self.store.state(), self.sites.clone(), self.promises.promises().clone())
    }
}
