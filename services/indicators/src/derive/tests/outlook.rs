//! Which way a site is going, and how often it meets its target.

use super::*;
use crate::{
    change::Change,
    changes::changes,
    outlook::{Assurance, Course},
    reason::Reason,
    values::{State, WindowKind},
};

/// Twelve sites of two years without noise to speak of, one of which has these values in its last weeks, oldest first.
fn world(last: &[f64]) -> World {
    let sites = (0..12).map(|site| super::site(&format!("s{site:02}"), "UTC")).collect();
    let noise = |site: u32, ago: u32| f64::from((site * 7 + ago * 5) % 11) / 11.0 - 0.45;
    let parts = (0..12u32).flat_map(|site| {
        (0..104u32).map(move |ago| {
            let planted = last.len().checked_sub(1 + ago as usize).filter(|_| site == 0);
            let level = planted.map_or(0.40, |index| last[index]);
            row(&format!("s{site:02}"), week(ago), (level + 0.02 * noise(site, ago)) * 1_000.0, 1_000.0)
        })
    });
    World { sites, parts: parts.collect(), ..World::default() }
}

fn course(last: &[f64]) -> Option<Course> {
    judgement(&world(last).derive(&metric()), "s00").course
}

#[test]
fn the_course_is_that_of_the_last_four_weeks_against_the_quarter_before() {
    assert_eq!(course(&[]), Some(Course::Steady));
    assert_eq!(course(&[0.36; 4]), Some(Course::Worsening));
    assert_eq!(course(&[0.44; 4]), Some(Course::Improving));
    // Less than 5 % of the target does not matter, however sure.
    assert_eq!(course(&[0.385; 4]), Some(Course::Steady));
}

#[test]
fn where_less_is_better_more_is_worsening() {
    let metric = Metric { direction: Direction::Lower, lagging: Some(Lagging { below: 0.6, weeks: 3 }), ..metric() };
    let course = |last: &[f64]| judgement(&world(last).derive(&metric), "s00").course;
    assert_eq!(course(&[0.44; 4]), Some(Course::Worsening));
    assert_eq!(course(&[0.36; 4]), Some(Course::Improving));
}

/// "fell, very sure" stood beside "steady".
#[test]
fn what_a_site_fell_by_is_not_its_course_now() {
    let values = world(&[0.20; 12]).derive(&metric());
    let fell = judgement(&values, "s00");
    assert_eq!(fell.state, State::Lagging);
    assert!(fell.reason(Reason::Falling).unwrap().on);
    assert_eq!(fell.course, Some(Course::Steady), "of the weeks since");
    assert_eq!(course(&[[0.24; 8].as_slice(), &[0.16; 4]].concat()), Some(Course::Worsening));
}

#[test]
fn a_site_is_recovering_while_the_evidence_of_every_reason_fades() {
    let recovering: Vec<Option<Course>> =
        (1..=6).map(|weeks| course(&[[0.24; 14].as_slice(), &vec![0.40; weeks]].concat())).collect();
    assert!(recovering.contains(&Some(Course::Recovering)), "{recovering:?}");
    assert!(!recovering.contains(&Some(Course::Worsening)), "{recovering:?}");
    // Better than it was, but as far below the threshold as ever: no evidence has faded.
    assert_eq!(course(&[[0.12; 10].as_slice(), &[0.20; 4]].concat()), Some(Course::Improving));
}

#[test]
fn nothing_is_said_of_a_course_without_a_target_or_with_too_few_weeks() {
    let without = judgement(&world(&[0.20; 12]).derive(&Metric { target: None, ..metric() }), "s00").clone();
    assert_eq!((without.course, without.on_target), (None, None));
    let mut quiet = world(&[0.20; 12]);
    quiet.parts.retain(|row| row.site != "s00" || row.week <= week(5));
    let quiet = quiet.derive(&metric());
    assert_eq!((judgement(&quiet, "s00").state, judgement(&quiet, "s00").course), (State::NoData, None));
}

#[test]
fn the_share_of_weeks_on_target_is_that_of_the_present_level() {
    let on_target = |last: &[f64]| judgement(&world(last).derive(&metric()), "s00").on_target.unwrap();
    assert!(on_target(&[0.45; 13]) > 0.4 && on_target(&[0.45; 13]) < 0.6);
    assert!(on_target(&[0.60; 13]) > 0.99);
    assert!(on_target(&[]) < 0.01);
    // A site's own target counts, as it is the one that is shown.
    let mut own = world(&[]);
    own.sites[0].targets.insert("m".to_owned(), 0.30);
    assert!(judgement(&own.derive(&metric()), "s00").on_target.unwrap() > 0.99);
    // Of a site that fell, the weeks since count and not what it once was.
    assert!(on_target(&[[0.6; 13].as_slice(), &[0.2; 5]].concat()) < 0.01);
}

#[test]
fn four_of_five_weeks_are_most_and_one_of_five_is_hardly_any() {
    let said: Vec<Assurance> = [0.80, 0.79, 0.21, 0.20].map(Assurance::of).to_vec();
    assert_eq!(said, [Assurance::Most, Assurance::Some, Assurance::Some, Assurance::HardlyAny]);
}

/// Whoever began to lag between two Mondays is told once, and whoever stopped answering has not recovered.
#[test]
fn what_changed_is_told_between_two_looks() {
    let world = world(&[[0.20; 6].as_slice(), &[0.50; 10]].concat());
    let look =
        |weeks: u32| world.derive_at(&metric(), as_of() - jiff::SignedDuration::from_hours(24 * 7 * i64::from(weeks)));
    let told =
        |weeks: u32| -> Vec<Change> { changes(&look(weeks + 1), &look(weeks)).into_iter().map(|c| c.change).collect() };
    let all: Vec<Vec<Change>> = (0..16).rev().map(told).collect();
    let flat: Vec<Change> = all.iter().flatten().copied().collect();
    assert_eq!(flat, [Change::StartedToLag, Change::Recovered], "{all:?}");
    let place = changes(&look(16), &look(10)).into_iter().map(|c| (c.site, c.metric)).collect::<Vec<_>>();
    assert_eq!(place, [("s00".to_owned(), "m".to_owned())]);
    let mut quiet = world.clone();
    quiet.parts.retain(|row| row.site != "s00" || row.week <= week(10));
    assert_eq!(changes(&look(10), &quiet.derive(&metric())), []);
}

#[test]
fn the_history_is_that_of_the_years_weeks_with_a_value() {
    let mut world = world(&[0.20, 0.25]);
    world.parts.retain(|row| row.site != "s00" || row.week != week(1));
    let values = world.derive(&metric());
    let history = &judgement(&values, "s00").history;
    assert_eq!((history.len(), history.last().map(|(week, _)| *week)), (51, Some(week(0))));
    assert_eq!(
        history.last().map(|(_, window)| *window),
        judgement(&values, "s00").windows.get(&WindowKind::Week).copied()
    );
    assert!(history.iter().all(|(monday, _)| *monday != week(1)));
}
