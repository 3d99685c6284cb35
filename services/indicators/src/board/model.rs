//! The board as data: the JSON that `board --format json` promises.

use super::{card::MetricCard, promises::PromiseCard, words};
use crate::{
    bad_row::BadRow,
    change::SiteChange,
    clock,
    definition::Metric,
    parts::Site,
    tally::Tally,
    values::{MetricValues, Scope, Series, SitesIn, State, Values, Window, WindowKind},
};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};

/// Every site that is shown in every metric, lagging sites first.
#[derive(Debug, Clone, Serialize)]
pub struct Board {
    /// The evaluation clock.
    pub as_of: Timestamp,
    /// How many sites are how.
    pub tally: Tally,
    /// In order of attention.
    pub sites: Vec<SiteCard>,
    /// The regions' and the company's values.
    pub rollups: Vec<Rollup>,
    /// What changed since the week before.
    pub changes: Vec<SiteChange>,
    /// Rows without a value because they are outside their kind's range.
    pub bad_rows: Vec<BadRowCard>,
    /// Query files that ask for fewer people than those who answered were promised.
    pub promises: Vec<PromiseCard>,
    /// The metrics, in the order of every site's list.
    #[serde(skip)]
    pub metrics: Vec<Arc<Metric>>,
}

/// A row without a value.
#[derive(Debug, Clone, Serialize)]
pub struct BadRowCard {
    /// Metric name.
    pub metric: String,
    /// Monday of its week.
    pub week: Date,
    /// Site id.
    pub site: String,
    /// What is wrong with it, in words.
    pub why: String,
    /// The site's name, or its id, for the page.
    #[serde(skip)]
    pub label: String,
}

impl BadRowCard {
    fn new(row: &BadRow, values: &Values) -> Self {
        let name = values.site(&row.site).and_then(|site| site.name.clone());
        Self {
            metric: row.metric.clone(),
            week: row.week,
            site: row.site.clone(),
            why: row.why.to_string(),
            label: name.unwrap_or_else(|| row.site.clone()),
        }
    }
}

/// One site.
#[derive(Debug, Clone, Serialize)]
pub struct SiteCard {
    /// Site id.
    pub site: String,
    /// `None` when no reference record names it.
    pub name: Option<String>,
    /// As above.
    pub region: Option<String>,
    /// One a metric: the core ones first, then group by group.
    pub metrics: Vec<MetricCard>,
    /// The name, or the id where there is none, and that it has closed.
    #[serde(skip)]
    pub label: String,
}

impl Board {
    /// Orders an evaluation for people: who needs attention comes first.
    pub fn new(values: &Values) -> Self {
        let mut sites: Vec<SiteCard> = values.sites.iter().map(|site| SiteCard::new(site, values)).collect();
        sites.sort_by(|a, b| a.attention().cmp(&b.attention()).then_with(|| a.label().cmp(b.label())));
        let metrics = in_order(values).into_iter().map(|m| Arc::clone(&m.metric)).collect();
        let bad_rows = values.bad_rows.iter().map(|row| BadRowCard::new(row, values)).collect();
        let rollups = in_order(values).into_iter().flat_map(Rollup::of).collect();
        let changes = values.changes.clone();
        let promises = values.refused.iter().cloned().map(PromiseCard::from).collect();
        let mut board =
            Self { as_of: values.as_of, tally: Tally::default(), sites, rollups, changes, bad_rows, promises, metrics };
        board.count();
        board
    }

    /// Counts its sites (again).
    pub(super) fn count(&mut self) {
        let own = |site: &SiteCard| site.metrics.iter().map(|card| (card.state, !card.reasons.is_empty())).collect();
        self.tally = Tally::count(self.sites.iter().map(own));
    }

    /// Monday of the last complete week, that of the site that is farthest.
    pub fn last_week(&self) -> Option<Date> {
        self.sites.iter().flat_map(|site| &site.metrics).map(|card| card.last_week).max()
    }

    /// Whether there is nothing to tell of a metric at any site.
    pub fn is_quiet(&self, metric: &Metric) -> bool {
        let mut cards = self.sites.iter().flat_map(|site| &site.metrics).filter(|card| card.metric == metric.name);
        cards.all(|card| card.quiet)
    }
}

/// The metrics as people look at them.
fn in_order(values: &Values) -> Vec<&MetricValues> {
    let mut metrics: Vec<&MetricValues> = values.metrics.iter().collect();
    metrics.sort_by(|a, b| a.metric.place().cmp(&b.metric.place()));
    metrics
}

impl SiteCard {
    fn new(site: &Site, values: &Values) -> Self {
        let metrics = in_order(values).into_iter().filter_map(|m| {
            let judgement = m.judgement(&site.id)?;
            Some(MetricCard::new(m, judgement))
        });
        let today = clock::today(values.as_of, &clock::zone(&site.timezone));
        let closed = site.closed_on.filter(|last| *last < today);
        let closed = closed.map(|last| format!(" (closed {})", words::date(last))).unwrap_or_default();
        Self {
            site: site.id.clone(),
            name: site.name.clone(),
            region: site.region.clone(),
            metrics: metrics.collect(),
            label: format!("{}{closed}", site.name.as_deref().unwrap_or(&site.id)),
        }
    }

    /// What people call it.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The state that needs the most attention, then more metrics lagging before fewer.
    fn attention(&self) -> (usize, std::cmp::Reverse<usize>) {
        let first = self.metrics.iter().map(MetricCard::attention).min().unwrap_or(usize::MAX);
        let lagging = self.metrics.iter().filter(|m| m.state == State::Lagging).count();
        (first, std::cmp::Reverse(lagging))
    }

    /// Silent in everything that it should send of these metrics; what nobody sends does not count.
    pub fn is_silent(&self, of: impl Fn(&MetricCard) -> bool) -> bool {
        let mut sent = self.metrics.iter().filter(|card| !card.quiet && of(card)).peekable();
        sent.peek().is_some() && sent.all(|card| card.state == State::Silent)
    }

    /// Silent in all core metrics that anybody sends, or in everything where there is no such metric.
    pub fn is_silent_at_all(&self) -> bool {
        self.is_silent(|card| card.declared.group.is_none()) || self.is_silent(|_| true)
    }

    /// Is the site in this state in any metric?
    pub fn any(&self, state: State) -> bool {
        self.metrics.iter().any(|m| m.state == state)
    }
}

/// One metric of a region or of the company, by the query's own labels.
#[derive(Debug, Clone, Serialize)]
pub struct Rollup {
    /// Metric name.
    pub metric: String,
    /// `None` for the company.
    pub region: Option<String>,
    /// The query's own labels.
    pub labels: BTreeMap<String, String>,
    /// Monday of the last week that is complete at all open sites.
    pub last_week: Date,
    /// Those that have a value.
    pub windows: BTreeMap<WindowKind, RollupWindow>,
}

/// A value and how many sites are in it.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct RollupWindow {
    /// The value.
    #[serde(flatten)]
    pub window: Window,
    /// Where rows may be hidden from it: how many sites are in it, of how many.
    #[serde(flatten)]
    pub sites: Option<SitesIn>,
}

impl Rollup {
    /// Those of a metric, regions first.
    pub fn of(metric: &MetricValues) -> impl Iterator<Item = Self> {
        metric.series.iter().filter_map(|series| {
            let region = match &series.scope {
                Scope::Site(_) => return None,
                Scope::Region(region) => Some(region.clone()),
                Scope::Company => None,
            };
            Some(Self::new(&metric.metric.name, region, series))
        })
    }

    fn new(metric: &str, region: Option<String>, series: &Series) -> Self {
        let window = |(kind, window): (&WindowKind, &Window)| {
            (*kind, RollupWindow { window: *window, sites: series.sites.get(kind).copied() })
        };
        Self {
            metric: metric.to_owned(),
            region,
            labels: series.labels.clone(),
            last_week: series.last_week,
            windows: series.windows.iter().map(window).collect(),
        }
    }
}
