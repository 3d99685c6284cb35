//! Everything that is derived of a metric: what the exporter exports and the board shows.

use crate::{
    bad_row::BadRow,
    change::SiteChange,
    definition::Metric,
    lacking::Lacking,
    outlook::{Assurance, Course},
    parts::Site,
    promises::Refused,
    reason::{Reason, ReasonValue},
};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};

/// A whole evaluation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Values {
    /// The evaluation clock.
    pub as_of: Timestamp,
    /// Sites from their first day to a week after the week of their last one was complete, by id.
    pub sites: Vec<Site>,
    /// By metric name.
    pub metrics: Vec<MetricValues>,
    /// Rows of the last 52 weeks that have no value because they are outside their kind's range, as far as they may be
    /// named; sorted.
    pub bad_rows: Vec<BadRow>,
    /// What changed since the week before, as both weeks are known now; sorted.
    pub changes: Vec<SiteChange>,
    /// Query files that ask for fewer people than those who answered were promised, where that touches a week that is
    /// shown here; by metric.
    pub refused: Vec<Refused>,
}

impl Values {
    /// A site by its id.
    pub fn site(&self, id: &str) -> Option<&Site> {
        let index = self.sites.binary_search_by(|site| site.id.as_str().cmp(id)).ok()?;
        self.sites.get(index)
    }

    /// The bad rows of a metric.
    pub fn bad_rows_of<'a>(&'a self, metric: &'a str) -> impl Iterator<Item = &'a BadRow> {
        self.bad_rows.iter().filter(move |row| row.metric == metric)
    }

    /// A metric by its name.
    pub fn metric(&self, name: &str) -> Option<&MetricValues> {
        let index = self.metrics.binary_search_by(|values| values.metric.name.as_str().cmp(name)).ok()?;
        self.metrics.get(index)
    }
}

/// One metric's values.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricValues {
    /// Its declaration.
    pub metric: Arc<Metric>,
    /// One a scope and label set, sites first, then regions, then the company; by label within.
    pub series: Vec<Series>,
    /// One a site of `Values::sites`, all labels but the site pooled; by site id.
    pub judgements: Vec<Judgement>,
}

impl MetricValues {
    /// Whether there is nothing to tell of it: no site had a value in the last 13 weeks, or sent anything, or is known to
    /// have lagged. So it is of a metric whose events nobody sends.
    pub fn is_quiet(&self) -> bool {
        let quiet = |judgement: &Judgement| judgement.state == State::NoData && judgement.on().next().is_none();
        self.series.is_empty() && self.judgements.iter().all(quiet)
    }

    /// The judgement of a site.
    pub fn judgement(&self, site: &str) -> Option<&Judgement> {
        let index = self.judgements.binary_search_by(|judgement| judgement.site.as_str().cmp(site)).ok()?;
        self.judgements.get(index)
    }
}

/// What a series is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One site, by id.
    Site(String),
    /// A region's roll-up.
    Region(String),
    /// The company's roll-up.
    Company,
}

/// The windows of one scope and label set.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Site, region or company.
    pub scope: Scope,
    /// The query's own labels, `site` left out.
    pub labels: BTreeMap<String, String>,
    /// Monday of the last complete week (of a region or the company: complete at all its open sites).
    pub last_week: Date,
    /// Those that have a value.
    pub windows: BTreeMap<WindowKind, Window>,
    /// Of roll-ups of metrics with privacy, by window: how many sites are in the value. Else empty.
    pub sites: BTreeMap<WindowKind, SitesIn>,
}

/// How many sites a roll-up holds: what is suppressed at the others is not in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SitesIn {
    /// Sites with a week in the value.
    #[serde(rename = "sites_shown")]
    pub shown: usize,
    /// Sites that have rows in its weeks, suppressed or not.
    pub sites: usize,
}

/// The four windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum WindowKind {
    /// The last complete week.
    #[serde(rename = "week")]
    Week,
    /// The running week; never for metrics with privacy.
    #[serde(rename = "week_to_date")]
    WeekToDate,
    /// Four calendar weeks ending with the last complete one.
    #[serde(rename = "4w")]
    FourWeeks,
    /// Thirteen.
    #[serde(rename = "13w")]
    ThirteenWeeks,
}

impl WindowKind {
    /// All, in the order they are shown.
    pub const ALL: [Self; 4] = [Self::Week, Self::WeekToDate, Self::FourWeeks, Self::ThirteenWeeks];
    /// The label value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::WeekToDate => "week_to_date",
            Self::FourWeeks => "4w",
            Self::ThirteenWeeks => "13w",
        }
    }
    /// What it means, for the reference.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Week => "the last complete week; for roll-ups the last that is complete at all open sites",
            Self::WeekToDate => "the running week; not for metrics with `privacy`",
            Self::FourWeeks => "four calendar weeks ending with the last complete one, parts summed",
            Self::ThirteenWeeks => "thirteen of them",
        }
    }
}

/// One window's value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Window {
    /// Σ numerator / Σ denominator (rate: so many times `per`; count: Σ numerator).
    pub value: f64,
    /// Lower 95 % bound.
    pub lower: Option<f64>,
    /// Upper 95 % bound.
    pub upper: Option<f64>,
    /// Sample size as the bounds count it: what was due (`wilson`), the people who answered (`normal`); of events
    /// (`poisson`) the weeks that a count sums, and the events themselves of a rate; `None` for a census.
    pub sample_size: Option<f64>,
}

/// State of a site in a metric; the first that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Sends nothing while others do.
    Silent,
    /// Too few respondents to show anything.
    Suppressed,
    /// No value in the last four weeks.
    NoData,
    /// Too little logged.
    Insufficient,
    /// A reason is on.
    Lagging,
    /// No reason can be judged.
    Unjudged,
    /// None of these.
    Ok,
}

impl State {
    /// All seven, in the order in which they are tried.
    pub const ALL: [Self; 7] =
        [Self::Silent, Self::Suppressed, Self::NoData, Self::Insufficient, Self::Lagging, Self::Unjudged, Self::Ok];
    /// The label value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Suppressed => "suppressed",
            Self::NoData => "no_data",
            Self::Insufficient => "insufficient",
            Self::Lagging => "lagging",
            Self::Unjudged => "unjudged",
            Self::Ok => "ok",
        }
    }
    /// What it means, for the reference.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Silent => {
                "open, and no event of the query's streams in the last 2 complete weeks (`silence` of them, where it is \
                 declared), while other sites sent some"
            }
            Self::Suppressed => "rows in the last 4 complete weeks, all of them of too few respondents",
            Self::NoData => "no value in the last 4 complete weeks",
            Self::Insufficient => "less of `expected` was `logged` in the last complete week than `coverage` asks",
            Self::Lagging => "a reason is on",
            Self::Unjudged => {
                "no alarm is declared, or there is too little to judge by: under 100 pairs of weeks at all sites, or under \
                 13 values at this one"
            }
            Self::Ok => "none of these",
        }
    }
}

/// A site in a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Site id.
    pub site: String,
    /// Its state.
    pub state: State,
    /// The reasons that this metric has (none without `lagging`, `below` alone without a target).
    pub reasons: Vec<ReasonValue>,
    /// Why none of them can be judged; `None` where they can.
    pub lacking: Option<Lacking>,
    /// The target that is shown: the site's own, else the metric's.
    pub target: Option<f64>,
    /// Σ logged / Σ expected of the last complete week.
    pub coverage: Option<f64>,
    /// Weeks in a row worse than `below`.
    pub streak: Option<u32>,
    /// Theil-Sen slope, per week: over 13 weeks, or where a reason is on over the weeks since the earliest onset.
    pub trend_per_week: Option<f64>,
    /// Which way it is going; `None` where that cannot be told.
    pub course: Option<Course>,
    /// Share of weeks in which it meets the target that is shown, at its present level and noise.
    pub on_target: Option<f64>,
    /// Monday of the site's last complete week.
    pub last_week: Date,
    /// The site's windows, all labels pooled.
    pub windows: BTreeMap<WindowKind, Window>,
    /// Its last 52 complete weeks, as far as they have a value that is shown; oldest first, all labels pooled.
    pub history: Vec<(Date, Window)>,
}

impl Judgement {
    /// In how many weeks it meets its target, as a word.
    pub fn assurance(&self) -> Option<Assurance> {
        self.on_target.map(Assurance::of)
    }

    /// The reasons that are on, judged or carried.
    pub fn on(&self) -> impl Iterator<Item = &ReasonValue> {
        self.reasons.iter().filter(|value| value.on)
    }

    /// One of its reasons, if the metric has it.
    pub fn reason(&self, reason: Reason) -> Option<&ReasonValue> {
        self.reasons.iter().find(|value| value.reason == reason)
    }
}
