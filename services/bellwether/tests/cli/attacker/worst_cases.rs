//! Histories made by hand, each the shortest way to a single answer if the product were careless in one respect.

use super::{
    attack::{attack, indistinguishable},
    exports::{Product, Rule, keep},
    organisation::{Answer, History, ONE, on_time},
};
use indicators::{Metric, PartRow, Published, derive::to_publish};

/// Publishes each row by its own respondents: as if labels never changed and ids never came or went.
const BY_ROWS_ALONE: Rule = |metric, parts, publications, sites, as_of| {
    let row_by_row = |row: &PartRow| {
        let own =
            |old: &&Published| (old.row.week, &old.row.site, &old.row.labels) == (row.week, &row.site, &row.labels);
        let own: Vec<Published> = publications.iter().filter(own).cloned().collect();
        let as_ratio = Metric { kind: indicators::Kind::Ratio, ..metric.clone() };
        to_publish(&as_ratio, std::slice::from_ref(row), &own, sites, as_of)
    };
    parts.iter().flat_map(row_by_row).collect()
};

/// The same product with every row shown, down to a single person.
fn of_one() -> Product {
    Product { minimum: 1, ..Product::real() }
}

fn by_rows_alone() -> Product {
    Product { rule: BY_ROWS_ALONE, ..Product::real() }
}

pub fn history(steps: usize, teams: bool) -> History {
    History { steps, teams_from: if teams { 0 } else { usize::MAX }, ..History::default() }
}

/// So many people with ids answer the week's survey of a team at `step`, not all the same. Their lives.
pub fn crew(
    history: &mut History,
    step: usize,
    (site, week, team): (usize, usize, usize),
    people: usize,
) -> Vec<usize> {
    let one = |_| {
        let person = history.lives.len();
        let survey = (site * 100 + week) * 10 + team;
        let answer = Answer { site, week, team, person: Some(person), survey, score: 0 };
        history.answer(step, answer, [ONE / 4, ONE * 3 / 4, ONE / 2][person % 3])
    };
    (0..people).map(one).collect()
}

fn is_safe(history: &History) {
    let loot = attack(history, Product::real());
    assert!(loot.is_nothing(), "{loot:?}");
    assert!(indistinguishable(history, Product::real()) > 0);
}

/// Safe as it is; not where single people are shown.
fn is_safe_by_its_minimum(history: &History) {
    is_safe(history);
    assert!(!attack(history, of_one()).is_nothing(), "an attacker who finds nothing here finds nothing anywhere");
}

/// Safe as it is; not where rows are published by their own respondents alone.
fn is_safe_by_its_rule(history: &History) {
    is_safe(history);
    assert!(!attack(history, by_rows_alone()).scores.is_empty(), "the careless rule gives nothing away here");
}

#[test]
fn late_answers_one_by_one_show_only_five_together() {
    let with_late = |late: usize| {
        let mut history = history(16, false);
        crew(&mut history, on_time(0), (0, 0, 0), 6);
        (0..late).for_each(|late| drop(crew(&mut history, 5 + late, (0, 0, 0), 1)));
        history
    };
    let texts = |history: &History| -> Vec<String> {
        keep(history, Product::real(), &history.scores, None).looks.iter().map(|look| look.text.clone()).collect()
    };
    let (none, four, five) = (with_late(0), with_late(4), with_late(5));
    assert_eq!(texts(&none), texts(&four), "two looks differ by fewer than five late answers");
    assert_eq!(texts(&none)[..9], texts(&five)[..9]);
    assert_ne!(texts(&none)[9], texts(&five)[9]);
    is_safe_by_its_minimum(&five);
    is_safe_by_its_minimum(&with_late(10));
}

#[test]
fn a_row_that_is_suppressed_then_shown_then_small_again() {
    let mut history = history(16, false);
    let first = crew(&mut history, on_time(0), (0, 0, 0), 3);
    crew(&mut history, 5, (0, 0, 0), 5);
    crew(&mut history, on_time(1), (0, 1, 0), 6);
    first.iter().enumerate().for_each(|(late, life)| history.withdraw(*life, 7 + late));
    crew(&mut history, 12, (0, 0, 0), 1);
    is_safe_by_its_minimum(&history);
}

#[test]
fn a_withdrawn_answer_is_lost_among_those_that_came() {
    let mut history = history(14, false);
    let first = crew(&mut history, on_time(0), (0, 0, 0), 6);
    history.withdraw(first[2], 5);
    crew(&mut history, 7, (0, 0, 0), 6);
    is_safe(&history);
    crew(&mut history, 9, (0, 0, 0), 1);
    is_safe_by_its_minimum(&history);
}

#[test]
fn a_revised_answer_shows_only_among_five_others() {
    let mut history = history(14, false);
    let first = crew(&mut history, on_time(0), (0, 0, 0), 6);
    history.revise(first[0], 5, Some(ONE / 2), |_| ());
    crew(&mut history, 8, (0, 0, 0), 5);
    history.revise(first[1], 10, Some(ONE / 4), |_| ());
    is_safe(&history);
}

#[test]
fn a_suppressed_team_cannot_be_had_by_subtraction() {
    let mut history = history(12, true);
    for week in 0..3 {
        for (site, team, people) in [(0, 0, 6), (0, 1, 3), (1, 0, 5), (1, 1, 4), (2, 0, 7), (2, 1, 1)] {
            crew(&mut history, on_time(week), (site, week, team), people);
        }
    }
    is_safe_by_its_minimum(&history);
}

#[test]
fn an_answer_that_moves_to_another_team_week_or_site() {
    let mut history = history(14, true);
    let mut lives = Vec::new();
    for (site, week, team) in [(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0)] {
        lives.push(crew(&mut history, on_time(week), (site, week, team), 6));
    }
    history.revise(lives[0][0], 5, None, |answer| answer.team = 1);
    history.revise(lives[0][1], 6, None, |answer| answer.week = 1);
    history.revise(lives[0][2], 7, None, |answer| answer.site = 1);
    crew(&mut history, 8, (0, 0, 1), 5);
    crew(&mut history, 9, (1, 0, 0), 5);
    is_safe_by_its_minimum(&history);
}

/// The whole team is renamed by revisions, and one answer comes late: the new name's row is the old one's and that answer.
#[test]
fn a_team_that_is_renamed_while_an_answer_comes_late() {
    let mut history = history(14, true);
    let team = crew(&mut history, on_time(0), (0, 0, 0), 6);
    crew(&mut history, on_time(0), (0, 0, 1), 7);
    team.iter().for_each(|life| history.revise(*life, 5, None, |answer| answer.team = 2));
    crew(&mut history, 5, (0, 0, 2), 1);
    is_safe_by_its_rule(&history);
}

/// The query gets the label `team`: history, computed anew, must not be published once more by teams.
#[test]
fn a_query_that_gets_a_further_label() {
    let mut history = History { steps: 14, teams_from: 6, ..History::default() };
    for week in 0..4 {
        crew(&mut history, on_time(week), (0, week, 0), 9);
        crew(&mut history, on_time(week), (0, week, 1), 1);
    }
    is_safe_by_its_rule(&history);
}

/// With an answer without an id `respondents` is the most answers to one survey, here 5 of 12; without it all 11 people:
/// six more, though there is one fewer.
#[test]
fn an_answer_without_an_id_that_is_withdrawn() {
    let mut history = history(14, false);
    for survey in 0..3 {
        let lives = crew(&mut history, on_time(0), (0, 0, 0), [5, 4, 3][survey]);
        for life in lives {
            history.lives[life]
                .iter_mut()
                .filter_map(|(_, answer)| answer.as_mut())
                .for_each(|answer| answer.survey = survey);
        }
    }
    history.lives[11].iter_mut().filter_map(|(_, answer)| answer.as_mut()).for_each(|answer| answer.person = None);
    history.withdraw(11, 6);
    is_safe_by_its_rule(&history);
}

#[test]
fn the_careless_rule_is_the_real_one_where_nothing_moves() {
    let mut history = history(14, true);
    for (site, team, people) in [(0, 0, 6), (0, 1, 3), (1, 0, 5)] {
        crew(&mut history, on_time(0), (site, 0, team), people);
        crew(&mut history, 6, (site, 0, team), 5);
    }
    let looks = |product| keep(&history, product, &history.scores, None).looks;
    assert!(looks(Product::real()) == looks(by_rows_alone()));
}
