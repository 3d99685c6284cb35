//! The board as data: the JSON that `board --format json` promises.

use super::{rollup::Rollup, words};
use indicators::{
    BadRow, Judgement, Lacking, Metric, MetricValues, Reason, ReasonValue, Site, State, Tally, Values, Window,
    WindowKind, derive::clock,
};
use jiff::{Timestamp, civil::Date};
use serde::{Serialize, Serializer, ser::SerializeMap};
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
    /// Rows without a value because they are outside their kind's range.
    pub bad_rows: Vec<BadRowCard>,
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

/// A site in a metric.
#[derive(Debug, Clone, Serialize)]
pub struct MetricCard {
    /// Metric name.
    pub metric: String,
    /// The group that it belongs to.
    pub group: String,
    /// Its state.
    pub state: State,
    /// The reasons that are on; in a state in which nothing is judged those that were on when the site was last heard of.
    pub reasons: Vec<ReasonCard>,
    /// What is lacking before it can be judged.
    pub lacking: Option<LackingCard>,
    /// How near each alarm is.
    pub scores: Scores,
    /// Shown target: the site's own, else the metric's.
    pub target: Option<f64>,
    /// Share of `expected` that was logged in the last complete week.
    pub coverage: Option<f64>,
    /// Weeks in a row worse than the alarm's threshold.
    pub streak: Option<u32>,
    /// Change a week; since the earliest onset where there are reasons.
    pub trend_per_week: Option<f64>,
    /// Monday of the last complete week.
    pub last_week: Date,
    /// What a rate's values are per, in words.
    pub unit: Option<String>,
    /// All four windows, null where there is no value.
    pub windows: Windows,
    /// The declaration, for words.
    #[serde(skip)]
    pub declared: Arc<Metric>,
    /// There is nothing to tell of the metric at any site, so the page does not list them.
    #[serde(skip)]
    pub quiet: bool,
}

/// A reason that is on.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ReasonCard {
    /// Which.
    pub reason: Reason,
    /// Monday of the first week.
    pub since: Option<Date>,
    /// Monday of the week that it rests on: the site's last with a value.
    pub last_week: Option<Date>,
    /// It may have begun earlier: the year looked at does not show it off.
    #[serde(skip)]
    pub since_at_least: bool,
    /// Its score, for the page.
    #[serde(skip)]
    pub score: Option<f64>,
}

/// What is lacking: what and how much of it, and the same in words.
#[derive(Debug, Clone, Serialize)]
pub struct LackingCard {
    /// As a type.
    #[serde(flatten)]
    pub lacking: Lacking,
    /// In words.
    pub words: String,
}

/// Scores by reason, whether on or not.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Scores {
    /// Worse than the threshold; on at 5.
    pub below: Option<f64>,
    /// Worse than the peers; on at 5.
    pub behind_peers: Option<f64>,
    /// Worse than before; on at 3.5.
    pub falling: Option<f64>,
}

/// Windows by kind.
#[derive(Debug, Clone, Default)]
pub struct Windows(pub BTreeMap<WindowKind, Window>);

impl Serialize for Windows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(WindowKind::ALL.len()))?;
        for kind in WindowKind::ALL {
            map.serialize_entry(kind.as_str(), &self.0.get(&kind))?;
        }
        map.end()
    }
}

impl Board {
    /// Orders an evaluation for people: who needs attention comes first.
    pub fn new(values: &Values) -> Self {
        let mut sites: Vec<SiteCard> = values.sites.iter().map(|site| SiteCard::new(site, values)).collect();
        sites.sort_by(|a, b| a.attention().cmp(&b.attention()).then_with(|| a.label().cmp(b.label())));
        let metrics = in_order(values).into_iter().map(|m| Arc::clone(&m.metric)).collect();
        let bad_rows = values.bad_rows.iter().map(|row| BadRowCard::new(row, values)).collect();
        let rollups = in_order(values).into_iter().flat_map(Rollup::of).collect();
        Self { as_of: values.as_of, tally: Tally::of(values), sites, rollups, bad_rows, metrics }
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
            let judgement = m.judgements.iter().find(|j| j.site == site.id)?;
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

    /// Is the site in this state in any metric?
    pub fn any(&self, state: State) -> bool {
        self.metrics.iter().any(|m| m.state == state)
    }
}

impl MetricCard {
    /// What a leader looks at first: who lags, who did when last heard of, then who is not heard of.
    pub fn attention(&self) -> usize {
        match self.state {
            State::Lagging => 0,
            _ if !self.reasons.is_empty() => 1,
            _ if self.quiet => 7,
            State::NoData if self.declared.is_rare() => 6,
            State::Silent => 2,
            State::Insufficient => 3,
            State::Suppressed => 4,
            State::NoData => 5,
            State::Unjudged => 6,
            State::Ok => 7,
        }
    }

    fn new(metric: &MetricValues, judgement: &Judgement) -> Self {
        let declared = Arc::clone(&metric.metric);
        let score = |which| judgement.reasons.iter().find(|r| r.reason == which).and_then(|r| r.score);
        Self {
            metric: declared.name.clone(),
            group: declared.group().to_owned(),
            state: judgement.state,
            reasons: judgement.on().map(ReasonCard::new).collect(),
            lacking: judgement.lacking.map(|lacking| LackingCard { lacking, words: lacking.to_string() }),
            scores: Scores {
                below: score(Reason::Below),
                behind_peers: score(Reason::BehindPeers),
                falling: score(Reason::Falling),
            },
            target: judgement.target,
            coverage: judgement.coverage,
            streak: judgement.streak,
            trend_per_week: judgement.trend_per_week,
            last_week: judgement.last_week,
            unit: declared.said_per(),
            windows: Windows(judgement.windows.clone()),
            declared,
            quiet: metric.is_quiet(),
        }
    }
}

impl ReasonCard {
    fn new(value: &ReasonValue) -> Self {
        Self {
            reason: value.reason,
            since: value.since,
            last_week: value.last_week,
            since_at_least: value.since_at_least,
            score: value.score,
        }
    }
}
