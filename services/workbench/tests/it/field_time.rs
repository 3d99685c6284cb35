//! Time in the field: unions, weeks, revisions, the clock, contracted hours and who has to account for them.

use crate::events::*;
use serde_json::{Value, json};

fn site(id: &str, zone: &str) -> Value {
    json!({"site_id": id, "revision": 0, "recorded_at": "2025-01-01T00:00:00Z", "name": id, "region": "r", "timezone": zone})
}

fn entry(id: &str, leader: &str, category: &str, from: &str, to: &str) -> Value {
    json!({"entry_id": id, "revision": 0, "recorded_at": "2026-03-01T00:00:00Z", "leader_id": leader, "site_id": "a",
           "basis": "actual", "category": category, "status": "confirmed", "starts_at": from, "ends_at": to})
}

fn with(mut event: Value, changes: Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        event[key] = value.clone();
    }
    event
}

fn leader(id: &str, rest: Value) -> Value {
    let base = json!({"leader_id": id, "revision": 0, "recorded_at": "2025-01-01T00:00:00Z", "site_id": "a"});
    with(base, rest)
}

async fn parts(calendar: &[Value], leaders: &[Value], zone: &str, as_of: &str) -> Vec<indicators::PartRow> {
    parts_of(&[site("a", zone)], calendar, leaders, as_of).await
}

async fn parts_of(sites: &[Value], calendar: &[Value], leaders: &[Value], as_of: &str) -> Vec<indicators::PartRow> {
    let tables = tables([
        ("sites", batch("sites", sites, 0)),
        ("leaders", batch("leaders", leaders, 0)),
        ("calendar_audits", batch("calendar_audits", calendar, 0)),
    ]);
    evaluated(&tables, &["field_time"], as_of).await.parts
}

const HOUR: i128 = 3600;

/// Logged and expected of each row, in seconds.
fn coverage(parts: &[indicators::PartRow]) -> Vec<(i128, i128)> {
    let seconds = |part: Option<i128>| part.map(|units| units / NINE).unwrap();
    parts.iter().map(|row| (seconds(row.logged), seconds(row.expected))).collect()
}

#[tokio::test]
async fn overlaps_count_once_a_leader_and_leave_is_not_working_time() {
    let calendar = [
        entry("1", "x", "field", "2026-03-02T09:00:00Z", "2026-03-02T11:00:00Z"),
        entry("2", "x", "field", "2026-03-02T10:00:00Z", "2026-03-02T12:00:00Z"),
        entry("3", "x", "meeting", "2026-03-02T11:00:00Z", "2026-03-02T14:00:00Z"),
        entry("4", "y", "field", "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"),
        entry("5", "y", "leave", "2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z"),
        with(entry("6", "y", "field", "2026-03-05T09:00:00Z", "2026-03-05T10:00:00Z"), json!({"status": "tentative"})),
        with(entry("7", "y", "field", "2026-03-05T09:00:00Z", "2026-03-05T10:00:00Z"), json!({"basis": "planned"})),
        entry("8", "z", "leave", "2026-03-16T00:00:00Z", "2026-03-17T00:00:00Z"), // a week of leave alone: no row
    ];
    let parts = parts(&calendar, &[], "UTC", "2026-04-01T00:00:00Z").await;
    assert_eq!(whole(&parts), [("2026-03-02".to_owned(), "a", 4 * HOUR, 6 * HOUR)]);
    assert_eq!(coverage(&parts), [(0, 0)], "of leaders without a record nothing is expected");
}

#[tokio::test]
async fn expected_is_the_hours_of_the_leaders_employed_on_the_days_of_the_week() {
    let leaders = [
        leader("x", json!({"weekly_hours": 40})),
        leader("idle", json!({"weekly_hours": 37.5})),
        leader("elsewhere", json!({"weekly_hours": 40, "site_id": "b"})),
        leader("left", json!({"weekly_hours": 40, "to": "2026-03-01"})),
        leader("leaves", json!({"weekly_hours": 10, "to": "2026-03-02"})), // one day of five
        leader("comes", json!({"weekly_hours": 10, "from": "2026-03-06"})), // another one
        leader("later", json!({"weekly_hours": 10, "from": "2026-03-07"})), // nobody works on that Saturday
        leader("unknown", json!({})),
    ];
    let calendar = [entry("1", "x", "field", "2026-03-02T09:00:00Z", "2026-03-02T11:00:00Z")];
    let parts = parts(&calendar, &leaders, "UTC", "2026-04-01T00:00:00Z").await;
    assert_eq!(coverage(&parts), [(2 * HOUR, (40 + 2 + 2) * HOUR + 75 * HOUR / 2)]);
}

/// Four all-day entries of leave, of 24 hours each, made up for two empty calendars: 0.8 of 120 hours seemed to be logged.
#[tokio::test]
async fn leave_around_the_clock_makes_up_for_nobodys_empty_calendar() {
    let leaders = ["x", "empty", "empty too"].map(|id| leader(id, json!({"weekly_hours": 40})));
    let calendar = [
        entry("1", "x", "leave", "2026-03-02T00:00:00Z", "2026-03-06T00:00:00Z"),
        entry("2", "x", "field", "2026-03-06T09:00:00Z", "2026-03-06T10:00:00Z"),
    ];
    let parts = parts(&calendar, &leaders, "UTC", "2026-04-01T00:00:00Z").await;
    assert_eq!(coverage(&parts), [(40 * HOUR, 120 * HOUR)]);
}

#[tokio::test]
async fn a_leader_is_expected_on_the_working_days_on_which_the_post_is_held_and_the_site_is_open() {
    let week = json!({"working_days": ["sun", "mon", "tue", "wed", "thu", "sat"], "opened_on": "2026-03-04", "closed_on": "2026-03-14"});
    let leaders = [
        leader("x", json!({"weekly_hours": 36})),
        leader("came", json!({"weekly_hours": 36, "from": "2026-03-06", "to": "2026-03-07"})),
        leader("moved here", json!({"weekly_hours": 36, "from": "2026-03-12"})),
    ];
    let calendar = [
        entry("1", "x", "field", "2026-03-05T09:00:00Z", "2026-03-05T11:00:00Z"),
        entry("2", "moved here", "field", "2026-03-09T09:00:00Z", "2026-03-09T23:00:00Z"),
    ];
    let parts = parts_of(&[with(site("a", "UTC"), week)], &calendar, &leaders, "2026-04-01T00:00:00Z").await;
    // Open from Wednesday on: Wednesday, Thursday, Saturday, Sunday; and of those the Saturday. Then Monday to Thursday and
    // Saturday, and of those Thursday and Saturday.
    assert_eq!(coverage(&parts), [(2 * HOUR, (24 + 6) * HOUR), (12 * HOUR, (30 + 12) * HOUR)]);
}

#[tokio::test]
async fn of_a_site_that_no_record_names_monday_to_friday_are_expected() {
    let leaders = [leader("x", json!({"weekly_hours": 40, "from": "2026-03-05"}))];
    let calendar = [entry("1", "x", "field", "2026-03-05T09:00:00Z", "2026-03-05T11:00:00Z")];
    let parts = parts_of(&[site("b", "UTC")], &calendar, &leaders, "2026-04-01T00:00:00Z").await;
    assert_eq!(coverage(&parts), [(2 * HOUR, 16 * HOUR)]);
}

#[tokio::test]
async fn a_moved_or_cancelled_entry_leaves_the_week_that_it_was_in() {
    let moved = json!({"revision": 1, "starts_at": "2026-03-09T09:00:00Z", "ends_at": "2026-03-09T10:00:00Z"});
    let one = entry("1", "x", "field", "2026-03-02T09:00:00Z", "2026-03-02T11:00:00Z");
    let two = entry("2", "x", "field", "2026-03-02T09:00:00Z", "2026-03-02T11:00:00Z");
    let calendar = [
        with(one.clone(), moved),
        one,
        two.clone(),
        with(two.clone(), json!({"recorded_at": "2026-03-01T00:00:01Z", "status": "cancelled"})),
        two,
    ];
    let parts = parts(&calendar, &[], "UTC", "2026-04-01T00:00:00Z").await;
    assert_eq!(whole(&parts), [("2026-03-09".to_owned(), "a", HOUR, HOUR)]);
}

#[tokio::test]
async fn entries_are_cut_at_site_local_weeks_and_at_the_clock() {
    let night = entry("1", "x", "field", "2026-03-29T10:00:00Z", "2026-03-30T10:00:00Z");
    let cut = parts(std::slice::from_ref(&night), &[], "Europe/London", "2026-04-10T00:00:00Z").await;
    // London is on summer time from that Sunday: Monday starts at 23:00 UTC.
    let monday = |week: &str, hours| (week.to_owned(), "a", hours * HOUR, hours * HOUR);
    assert_eq!(whole(&cut), [monday("2026-03-23", 13), monday("2026-03-30", 11)]);
    let running = parts(std::slice::from_ref(&night), &[], "Europe/London", "2026-03-30T00:00:00Z").await;
    assert_eq!(whole(&running), [monday("2026-03-23", 13), monday("2026-03-30", 1)]);
    let before = parts(&[night], &[], "Europe/London", "2026-03-29T10:00:00Z").await;
    assert_eq!(whole(&before), []);
}

#[tokio::test]
async fn a_revision_beyond_the_clock_hides_the_entry_and_no_older_one_returns() {
    let one = entry("1", "x", "field", "2026-03-02T09:00:00Z", "2026-03-02T11:00:00Z");
    let later = json!({"revision": 1, "starts_at": "2026-05-04T09:00:00Z", "ends_at": "2026-05-04T10:00:00Z"});
    let parts = parts(&[one.clone(), with(one, later)], &[], "UTC", "2026-04-01T00:00:00Z").await;
    assert_eq!(parts, []);
}

#[tokio::test]
async fn an_unknown_site_is_evaluated_in_utc() {
    let tables = tables([(
        "calendar_audits",
        batch("calendar_audits", &[entry("1", "x", "field", "2026-03-01T23:00:00Z", "2026-03-02T01:00:00Z")], 0),
    )]);
    let evaluated = evaluated(&tables, &["field_time"], "2026-04-01T00:00:00Z").await;
    let row = |week: &str| (week.to_owned(), "a", HOUR, HOUR);
    assert_eq!(whole(&evaluated.parts), [row("2026-02-23"), row("2026-03-02")]);
    assert_eq!(evaluated.sites, []);
    let weeks = &evaluated.activity.weeks[&("calendar_audits".to_owned(), "a".to_owned())];
    assert_eq!(weeks.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2026-02-23"]);
}

#[tokio::test]
async fn of_equal_revisions_of_a_reference_record_the_later_offset_wins_and_a_deletion_removes() {
    let tables = tables([
        ("sites", batch("sites", &[site("b", "Asia/Tokyo"), site("a", "Asia/Tokyo"), site("a", "UTC")], 0)),
        ("sites", batch("sites", &[json!({"_deleted": "b"})], 3)),
        (
            "calendar_audits",
            batch("calendar_audits", &[entry("1", "x", "field", "2026-03-01T20:00:00Z", "2026-03-01T21:00:00Z")], 0),
        ),
    ]);
    let evaluated = evaluated(&tables, &["field_time"], "2026-04-01T00:00:00Z").await;
    assert_eq!(whole(&evaluated.parts), [("2026-02-23".to_owned(), "a", HOUR, HOUR)]);
    assert_eq!(evaluated.sites.iter().map(|site| site.id.as_str()).collect::<Vec<_>>(), ["a"]);
}
