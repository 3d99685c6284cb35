//! Results held in memory between evaluations: lake → what changed → weeks → lake.

use super::{
    basis::{Bases, Basis, EVALUATION},
    changes::Said,
    error::StoreError,
    load::Stored,
    recent,
    record::Record,
    state::State,
    table,
};
use crate::{
    dirty::{Changed, Found},
    evaluate::{self, Computed, QueryFailure, QueryRun, Work, bad_rows_since, too_many_bad_rows},
    freshness::Freshness,
    session::Limits,
    tables::Tables,
    views::Views,
};
use contracts::Contracts;
use indicators::{
    BadRow, Metric, Published, Site, Values,
    derive::{clock, to_publish},
    week_set::WeekSet,
};
use jiff::{Timestamp, tz::TimeZone};
use lake::{Commit, Lake, Mark, Pending, TableWriter};
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
    writer: TableWriter,
    tables: Tables,
    /// As of the writer's snapshot, while `version` is the writer's.
    state: State,
    version: Option<u64>,
    sites: Vec<Site>,
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
    /// Rows outside their kind's range that were not known as such, as far as they may be told; sorted.
    pub bad: Vec<BadRow>,
    /// How each query fared, by metric name; a query none of whose weeks changed took no time.
    pub runs: Vec<QueryRun>,
    /// Events whose site no reference record names.
    pub unknown_site_events: u64,
}

/// What was stored.
#[derive(Debug, Default)]
struct Done {
    /// `None` where nothing had to be.
    evaluation: Option<i64>,
    rows: usize,
    /// Bad rows that were not known, or not for this reason.
    bad: Vec<BadRow>,
}

/// What an evaluation is about.
enum Scope<'a> {
    /// All declared metrics but those that are skipped: whatever else is stored ceases to exist.
    Declared { declared: &'a [Arc<Metric>], skip: &'a BTreeSet<String> },
    /// All weeks of one metric, and nothing else.
    One(&'a Arc<Metric>),
}

impl Results {
    /// Reads what is stored. Lays the table of results out where it is missing.
    ///
    /// # Errors
    /// When the lake cannot be read or written.
    pub async fn open(lake: &Lake, contracts: &Contracts, limits: &Limits) -> Result<Self, StoreError> {
        let writer = lake.writer(&table::spec()).await?;
        let state = State::read(lake, limits).await?;
        let tables = Tables::open(lake, contracts).await?;
        let views = Views::open(&tables, Timestamp::UNIX_EPOCH, limits).await?;
        Ok(Self {
            lake: lake.clone(),
            contracts: contracts.clone(),
            limits: limits.clone(),
            writer,
            version: state.version(),
            sites: evaluate::reference_sites(&views).await?,
            state,
            tables,
        })
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
        self.evaluate(&Scope::Declared { declared, skip }, as_of, now).await
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
        self.evaluate(&Scope::One(metric), as_of, now).await
    }

    /// How new what the lake holds of each stream is, as of the tables that were read last.
    pub fn freshness(&self) -> Vec<Freshness> {
        self.tables.freshness()
    }

    /// Whether what is held of the metric was computed by just its text.
    ///
    /// # Errors
    /// When the marks of the table cannot be read.
    pub fn holds(&self, metric: &Arc<Metric>) -> Result<bool, StoreError> {
        let only = std::iter::once(metric.name.as_str());
        Ok(Bases::read(&self.writer, &self.contracts, only)?.of(metric).is_some())
    }

    /// Everything derived of what is stored of these metrics; `None` before the first evaluation.
    pub fn values(&self, metrics: &[Arc<Metric>]) -> Option<Values> {
        let as_of = self.state.evaluation.and(self.state.as_of)?;
        Some(recent::values(&self.state, as_of, &self.sites, metrics))
    }

    /// What is stored; `None` before the first evaluation.
    pub fn stored(&self) -> Option<Stored> {
        let (evaluation, as_of) = (self.state.evaluation?, self.state.as_of?);
        Some(Stored::of(&self.state, evaluation, as_of, self.sites.clone()))
    }

    async fn evaluate(&mut self, scope: &Scope<'_>, as_of: Timestamp, now: Timestamp) -> Result<Refreshed, StoreError> {
        let as_of = Timestamp::from_microsecond(as_of.as_microsecond()).unwrap_or(as_of);
        for attempt in 1..=ATTEMPTS {
            self.lake.check_there().await?;
            self.catch_up().await?;
            let before = self.bases(scope.declared())?;
            self.tables = self.tables.latest(&self.lake).await?;
            let views = Views::open(&self.tables, as_of, &self.limits).await?;
            self.sites = evaluate::reference_sites(&views).await?;
            let work = self.work(scope, &views, &before).await?;
            let mut computed = evaluate::compute(&views, &work, &self.limits).await?;
            self.refuse_surplus(&work, &mut computed);
            self.refuse_bad_rows(&work, &mut computed, as_of);
            self.refuse_overflow(&work, &mut computed);
            self.lake.check_there().await?;
            if let Some(done) = self.store(scope, &before, &work, &computed, as_of, now).await? {
                let unknown_site_events = self.state.events_outside(&self.sites);
                let (evaluation, rows, bad) =
                    (done.evaluation, done.rows, told(done.bad, scope.declared(), &self.sites, as_of));
                return Ok(Refreshed { as_of, evaluation, rows, bad, runs: computed.runs, unknown_site_events });
            }
            tracing::info!(
                attempt,
                "results were stored meanwhile, by another program or in the background; evaluating again"
            );
        }
        Err(StoreError::Overtaken { attempts: ATTEMPTS })
    }

    async fn work(&self, scope: &Scope<'_>, views: &Views, bases: &Bases) -> Result<Work, StoreError> {
        match scope {
            Scope::One(metric) => Ok(Work { activity: BTreeMap::new(), ..Work::all(&[Arc::clone(metric)]) }),
            Scope::Declared { declared, skip } => {
                let due: Vec<_> = declared.iter().filter(|metric| !skip.contains(&metric.name)).cloned().collect();
                let mut changed = Changed {
                    lake: &self.lake,
                    views,
                    state: &self.state,
                    bases,
                    limits: &self.limits,
                    found: Found::default(),
                };
                Ok(changed.work(declared, &due).await?)
            }
        }
    }

    /// Fails the metrics that would have more series than they may, counting the weeks that are not computed now, too.
    fn refuse_surplus(&self, work: &Work, computed: &mut Computed) {
        for (metric, weeks) in &work.metrics {
            let new = computed.series(&metric.name);
            if !self.state.knows_series(&metric.name, &new)
                && self.state.series_outside(&metric.name, weeks).union(&new).count() > self.limits.series
            {
                computed.fail(&metric.name, QueryFailure::Series(self.limits.series));
            }
        }
    }

    /// Fails the metrics of which too many rows are bad, counting the weeks that are not computed now, too: as all weeks
    /// computed at once would.
    fn refuse_bad_rows(&self, work: &Work, computed: &mut Computed, as_of: Timestamp) {
        let since = bad_rows_since(as_of);
        let known = self.state.bad_rows();
        for (metric, weeks) in &work.metrics {
            let others = known.iter().filter(|row| row.metric == metric.name && !weeks.holds(row.week));
            let good = || {
                let computed = computed.rows_of(&metric.name).filter(|row| row.week >= since).count();
                computed + self.state.rows_outside(&metric.name, since, weeks)
            };
            let bad = computed.bad_of(&metric.name).chain(others);
            if computed.succeeded(&metric.name)
                && let Some(failure) = too_many_bad_rows(metric, bad, since, self.limits.bad_percent, good)
            {
                computed.fail(&metric.name, failure);
            }
        }
    }

    /// Fails the metrics whose parts leave their type when they are summed with those of the weeks that are not computed
    /// now.
    fn refuse_overflow(&self, work: &Work, computed: &mut Computed) {
        for (metric, weeks) in &work.metrics {
            let mut totals = self.state.totals_outside(&metric.name, weeks);
            computed.rows_of(&metric.name).for_each(|row| totals.add(row));
            if let Some(failure) = totals.failure().filter(|_| computed.succeeded(&metric.name)) {
                computed.fail(&metric.name, failure);
            }
        }
    }

    /// `None` when what the work rested on is no longer what is stored.
    async fn store(
        &mut self,
        scope: &Scope<'_>,
        before: &Bases,
        work: &Work,
        computed: &Computed,
        as_of: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Done>, StoreError> {
        loop {
            let bases = self.bases(scope.declared())?;
            if !scope.rests_on_the_same(before, &bases) {
                return Ok(None);
            }
            let with_rows = |name: &str| self.state.metrics.contains(name) || computed.has_rows(name);
            let goal = scope.goal(before, &bases, self.basis(as_of), computed, with_rows);
            let removed = scope.removed(before);
            let unwatched = bases.active.difference(&goal.active).cloned().collect();
            let said = Said { work, computed, removed: &removed, unwatched: &unwatched, sites: &self.sites };
            let evaluation = bases.evaluation.unwrap_or(0) + 1;
            let mut records = said.records(&self.state, evaluation, now);
            let bad: Vec<BadRow> = records.iter().filter_map(Record::bad_row).collect();
            let mut marks = bases.marks_to(&goal, &self.contracts, &self.writer)?;
            self.version = None; // until all of it stands
            self.state.extend(records.clone());
            let due = self.due(scope, before, work, computed, as_of).into_iter();
            let due: Vec<_> = due.map(|published| Record::publication(published, evaluation, now)).collect();
            self.state.extend(due.clone());
            records.extend(due);
            if records.is_empty() && marks.is_empty() {
                self.version = Some(self.writer.version());
                return Ok(Some(Done::default()));
            }
            marks.push(Mark { name: EVALUATION.to_owned(), expected: bases.evaluation, value: evaluation });
            let rows = records.len();
            let pending = match rows {
                0 => Pending::default(),
                _ => self.writer.write(&[table::batch(&records)?]).await?,
            };
            if let Commit::Done(version) = self.writer.commit(pending, &marks).await? {
                self.state.evaluation = Some(evaluation);
                self.state.as_of = goal.shared.map(|shared| shared.as_of);
                self.version = Some(version);
                return Ok(Some(Done { evaluation: Some(evaluation), rows, bad }));
            }
            self.catch_up().await?;
        }
    }

    /// Publications that have become due, of the metrics whose query succeeded. What is computed beside the others publishes
    /// nothing: the next refresh does.
    fn due(
        &self,
        scope: &Scope<'_>,
        before: &Bases,
        work: &Work,
        computed: &Computed,
        as_of: Timestamp,
    ) -> Vec<Published> {
        if let Scope::One(_) = scope {
            return Vec::new();
        }
        let private =
            work.metrics.iter().filter(|(metric, _)| metric.privacy.is_some() && computed.succeeded(&metric.name));
        let publications = private.flat_map(|(metric, weeks)| {
            let weeks = match (&before.shared, before.metrics.get(&metric.name)) {
                (Some(shared), Some((_, None))) => with_completed(weeks, shared.as_of, as_of),
                _ => WeekSet::All, // it was computed beside the others, or failed before
            };
            let parts = self.state.part_rows_of(&metric.name, &weeks);
            let published = self.state.publications.iter().filter(|published| weeks.holds(published.row.week));
            to_publish(metric, &parts, &published.cloned().collect::<Vec<_>>(), &self.sites, as_of)
        });
        publications.collect()
    }

    /// Makes the state that of the table's latest version.
    async fn catch_up(&mut self) -> Result<(), StoreError> {
        self.writer.refresh().await?;
        while self.version != Some(self.writer.version()) {
            match self.version {
                Some(version) => self.state.advance(version, &self.limits).await?,
                None => self.state = State::read(&self.lake, &self.limits).await?,
            }
            self.version = self.state.version();
            self.writer.refresh().await?;
        }
        Ok(())
    }

    fn bases(&self, metrics: &[Arc<Metric>]) -> Result<Bases, StoreError> {
        let declared = metrics.iter().map(|metric| metric.name.as_str());
        let stored = self.state.metrics.iter().map(String::as_str);
        let names: BTreeSet<&str> = declared.chain(stored).collect();
        Ok(Bases::read(&self.writer, &self.contracts, names.into_iter())?)
    }

    /// What is computed now is computed from this.
    fn basis(&self, as_of: Timestamp) -> Basis {
        let edition = |name: &str| Some((name.to_owned(), self.tables.edition(name)?));
        Basis { as_of, inputs: self.contracts.iter().filter_map(|contract| edition(contract.name())).collect() }
    }
}

impl Scope<'_> {
    fn declared(&self) -> &[Arc<Metric>] {
        match self {
            Self::Declared { declared, .. } => declared,
            Self::One(metric) => std::slice::from_ref(metric),
        }
    }

    /// Whether what was computed from `before` still follows what is stored.
    fn rests_on_the_same(&self, before: &Bases, now: &Bases) -> bool {
        let same = |name: &String| before.metrics.get(name) == now.metrics.get(name);
        match self {
            Self::One(metric) => same(&metric.name),
            Self::Declared { declared, skip } => {
                let mut computed = declared.iter().map(|metric| &metric.name).filter(|name| !skip.contains(*name));
                before.shared == now.shared && before.active == now.active && computed.all(same)
            }
        }
    }

    /// What everything rests on once this is stored. A metric without rows is not known by name once its file is gone, and
    /// could not be told from one that went on: it keeps a basis of its own.
    fn goal(
        &self,
        before: &Bases,
        now: &Bases,
        basis: Basis,
        computed: &Computed,
        with_rows: impl Fn(&str) -> bool,
    ) -> Bases {
        let mut goal = now.clone();
        match self {
            Self::One(metric) if computed.succeeded(&metric.name) => {
                goal.metrics.insert(metric.name.clone(), (metric.fingerprint, Some(basis)));
            }
            Self::One(_) => {}
            Self::Declared { declared, .. } => {
                let old = goal.shared.replace(basis.clone());
                let removed = self.removed(before);
                goal.metrics.retain(|name, _| !removed.contains(name));
                for (_, own) in goal.metrics.values_mut() {
                    *own = own.take().or_else(|| old.clone());
                }
                for metric in declared.iter().filter(|metric| computed.succeeded(&metric.name)) {
                    let own = (!with_rows(&metric.name)).then(|| basis.clone());
                    goal.metrics.insert(metric.name.clone(), (metric.fingerprint, own));
                }
                goal.active = declared.iter().flat_map(|metric| metric.streams.iter().cloned()).collect();
            }
        }
        goal
    }

    /// Metrics that are declared no more. Those stored since the work began are none of them: somebody knows better.
    fn removed(&self, before: &Bases) -> BTreeSet<String> {
        match self {
            Self::One(_) => BTreeSet::new(),
            Self::Declared { declared, skip } => {
                let declared: BTreeSet<&String> = declared.iter().map(|metric| &metric.name).chain(*skip).collect();
                before.metrics.keys().filter(|name| !declared.contains(name)).cloned().collect()
            }
        }
    }
}

/// These weeks, and those that may have become complete between two clocks: a week is, a day after its end.
fn with_completed(weeks: &WeekSet, from: Timestamp, to: Timestamp) -> WeekSet {
    const NINE_DAYS: i64 = 9 * 24 * 3_600_000_000;
    let mut all = weeks.clone();
    all.insert(from.min(to).as_microsecond() - NINE_DAYS, from.max(to).as_microsecond());
    all
}

/// What may be told of these rows: of metrics with privacy those of complete weeks.
fn told(bad: Vec<BadRow>, metrics: &[Arc<Metric>], sites: &[Site], as_of: Timestamp) -> Vec<BadRow> {
    let complete = |id: &str| {
        let zone = sites.iter().find(|site| site.id == id).map_or(TimeZone::UTC, |site| clock::zone(&site.timezone));
        clock::last_complete_week(as_of, &zone)
    };
    let told = |row: BadRow| {
        let metric = metrics.iter().find(|metric| metric.name == row.metric)?;
        let shown = metric.privacy.is_none() || row.week <= complete(&row.site);
        shown.then(|| row.told(metric)).flatten()
    };
    bad.into_iter().filter_map(told).collect()
}
