//! The attacker: knows who answered what row and when, and all that was ever shown; wants what somebody said.
//!
//! Which sum of scores an exported number is, is found out by asking the product itself: one score is changed a little, the
//! whole history is shown again, and the change of each number is its coefficient. So nothing here knows what windows,
//! roll-ups or publications do. Half-widths of bounds are, squared, sums of the squares of the scores in the same way.
//! What is no sum (trend, streak, scores, states) says no more: see `indistinguishable`.

use super::{
    exports::{Kept, Product, keep, keep_like},
    linear::{Coefficients, Fraction, Knowledge},
    organisation::{Answer, History, ONE, Row},
};
use std::{collections::BTreeMap, sync::Arc};

/// By how much a score is changed, in billionths: whole for means of up to 6 answers.
const CHANGE: i128 = 60_000_000;
/// Fewer people than this are not to be told from each other.
const FEW: usize = 5;
/// A fifth of the scale: the step of a survey with five answers.
const NARROW: f64 = 0.25;

/// What the attacker finds.
#[derive(Debug, Default, PartialEq)]
pub struct Loot {
    /// Scores that follow exactly.
    pub scores: Vec<usize>,
    /// Scores of which less than a step of a five-point scale is left open.
    pub narrow: Vec<usize>,
    /// Rows of too few people whose sum follows exactly, with the step at which they stood so.
    pub rows: Vec<(usize, super::organisation::RowKey)>,
}

impl Loot {
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What is shown of a history gives away.
pub fn attack(history: &History, product: Product) -> Loot {
    attack_all(&[history], product)
}

/// What several queries over the same answers give away together.
pub fn attack_all(histories: &[&History], product: Product) -> Loot {
    let (mut sums, mut squares) = (Knowledge::default(), Knowledge::default());
    for history in histories {
        Shown::new(history, product).tell(&mut sums, &mut squares);
    }
    assert!(sums.equations() > 0 && squares.equations() > 0, "nothing was shown at all");
    loot(histories[0], &sums, &squares)
}

fn loot(history: &History, sums: &Knowledge, squares: &Knowledge) -> Loot {
    let truth: Vec<f64> = history.scores.iter().map(|score| unscaled(*score)).collect();
    let mut loot = Loot::default();
    for score in 0..truth.len() {
        let alone = Coefficients::from([(score, Fraction::ONE)]);
        if sums.determines(&alone) || squares.determines(&alone) {
            loot.scores.push(score);
        } else if sums.width(score, &truth) < NARROW {
            loot.narrow.push(score);
        }
    }
    for step in 0..history.steps {
        let few = history.rows(step).into_iter().filter(|(_, row)| row.units.len() < FEW);
        let known = few.filter(|(_, row)| sums.determines(&sum(row)));
        loot.rows.extend(known.map(|(key, _)| (step, key)));
    }
    loot
}

/// A scaled number as the product shows it.
#[expect(clippy::cast_precision_loss, reason = "what is shown is f64")]
fn unscaled(number: i128) -> f64 {
    number as f64 / ONE as f64
}

/// A row's numerator as a sum of scores.
fn sum(row: &Row) -> Coefficients {
    let of_unit = |unit: &super::organisation::Unit| {
        let share = Fraction { over: 1, under: i64::try_from(unit.scores.len()).unwrap() };
        unit.scores.iter().map(|score| (*score, share)).collect::<Vec<_>>()
    };
    row.units.iter().flat_map(of_unit).collect()
}

/// A history as the product showed it.
struct Shown<'a> {
    history: &'a History,
    product: Product,
    kept: Kept,
}

/// A number of a look.
type Name = (usize, String);

impl<'a> Shown<'a> {
    fn new(history: &'a History, product: Product) -> Self {
        Self { history, product, kept: keep(history, product, &history.scores, None) }
    }

    /// Teaches the attacker every number.
    fn tell(&self, sums: &mut Knowledge, squares: &mut Knowledge) {
        let (mut of_scores, mut of_squares): (BTreeMap<Name, Coefficients>, BTreeMap<Name, BTreeMap<usize, f64>>) =
            Default::default();
        for alike in alike(self.history) {
            for (name, change) in self.changes(alike[0]) {
                let part = Fraction::nearest(change).unwrap();
                of_scores.entry(name).or_default().extend(alike.iter().map(|score| (*score, part)));
            }
            for (name, change) in self.changes_of_squares(alike[0]) {
                of_squares.entry(name).or_default().extend(alike.iter().map(|score| (*score, change)));
            }
        }
        of_scores.values().for_each(|equation| sums.learn(equation));
        for equation in of_squares.values() {
            // In units of the first coefficient, which stands for a factor that the attacker can work out.
            let unit = equation.values().next().copied().unwrap_or(1.0);
            let ratio = |change: &f64| Fraction::nearest(change / unit).unwrap();
            squares.learn(&equation.iter().map(|(score, change)| (*score, ratio(change))).collect());
        }
    }

    /// By how much the numbers change for a score, and which do.
    fn changes(&self, score: usize) -> Vec<(Name, f64)> {
        let mut scores = self.history.scores.clone();
        scores[score] += CHANGE;
        let changed = keep_like(Some(&self.kept), self.history, self.product, &scores, None);
        let by = |name: &str| {
            !["lower", "upper", "score", "streak", "trend", "state", "lagging"].iter().any(|w| name.contains(w))
        };
        self.differences(&changed, by, |look, name| look[name])
    }

    /// The same of squared widths of intervals, for the square of a score alone.
    fn changes_of_squares(&self, score: usize) -> Vec<(Name, f64)> {
        let mut squares = vec![0; self.history.scores.len()];
        squares[score] += CHANGE * ONE;
        let changed = keep_like(Some(&self.kept), self.history, self.product, &self.history.scores, Some(&squares));
        let width =
            |look: &BTreeMap<String, f64>, name: &str| (look[name] - look[&name.replace("upper", "lower")]).powi(2);
        self.differences(&changed, |name| name.contains("upper"), width)
    }

    fn differences(
        &self,
        changed: &Kept,
        is_sum: impl Fn(&str) -> bool,
        number: impl Fn(&BTreeMap<String, f64>, &str) -> f64,
    ) -> Vec<(Name, f64)> {
        let mut found = Vec::new();
        for (step, (was, is)) in self.kept.looks.iter().zip(&changed.looks).enumerate() {
            if Arc::ptr_eq(was, is) {
                continue;
            }
            assert!(was.numbers.keys().eq(is.numbers.keys()), "what is shown depends on a score, at step {step}");
            for name in was.numbers.keys().filter(|name| is_sum(name)) {
                let change = (number(&is.numbers, name) - number(&was.numbers, name)) / unscaled(CHANGE);
                if change.abs() > 1e-9 {
                    found.push(((step, name.clone()), change));
                }
            }
        }
        found
    }
}

/// Scores that the product cannot tell from each other: of answers with the same life in the same rows.
pub fn alike(history: &History) -> Vec<Vec<usize>> {
    let mut lives: BTreeMap<usize, usize> = BTreeMap::new();
    let persons = history.lives.iter().filter_map(|life| life.iter().find_map(|(_, answer)| answer.as_ref()?.person));
    persons.for_each(|person| *lives.entry(person).or_default() += 1);
    let mut alike: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, life) in history.lives.iter().enumerate() {
        let scores: Vec<usize> = life.iter().filter_map(|(_, answer)| Some(answer.as_ref()?.score)).collect();
        let mut seen = Vec::new();
        for score in scores {
            if seen.contains(&score) {
                continue;
            }
            let stands = |answer: &Answer| {
                (answer.site, answer.week, answer.team, answer.person.is_some(), answer.score == score)
            };
            let story: Vec<_> = life.iter().map(|(step, answer)| (step, answer.as_ref().map(stands))).collect();
            let several = life.iter().any(|(_, a)| a.as_ref().and_then(|a| a.person).is_some_and(|p| lives[&p] > 1));
            let key = format!("{story:?} {}", if several { index.to_string() } else { String::new() });
            alike.entry(key).or_default().push(score);
            seen.push(score);
        }
    }
    alike.into_values().collect()
}

/// Exchanges two scores that differ, of every group of alike ones, and demands that all that is shown stays as it is, to
/// the byte: bounds, trends, scores and states too. How many groups that was.
pub fn indistinguishable(history: &History, product: Product) -> usize {
    let shown = keep(history, product, &history.scores, None);
    let pairs = alike(history).into_iter().filter_map(|alike| {
        let other = alike.iter().find(|score| history.scores[**score] != history.scores[alike[0]])?;
        Some((alike[0], *other))
    });
    let mut groups = 0;
    let mut scores = history.scores.clone();
    for (one, other) in pairs {
        scores.swap(one, other);
        groups += 1;
    }
    let exchanged = keep(history, product, &scores, None);
    assert!(shown.looks == exchanged.looks, "who of a group said what shows");
    groups
}
