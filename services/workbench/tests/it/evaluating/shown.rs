//! What is shown of stored results: publications, values and states, at any clock.

use crate::world::*;
use indicators::{Reason, State};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

#[tokio::test]
async fn a_week_is_published_once_complete_and_again_only_for_enough_further_respondents() {
    let world = World::new().await;
    ingest(&world.lake, "pulse_responses", &answers(0..6), 0).await;
    let count = "SELECT COUNT(*) FROM publications";
    world.save("2026-03-09T23:59:59Z").await; // its week ended at midnight: 24 hours of grace
    assert_eq!(world.number(count).await, 0);
    world.save("2026-03-10T00:00:00Z").await;
    assert_eq!(world.number(count).await, 1);
    ingest(&world.lake, "pulse_responses", &answers(6..10), 0).await;
    world.save("2026-03-11T00:00:00Z").await;
    assert_eq!(world.number(count).await, 1);
    ingest(&world.lake, "pulse_responses", &answers(10..11), 0).await;
    world.save("2026-03-12T00:00:00Z").await;
    let shown = world.sql("SELECT version, respondents, published_at FROM publications ORDER BY version").await;
    assert!(shown.contains("| 1       | 6           | 2026-03-10T00:00:00Z"), "{shown}");
    assert!(shown.contains("| 2       | 11          | 2026-03-12T00:00:00Z"), "{shown}");
}

#[tokio::test]
async fn indicator_values_tell_value_and_state() {
    let world = World::new().await;
    ingest(&world.lake, "calendar_audits", &[entry(1, "2026-03-09T09:00:00Z", "2026-03-09T10:00:00Z")], 0).await;
    world.save("2026-03-18T00:00:00Z").await;
    let week = world
        .sql(
            "SELECT scope, site, region, value, target, state, lacking FROM indicator_values
        WHERE metric = 'field_time' AND \"window\" = 'week' ORDER BY scope DESC",
        )
        .await;
    let lacking = "judged from 100 more site-weeks on and 12 more weeks of its own";
    assert!(week.contains(&format!("| site    | a    | r      | 1.0   | 0.45   | unjudged | {lacking} |")), "{week}");
    assert!(week.contains("| company |      |        | 1.0   |        |"), "{week}");
    let none =
        world.sql("SELECT state FROM indicator_values WHERE metric = 'prestart_quality' AND \"window\" IS NULL").await;
    assert!(none.contains("no_data"), "{none}");
}

/// A tenth of the time in the field and answers that say no, every week for two years and a half; and a site that nobody
/// knows of, two years ago.
#[tokio::test]
async fn years_are_shown_as_if_all_of_them_were_looked_at() {
    let world = World::new().await;
    let (mut entries, mut answered) = (Vec::new(), Vec::new());
    for week in 0..130_i64 {
        let monday: Timestamp = "2023-09-04T08:00:00Z".parse().unwrap();
        let at = |hour: i64| (monday + SignedDuration::from_hours(week * 7 * 24 + hour)).to_string();
        for (id, category, from, to) in [(2 * week, "field", 0, 1), (2 * week + 1, "admin", 1, 10)] {
            let mut entry = entry(usize::try_from(id).unwrap(), &at(from), &at(to));
            entry["category"] = json!(category);
            entries.push(entry);
        }
        for (n, mut answer) in answers(0..6).into_iter().enumerate() {
            answer["response_id"] = json!(format!("r{week}-{n}"));
            answer["survey_id"] = json!(format!("s{week}"));
            answer["submitted_at"] = json!(at(1));
            answer["items"][0]["score"] = json!(1 + n % 2);
            answered.push(answer);
        }
    }
    entries[60]["site_id"] = json!("nobody knows");
    ingest(&world.lake, "calendar_audits", &entries, 0).await;
    ingest(&world.lake, "pulse_responses", &answered, 0).await;
    let mut results = world.open().await;
    world.refresh(&mut results, "2026-03-05T00:00:00Z").await;
    let values = results.values(&world.metrics).unwrap();
    assert_eq!(values, results.stored().unwrap().values(&world.metrics));
    let streaks = values.metrics.iter().map(|metric| metric.judgements[0].streak).collect::<Vec<_>>();
    assert_eq!(streaks, [Some(130), None, Some(130)]);
    assert!(values.sites.iter().any(|site| site.id == "nobody knows"));
}

/// Two years of three sites, one of which lagged until half a year ago and has not been heard of since: it still lags, and
/// what it was a year before that is found.
#[tokio::test]
async fn a_site_that_went_quiet_is_shown_as_if_all_years_were_looked_at() {
    let world = World::new().await;
    let mut entries = Vec::new();
    for week in 0..100_i64 {
        let monday: Timestamp = "2024-01-01T08:00:00Z".parse().unwrap();
        let at = |hour: i64| (monday + SignedDuration::from_hours(week * 7 * 24 + hour)).to_string();
        for site in ["b", "c", "quiet"] {
            let field = if site == "quiet" && week > 60 { 1 } else { 5 + week % 2 };
            let there = site != "quiet" || week < 74;
            for (category, from, to) in [("field", 0, field), ("admin", field, 10)].into_iter().filter(|_| there) {
                let mut entry = entry(entries.len(), &at(from), &at(to));
                (entry["category"], entry["site_id"]) = (json!(category), json!(site));
                entries.push(entry);
            }
        }
    }
    ingest(&world.lake, "calendar_audits", &entries, 0).await;
    let mut results = world.open().await;
    world.refresh(&mut results, "2025-12-03T00:00:00Z").await;
    let values = results.values(&world.metrics).unwrap();
    assert_eq!(values, results.stored().unwrap().values(&world.metrics));
    let quiet = values.metric("field_time").unwrap().judgement("quiet").unwrap();
    let reasons: Vec<_> = quiet.on().map(|on| (on.reason, on.since.unwrap().to_string())).collect();
    let since = |reason| (reason, "2025-03-03".to_owned());
    assert_eq!(reasons, [Reason::Below, Reason::BehindPeers, Reason::Falling].map(since));
    assert_eq!(
        (quiet.state, quiet.on().next().unwrap().last_week.unwrap().to_string()),
        (State::Silent, "2025-05-26".into())
    );
    let told = world
        .sql("SELECT DISTINCT reasons_last_week FROM indicator_values WHERE site = 'quiet' AND metric = 'field_time'");
    let told = told.await;
    assert!(told.contains("2025-05-26"), "{told}");
    let outlook = world.sql(
        "SELECT DISTINCT site, course, assurance FROM indicator_values WHERE metric = 'field_time' AND site <> 'c' ORDER BY site",
    );
    let outlook = outlook.await;
    assert!(outlook.contains("| b     | steady | most      |"), "{outlook}");
    assert!(outlook.contains("| quiet |        |           |"), "of what is not heard of nothing is said: {outlook}");
}

/// What was shown stays in the results when the clock goes back before it, and names no site at that clock.
#[tokio::test]
async fn a_site_that_only_later_weeks_name_is_not_shown_yet() {
    let world = World::new().await;
    let mut answers = answers(0..6);
    answers.iter_mut().for_each(|answer| answer["site_id"] = json!("nobody knows"));
    ingest(&world.lake, "pulse_responses", &answers, 0).await;
    let mut results = world.open().await;
    for (as_of, sites) in [("2026-03-20T00:00:00Z", 2), ("2026-02-20T00:00:00Z", 1), ("2026-03-20T00:00:00Z", 2)] {
        world.refresh(&mut results, as_of).await;
        let values = results.values(&world.metrics).unwrap();
        assert_eq!(values, results.stored().unwrap().values(&world.metrics), "at {as_of}");
        assert_eq!(values.sites.len(), sites, "at {as_of}");
    }
}
