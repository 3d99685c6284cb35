//! The site's clock in queries: what `starts_at_local` and the like give, and that nobody takes the clock of UTC for it.

use crate::{
    events::*,
    query_files::good,
    world::{World, entry, ingest},
};
use evaluation::evaluate;
use indicators::Metric;
use serde_json::{Value, json};
use std::{path::PathBuf, sync::Arc};
use workbench::{QueryFileError, read_queries};

/// Counts rows by what clocks showed.
const SHOWN: &str = r#"/*---
help      = "Entries by what clocks showed when they began and ended"
kind      = "count"
labels    = ["site", "began", "ended"]
direction = "higher"
owner     = "tests"
---*/
SELECT week, site_id AS site, CAST(starts_at_local AS VARCHAR) AS began, CAST(ends_at_local AS VARCHAR) AS ended,
       COUNT(*) AS numerator
FROM calendar_audits GROUP BY week, site_id, starts_at_local, ends_at_local
"#;

async fn metric(text: &str) -> Arc<Metric> {
    read_queries(&[(PathBuf::from("shown.sql"), text.to_owned())], &contracts()).await.unwrap().remove(0)
}

fn site(id: &str, zone: &str, revision: i64) -> Value {
    json!({"site_id": id, "revision": revision, "recorded_at": "2025-01-01T00:00:00Z", "name": id, "region": "r", "timezone": zone})
}

fn at(site: &str, mut entry: Value) -> Value {
    entry["site_id"] = json!(site);
    entry
}

/// Rows as `site week began ended`.
fn told(parts: &[indicators::PartRow]) -> Vec<String> {
    let row = |row: &indicators::PartRow| {
        format!("{} {} {} {}", row.site, row.week, row.labels["began"], row.labels["ended"])
    };
    parts.iter().map(row).collect()
}

#[tokio::test]
async fn clocks_show_half_hours_their_changes_and_midnight_where_an_entry_was_cut() {
    let tables = tables([
        ("sites", batch("sites", &[site("berlin", "Europe/Berlin", 0), site("delhi", "Asia/Kolkata", 0)], 0)),
        (
            "calendar_audits",
            batch(
                "calendar_audits",
                &[
                    // The night in which clocks went from 02:00 to 03:00.
                    at("berlin", entry(1, "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z")),
                    // A night from Sunday to Monday, and five and a half hours ahead.
                    at("delhi", entry(2, "2026-03-08T16:30:00Z", "2026-03-08T20:30:00Z")),
                    at("nowhere", entry(3, "2026-03-10T09:00:00Z", "2026-03-10T10:00:00Z")),
                ],
                0,
            ),
        ),
    ]);
    let evaluated = evaluate(&tables, &[metric(SHOWN).await], "2026-04-15T00:00:00Z".parse().unwrap(), &limits()).await;
    assert_eq!(
        told(&evaluated.unwrap().parts),
        [
            "delhi 2026-03-02 2026-03-08T22:00:00 2026-03-09T00:00:00",
            "delhi 2026-03-09 2026-03-09T00:00:00 2026-03-09T02:00:00",
            "nowhere 2026-03-09 2026-03-10T09:00:00 2026-03-10T10:00:00",
            "berlin 2026-03-23 2026-03-29T01:30:00 2026-03-29T03:30:00",
        ]
    );
}

#[tokio::test]
async fn the_local_time_of_an_optional_instant_is_read_with_it() {
    let text = SHOWN.replace("starts_at_local", "due_at_local").replace("ends_at_local", "occurred_at_local");
    let text = text.replace("calendar_audits", "training_events WHERE due_at_local IS NOT NULL");
    let event = |id: &str, rest: Value| {
        let mut event = json!({"event_id": id, "revision": 0, "recorded_at": "2026-03-01T00:00:00Z", "person_id": "p",
            "role": "learner", "site_id": "delhi", "program_id": "x", "verb": "attended", "occurred_at": "2026-03-02T20:00:00Z"});
        rest.as_object().unwrap().iter().for_each(|(key, value)| event[key] = value.clone());
        event
    };
    let committed = json!({"verb": "committed", "commitment_id": "c", "due_at": "2026-03-31T18:30:00Z"});
    let tables = tables([
        ("sites", batch("sites", &[site("delhi", "Asia/Kolkata", 0)], 0)),
        ("training_events", batch("training_events", &[event("1", json!({})), event("2", committed)], 0)),
    ]);
    let evaluated = evaluate(&tables, &[metric(&text).await], "2026-04-15T00:00:00Z".parse().unwrap(), &limits()).await;
    assert_eq!(told(&evaluated.unwrap().parts), ["delhi 2026-03-02 2026-04-01T00:00:00 2026-03-03T01:30:00"]);
}

/// The column is made of the site's time zone: where that changes, or becomes known, stored weeks change with it.
#[tokio::test]
async fn a_changed_time_zone_changes_what_clocks_showed() {
    let mut world = World::new().await;
    world.metrics = vec![metric(SHOWN).await];
    let events = [entry(1, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"), {
        at("b", entry(2, "2026-03-03T09:00:00Z", "2026-03-03T10:00:00Z"))
    }];
    ingest(&world.lake, "calendar_audits", &events, 0).await;
    let (mut results, as_of) = (world.open().await, "2026-03-20T00:00:00Z");
    world.refresh(&mut results, as_of).await;
    let hours = |results: &evaluation::Results| told(&results.stored().unwrap().parts);
    let first = hours(&results);
    assert!(first[0].contains("a 2026-03-02 2026-03-02T09:00:00"), "{first:?}");
    ingest(&world.lake, "sites", &[site("a", "Asia/Kolkata", 1), site("b", "Asia/Tokyo", 0)], 1).await;
    world.refresh(&mut results, as_of).await;
    assert_eq!(
        hours(&results),
        [
            "a 2026-03-02 2026-03-02T14:30:00 2026-03-02T15:30:00",
            "b 2026-03-02 2026-03-03T18:00:00 2026-03-03T19:00:00"
        ]
    );
    assert_eq!(results.stored().unwrap().parts, world.evaluate(as_of).await.parts);
}

/// The only fault of a query of calendar entries that counts them by this.
async fn fault(by: &str) -> Option<String> {
    let text = good("kind, COUNT", "'x' AS kind, COUNT");
    let text = text.replace(
        "FROM outcomes WHERE kind = 'near_miss' AND occurred_at <= $as_of",
        "FROM calendar_audits LEFT JOIN sites USING (site_id)",
    );
    let text = text.replace("COUNT(*) AS", &format!("COUNT({by}) AS")).replace(", kind\n", "\n");
    match read_queries(&[(PathBuf::from("x.sql"), text)], &contracts()).await {
        Ok(_) => None,
        Err(QueryFileError::Faults(faults)) => {
            assert_eq!(faults.len(), 1, "{by}: {faults:#?}");
            let fault = &faults[0];
            let marked: String = fault.source.chars().skip(fault.column - 1).take(fault.width).collect();
            Some(format!("{marked}: {}: {}", fault.message, fault.help.clone().unwrap_or_default()))
        }
        Err(other) => panic!("{other}"),
    }
}

/// Mornings were 0 % of one site's working time and 100 % of another's: the hours were those of UTC, and nothing said so.
#[tokio::test]
async fn parts_of_the_calendar_are_not_taken_of_instants() {
    for by in [
        "date_part('hour', starts_at)",
        "datepart('dow', starts_at)",
        "EXTRACT(HOUR FROM starts_at)",
        "date_trunc('day', starts_at)",
        "date_bin(INTERVAL '1 day', starts_at, TIMESTAMP '1970-01-01')",
        "to_char(starts_at, '%H')",
        "date_format(starts_at, '%a')",
        "CAST(starts_at AS DATE)",
        "starts_at::date",
        "CAST(starts_at AS TIME)",
        "CAST(starts_at AS TIMESTAMP)",
        "CAST(starts_at AS VARCHAR)",
        "TRY_CAST(starts_at AS DATE)",
        "arrow_cast(starts_at, 'Date32')",
        "to_date(starts_at)",
        "to_local_time(starts_at)",
        "date_part('hour', to_timestamp(starts_at))",
    ] {
        let told = fault(by).await.unwrap_or_else(|| panic!("{by} passes"));
        assert!(
            told.starts_with("starts_at: ") && told.contains("reads the clock of UTC, not that of the site"),
            "{told}"
        );
        assert!(told.ends_with("what clocks showed there is `starts_at_local`"), "{by}: {told}");
    }
    let of_the_clock = fault("date_trunc('week', $as_of)").await.unwrap();
    assert!(
        of_the_clock.contains("from this: what clocks showed there is `local_time(…, sites.timezone)`"),
        "{of_the_clock}"
    );
}

#[tokio::test]
async fn parts_of_the_calendar_are_taken_of_dates_and_of_the_clock_there() {
    for by in [
        "date_part('hour', starts_at_local)",
        "EXTRACT(DOW FROM starts_at_local)",
        "date_trunc('day', starts_at_local)",
        "date_bin(INTERVAL '1 day', starts_at_local, TIMESTAMP '1970-01-01')",
        "to_char(starts_at_local, '%H')",
        "CAST(starts_at_local AS DATE)",
        "CAST(starts_at_local AS TIME)",
        "CAST(starts_at_local AS VARCHAR)",
        "date_part('hour', local_time($as_of, sites.timezone))",
        "date_part('hour', starts_at AT TIME ZONE 'Europe/London')",
        "date_part('month', week)",
        "date_trunc('month', sites.opened_on)",
        "to_char(week, '%m')",
        "date_part('hour', ends_at - starts_at)",
        "date_part('epoch', starts_at)",
        "week_in(starts_at, sites.timezone)",
        "starts_at >= TIMESTAMP '2026-03-02T09:00:00'",
        "starts_at_local >= TIMESTAMP '2026-03-02T09:00:00'",
        "starts_at < ends_at AND starts_at_local < ends_at_local",
    ] {
        assert_eq!(fault(by).await, None, "{by}");
    }
}

#[tokio::test]
async fn what_clocks_showed_is_not_taken_for_an_instant() {
    for (by, taken) in [
        ("local_time(starts_at_local, sites.timezone)", "`local_time` takes instants"),
        ("starts_at_local < $as_of", "an instant is compared with it"),
        ("starts_at BETWEEN starts_at AND starts_at_local", "an instant is compared with it"),
        ("ends_at - starts_at_local", "an instant is compared with it"),
    ] {
        let told = fault(by).await.unwrap_or_else(|| panic!("{by} passes"));
        let says = "starts_at_local: `starts_at_local` is what clocks showed at a place, no instant: ";
        assert!(told.starts_with(says) && told.contains(taken), "{by}: {told}");
    }
    let text = good("COUNT(*) AS", "SUM(seconds) AS").replace("kind, SUM", "'x' AS kind, SUM").replace(
        "FROM outcomes WHERE kind = 'near_miss' AND occurred_at <= $as_of\nGROUP BY week, site_id, kind",
        "FROM (SELECT week, site_id, covered_seconds(starts_at_local, ends_at_local) AS seconds FROM calendar_audits \
         GROUP BY week, site_id)\nGROUP BY week, site_id",
    );
    let refused = read_queries(&[(PathBuf::from("x.sql"), text)], &contracts()).await.unwrap_err().to_string();
    assert_eq!(refused.matches("`covered_seconds` takes instants").count(), 2, "{refused}");
}
