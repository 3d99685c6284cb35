//! The board as lines: one a site and metric, for spreadsheets.

use super::{
    card::MetricCard,
    model::{Board, SiteCard},
};
use crate::{
    outlook::{Assurance, Course},
    values::{State, WindowKind},
};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;

/// One site in one metric. The names are the columns of the CSV and those of the JSON.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the names are the columns")]
pub struct Line {
    pub as_of: Timestamp,
    pub site: String,
    pub name: Option<String>,
    pub region: Option<String>,
    pub metric: String,
    pub group: String,
    pub state: State,
    pub reasons: String,
    pub since: Option<Date>,
    pub reasons_last_week: Option<Date>,
    pub lacking: Option<String>,
    pub score_below: Option<f64>,
    pub score_behind_peers: Option<f64>,
    pub score_falling: Option<f64>,
    pub target: Option<f64>,
    pub coverage: Option<f64>,
    pub streak: Option<u32>,
    pub trend_per_week: Option<f64>,
    pub course: Option<Course>,
    pub assurance: Option<Assurance>,
    pub last_week: Date,
    pub week: Option<f64>,
    pub week_to_date: Option<f64>,
    #[serde(rename = "4w")]
    pub four_weeks: Option<f64>,
    #[serde(rename = "4w_lower")]
    pub four_weeks_lower: Option<f64>,
    #[serde(rename = "4w_upper")]
    pub four_weeks_upper: Option<f64>,
    #[serde(rename = "4w_sample_size")]
    pub four_weeks_sample_size: Option<f64>,
    #[serde(rename = "13w")]
    pub thirteen_weeks: Option<f64>,
}

impl Line {
    fn new(as_of: Timestamp, site: &SiteCard, card: &MetricCard) -> Self {
        let window = |kind| card.windows.0.get(&kind);
        let value = |kind| window(kind).map(|w| w.value);
        let four = window(WindowKind::FourWeeks);
        Self {
            as_of,
            site: site.site.clone(),
            name: site.name.clone(),
            region: site.region.clone(),
            metric: card.metric.clone(),
            group: card.group.clone(),
            state: card.state,
            reasons: card.reasons.iter().map(|r| r.reason.as_str()).collect::<Vec<_>>().join(", "),
            since: card.reasons.iter().filter_map(|r| r.since).min(),
            reasons_last_week: card.reasons.iter().find_map(|r| r.last_week),
            lacking: card.lacking.as_ref().map(|lacking| lacking.words.clone()),
            score_below: card.scores.below,
            score_behind_peers: card.scores.behind_peers,
            score_falling: card.scores.falling,
            target: card.target,
            coverage: card.coverage,
            streak: card.streak,
            trend_per_week: card.trend_per_week,
            course: card.course,
            assurance: card.assurance,
            last_week: card.last_week,
            week: value(WindowKind::Week),
            week_to_date: value(WindowKind::WeekToDate),
            four_weeks: value(WindowKind::FourWeeks),
            four_weeks_lower: four.and_then(|w| w.lower),
            four_weeks_upper: four.and_then(|w| w.upper),
            four_weeks_sample_size: four.and_then(|w| w.sample_size),
            thirteen_weeks: value(WindowKind::ThirteenWeeks),
        }
    }
}

/// All lines, in the board's order.
pub fn lines(board: &Board) -> Vec<Line> {
    let of_site = |site: &SiteCard| site.metrics.iter().map(|m| Line::new(board.as_of, site, m)).collect::<Vec<_>>();
    board.sites.iter().flat_map(of_site).collect()
}
