//! Random histories: late, revised, moved and withdrawn answers, with ids and without, teams or none, or from some day on.

use super::{
    attack::{attack, indistinguishable},
    exports::{Product, keep},
    organisation::{Answer, History, ONE, on_time},
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

const SITES: usize = 2;
const WEEKS: usize = 4;
const TEAMS: usize = 2;
const STEPS: usize = 13;
const SURVEYS: usize = 3;

/// What happens to one answer, or adds one.
#[derive(Debug, Clone)]
enum Event {
    Late { row: (usize, usize, usize), has_id: bool },
    Again,
    Withdrawn,
    Revised,
    Moved { row: (usize, usize, usize) },
    Identified,
}

fn any_row() -> impl Strategy<Value = (usize, usize, usize)> {
    (0..SITES, 0..WEEKS, 0..TEAMS)
}

fn any_event() -> impl Strategy<Value = (usize, usize, usize, Event)> {
    let event = prop_oneof![
        4 => (any_row(), prop::bool::weighted(0.8)).prop_map(|(row, has_id)| Event::Late { row, has_id }),
        1 => Just(Event::Again),
        2 => Just(Event::Withdrawn),
        2 => Just(Event::Revised),
        1 => any_row().prop_map(|row| Event::Moved { row }),
        1 => Just(Event::Identified),
    ];
    (0..1000usize, 2..STEPS, 0..3usize, event)
}

/// Scores keep away from the ends of the scale, where a mean alone narrows down what is behind it.
fn score(index: usize) -> i128 {
    [ONE / 4, ONE / 2, ONE * 3 / 4][index]
}

fn any_history() -> impl Strategy<Value = History> {
    let sizes = prop::collection::vec((0..8usize, prop::bool::weighted(0.8)), SITES * WEEKS * TEAMS);
    let scores = prop::collection::vec(0..3usize, SITES * WEEKS * TEAMS * 8);
    let teams = prop::sample::select(vec![0, 7, usize::MAX]);
    (sizes, scores, prop::collection::vec(any_event(), 0..16), teams).prop_map(
        |(sizes, scores, mut events, teams_from)| {
            let mut history = History { steps: STEPS, teams_from, ..History::default() };
            for (index, (people, has_id)) in sizes.into_iter().enumerate() {
                let row = (index % SITES, index / SITES % WEEKS, index / SITES / WEEKS);
                (0..people).for_each(|person| {
                    add(&mut history, on_time(row.1), row, has_id, score(scores[index * 8 + person]))
                });
            }
            events.sort_by_key(|(_, step, ..)| *step);
            events.into_iter().for_each(|event| happen(&mut history, event));
            history
        },
    )
}

fn add(history: &mut History, step: usize, (site, week, team): (usize, usize, usize), has_id: bool, score: i128) {
    let person = has_id.then_some(history.lives.len());
    let survey = ((site * WEEKS + week) * TEAMS + team) * SURVEYS;
    history.answer(step, Answer { site, week, team, person, survey, score: 0 }, score);
}

fn happen(history: &mut History, (pick, step, value, event): (usize, usize, usize, Event)) {
    let value = score(value);
    if let Event::Late { row, has_id } = event {
        return add(history, step.max(on_time(row.1)), row, has_id, value);
    }
    // An answer that nothing has happened to yet: an event is after the one before it.
    let untouched: Vec<usize> = (0..history.lives.len()).filter(|life| history.lives[*life].len() == 1).collect();
    let Some(life) = untouched.get(pick % untouched.len().max(1)).copied() else { return };
    let (arrived, Some(answer)) = history.lives[life][0].clone() else { return };
    let step = step.max(arrived + 1);
    match event {
        Event::Withdrawn => history.withdraw(life, step),
        Event::Revised => history.revise(life, step, Some(value), |_| ()),
        Event::Moved { row } => {
            history.revise(life, step, None, |answer| (answer.site, answer.week, answer.team) = row);
        }
        Event::Identified => history.revise(life, step, None, |answer| answer.person = Some(life)),
        // The same person answers another survey of the week.
        _ if answer.person.is_some() => {
            history.answer(step, Answer { survey: answer.survey + 1, ..answer }, value);
        }
        _ => {}
    }
}

fn shows_something(history: &History) -> bool {
    let kept = keep(history, Product::real(), &history.scores, None);
    kept.looks.iter().any(|look| look.text.contains("_lower{"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 50, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_given_away(history in any_history().prop_filter("nothing to attack", shows_something)) {
        let loot = attack(&history, Product::real());
        prop_assert!(loot.is_nothing(), "{:?}", loot);
        indistinguishable(&history, Product::real());
    }
}

/// With single people shown, the same attacker finds somebody in nearly all such histories.
#[test]
fn the_attacker_would_find_somebody() {
    let mut runner = TestRunner::deterministic();
    let found = (0..3).filter(|_| {
        let history = any_history().new_tree(&mut runner).unwrap().current();
        let loot = attack(&history, Product { minimum: 1, ..Product::real() });
        !loot.scores.is_empty() && !loot.rows.is_empty()
    });
    assert!(found.count() >= 2);
}
