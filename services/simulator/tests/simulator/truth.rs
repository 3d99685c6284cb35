//! The truth again, another way: from the JSON that was sent, second by second.

use crate::{real, small};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde_json::{Value, json};
use simulator::{Metric, Part};
use std::collections::{BTreeMap, BTreeSet};

/// The latest revision of every event of a stream, read back from its payloads.
fn latest(stream: &str) -> Vec<Value> {
    let mut latest: BTreeMap<String, ((i64, Timestamp), Value)> = BTreeMap::new();
    for event in &small().streams()[stream] {
        let value: Value = serde_json::from_slice(&event.payload().unwrap()).unwrap();
        let recency = (value["revision"].as_i64().unwrap(), time(&value["recorded_at"]));
        let kept = latest.entry(event.key().to_owned()).or_insert((recency, value.clone()));
        if recency > kept.0 {
            *kept = (recency, value);
        }
    }
    latest.into_values().map(|(_, value)| value).collect()
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

fn zone(site: &str) -> TimeZone {
    let sites = latest("sites");
    let record = sites.iter().find(|record| record["site_id"] == site).unwrap();
    TimeZone::get(record["timezone"].as_str().unwrap()).unwrap()
}

fn monday(day: Date) -> Date {
    day.checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days()).unwrap()
}

/// The bounds of a local week that lie before the end of the data.
fn bounds(site: &str, week: Date) -> (Timestamp, Timestamp) {
    let zone = zone(site);
    let start = |day: Date| zone.to_zoned_datetime(day.at(0, 0, 0, 0)).unwrap().timestamp();
    (start(week), start(week.checked_add(7.days()).unwrap()).min(small().plan.end))
}

fn parts(metric: Metric) -> Vec<&'static Part> {
    small().truth.parts.iter().filter(|part| part.metric == metric.name()).collect()
}

/// Every `nth` row, the rows of weeks in which clocks change, and those of the running week.
fn sample(metric: Metric, nth: usize) -> Vec<&'static Part> {
    let changes: Vec<Date> =
        ["2026-03-02", "2026-03-23", "2026-03-30", "2026-06-15"].map(|d| d.parse().unwrap()).into();
    let parts = parts(metric).into_iter().enumerate();
    parts.filter(|(i, part)| i % nth == 0 || changes.contains(&part.week)).map(|(_, part)| part).collect()
}

#[test]
fn field_time_agrees_with_marked_eighths_of_seconds() {
    let audits = latest("calendar_audits");
    let left = |post: &Value| Some((post["site_id"].to_string(), monday(post["to"].as_str()?.parse().unwrap())));
    let handovers: BTreeSet<(String, Date)> = latest("leaders").iter().filter_map(left).collect();
    let of_one = |part: &&Part| handovers.contains(&(json!(part.site).to_string(), part.week));
    let in_handovers = parts(Metric::FieldTime).into_iter().filter(of_one);
    let mut shared_posts = 0;
    for part in sample(Metric::FieldTime, 59).into_iter().chain(in_handovers) {
        let (from, to) = bounds(&part.site, part.week);
        // Phones measure to an eighth of a second.
        let tick = |at: Timestamp| usize::try_from(at.clamp(from, to).duration_since(from).as_millis() / 125).unwrap();
        let mut marks: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
        for entry in &audits {
            let counts = entry["site_id"] == *part.site && entry["basis"] == "actual" && entry["status"] == "confirmed";
            if !counts || time(&entry["starts_at"]) > small().plan.end {
                continue;
            }
            let week = marks.entry(entry["leader_id"].as_str().unwrap()).or_insert_with(|| vec![0; tick(to)]);
            let mark = match entry["category"].as_str().unwrap() {
                "field" => 7,
                "leave" => 1,
                _ => 3,
            };
            week[tick(time(&entry["starts_at"]))..tick(time(&entry["ends_at"]))].iter_mut().for_each(|m| *m |= mark);
        }
        let seconds = |marks: &[u8], bit: u8| real(marks.iter().filter(|mark| **mark & bit > 0).count()) / 8.0;
        let covered = |bit: u8| marks.values().map(|marks| seconds(marks, bit)).sum::<f64>();
        assert_eq!(part.numerator.parse::<f64>().unwrap(), covered(4), "{part:?}");
        assert_eq!(part.denominator.parse::<f64>().unwrap(), covered(2), "{part:?}");
        let (mut logged, mut expected) = (0.0, 0.0);
        for (leader, hours) in expected_hours(&part.site, part.week) {
            shared_posts += usize::from(hours > 0.0 && hours < 30.0);
            expected += hours * 3600.0;
            logged += marks.get(leader.as_str()).map_or(0.0, |marks| seconds(marks, 1)).min(hours * 3600.0);
        }
        let near = |text: &Option<String>, value: f64| (text.as_ref().unwrap().parse::<f64>().unwrap() - value).abs();
        assert!(near(&part.logged, logged) < 1e-6 && near(&part.expected, expected) < 1e-6, "{part:?}");
    }
    assert!(shared_posts > 0, "or no part of a week was tried");
}

/// Each leader's contracted hours of a week, a fifth for each day from Monday to Friday that lies within the post.
fn expected_hours(site: &str, week: Date) -> Vec<(String, f64)> {
    let posts = latest("leaders").into_iter().filter(|post| post["site_id"] == *site);
    let hours = posts.map(|post| {
        let date = |name: &str, open: &str| post[name].as_str().unwrap_or(open).parse::<Date>().unwrap();
        let held = date("from", "0001-01-01")..=date("to", "9999-12-31");
        let days = (0..5_i64).filter(|day| held.contains(&week.checked_add(day.days()).unwrap())).count();
        (post["leader_id"].as_str().unwrap().to_owned(), post["weekly_hours"].as_f64().unwrap() * real(days) / 5.0)
    });
    hours.collect()
}

#[test]
fn prestart_quality_agrees_with_floats() {
    let responses = latest("pulse_responses");
    for part in sample(Metric::PrestartQuality, 7) {
        let (from, to) = bounds(&part.site, part.week);
        let mut people: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for response in &responses {
            let submitted = time(&response["submitted_at"]);
            let inside = submitted >= from && (submitted < to || (submitted == to && to == small().plan.end));
            if response["site_id"] == *part.site && response["instrument"] == "prestart" && inside {
                let share = |item: &Value| {
                    let number = |name: &str| item[name].as_f64().unwrap();
                    (number("score") - number("min")) / (number("max") - number("min"))
                };
                let items = response["items"].as_array().unwrap();
                let score = items.iter().map(share).sum::<f64>() / real(items.len());
                let id = response["respondent_id"].as_str().or(response["response_id"].as_str()).unwrap();
                people.entry(id.to_owned()).or_default().push(score);
            }
        }
        let means: Vec<f64> = people.values().map(|scores| scores.iter().sum::<f64>() / real(scores.len())).collect();
        let near = |text: &str, value: f64| (text.parse::<f64>().unwrap() - value).abs() < 1e-6;
        assert!(near(&part.denominator, real(means.len())), "{part:?}");
        assert!(near(&part.numerator, means.iter().sum()), "{part:?}");
        assert!(near(part.sum_squares.as_ref().unwrap(), means.iter().map(|mean| mean * mean).sum()), "{part:?}");
    }
}

#[test]
fn follow_through_agrees_with_promises_counted_from_their_own_side() {
    let events = latest("training_events");
    let by_verb = |verb: &str| -> BTreeMap<&str, Vec<Timestamp>> {
        let mut by_id: BTreeMap<&str, Vec<Timestamp>> = BTreeMap::new();
        for event in events.iter().filter(|event| event["verb"] == verb) {
            if let Some(id) = event["commitment_id"].as_str() {
                by_id.entry(id).or_default().push(time(&event["occurred_at"]));
            }
        }
        by_id
    };
    let (applied, withdrawn, committed) = (by_verb("applied"), by_verb("withdrawn"), by_verb("committed"));
    let mut rows: BTreeMap<(Date, String), (f64, f64)> = BTreeMap::new();
    for event in events.iter().filter(|event| event["verb"] == "committed") {
        let (id, due) = (event["commitment_id"].as_str().unwrap(), time(&event["due_at"]));
        let first = committed[id].iter().min().unwrap() == &time(&event["occurred_at"]);
        let taken_out = withdrawn.get(id).is_some_and(|times| times.iter().any(|at| *at < due));
        if due > small().plan.end || !first || taken_out {
            continue;
        }
        let site = event["site_id"].as_str().unwrap();
        let week = monday(zone(site).to_datetime(due).date());
        let row = rows.entry((week, site.to_owned())).or_default();
        row.0 += f64::from(applied.get(id).is_some_and(|times| times.iter().any(|at| *at <= due)));
        row.1 += 1.0;
    }
    let truth: BTreeMap<_, _> = parts(Metric::LearningFollowThrough)
        .into_iter()
        .map(|part| {
            let number = |text: &str| text.parse::<f64>().unwrap();
            ((part.week, part.site.clone()), (number(&part.numerator), number(&part.denominator)))
        })
        .collect();
    assert_eq!(truth, rows);
}
