//! How new the streams are, as the lake and nothing else tells it.

use crate::world::*;
use evaluation::Freshness;
use jiff::Timestamp;
use serde_json::Value;

fn recorded(id: usize, at: &str) -> Value {
    let mut event = entry(id, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z");
    event["recorded_at"] = at.into();
    event
}

fn of(streams: &[Freshness], name: &str) -> Option<Timestamp> {
    streams.iter().find(|fresh| fresh.stream == name).map(|fresh| fresh.recorded)
}

/// Freshness was that of the process: after a restart a stale lake raised nothing, and one old event that came late raised a
/// false alarm.
#[tokio::test]
async fn a_stream_is_as_new_as_the_newest_event_in_its_table_whoever_asks_and_whatever_came_last() {
    let world = World::new().await;
    let now: Timestamp = "2026-03-20T00:00:00Z".parse().unwrap();
    let newest: Timestamp = "2026-03-01T06:00:00Z".parse().unwrap();
    ingest(&world.lake, "calendar_audits", &[recorded(1, "2026-03-01T06:00:00Z")], 0).await;
    let mut results = world.open().await;
    assert_eq!(of(&results.freshness(), "calendar_audits"), Some(newest), "known before anything is evaluated");
    assert_eq!(of(&results.freshness(), "outcomes"), None, "nothing is known of a stream that nobody ever sent");

    ingest(&world.lake, "calendar_audits", &[recorded(2, "2025-07-01T00:00:00Z")], 1).await;
    world.refresh(&mut results, &now.to_string()).await;
    assert_eq!(of(&results.freshness(), "calendar_audits"), Some(newest), "an old event makes nothing older");

    ingest(&world.lake, "calendar_audits", &[recorded(3, "2026-03-04T00:00:00Z")], 2).await;
    world.refresh(&mut results, &now.to_string()).await;
    let later = Some("2026-03-04T00:00:00Z".parse().unwrap());
    assert_eq!(of(&results.freshness(), "calendar_audits"), later);
    assert_eq!(results.freshness(), world.open().await.freshness(), "the same to a program that starts anew");
}

#[tokio::test]
async fn a_source_whose_clock_is_ahead_does_not_hide_silence() {
    let world = World::new().await;
    ingest(&world.lake, "calendar_audits", &[recorded(1, "2100-01-01T00:00:00Z")], 0).await;
    let fresh = of(&world.open().await.freshness(), "calendar_audits").unwrap();
    let written = Timestamp::now();
    assert!(fresh <= written && written.duration_since(fresh).as_secs() < 600, "as new as its file: {fresh}");
}
