//! What was promised to those who answered: of no row of fewer people than that is anything shown, whatever a query file
//! says later.
//!
//! ```text
//!  query files ─due─► promises on surveys (what people answered) ─┐ the highest
//!                     promises on metrics (what is shown)  ◄──────┘
//!                               └─► what is published, what is shown, which files are refused
//! ```
//!
//! A promise is bound to the *answers*, not to the name of a metric: whichever query reads them is held to it. It is also
//! kept by metric, because what was published under a name stays when its query comes to read something else; what is shown
//! goes by the metric's, which is never less than those on the answers that it reads.
//!
//! Invariant: for a week that has begun a minimum never falls. Raising it holds for all weeks, lowering it for those that
//! have not begun.

mod due;
mod refusals;
mod refused;
#[cfg(test)]
mod tests;

pub use refused::Refused;

use crate::{
    bad_row::BadRow,
    definition::{Metric, Privacy},
    derive,
    parts::{PartRow, Published, Site},
};
use jiff::{
    Timestamp,
    civil::{Date, date},
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// Monday of the first of all weeks.
const ALWAYS: Date = date(1, 1, 1);

/// What people answered: a stream, and of it one instrument or all (`None`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Survey {
    /// The stream.
    pub stream: String,
    /// Its instrument.
    pub instrument: Option<String>,
}

impl Survey {
    /// Whether some answers are of both.
    fn meets(&self, other: &Self) -> bool {
        let both = self.instrument.as_ref().zip(other.instrument.as_ref());
        self.stream == other.stream && both.is_none_or(|(one, other)| one == other)
    }
}

/// Which answers a metric is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// Of these surveys.
    pub of: BTreeSet<Survey>,
    /// Whether a row is plainly made of answers of its own week alone. Where that cannot be seen, the highest promise of
    /// any week holds for every row: otherwise answers could be shown under the date of a week that was promised less.
    pub week_by_week: bool,
}

/// What a promise is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// What people answered.
    Answers(Survey),
    /// What a metric shows.
    Metric(String),
}

/// From a week on, until a promise on a later week, nothing is shown of fewer people than `minimum`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Promise {
    /// What it is about.
    pub subject: Subject,
    /// Monday of the first week.
    pub from: Date,
    /// Fewest people of a row that is shown.
    pub minimum: u32,
    /// The metric whose query file made it.
    pub by: String,
    /// When it was recorded (the wall clock).
    pub at: Timestamp,
}

impl Promise {
    /// Monday of the first week; `None` where it is on all weeks.
    pub fn first_week(&self) -> Option<Date> {
        Some(self.from).filter(|from| *from > ALWAYS)
    }
}

/// A metric with privacy, and the answers that it is made of.
#[derive(Debug, Clone)]
pub struct Declared<'a> {
    /// Its declaration.
    pub metric: &'a Metric,
    /// What it reads.
    pub answers: Answers,
}

/// Every promise ever made over a lake.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Promises {
    surveys: BTreeMap<Survey, Vec<Promise>>,
    metrics: BTreeMap<String, Vec<Promise>>,
}

impl FromIterator<Promise> for Promises {
    fn from_iter<I: IntoIterator<Item = Promise>>(promises: I) -> Self {
        let mut all = Self::default();
        promises.into_iter().for_each(|promise| all.add(promise));
        all
    }
}

impl Promises {
    /// One more.
    pub fn add(&mut self, promise: Promise) {
        let same = match &promise.subject {
            Subject::Answers(survey) => self.surveys.entry(survey.clone()).or_default(),
            Subject::Metric(metric) => self.metrics.entry(metric.clone()).or_default(),
        };
        same.push(promise);
    }

    /// All, by subject.
    pub fn iter(&self) -> impl Iterator<Item = &Promise> {
        self.surveys.values().chain(self.metrics.values()).flatten()
    }

    /// The least that is shown of a week of a metric; 0 where nothing was promised.
    pub fn of(&self, metric: &str, week: Date) -> u32 {
        self.metrics.get(metric).and_then(|made| standing(made, week)).map_or(0, |promise| promise.minimum)
    }

    /// The streams of answers that something was promised of.
    pub fn streams(&self) -> BTreeSet<&str> {
        self.surveys.keys().map(|survey| survey.stream.as_str()).collect()
    }

    /// What is to be published now of one metric, as [`derive::to_publish`] decides it by what was promised of each week.
    pub fn to_publish(
        &self,
        metric: &Metric,
        parts: &[PartRow],
        publications: &[Published],
        sites: &[Site],
        as_of: Timestamp,
    ) -> Vec<Published> {
        let Some(privacy) = metric.privacy else { return Vec::new() };
        if !self.exceed(metric) {
            return derive::to_publish(metric, parts, publications, sites, as_of);
        }
        let mut by_minimum: BTreeMap<u32, Vec<PartRow>> = BTreeMap::new();
        for row in parts.iter().filter(|row| row.metric == metric.name) {
            let minimum = privacy.minimum.max(self.of(&metric.name, row.week));
            by_minimum.entry(minimum).or_default().push(row.clone());
        }
        let due = by_minimum.into_iter().flat_map(|(minimum, parts)| {
            let held = Metric { privacy: Some(Privacy { minimum }), ..metric.clone() };
            derive::to_publish(&held, &parts, publications, sites, as_of)
        });
        let mut due: Vec<Published> = due.collect();
        due.sort();
        due
    }

    /// A publication as it may be shown: of one of too few people only that there is one.
    pub fn show(&self, published: Published) -> Published {
        let promised = Privacy { minimum: self.of(&published.row.metric, published.row.week) };
        if !promised.hides(published.row.respondents) {
            return published;
        }
        Published { row: hidden(published.row), ..published }
    }

    /// A bad row as it may be told.
    pub fn show_bad(&self, row: BadRow) -> BadRow {
        let promised = Privacy { minimum: self.of(&row.metric, row.week) };
        let hides = promised.minimum > 0 && promised.hides(row.respondents);
        BadRow { respondents: row.respondents.filter(|_| !hides), ..row }
    }

    /// Whether parts may be shown as those of a metric without privacy: not where they are of answers, stored by a query that
    /// had the metric's name before and was promised something.
    pub fn shows_part(&self, row: &PartRow) -> bool {
        row.respondents.is_none() || !self.metrics.contains_key(&row.metric)
    }

    /// Whether more was promised of a metric than it declares, in any week.
    fn exceed(&self, metric: &Metric) -> bool {
        let declared = metric.privacy.map_or(0, |privacy| privacy.minimum);
        self.metrics.get(&metric.name).is_some_and(|made| made.iter().any(|promise| promise.minimum > declared))
    }

    /// The least that is shown of a week's answers.
    fn of_answers(&self, answers: &Answers, week: Date) -> u32 {
        let read = self.made_of(answers);
        let minima = read.filter_map(|made| {
            if answers.week_by_week {
                standing(made, week).map(|promise| promise.minimum)
            } else {
                made.iter().map(|promise| promise.minimum).max()
            }
        });
        minima.max().unwrap_or(0)
    }

    /// The promises on any of these answers, survey by survey.
    fn made_of<'a>(&'a self, answers: &'a Answers) -> impl Iterator<Item = &'a Vec<Promise>> {
        let read = self.surveys.iter().filter(|(survey, _)| answers.of.iter().any(|read| read.meets(survey)));
        read.map(|(_, made)| made)
    }
}

/// The promise that holds for a week: of those that begin last the highest, so that of two programs which promise at the
/// same time the one that promises more wins.
fn standing(made: &[Promise], week: Date) -> Option<&Promise> {
    let begun = made.iter().filter(|promise| promise.from <= week);
    begun.max_by_key(|promise| (promise.from, promise.minimum, Reverse(promise.at)))
}

/// A row of which nothing is left but that it is there, and not how many stand behind it: such a row is shown nowhere.
fn hidden(row: PartRow) -> PartRow {
    PartRow {
        numerator: 0,
        denominator: row.denominator.min(1),
        sum_squares: None,
        logged: None,
        expected: None,
        respondents: None,
        ..row
    }
}
