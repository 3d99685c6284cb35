//! Promises to those who answered, in a lake: which weeks are held to them, and what becomes of other programs and of a
//! lake that lost them.

use crate::{events::*, world::*};
use evaluation::{Refreshed, Results, StoreError, Tables, look_ahead};
use indicators::{Metric, State, Values, promises::Promises};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::{collections::BTreeSet, path::PathBuf, sync::Arc};
use workbench::{Wanted, preview, read_queries};

/// Monday of the first week, at eight.
const FIRST: &str = "2026-03-02T08:00:00Z";

fn at(weeks: i64, days: i64) -> Timestamp {
    FIRST.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * (7 * weeks + days))
}

/// Seven people at the site in each of these weeks.
fn answered(weeks: std::ops::Range<i64>) -> Vec<Value> {
    let week = |week: i64| {
        answers(0..7).into_iter().enumerate().map(move |(n, mut answer)| {
            answer["response_id"] = json!(format!("r{week}-{n}"));
            answer["survey_id"] = json!(format!("s{week}"));
            answer["submitted_at"] = json!(at(week, 0).to_string());
            answer["items"][0]["score"] = json!(1 + n % 4);
            answer
        })
    };
    weeks.flat_map(week).collect()
}

async fn metric(name: &str, minimum: u32) -> Arc<Metric> {
    let text = std::fs::read_to_string(queries().join("prestart_quality.sql")).unwrap();
    let text = text.replace("minimum = 5", &format!("minimum = {minimum}"));
    let file = (PathBuf::from(format!("{name}.sql")), text);
    read_queries(&[file], &contracts()).await.unwrap().remove(0)
}

/// Evaluates this metric alone on the Wednesday after so many weeks, which is the wall clock's day, too.
async fn evaluate(results: &mut Results, metric: &Arc<Metric>, weeks: i64) -> (Refreshed, Values) {
    let now = at(weeks, 2);
    let declared = [Arc::clone(metric)];
    let refreshed = results.refresh(&declared, &BTreeSet::new(), now, now).await.unwrap();
    (refreshed, results.values(&declared).unwrap())
}

fn state(values: &Values) -> State {
    values.metrics[0].judgement("a").unwrap().state
}

#[tokio::test]
async fn a_lower_minimum_holds_from_the_first_week_that_had_not_begun() {
    let world = World::new().await;
    ingest(&world.lake, "pulse_responses", &answered(0..12), 0).await;
    let mut results = world.open().await;
    let (ten, five) = (metric("mood", 10).await, metric("mood", 5).await);
    assert_eq!(state(&evaluate(&mut results, &ten, 2).await.1), State::Suppressed);
    // Lowered in the fourth week: the fifth has not begun.
    let (refreshed, values) = evaluate(&mut results, &five, 3).await;
    assert_eq!(state(&values), State::Suppressed);
    assert_eq!(values.refused, refreshed.refused);
    let [refused] = refreshed.refused.as_slice() else { panic!("{:?}", refreshed.refused) };
    assert_eq!((refused.promised, refused.declared, refused.before), (10, 5, Some("2026-03-30".parse().unwrap())));
    let (refreshed, values) = evaluate(&mut results, &five, 4).await;
    assert_eq!((refreshed.refused, state(&values)), (vec![], State::Suppressed), "told once, and shown on");
    assert_eq!(values.refused.len(), 1);
    // The fifth week is complete: it and those after are shown, the others are in no window.
    let (_, values) = evaluate(&mut results, &five, 5).await;
    let windows = &values.metrics[0].judgement("a").unwrap().windows;
    assert!(windows.len() == 3 && windows.values().all(|window| window.sample_size == Some(7.0)), "{windows:?}");
    let company = values.metrics[0].series.iter().map(|series| series.sites.values().map(|sites| sites.shown).max());
    assert!(company.flatten().all(|shown| shown <= 1));
    assert_eq!(values, world.open().await.values(&[Arc::clone(&five)]).unwrap(), "and so they are read back");
    // Beyond the weeks that were promised more nothing is refused any more, and the promise stands.
    let tables = Tables::open(&world.lake, &world.contracts).await.unwrap();
    let promises = evaluation::promised(&world.lake, &limits()).await.unwrap();
    let wanted = Wanted { as_of: at(9, 2), from: None, to: None, condition: Some("suppressed".to_owned()) };
    let rows = preview(&tables, &promises, &five, &wanted, &limits()).await.unwrap();
    assert_eq!(rows.batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 4, "of a preview, too");
}

/// One program has been started with yesterday's file and goes on beside the one with today's.
#[tokio::test]
async fn two_programs_with_different_files_keep_the_higher_promise() {
    let world = World::new().await;
    ingest(&world.lake, "pulse_responses", &answered(0..4), 0).await;
    let (ten, five) = (metric("mood", 10).await, metric("mood", 5).await);
    let (mut old, mut new) = (world.open().await, world.open().await);
    assert_eq!(state(&evaluate(&mut old, &five, 4).await.1), State::Unjudged, "nothing more was promised yet");
    assert_eq!(state(&evaluate(&mut new, &ten, 4).await.1), State::Suppressed);
    assert_eq!(state(&evaluate(&mut old, &five, 4).await.1), State::Suppressed);
    for _ in 0..3 {
        let now = at(4, 2);
        let (skip, one, two) = (BTreeSet::new(), [Arc::clone(&five)], [Arc::clone(&ten)]);
        let both = tokio::join!(old.refresh(&one, &skip, now, now), new.refresh(&two, &skip, now, now));
        both.0.unwrap();
        both.1.unwrap();
        let values = [old.values(&one).unwrap(), new.values(&two).unwrap()];
        assert!(values.iter().all(|values| state(values) == State::Suppressed));
    }
    // Neither file takes back what the other promised for the week to come.
    let promises = evaluation::promised(&world.lake, &limits()).await.unwrap();
    assert!(promises.of("mood", "2026-04-06".parse().unwrap()) >= 5);
    assert_eq!(promises.of("mood", "2026-03-30".parse().unwrap()), 10);
}

#[tokio::test]
async fn a_lake_that_lost_its_promises_shows_nothing_until_they_are_back() {
    let world = World::new().await;
    ingest(&world.lake, "pulse_responses", &answered(0..4), 0).await;
    let (ten, five) = (metric("mood", 10).await, metric("mood", 5).await);
    evaluate(&mut world.open().await, &ten, 4).await;
    let (table, aside) = (world.folder("promises"), world.folder("aside"));
    std::fs::rename(&table, &aside).unwrap();
    let lost = |error: &StoreError| matches!(error, StoreError::PromisesLost { known: 2, found: 0 });
    let opened = Results::open(&world.lake, &world.contracts, &limits()).await;
    assert!(opened.as_ref().is_err_and(lost), "{opened:?}");
    let loaded = evaluation::load(&world.lake, &world.contracts, &limits()).await;
    assert!(loaded.as_ref().is_err_and(lost), "{loaded:?}");
    let ahead = look_ahead(&world.lake, &world.contracts, &[five], at(4, 2), &limits()).await;
    assert!(ahead.as_ref().is_err_and(lost), "{ahead:?}");
    std::fs::rename(&aside, &table).unwrap();
    assert_eq!(state(&world.open().await.values(&[ten]).unwrap()), State::Suppressed);
}

/// Results that were stored by a program that knew of no promises yet.
#[tokio::test]
async fn a_lake_of_before_is_shown_and_makes_its_promises_with_the_next_evaluation() {
    let world = World::new().await;
    ingest(&world.lake, "pulse_responses", &answered(0..4), 0).await;
    let (ten, five) = (metric("mood", 10).await, metric("mood", 5).await);
    evaluate(&mut world.open().await, &ten, 4).await;
    std::fs::remove_dir_all(world.folder("promises")).unwrap();
    for commit in std::fs::read_dir(world.folder("indicators").join("_delta_log")).unwrap() {
        let commit = commit.unwrap().path();
        if commit.extension().is_some_and(|kind| kind == "json") {
            let text = std::fs::read_to_string(&commit).unwrap();
            let before = text.lines().filter(|line| !line.contains("indicators/promises"));
            std::fs::write(&commit, before.map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        }
    }
    let loaded = evaluation::load(&world.lake, &world.contracts, &limits()).await.unwrap().unwrap();
    assert_eq!(loaded.promises, Promises::default());
    assert_eq!(state(&loaded.values(&[Arc::clone(&ten)])), State::Suppressed);
    let mut results = world.open().await;
    evaluate(&mut results, &ten, 4).await;
    let (refreshed, values) = evaluate(&mut results, &five, 4).await;
    assert_eq!((refreshed.refused.len(), state(&values)), (1, State::Suppressed));
}

/// A bad file of one metric could be the one that promises more.
#[tokio::test]
async fn nothing_is_lowered_while_a_file_cannot_be_read() {
    let world = World::new().await;
    ingest(&world.lake, "pulse_responses", &answered(0..4), 0).await;
    let mut results = world.open().await;
    evaluate(&mut results, &metric("mood", 10).await, 3).await;
    let (five, now) = (metric("other", 5).await, at(4, 2));
    let unread = BTreeSet::from(["mood".to_owned()]);
    results.refresh(&[Arc::clone(&five)], &unread, now, now).await.unwrap();
    let later = "2026-06-01".parse().unwrap();
    let of = async |name| evaluation::promised(&world.lake, &limits()).await.unwrap().of(name, later);
    assert_eq!(of("other").await, 10);
    results.refresh(&[five], &BTreeSet::new(), now, now).await.unwrap();
    assert_eq!(of("other").await, 5);
}
