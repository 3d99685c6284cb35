//! The product's central property: arrival's order, batching and repetition change nothing.

use crate::events::*;
use datafusion::arrow::array::RecordBatch;
use proptest::prelude::*;
use serde_json::{Value, json};

const METRICS: [&str; 3] = ["field_time", "learning_follow_through", "prestart_quality"];
const STREAMS: [&str; 3] = ["calendar_audits", "pulse_responses", "training_events"];

fn hour(hour: u32) -> String {
    let start: jiff::Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
    (start + jiff::SignedDuration::from_hours(i64::from(hour))).to_string()
}

/// Few keys, revisions and times, so that ties in revision and recorded_at with different content are common.
pub fn calendar(hours: u32) -> impl Strategy<Value = Value> {
    let category = prop::sample::select(vec!["field", "meeting", "leave"]);
    let status = prop::sample::select(vec!["confirmed", "confirmed", "cancelled"]);
    (0u8..12, 0u8..3, 0u32..2, 0u8..3, category, status, 0..hours, 1u32..60).prop_map(
        |(key, revision, recorded, leader, category, status, start, length)| {
            json!({"entry_id": format!("e{key}"), "revision": revision, "recorded_at": hour(recorded), "leader_id": format!("l{leader}"),
                "site_id": format!("s{}", leader % 2), "basis": "actual", "category": category, "status": status,
                "starts_at": hour(start), "ends_at": hour(start + length)})
        },
    )
}

pub fn responses(hours: u32) -> impl Strategy<Value = Value> {
    (0u8..10, 0u8..2, 0u32..2, 0u8..4, prop::collection::vec(1u8..6, 1..4), 0..hours).prop_map(
        |(key, revision, recorded, who, scores, at)| {
            let items: Vec<Value> =
                scores.iter().map(|score| json!({"item": "i", "score": score, "min": 1, "max": 5})).collect();
            let mut event = json!({"response_id": format!("r{key}"), "revision": revision, "recorded_at": hour(recorded),
                "survey_id": format!("v{}", at % 3), "instrument": "prestart", "site_id": "s0", "team_id": "t",
                "submitted_at": hour(at), "items": items});
            if who > 0 {
                event["respondent_id"] = json!(format!("p{who}"));
            }
            event
        },
    )
}

pub fn training(hours: u32) -> impl Strategy<Value = Value> {
    let verb = prop::sample::select(vec!["committed", "committed", "applied", "withdrawn"]);
    (0u8..12, 0u8..2, 0u32..2, verb, 0u8..4, 0..hours, 0u32..300).prop_map(
        |(key, revision, recorded, verb, commitment, at, due)| {
            let mut event = json!({"event_id": format!("t{key}"), "revision": revision, "recorded_at": hour(recorded),
                "person_id": "p", "role": "learner", "site_id": "s1", "program_id": "x", "verb": verb,
                "occurred_at": hour(at), "commitment_id": format!("c{commitment}")});
            if verb == "committed" {
                event["due_at"] = json!(hour(at + due));
            }
            event
        },
    )
}

type Events = [Vec<Value>; 3];

fn events() -> impl Strategy<Value = Events> {
    let many = 0..60;
    (
        prop::collection::vec(calendar(500), many.clone()),
        prop::collection::vec(responses(500), many.clone()),
        prop::collection::vec(training(500), many),
    )
        .prop_map(|(a, b, c)| [a, b, c])
}

fn parts(events: &Events, pieces: usize) -> evaluation::Evaluated {
    let mut batches: Vec<(&'static str, RecordBatch)> = Vec::new();
    for (stream, rows) in STREAMS.iter().zip(events) {
        for piece in rows.chunks(rows.len().div_ceil(pieces).max(1)) {
            batches.push((stream, batch(stream, piece, 0)));
        }
    }
    let site = json!({"site_id": "s0", "revision": 0, "recorded_at": hour(0), "name": "s0", "region": "r", "timezone": "Australia/Lord_Howe"});
    batches.push(("sites", batch("sites", &[site], 0)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(evaluated(&tables(batches), &METRICS, &hour(450)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn shuffled_doubled_and_split_events_give_the_same(original in events(), seed in any::<u64>(), pieces in 1usize..5) {
        let mut shuffled = original.clone();
        for rows in &mut shuffled {
            let half = rows.len() / 2;
            rows.extend_from_within(..half);
            let mut state = seed | 1;
            for at in (1..rows.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                rows.swap(at, (state >> 33) as usize % (at + 1));
            }
        }
        let (one, other) = (parts(&original, 1), parts(&shuffled, pieces));
        prop_assert_eq!(one.parts, other.parts);
        prop_assert_eq!(one.activity, other.activity);
    }
}
