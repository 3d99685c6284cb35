//! A site in one metric, as data.

use crate::{
    definition::Metric,
    lacking::Lacking,
    outlook::{Assurance, Course},
    reason::{Reason, ReasonValue},
    values::{Judgement, MetricValues, State, Window, WindowKind},
};
use jiff::civil::Date;
use serde::{Serialize, Serializer, ser::SerializeMap};
use std::{collections::BTreeMap, sync::Arc};

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
    /// What to talk about, of the reasons that are on.
    pub talk: Vec<String>,
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
    /// Which way it is going.
    pub course: Option<Course>,
    /// Share of weeks in which it meets the target, at its present level and noise.
    pub on_target: Option<f64>,
    /// The same in a word.
    pub assurance: Option<Assurance>,
    /// Monday of the last complete week.
    pub last_week: Date,
    /// What a rate's values are per, in words.
    pub unit: Option<String>,
    /// All four windows, null where there is no value.
    pub windows: Windows,
    /// The weeks of the last year that have a value, for charts.
    #[serde(skip)]
    pub history: Vec<(Date, Window)>,
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
    /// The site's level from then on.
    pub level: Option<f64>,
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

impl Scores {
    /// That of a reason.
    pub fn of(self, reason: Reason) -> Option<f64> {
        match reason {
            Reason::Below => self.below,
            Reason::BehindPeers => self.behind_peers,
            Reason::Falling => self.falling,
        }
    }
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

    /// What is known of the site in the metric.
    pub fn new(metric: &MetricValues, judgement: &Judgement) -> Self {
        let declared = Arc::clone(&metric.metric);
        let score = |which| judgement.reasons.iter().find(|r| r.reason == which).and_then(|r| r.score);
        Self {
            metric: declared.name.clone(),
            group: declared.group().to_owned(),
            state: judgement.state,
            reasons: judgement.on().map(ReasonCard::new).collect(),
            talk: talk(&declared, judgement),
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
            course: judgement.course,
            on_target: judgement.on_target,
            assurance: judgement.assurance(),
            history: judgement.history.clone(),
            last_week: judgement.last_week,
            unit: declared.said_per(),
            windows: Windows(judgement.windows.clone()),
            declared,
            quiet: metric.is_quiet(),
        }
    }
}

/// What the query file proposes for the reasons that are on, each sentence once.
fn talk(metric: &Metric, judgement: &Judgement) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for sentence in judgement.on().filter_map(|on| metric.talk.get(&on.reason)) {
        if !said.contains(sentence) {
            said.push(sentence.clone());
        }
    }
    said
}

impl ReasonCard {
    fn new(value: &ReasonValue) -> Self {
        Self {
            reason: value.reason,
            since: value.since,
            last_week: value.last_week,
            level: value.level,
            since_at_least: value.since_at_least,
            score: value.score,
        }
    }
}
