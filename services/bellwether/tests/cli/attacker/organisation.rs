//! Who answered what, when it arrived, and what became of it: the truth that the attacker is after, and its weekly parts.

use indicators::{Activity, PartRow, Site};
use jiff::{SignedDuration, Timestamp, civil::Date};
use std::collections::{BTreeMap, BTreeSet};

/// A score of 1, in billionths.
pub const ONE: i128 = 1_000_000_000;
/// Monday of week 0.
const FIRST: Date = jiff::civil::date(2026, 1, 5);
/// Between two steps: twice a week.
const STEP: SignedDuration = SignedDuration::from_hours(84);

/// One answer, as it stands for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub site: usize,
    pub week: usize,
    pub team: usize,
    /// `None`: the answer has no respondent_id.
    pub person: Option<usize>,
    pub survey: usize,
    /// Index of `History::scores`: what the attacker does not know.
    pub score: usize,
}

/// What becomes of one answer: from each step on, it stands so, or is withdrawn.
pub type Life = Vec<(usize, Option<Answer>)>;

/// A history of answers, looked at in steps.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub lives: Vec<Life>,
    pub scores: Vec<i128>,
    pub steps: usize,
    /// From this step on the query has the label `team`.
    pub teams_from: usize,
}

/// The answers of one person to one row; their mean counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    pub scores: Vec<usize>,
}

/// One row of parts before it is summed.
#[derive(Debug, Clone, Default)]
pub struct Row {
    pub units: Vec<Unit>,
    pub respondents: i64,
}

/// Week, site, team (empty where the query has no such label).
pub type RowKey = (usize, usize, String);

pub fn site_id(site: usize) -> String {
    format!("site{site}")
}

/// Two sites in the north, the others in the south; all in UTC.
pub fn sites(count: usize) -> Vec<Site> {
    let site = |site| Site {
        name: Some(format!("Site {site}")),
        region: Some(if site < 2 { "north" } else { "south" }.to_owned()),
        ..Site::unknown(&site_id(site))
    };
    (0..count).map(site).collect()
}

pub fn week(week: usize) -> Date {
    FIRST.checked_add(SignedDuration::from_hours(24 * 7 * i64::try_from(week).unwrap())).unwrap()
}

/// The step at which a week's answers are in by the rules: right after its end, before it is complete.
pub fn on_time(week: usize) -> usize {
    2 * week + 1
}

/// The clock of a step: Thursdays at noon, and Mondays at midnight (when the week before is not complete yet).
pub fn clock(step: usize) -> Timestamp {
    let thursday = FIRST.at(12, 0, 0, 0).in_tz("UTC").unwrap().timestamp() + SignedDuration::from_hours(72);
    thursday + STEP * i32::try_from(step).unwrap()
}

impl History {
    /// Adds an answer with a score of its own; it arrives at `step`.
    pub fn answer(&mut self, step: usize, answer: Answer, score: i128) -> usize {
        self.scores.push(score);
        self.lives.push(vec![(step, Some(Answer { score: self.scores.len() - 1, ..answer }))]);
        self.lives.len() - 1
    }

    /// From `step` on the answer stands otherwise; with a new score where one is given.
    pub fn revise(&mut self, life: usize, step: usize, score: Option<i128>, change: impl FnOnce(&mut Answer)) {
        let Some((_, Some(last))) = self.lives[life].last() else { return };
        let mut answer = last.clone();
        change(&mut answer);
        if let Some(score) = score {
            self.scores.push(score);
            answer.score = self.scores.len() - 1;
        }
        self.lives[life].push((step, Some(answer)));
    }

    pub fn withdraw(&mut self, life: usize, step: usize) {
        self.lives[life].push((step, None));
    }

    /// Whether the query has the label `team` at a step.
    pub fn has_teams(&self, step: usize) -> bool {
        step >= self.teams_from
    }

    fn current(&self, step: usize) -> impl Iterator<Item = &Answer> {
        self.lives.iter().filter_map(move |life| {
            life.iter().rev().find(|(from, _)| *from <= step).and_then(|(_, answer)| answer.as_ref())
        })
    }

    /// What a query over these answers sums, row by row, as `prestart_quality` does: a person's mean of the week counts,
    /// and counts once; an answer without an id stands for one person.
    pub fn rows(&self, step: usize) -> BTreeMap<RowKey, Row> {
        let mut answers: BTreeMap<RowKey, Vec<&Answer>> = BTreeMap::new();
        for answer in self.current(step) {
            let team = if self.has_teams(step) { format!("team{}", answer.team) } else { String::new() };
            answers.entry((answer.week, answer.site, team)).or_default().push(answer);
        }
        answers.into_iter().map(|(key, answers)| (key, Row::of(&answers))).collect()
    }

    /// The rows summed: numerators of the scores, sums of squares of `squares` (a person's mean squared, where `None`).
    pub fn parts(&self, step: usize, scores: &[i128], squares: Option<&[i128]>) -> Vec<PartRow> {
        let part = |((at, site, team), row): (RowKey, Row)| {
            let mean = |unit: &Unit| {
                let sum: i128 = unit.scores.iter().map(|score| scores[*score]).sum();
                rounded(sum, unit.scores.len() as i128)
            };
            let square = |unit: &Unit| mean(unit).pow(2) + squares.map_or(0, |squares| squares[unit.scores[0]]);
            PartRow {
                metric: "quality".to_owned(),
                week: week(at),
                site: site_id(site),
                labels: if team.is_empty() { BTreeMap::new() } else { BTreeMap::from([("team".to_owned(), team)]) },
                numerator: row.units.iter().map(mean).sum(),
                denominator: row.units.len() as i128 * ONE,
                sum_squares: Some(row.units.iter().map(square).sum()),
                logged: None,
                expected: None,
                respondents: Some(row.respondents),
            }
        };
        self.rows(step).into_iter().map(part).collect()
    }

    /// Which site sent answers in which week.
    pub fn activity(&self, step: usize) -> Activity {
        let mut activity = Activity::default();
        for answer in self.current(step) {
            let stream = ("pulse_responses".to_owned(), site_id(answer.site));
            activity.weeks.entry(stream).or_default().insert(week(answer.week));
        }
        activity
    }
}

impl Row {
    fn of(answers: &[&Answer]) -> Self {
        let mut units: BTreeMap<(Option<usize>, usize), Vec<usize>> = BTreeMap::new();
        let mut surveys: BTreeMap<usize, i64> = BTreeMap::new();
        for (index, answer) in answers.iter().enumerate() {
            let unit = (answer.person, if answer.person.is_some() { 0 } else { index });
            units.entry(unit).or_default().push(answer.score);
            *surveys.entry(answer.survey).or_default() += 1;
        }
        let persons: BTreeSet<Option<usize>> = answers.iter().map(|answer| answer.person).collect();
        let respondents = if persons.contains(&None) {
            surveys.into_values().max().unwrap_or(0)
        } else {
            i64::try_from(persons.len()).unwrap()
        };
        Self { units: units.into_values().map(|scores| Unit { scores }).collect(), respondents }
    }
}

/// Half away from zero.
fn rounded(sum: i128, count: i128) -> i128 {
    (2 * sum + count).div_euclid(2 * count)
}
