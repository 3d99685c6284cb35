//! Incremental equals full, bit for bit: random histories of late, revised, moved, cancelled and repeated events, cut into
//! random portions, with restarts, sites that arrive late or change their time zone, and a clock that moves either way.

use crate::{events::*, order, world::ingest};
use evaluation::{Limits, Results, Tables, evaluate};
use indicators::Metric;
use jiff::{SignedDuration, Timestamp};
use lake::Lake;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};
use workbench::{ConvergeError, converge, read_queries};

const STREAMS: [&str; 3] = ["calendar_audits", "pulse_responses", "training_events"];
/// Revisions of a key lie within this, which is less than their span of 13 weeks.
const HOURS: u32 = 2000;

#[derive(Debug, Clone)]
enum Step {
    /// Events of one of the streams.
    Arrive(usize, Vec<Value>),
    /// A revision of site `s0` or `s1`, in any order, or its deletion.
    Site(u8, Option<(u8, &'static str)>),
    /// A revision of leader `l0`, in any order.
    Leader(u8, u32),
    /// Bring results up to this hour, after a restart or not.
    Refresh { hour: u32, restart: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let events = |stream: usize, one: BoxedStrategy<Value>| {
        prop::collection::vec(one, 1..12).prop_map(move |events| Step::Arrive(stream, events)).boxed()
    };
    let zone = prop::sample::select(vec!["UTC", "Australia/Lord_Howe", "America/Los_Angeles", "Asia/Tokyo"]);
    prop_oneof![
        3 => events(0, order::calendar(HOURS).boxed()),
        3 => events(1, order::responses(HOURS).boxed()),
        3 => events(2, order::training(HOURS).boxed()),
        2 => (0u8..2, prop::option::weighted(0.8, (0u8..4, zone))).prop_map(|(site, record)| Step::Site(site, record)),
        1 => (0u8..4, 1u32..60).prop_map(|(revision, hours)| Step::Leader(revision, hours)),
        4 => (100u32..HOURS + 600, any::<bool>()).prop_map(|(hour, restart)| Step::Refresh { hour, restart }),
    ]
}

fn at(hour: u32) -> Timestamp {
    let start: Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_hours(i64::from(hour))
}

/// Few rows at once, so that a full evaluation goes through many stretches of weeks.
fn small() -> Limits {
    Limits { rows_at_once: 9, ..limits() }
}

struct World {
    lake: Lake,
    metrics: Vec<Arc<Metric>>,
    results: Option<Results>,
}

impl World {
    async fn take(&mut self, number: usize, step: &Step) {
        let number = i64::try_from(number).unwrap();
        match step {
            Step::Arrive(stream, events) => ingest(&self.lake, STREAMS[*stream], events, number).await,
            Step::Site(site, record) => {
                let id = format!("s{site}");
                let record = match record {
                    Some((revision, zone)) => json!({"site_id": id, "revision": revision,
                        "recorded_at": at(0).to_string(), "name": "n", "region": "r", "timezone": zone}),
                    None => json!({"_deleted": id}),
                };
                ingest(&self.lake, "sites", &[record], number).await;
            }
            Step::Leader(revision, hours) => {
                let leader = json!({"leader_id": "l0", "revision": revision, "recorded_at": at(0).to_string(), "site_id": "s0",
                    "weekly_hours": hours});
                ingest(&self.lake, "leaders", &[leader], number).await;
            }
            Step::Refresh { hour, restart } => {
                let held = self.results.take().filter(|_| !restart);
                let mut results = match held {
                    Some(results) => results,
                    None => {
                        let limits = if number % 2 == 0 { limits() } else { small() };
                        Results::open(&self.lake, &contracts(), &limits).await.unwrap()
                    }
                };
                let now = Timestamp::UNIX_EPOCH;
                let refreshed = results.refresh(&self.metrics, &BTreeSet::new(), at(*hour), now).await.unwrap();
                assert!(refreshed.runs.iter().all(|run| run.outcome.is_ok()), "{refreshed:?}");
                self.compare(&results, at(*hour)).await;
                self.results = Some(results);
            }
        }
    }

    /// Against a full evaluation of everything at once, and one of few weeks at a time.
    async fn compare(&self, results: &Results, as_of: Timestamp) {
        let stored = results.stored().unwrap();
        assert_eq!(results.values(&self.metrics), Some(stored.values(&self.metrics)), "at {as_of}");
        let tables = Tables::open(&self.lake, &contracts()).await.unwrap();
        for limits in [limits(), small()] {
            let full = evaluate(&tables, &self.metrics, as_of, &limits).await.unwrap();
            assert_eq!(stored.parts, full.parts, "at {as_of}, {} rows at once", limits.rows_at_once);
            assert_eq!(stored.activity, full.activity, "at {as_of}, {} rows at once", limits.rows_at_once);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 40, ..ProptestConfig::default() })]
    #[test]
    fn what_is_computed_bit_by_bit_is_what_is_computed_at_once(steps in prop::collection::vec(step(), 4..14)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_stack_size(16 << 20).enable_all().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let lake = Lake::create(dir.path().join("lake").to_str().unwrap()).await.unwrap();
            let metrics = shipped(&["field_time", "learning_follow_through", "prestart_quality"]).await;
            let mut world = World { lake, metrics, results: None };
            for (number, step) in steps.iter().chain([&Step::Refresh { hour: HOURS + 700, restart: false }]).enumerate() {
                world.take(number, step).await;
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_histories_of_the_shipped_queries_converge() {
    for metric in shipped(&["field_time", "learning_follow_through", "prestart_quality"]).await {
        let converged = converge(&metric, &contracts(), 1, 2, &limits(), || ()).await.unwrap();
        assert!(converged.rows > 5, "{}: {converged:?}", metric.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_horizon_that_is_too_short_is_found_and_a_sufficient_one_named() {
    let metrics = shipped(&["learning_follow_through"]).await;
    let short = Arc::new(Metric { horizon_back: 0, horizon_ahead: 0, ..Metric::clone(&metrics[0]) });
    let found = converge(&short, &contracts(), 1, 3, &limits(), || ()).await.unwrap_err();
    let ConvergeError::Differs(difference) = &found else { panic!("{found}") };
    let (back, ahead) = difference.sufficient.unwrap();
    assert!((1..=54).contains(&(back + ahead)), "{difference:?}");
    assert!(found.to_string().contains("The horizon is too short"), "{found}");
}

/// What was advised was enough for two short histories, and whoever declared it was told that it is too short.
#[tokio::test(flavor = "multi_thread")]
async fn an_advised_horizon_holds() {
    let text = r#"/*---
help      = "Outcomes by the week of the first of the three weeks before"
kind      = "count"
labels    = ["site"]
direction = "lower"
horizon   = { ahead = 1 }
owner     = "safety"
---*/
SELECT week, site, COUNT(*) AS numerator
FROM (SELECT MIN(before.week) AS week, one.site_id AS site, one.outcome_id
      FROM outcomes AS one
      JOIN outcomes AS before ON before.site_id = one.site_id AND before.week BETWEEN one.week - 21 AND one.week
      GROUP BY one.site_id, one.outcome_id)
GROUP BY week, site"#;
    let declared = text.replace("horizon   = { ahead = 1 }\n", "");
    let refused = read_queries(&[("first.sql".into(), declared)], &contracts()).await.unwrap_err().to_string();
    assert!(refused.contains("`week` is worked out"), "{refused}");
    let metric = read_queries(&[("first.sql".into(), text.to_owned())], &contracts()).await.unwrap().remove(0);
    let found = converge(&metric, &contracts(), 1, 5, &limits(), || ()).await.unwrap_err();
    let ConvergeError::Differs(difference) = &found else { panic!("{found}") };
    let (horizon_back, horizon_ahead) = difference.sufficient.unwrap();
    // Where weeks are full, the first of three weeks is the third before: few histories show more than that.
    assert!(horizon_back >= 3, "{found}");
    let advised = Arc::new(Metric { horizon_back, horizon_ahead, ..Metric::clone(&metric) });
    converge(&advised, &contracts(), difference.seed, 5, &limits(), || ()).await.unwrap();
}

/// The week after, and nothing else: the plainest mistake is found by few histories, and the advice is exact.
#[tokio::test(flavor = "multi_thread")]
async fn a_week_that_is_shifted_is_found_at_once() {
    let text = r#"/*---
help      = "Outcomes of the week before"
kind      = "count"
labels    = ["site"]
direction = "lower"
horizon   = { ahead = 1 }
owner     = "safety"
---*/
SELECT week + 7 AS week, site_id AS site, COUNT(*) AS numerator FROM outcomes GROUP BY 1, 2"#;
    let metrics = read_queries(&[("shifted.sql".into(), text.to_owned())], &contracts()).await.unwrap();
    let short = Arc::new(Metric { horizon_ahead: 0, ..Metric::clone(&metrics[0]) });
    for seed in 1..3 {
        let found = converge(&short, &contracts(), seed, 1, &limits(), || ()).await.unwrap_err();
        let ConvergeError::Differs(difference) = &found else { panic!("{found}") };
        assert_eq!(difference.sufficient, Some((0, 1)), "{found}");
    }
    converge(&metrics[0], &contracts(), 1, 2, &limits(), || ()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_nothing_counts_for_is_not_said_to_converge() {
    let metrics = shipped(&["field_time"]).await;
    let sql = "SELECT week, site_id AS site, SUM(1) AS numerator, SUM(1) AS denominator FROM outcomes WHERE value < -1 GROUP BY week, site_id";
    let reads = [("outcomes".to_owned(), ["value".to_owned()].into())].into();
    let none =
        Metric { sql: sql.to_owned(), streams: ["outcomes".to_owned()].into(), reads, ..Metric::clone(&metrics[0]) };
    let found = converge(&Arc::new(none), &contracts(), 1, 1, &limits(), || ()).await;
    assert!(matches!(found, Err(ConvergeError::Empty)), "{found:?}");
}
