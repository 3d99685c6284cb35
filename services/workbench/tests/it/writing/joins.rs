//! Joins that count a row several times, which `query check` notes.

use crate::{
    events::{contracts, queries},
    query_files::{GOOD, good},
};
use std::path::PathBuf;
use workbench::{doubts, load_queries, read_queries};

async fn doubt(sql: &str) -> Option<String> {
    let text = GOOD[..GOOD.find("SELECT").unwrap()].to_owned() + sql;
    let metrics = read_queries(&[(PathBuf::from("x.sql"), text)], &contracts()).await.unwrap();
    doubts(&metrics, &contracts()).await.unwrap().pop().map(|(_, why)| why)
}

/// Outcomes with something joined to them.
fn over(part: &str, joined: &str) -> String {
    format!(
        "SELECT o.week, o.site_id AS site, o.kind, {part} AS numerator FROM outcomes AS o {joined}
         GROUP BY o.week, o.site_id, o.kind"
    )
}

const EVENTS: &str = "JOIN training_events AS t ON t.site_id = o.site_id AND t.week = o.week";

/// Outcomes were joined to the training of their site and week, and each counted once for everybody trained.
#[tokio::test]
async fn a_join_of_many_to_many_is_noted() {
    let says = "joined on site_id, week, a row of `o` can match several of `t`, and `numerator` counts it as often";
    for part in
        ["COUNT(*)", "COUNT(t.person_id)", "SUM(o.revision)", "SUM(CASE WHEN t.verb = 'passed' THEN o.revision END)"]
    {
        let found = doubt(&over(part, EVENTS)).await;
        assert!(found.as_ref().is_some_and(|found| found.contains("can match several of")), "{part}: {found:?}");
    }
    let found = doubt(&over("COUNT(*)", EVENTS)).await.unwrap();
    assert!(found.starts_with(says) || found.starts_with(&says.replace("site_id, week", "week, site_id")), "{found}");
    assert!(found.contains("aggregate one side in a subquery first"), "{found}");
    let left = EVENTS.replace("JOIN", "LEFT JOIN");
    assert!(doubt(&over("COUNT(*)", &left)).await.is_some());
    let using =
        "SELECT week, site, kind, SUM(revision) AS numerator FROM (SELECT o.week, o.site_id AS site, o.kind, o.revision
        FROM outcomes AS o JOIN training_events AS t USING (site_id, week)) GROUP BY week, site, kind";
    assert!(doubt(using).await.is_some());
}

/// What the one side says is added up once for each of the many.
#[tokio::test]
async fn a_sum_of_the_one_side_over_its_many_is_noted() {
    let surveys = |part: &str| {
        format!(
            "SELECT s.week, s.site_id AS site, s.instrument AS kind, {part} AS numerator FROM pulse_surveys AS s
             JOIN pulse_responses AS r ON r.survey_id = s.survey_id GROUP BY s.week, s.site_id, s.instrument"
        )
    };
    let found = doubt(&surveys("SUM(s.invited)")).await;
    assert!(found.as_ref().is_some_and(|found| found.contains("a row of `s` can match several of `r`")), "{found:?}");
    assert_eq!(doubt(&surveys("COUNT(*)")).await, None);
    assert_eq!(doubt(&surveys("SUM(r.revision)")).await, None);
    assert_eq!(doubt(&surveys("SUM(CASE WHEN s.invited > 5 THEN 1 ELSE 0 END)")).await, None);
}

/// People of a site, week after week: the join alone repeats the site, but each week is summed for itself.
#[tokio::test]
async fn what_is_repeated_only_over_the_groups_is_not_noted() {
    let people = |by: &str| {
        format!(
            "SELECT {by}, SUM(sites.headcount) AS numerator
             FROM (SELECT week, site_id AS site, kind, COUNT(*) AS many FROM outcomes GROUP BY week, site_id, kind) AS counted
             JOIN sites ON sites.site_id = counted.site
             GROUP BY {by}"
        )
    };
    assert_eq!(doubt(&people("counted.week, counted.site, counted.kind")).await, None);
    let short = people("counted.week, counted.site")
        .replace("SELECT counted.week, counted.site,", "SELECT counted.week, counted.site, 'any' AS kind,");
    let found = doubt(&short).await;
    assert!(
        found.as_ref().is_some_and(|found| found.contains("a row of `sites` can match several of `counted`")),
        "{found:?}"
    );
}

#[tokio::test]
async fn joins_that_match_one_row_or_say_which_are_not() {
    let once = "JOIN (SELECT site_id, week, COUNT(*) AS trained FROM training_events GROUP BY site_id, week) AS t
        ON t.site_id = o.site_id AND t.week = o.week";
    let distinct = once.replace("SELECT site_id, week, COUNT(*) AS trained", "SELECT DISTINCT site_id, week");
    let distinct = distinct.replace("GROUP BY site_id, week", "");
    for joined in [
        "JOIN sites AS t ON t.site_id = o.site_id",
        "LEFT JOIN sites AS t ON o.site_id = t.site_id AND t.region = 'north'",
        "JOIN training_events AS t ON t.event_id = o.outcome_id",
        &format!("{EVENTS} AND t.occurred_at < o.occurred_at"),
        &format!("{EVENTS} WHERE t.occurred_at < o.occurred_at"),
        once,
        &distinct,
        "WHERE EXISTS (SELECT 1 FROM training_events AS t WHERE t.site_id = o.site_id)",
        "WHERE o.site_id IN (SELECT site_id FROM training_events)",
    ] {
        for part in ["COUNT(*)", "SUM(o.revision)"] {
            assert_eq!(doubt(&over(part, joined)).await, None, "{part} {joined}");
        }
    }
    let first = good(
        "FROM outcomes",
        "FROM (SELECT DISTINCT o.* FROM outcomes AS o JOIN training_events AS t USING (site_id))",
    );
    assert_eq!(doubt(&first[first.find("SELECT").unwrap()..]).await, None);
    let shipped = load_queries(queries(), &contracts()).await.unwrap();
    assert!(doubts(&shipped, &contracts()).await.unwrap().is_empty());
}
