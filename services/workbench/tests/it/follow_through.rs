//! Learning follow-through against plain Rust that follows the definition word by word.

use crate::events::*;
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const HOUR: i64 = 3600;
const YEAR: i64 = 52 * 7 * 24 * HOUR;
/// 2025-06-02T00:00:00Z.
const START: i64 = 1_748_822_400;
const AS_OF: i64 = START + 60 * 7 * 24 * HOUR;

#[derive(Debug, Clone)]
struct Event {
    id: String,
    site: &'static str,
    verb: &'static str,
    commitment: Option<String>,
    at: i64,
    due: Option<i64>,
}

fn zone(site: &str) -> &'static str {
    match site {
        "a" => "Pacific/Auckland",
        "b" => "America/New_York",
        _ => "UTC", // not in the reference stream
    }
}

fn rfc(at: i64) -> String {
    Timestamp::from_second(at).unwrap().to_string()
}

impl Event {
    fn json(&self) -> Value {
        let mut event = json!({"event_id": self.id, "revision": 0, "recorded_at": rfc(self.at), "person_id": "p",
            "role": "learner", "site_id": self.site, "program_id": "x", "verb": self.verb, "occurred_at": rfc(self.at)});
        if let Some(commitment) = &self.commitment {
            event["commitment_id"] = json!(commitment);
        }
        if let Some(due) = self.due {
            event["due_at"] = json!(rfc(due));
        }
        event
    }
}

/// Times fall on a coarse grid, so that ties and exact bounds are common.
fn event() -> impl Strategy<Value = Event> {
    let verbs = prop::sample::select(vec![
        "committed",
        "committed",
        "committed",
        "applied",
        "applied",
        "missed",
        "withdrawn",
        "attended",
    ]);
    let due = prop::sample::select(vec![0i64, 24 * HOUR, 21 * 24 * HOUR, YEAR - 24 * HOUR, YEAR]);
    let sites = prop::sample::select(vec!["a", "b", "nowhere"]);
    (verbs, 0i64..64, prop::sample::select(vec![0i64, 0, 12, 23]), due, 0u8..5, sites).prop_map(
        |(verb, week, hour, due, id, site)| {
            let at = START + (week * 7 * 24 + hour) * HOUR;
            let bound = matches!(verb, "committed" | "applied" | "missed");
            Event {
                id: String::new(),
                site,
                verb,
                commitment: (bound || id < 4).then(|| format!("c{id}")),
                at,
                due: (verb == "committed").then_some(at + due),
            }
        },
    )
}

/// Week, site, kept, due.
type Rows = Vec<(String, String, i128, i128)>;

fn monday(at: i64, zone: &str) -> Date {
    let date = Timestamp::from_second(at).unwrap().to_zoned_datetime(TimeZone::get(zone).unwrap()).date();
    date - i64::from(date.weekday().to_monday_zero_offset()).days()
}

/// The definition. Events after the clock are not there.
fn brute(events: &[Event], as_of: i64) -> Vec<(String, &'static str, i128, i128)> {
    let known: Vec<&Event> = events.iter().filter(|event| event.at <= as_of).collect();
    let mut rows: BTreeMap<(Date, &str), (i128, i128)> = BTreeMap::new();
    for commitment in known.iter().filter(|event| event.verb == "committed") {
        let due = commitment.due.unwrap();
        if as_of < due {
            continue;
        }
        let of_it = |verb: &'static str| {
            known.iter().filter(move |event| event.verb == verb && event.commitment == commitment.commitment)
        };
        let in_window = |event: &&&Event| event.at >= due - YEAR && event.at <= due;
        let before = |event: &&&Event| (event.at, &event.id) < (commitment.at, &commitment.id);
        if of_it("committed").filter(in_window).any(|event| before(&event)) {
            continue;
        }
        if of_it("withdrawn").filter(in_window).any(|event| event.at < due) {
            continue;
        }
        let kept = of_it("applied").any(|event| in_window(&event));
        let row = rows.entry((monday(due, zone(commitment.site)), commitment.site)).or_default();
        row.0 += i128::from(kept);
        row.1 += 1;
    }
    rows.into_iter().map(|((week, site), (kept, due))| (week.to_string(), site, kept, due)).collect()
}

async fn engine(events: &[Event], as_of: i64) -> Rows {
    let site = |id: &str| json!({"site_id": id, "revision": 0, "recorded_at": rfc(START), "name": id, "region": "r", "timezone": zone(id)});
    let rows: Vec<Value> = events.iter().map(Event::json).collect();
    let tables = tables([
        ("sites", batch("sites", &[site("a"), site("b")], 0)),
        ("training_events", batch("training_events", &rows, 0)),
    ]);
    let parts = evaluated(&tables, &["learning_follow_through"], &rfc(as_of)).await.parts;
    whole(&parts).into_iter().map(|(week, site, kept, due)| (week, site.to_owned(), kept, due)).collect()
}

fn check(mut events: Vec<Event>, as_of: i64) -> (Rows, Rows) {
    for (index, event) in events.iter_mut().enumerate() {
        event.id = format!("e{:03}", index * 37 % 101);
    }
    let distinct: BTreeSet<&String> = events.iter().map(|event| &event.id).collect();
    assert_eq!(distinct.len(), events.len());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let brute = brute(&events, as_of).into_iter().map(|(w, s, k, d)| (w, s.to_owned(), k, d)).collect();
    (runtime.block_on(engine(&events, as_of)), brute)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_query_is_the_definition(events in prop::collection::vec(event(), 1..90), back in prop::sample::select(vec![0i64, 1, 7 * 24 * HOUR, 20 * 7 * 24 * HOUR])) {
        let (engine, brute) = check(events, AS_OF - back);
        prop_assert_eq!(engine, brute);
    }
}

fn one(verb: &'static str, at: i64, due: Option<i64>) -> Event {
    Event { id: String::new(), site: "nowhere", verb, commitment: Some("c".into()), at, due }
}

fn counts(events: Vec<Event>, as_of: i64) -> Vec<(i128, i128)> {
    let (engine, brute) = check(events, as_of);
    assert_eq!(engine, brute);
    engine.into_iter().map(|row| (row.2, row.3)).collect()
}

#[test]
fn bounds_of_the_definition() {
    let due = START + YEAR;
    let commitment = || one("committed", START + HOUR, Some(due));
    // Due exactly at the clock, and a second before it.
    assert_eq!(counts(vec![commitment()], due), [(0, 1)]);
    assert_eq!(counts(vec![commitment()], due - 1), []);
    // Applied at the due time and 52 weeks before it, but neither later nor earlier.
    assert_eq!(counts(vec![commitment(), one("applied", due, None)], due), [(1, 1)]);
    assert_eq!(counts(vec![commitment(), one("applied", due + 1, None)], due + HOUR), [(0, 1)]);
    assert_eq!(counts(vec![commitment(), one("applied", due - YEAR, None)], due), [(1, 1)]);
    assert_eq!(counts(vec![commitment(), one("applied", due - YEAR - 1, None)], due), [(0, 1)]);
    // Withdrawn strictly before the due time; missed overrides nothing.
    assert_eq!(counts(vec![commitment(), one("withdrawn", due - 1, None), one("applied", due - 2, None)], due), []);
    assert_eq!(counts(vec![commitment(), one("withdrawn", due, None)], due), [(0, 1)]);
    assert_eq!(counts(vec![commitment(), one("applied", due - HOUR, None), one("missed", due, None)], due), [(1, 1)]);
    // The same commitment told twice is one, until 52 weeks lie between.
    assert_eq!(counts(vec![commitment(), one("committed", START + 2 * HOUR, Some(due))], due), [(0, 1)]);
    let again = one("committed", START + YEAR + 2 * HOUR, Some(due + 2 * HOUR));
    assert_eq!(counts(vec![commitment(), again], due + 3 * HOUR), [(0, 2)]);
}
