//! What has to be computed again: pure bookkeeping over what changed since.
//!
//! ```text
//! per stream:  rows that came (and earlier revisions of their keys) ┐
//!              clock: weeks between then and now                    ├─► weeks ─horizon─► weeks of a metric
//!              sites whose time zone changed: their weeks           ┘
//! per metric:  text changed, never computed, or reference columns that it reads changed ─► all weeks
//! ```
//!
//! Invariant: a week that is not named here would return the rows that are stored, if queries keep to their horizon.

mod arrivals;
mod references;

use crate::{
    evaluate::Work,
    session::Limits,
    store::{InputVersions, Provenance, State},
    tables::{TableVersion, Tables},
    views::Views,
};
use contracts::Contract;
use datafusion::error::DataFusionError;
use indicators::{Metric, week_set::WeekSet};
use lake::Lake;
use references::Difference;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What changes are looked for in.
pub(crate) struct Changed<'a> {
    pub lake: &'a Lake,
    pub views: &'a Views,
    pub state: &'a State,
    /// What the stored results were computed from.
    pub stored: &'a Provenance,
    pub limits: &'a Limits,
    /// What was found, so that metrics of the same input versions share it.
    pub found: Found,
}

/// By table and its earlier version.
#[derive(Default)]
pub(crate) struct Found {
    weeks: BTreeMap<(String, Option<TableVersion>), WeekSet>,
    references: BTreeMap<(String, Option<TableVersion>), Compared>,
}

impl Changed<'_> {
    /// The weeks of these metrics that have to be computed again, and those of the activity of all declared ones' streams.
    pub(crate) async fn work(
        &mut self,
        declared: &[Arc<Metric>],
        due: &[Arc<Metric>],
    ) -> Result<Work, DataFusionError> {
        let mut work = Work::default();
        for metric in due {
            let weeks = self.of_metric(metric).await?;
            work.metrics.push((Arc::clone(metric), weeks));
        }
        for stream in declared.iter().flat_map(|metric| &metric.streams).collect::<BTreeSet<_>>() {
            let weeks = match self.stored.shared.clone().filter(|_| self.stored.active.contains(stream)) {
                Some(versions) => self.of_stream(stream, &versions).await?,
                None => WeekSet::All,
            };
            work.activity.insert(stream.clone(), weeks);
        }
        Ok(work)
    }

    async fn of_metric(&mut self, metric: &Metric) -> Result<WeekSet, DataFusionError> {
        let Some(versions) = self.stored.of(metric).cloned() else { return Ok(WeekSet::All) };
        if self.reference_changed(metric, &versions).await? {
            return Ok(WeekSet::All);
        }
        let mut weeks = WeekSet::default();
        for stream in &metric.streams {
            weeks.extend(&self.of_stream(stream, &versions).await?);
        }
        Ok(weeks.widened(metric.horizon_back, metric.horizon_ahead))
    }

    /// The weeks in which what a query sees of a stream is not what it was at these versions.
    async fn of_stream(&mut self, stream: &str, versions: &InputVersions) -> Result<WeekSet, DataFusionError> {
        let since = versions.tables.get(stream).copied();
        let Some(contract) = self.tables().contracts().get(stream).cloned() else { return Ok(WeekSet::All) };
        let mut weeks = match self.found.weeks.get(&(stream.to_owned(), since)) {
            Some(weeks) => weeks.clone(),
            None => {
                let weeks = arrivals::weeks(self.tables(), &contract, since, self.limits).await?;
                self.found.weeks.insert((stream.to_owned(), since), weeks.clone());
                weeks
            }
        };
        weeks.extend(&self.moved(&contract, versions).await?);
        let (then, now) = (versions.as_of, self.views.clock());
        if then != now {
            weeks.insert(then.min(now).as_microsecond(), then.max(now).as_microsecond());
        }
        Ok(weeks)
    }

    /// The weeks of events of sites whose time zone is not what it was: they may begin elsewhere.
    async fn moved(&mut self, contract: &Contract, versions: &InputVersions) -> Result<WeekSet, DataFusionError> {
        if contract.schema().field_with_name("site_id").is_err() {
            return Ok(WeekSet::default());
        }
        let zone = BTreeSet::from(["timezone".to_owned()]);
        let sites = match self.difference("sites", versions).await? {
            Compared::Same => return Ok(WeekSet::default()),
            Compared::Unknown => return Ok(WeekSet::All),
            Compared::Differs(difference) => difference.keys(&zone)?,
        };
        // The weeks of a site are known from its activity, where that is kept.
        if !sites.is_empty() && !self.stored.active.contains(contract.name()) {
            return Ok(WeekSet::All);
        }
        let Some(days) = crate::views::lasting(contract).filter(|_| !sites.is_empty()) else {
            return Ok(if sites.is_empty() { WeekSet::default() } else { WeekSet::All });
        };
        let mut weeks = WeekSet::default();
        for site in sites {
            weeks.extend(&self.state.active_weeks(contract.name(), &site));
        }
        Ok(weeks.widened(1, 1 + u32::try_from(days).unwrap_or(0).div_ceil(7)))
    }

    /// Whether a reference row differs in a column that the query reads.
    async fn reference_changed(&mut self, metric: &Metric, versions: &InputVersions) -> Result<bool, DataFusionError> {
        for (table, columns) in &metric.reads {
            if self.tables().contracts().get(table).is_none_or(|contract| !contract.is_reference()) {
                continue;
            }
            let changed = match self.difference(table, versions).await? {
                Compared::Same => false,
                Compared::Unknown => true,
                Compared::Differs(difference) => !difference.keys(columns)?.is_empty(),
            };
            if changed {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn difference(&mut self, table: &str, versions: &InputVersions) -> Result<&Compared, DataFusionError> {
        let since = versions.tables.get(table).copied();
        let key = (table.to_owned(), since);
        if !self.found.references.contains_key(&key) {
            let now = self.tables().version(table);
            let made_anew = now.zip(since).is_some_and(|(now, since)| !now.is_of_same_table_as(&since));
            let compared = match self.tables().contracts().get(table).filter(|_| now != since) {
                None => Compared::Same,
                Some(_) if made_anew => Compared::Unknown,
                Some(contract) => match Difference::find(
                    self.lake,
                    self.views,
                    contract,
                    since.map(|since| since.version),
                    self.limits,
                )
                .await?
                {
                    Some(difference) => Compared::Differs(difference),
                    None => Compared::Unknown,
                },
            };
            self.found.references.insert(key.clone(), compared);
        }
        Ok(self.found.references.get(&key).unwrap_or(&Compared::Unknown))
    }

    fn tables(&self) -> &Tables {
        self.views.tables()
    }
}

/// How reference rows compare with those of earlier versions.
enum Compared {
    Same,
    Unknown,
    Differs(Difference),
}
