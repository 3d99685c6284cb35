//! A small random world: sites in zones that change their clocks or stand half an hour off, one that no record names, events
//! around the days of the change, some of them corrected or moved, some beyond the clock.

use crate::events::{batch, tables};
use evaluation::Tables;
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ZONES: [(&str, &str); 4] = [
    ("berlin", "Europe/Berlin"),
    ("delhi", "Asia/Kolkata"),
    ("lord-howe", "Australia/Lord_Howe"),
    ("denver", "America/Denver"),
];
const SITES: [&str; 5] = ["berlin", "delhi", "lord-howe", "denver", "nowhere"];
/// A Monday; clocks change on 29 March and 5 April.
const BEGIN: &str = "2026-03-16T00:00:00Z";
const WEEKS: i64 = 6;

pub struct World {
    events: BTreeMap<&'static str, Vec<Value>>,
    /// The clock; the last events lie beyond it.
    pub as_of: Timestamp,
    chance: ChaCha8Rng,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let as_of = "2026-04-22T10:30:00Z".parse().unwrap();
        let mut world = Self { events: BTreeMap::new(), as_of, chance: ChaCha8Rng::seed_from_u64(seed) };
        world.references();
        world.calendar();
        world.surveys();
        world.training();
        world.outcomes();
        world
    }

    pub fn tables(&self) -> Tables {
        tables(self.events.iter().map(|(stream, events)| (*stream, batch(stream, events, 0))))
    }

    /// The latest revision of every event of a stream.
    pub fn latest(&self, stream: &str, key: &str) -> Vec<&Value> {
        let mut latest: BTreeMap<&str, &Value> = BTreeMap::new();
        for event in self.events.get(stream).into_iter().flatten() {
            let kept = latest.entry(event[key].as_str().unwrap()).or_insert(event);
            if event["revision"].as_i64() > kept["revision"].as_i64() {
                *kept = event;
            }
        }
        latest.into_values().collect()
    }

    /// Those whose time the clock has reached.
    pub fn known(&self, stream: &str, key: &str, time: &str) -> Vec<&Value> {
        self.latest(stream, key).into_iter().filter(|event| at(&event[time]) <= self.as_of).collect()
    }

    /// What clocks show there, and which Monday it is that week.
    pub fn local(&self, site: &Value, at: Timestamp) -> (jiff::civil::DateTime, Date) {
        let zone = ZONES.iter().find(|(id, _)| site == id).map_or("UTC", |(_, zone)| zone);
        let shown = at.to_zoned_datetime(TimeZone::get(zone).unwrap()).datetime();
        let monday = shown.date() - i64::from(shown.date().weekday().to_monday_zero_offset()).days();
        (shown, monday)
    }

    fn add(&mut self, stream: &'static str, event: Value) {
        self.events.entry(stream).or_default().push(event);
    }

    fn site(&mut self) -> &'static str {
        SITES.choose(&mut self.chance).unwrap()
    }

    fn minutes(&mut self, most: i64) -> jiff::SignedDuration {
        jiff::SignedDuration::from_mins(self.chance.random_range(0..most))
    }

    fn moment(&mut self) -> Timestamp {
        BEGIN.parse::<Timestamp>().unwrap() + self.minutes(WEEKS * 7 * 1440)
    }

    fn references(&mut self) {
        for (id, zone) in ZONES {
            let mut site = json!({"site_id": id, "revision": 0, "recorded_at": BEGIN, "name": id, "region": "r", "timezone": zone});
            if id == "delhi" {
                site["working_days"] = json!(["sun", "mon", "tue", "wed", "thu"]);
            }
            self.add("sites", site);
        }
        // At each site somebody stays, others come and go.
        for (leader, site) in SITES.iter().enumerate() {
            let stays =
                json!({"leader_id": format!("l{leader}"), "revision": 0, "recorded_at": BEGIN, "site_id": site});
            self.add("leaders", stays);
        }
        for leader in SITES.len()..12 {
            let mut record = json!({"leader_id": format!("l{leader}"), "revision": 0, "recorded_at": BEGIN,
                "site_id": self.site(), "weekly_hours": 40});
            for (field, half) in [("from", 0), ("to", 21)] {
                let first = BEGIN.parse::<Timestamp>().unwrap().to_zoned_datetime(TimeZone::UTC).date();
                record[field] = json!((first + (half + self.chance.random_range(0..21_i64)).days()).to_string());
            }
            self.add("leaders", record);
        }
    }

    fn calendar(&mut self) {
        for id in 0..260 {
            let site = self.site();
            for revision in 0..self.chance.random_range(1..=2) {
                let starts = self.moment();
                let longest = *[60, 240, 900, 2000].choose(&mut self.chance).unwrap();
                let ends = starts + jiff::SignedDuration::from_mins(1) + self.minutes(longest);
                let category = *["field", "field", "prestart", "coaching", "leave"].choose(&mut self.chance).unwrap();
                let basis = *["actual", "actual", "planned"].choose(&mut self.chance).unwrap();
                let status = *["confirmed", "confirmed", "confirmed", "cancelled"].choose(&mut self.chance).unwrap();
                let leader = format!("l{}", self.chance.random_range(0..12));
                let entry = json!({"entry_id": format!("e{id}"), "revision": revision, "recorded_at": BEGIN,
                    "leader_id": leader, "site_id": site, "basis": basis, "category": category, "status": status,
                    "starts_at": starts.to_string(), "ends_at": ends.to_string()});
                self.add("calendar_audits", entry);
            }
        }
    }

    fn surveys(&mut self) {
        for id in 0..40 {
            let (site, sent) = (self.site(), self.moment());
            let mut survey = json!({"survey_id": format!("s{id}"), "revision": 0, "recorded_at": BEGIN, "instrument": "prestart",
                "site_id": site, "team_id": "t", "sent_at": sent.to_string(), "invited": self.chance.random_range(9..20)});
            if self.chance.random_bool(0.7) {
                let closes = sent + jiff::SignedDuration::from_mins(1) + self.minutes(14 * 1440);
                survey["closes_at"] = json!(closes.to_string());
            }
            self.add("pulse_surveys", survey);
            for answer in 0..self.chance.random_range(0..14) {
                let submitted = sent + self.minutes(30 * 1440);
                let response = json!({"response_id": format!("s{id}-{answer}"), "revision": 0, "recorded_at": BEGIN,
                    "survey_id": format!("s{id}"), "instrument": "prestart", "site_id": site, "team_id": "t",
                    "respondent_id": format!("r{}", self.chance.random_range(0..9)), "submitted_at": submitted.to_string(),
                    "items": [{"item": "i", "score": 4, "min": 1, "max": 5}]});
                self.add("pulse_responses", response);
            }
        }
    }

    fn training(&mut self) {
        for id in 0..80 {
            let (site, made) = (self.site(), self.moment());
            let event = |verb: &str, number: i64, at: Timestamp| {
                let mut event = json!({"event_id": format!("t{id}-{number}"), "revision": 0, "recorded_at": BEGIN,
                    "person_id": format!("p{id}"), "role": "learner", "site_id": site, "program_id": "x", "verb": verb,
                    "occurred_at": at.to_string(), "commitment_id": format!("c{id}")});
                if verb == "committed" {
                    event["due_at"] = json!((at + jiff::SignedDuration::from_hours(24 * 14)).to_string());
                }
                event
            };
            self.add("training_events", event("committed", 0, made));
            for number in 1..=self.chance.random_range(0..3) {
                // Now and then before the commitment: that is no application of it.
                let applied = made - jiff::SignedDuration::from_hours(24) + self.minutes(25 * 1440);
                self.add("training_events", event("applied", number, applied));
            }
        }
    }

    fn outcomes(&mut self) {
        // Hours in every week of every site: incidents per no hours at all are nothing.
        for (number, site) in SITES.iter().enumerate() {
            for week in -1..=WEEKS {
                let monday = BEGIN.parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(24 * 7 * week + 20);
                let outcome = json!({"outcome_id": format!("h{number}.{week}"), "revision": 0, "recorded_at": BEGIN,
                    "site_id": site, "occurred_at": monday.to_string(), "kind": "hours_worked", "value": 1250.25});
                self.add("outcomes", outcome);
            }
        }
        for id in 0..160 {
            let (kind, value) = match self.chance.random_range(0..3) {
                0 => ("recordable_incident", self.chance.random_range(1..3) as f64),
                1 => ("near_miss", 1.0),
                _ => ("hours_worked", f64::from(self.chance.random_range(10_000..400_000)) / 4.0),
            };
            let outcome = json!({"outcome_id": format!("o{id}"), "revision": 0, "recorded_at": BEGIN, "site_id": self.site(),
                "occurred_at": self.moment().to_string(), "kind": kind, "value": value});
            self.add("outcomes", outcome);
        }
    }
}

/// A moment as JSON writes it.
pub fn at(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}
