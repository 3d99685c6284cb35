//! Small worlds for the tests: metrics, sites and rows with the fields that a test does not care about filled in.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "small numbers that stand in the tests"
)]

mod carried;
mod lagging;
mod order;
mod outlook;
mod privacy;
mod reference;
mod states;
mod unjudged;
mod weeks;
mod windows;

use super::*;
use crate::{
    bad_row::BadRow,
    clock,
    definition::{Direction, Kind, Lagging, Privacy, Uncertainty},
    parts::{Activity, PartRow, Published, Site},
};
use jiff::{
    Timestamp,
    civil::{Date, date},
};
use std::collections::{BTreeMap, BTreeSet};

/// A Monday.
const WEEK: Date = date(2025, 6, 2);

/// Noon UTC on the Wednesday after `WEEK`: `WEEK` is the last complete week everywhere.
const AS_OF: &str = "2025-06-11T12:00:00Z";

fn as_of() -> Timestamp {
    AS_OF.parse().unwrap()
}

fn metric() -> Metric {
    Metric {
        help: "help".to_owned(),
        target: Some(0.45),
        lagging: Some(Lagging { below: 0.3, weeks: 3 }),
        owner: "owner".to_owned(),
        streams: BTreeSet::from(["events".to_owned()]),
        fingerprint: 1,
        ..Metric::new("m", Kind::Ratio, Direction::Higher)
    }
}

fn survey() -> Metric {
    Metric {
        kind: Kind::Mean,
        uncertainty: Uncertainty::Normal,
        privacy: Some(Privacy { minimum: 5 }),
        target: Some(0.75),
        lagging: Some(Lagging { below: 0.6, weeks: 3 }),
        ..metric()
    }
}

fn site(id: &str, timezone: &str) -> Site {
    Site {
        id: id.to_owned(),
        name: Some(id.to_uppercase()),
        region: Some("north".to_owned()),
        timezone: timezone.to_owned(),
        targets: BTreeMap::new(),
        opened_on: None,
        closed_on: None,
    }
}

/// `ago` weeks before `WEEK`.
fn week(ago: u32) -> Date {
    clock::weeks_before(WEEK, ago)
}

fn decimal(value: f64) -> i128 {
    (value * 1e9).round() as i128
}

fn row(site: &str, week: Date, numerator: f64, denominator: f64) -> PartRow {
    PartRow {
        metric: "m".to_owned(),
        week,
        site: site.to_owned(),
        labels: BTreeMap::new(),
        numerator: decimal(numerator),
        denominator: decimal(denominator),
        sum_squares: None,
        logged: None,
        expected: None,
        respondents: None,
    }
}

/// A row of a survey: one mean a respondent.
fn answers(site: &str, week: Date, means: &[f64]) -> PartRow {
    let squares: f64 = means.iter().map(|mean| mean * mean).sum();
    PartRow {
        sum_squares: Some((squares * 1e18).round() as i128),
        respondents: Some(means.len() as i64),
        ..row(site, week, means.iter().sum(), means.len() as f64)
    }
}

fn labelled(row: PartRow, team: &str) -> PartRow {
    PartRow { labels: BTreeMap::from([("team".to_owned(), team.to_owned())]), ..row }
}

fn published(row: PartRow, version: i64) -> Published {
    Published { row, version, at: as_of() }
}

/// What a test gives to `derive`.
#[derive(Debug, Clone, Default)]
struct World {
    sites: Vec<Site>,
    parts: Vec<PartRow>,
    activity: Activity,
    publications: Vec<Published>,
    bad: Vec<BadRow>,
}

impl World {
    fn derive_at(&self, metric: &Metric, as_of: Timestamp) -> Values {
        let input = Input {
            as_of,
            sites: &self.sites,
            parts: &self.parts,
            activity: &self.activity,
            publications: &self.publications,
            bad: &self.bad,
        };
        derive(&[Arc::new(metric.clone())], &input)
    }

    fn derive(&self, metric: &Metric) -> Values {
        self.derive_at(metric, as_of())
    }
}

fn judgement<'a>(values: &'a Values, site: &str) -> &'a Judgement {
    values.metric("m").unwrap().judgement(site).unwrap()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}
