//! What those who write metrics met, each once: what was refused that is right, and what passed that is not.

use crate::{
    events::*,
    query_files::{GOOD, MEAN, good, mean},
};
use evaluation::{evaluate, sql};
use jiff::Timestamp;
use lake::Lake;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use workbench::{Fault, QueryFileError, QueryTest, check_queries, find_queries, find_readable, read_queries};

async fn faults_of(text: &str) -> Vec<Fault> {
    match read_queries(&[(PathBuf::from("x.sql"), text.to_owned())], &contracts()).await {
        Ok(_) => Vec::new(),
        Err(QueryFileError::Faults(faults)) => faults,
        Err(other) => panic!("{other}"),
    }
}

/// The text has no fault.
async fn passes(text: &str) {
    let faults = faults_of(text).await;
    assert!(faults.is_empty(), "{text}: {faults:#?}");
}

/// The text's only fault says this and underlines that.
async fn refused(text: &str, says: &str, underlined: &str) {
    let faults = faults_of(text).await;
    let marked = |fault: &Fault| fault.source.chars().skip(fault.column - 1).take(fault.width).collect::<String>();
    let told: Vec<_> = faults.iter().map(|fault| (fault.to_string(), marked(fault))).collect();
    let fits = |(message, marked): &(String, String)| message.contains(says) && marked == underlined;
    assert!(told.len() == 1 && fits(&told[0]), "wanted {says} at {underlined} in {text}, got {told:#?}");
}

/// `GOOD` with another SELECT.
fn select(sql: &str) -> String {
    GOOD[..GOOD.find("SELECT").unwrap()].to_owned() + sql
}

/// `GOOD` with another condition.
fn condition(condition: &str) -> String {
    good("kind = 'near_miss'", condition)
}

/// Refusals went by what was written: between quotes a clock was no clock.
#[tokio::test]
async fn a_clock_or_chance_is_one_however_it_is_spelled_and_wherever_it_stands() {
    for call in ["\"now\"()", "NOW ()", "\"current_date\"()", "\"current_timestamp\"()", "\"today\"()", "Current_Date"]
    {
        let faults = faults_of(&good("$as_of", call)).await;
        assert!(faults.iter().any(|fault| fault.message.contains("the only clock is $as_of")), "{call}: {faults:#?}");
    }
    let chance = "\"random\"() < 0.5";
    let places = [
        condition(chance),
        good("COUNT(*)", &format!("COUNT(*) FILTER (WHERE {chance})")),
        good("COUNT(*)", &format!("SUM(CASE WHEN {chance} THEN 1 ELSE 0 END)")),
        good("GROUP BY week, site_id, kind", &format!("GROUP BY week, site_id, kind HAVING {chance}")),
        condition(&format!("site_id IN (SELECT site_id FROM sites WHERE {chance})")),
        condition(&format!("(SELECT MAX(name) FROM sites AS s WHERE s.site_id = outcomes.site_id AND {chance}) = 'a'")),
        good("FROM outcomes", &format!("FROM (WITH o AS (SELECT * FROM outcomes WHERE {chance}) SELECT * FROM o)")),
        good("FROM outcomes", "FROM (SELECT *, SUM(revision) OVER (ORDER BY \"random\"()) AS n FROM outcomes)"),
    ];
    for text in places {
        refused(&text, "`random` gives another result each time", "\"random\"()").await;
    }
    let part = |call: &str| good("COUNT(*) AS", &format!("CAST({call} AS BIGINT) AS"));
    for (call, says) in [
        ("\"approx_distinct\"(kind)", "approx_distinct depends on how rows are batched"),
        ("APPROX_DISTINCT(kind)", "approx_distinct depends on how rows are batched"),
        ("\"approx_median\"(revision)", "approx_median depends on how rows are batched"),
        ("\"any_value\"(revision)", "any_value takes a row by chance"),
    ] {
        let faults = faults_of(&part(call)).await;
        assert!(faults.iter().any(|fault| fault.message.contains(says)), "{call}: {faults:#?}");
    }
    let inner = "FROM (SELECT *, \"approx_distinct\"(kind) OVER (PARTITION BY site_id) AS n FROM outcomes)";
    refused(&good("FROM outcomes", inner), "approx_distinct depends", "\"approx_distinct\"(kind)").await;
}

/// Summed by week and site, and summed again: the planner groups by what follows from the week and site, too, and the author
/// was told "the query groups by `people`, which it does not return".
#[tokio::test]
async fn grouping_is_judged_by_what_makes_rows_of_its_own() {
    let twice = "WITH at_sites AS (SELECT week, site_id, kind, SUM(revision) AS people, COUNT(*) AS all_of_them
           FROM outcomes GROUP BY week, site_id, kind)
         SELECT week, site_id AS site, kind, SUM(people) AS numerator FROM at_sites GROUP BY week, site_id, kind";
    passes(&select(twice)).await;
    passes(&select(&twice.replace(" FROM at_sites", " FROM at_sites AS a WHERE people > 0"))).await;
    passes(&select(&format!("{twice}, people"))).await; // follows from the others
    let more = twice.replace("GROUP BY week, site_id, kind)", "GROUP BY week, site_id, kind, revision)");
    refused(&select(&format!("{more}, people")), "groups by `people`, which it does not return", "people").await;
}

/// A response rate had to be suppressed, and low rates were: the company looked better than it was.
#[tokio::test]
async fn participation_is_no_answer() {
    let counted =
        "SELECT week, site_id AS site, instrument AS kind, COUNT(DISTINCT survey_id) AS numerator FROM pulse_responses
        GROUP BY week, site_id, instrument";
    let counted = counted.replace("COUNT(DISTINCT survey_id)", "COUNT(*)");
    passes(&select(&counted)).await;
    passes(&select(&counted.replace("COUNT(*)", "COUNT(date_part('hour', submitted_at_local))"))).await;
    passes(&select(&counted.replace("FROM pulse_responses", "FROM (SELECT * FROM pulse_responses)"))).await;
    let answered = "WITH answered AS (
          SELECT surveys.week, surveys.site_id, surveys.survey_id, surveys.invited, COUNT(DISTINCT respondent_id) AS people
          FROM pulse_surveys AS surveys LEFT JOIN pulse_responses AS responses
            ON responses.survey_id = surveys.survey_id AND responses.submitted_at <= surveys.closes_at
          GROUP BY surveys.week, surveys.site_id, surveys.survey_id, surveys.invited)
        SELECT week, site_id AS site, SUM(people) AS numerator, SUM(invited) AS denominator FROM answered GROUP BY week, site_id";
    let rate =
        mean("\"mean\"", "\"ratio\"").replace("\"normal\"", "\"none\"").replace("privacy     = { minimum = 5 }\n", "");
    let rate = rate[..rate.find("SELECT").unwrap()].to_owned() + answered;
    passes(&rate).await;
    passes(
        &rate.replace(
            "LEFT JOIN pulse_responses AS responses",
            "LEFT JOIN (SELECT * FROM pulse_responses) AS responses",
        ),
    )
    .await;
    let says = "`items` of `pulse_responses` holds survey answers: declare privacy";
    for reads in [
        "COUNT(*) FILTER (WHERE cardinality(items) > 1)",
        "SUM(score(items))",
        // Whatever the clock is while it is checked.
        "SUM(CASE WHEN $as_of > TIMESTAMP '2020-01-01' THEN score(items) ELSE 0 END)",
    ] {
        refused(&select(&counted.replace("COUNT(*)", reads)), says, "pulse_responses").await;
    }
    let exists = "WHERE EXISTS (SELECT 1 FROM pulse_responses AS r WHERE r.site_id = outcomes.site_id AND r.week = outcomes.week)";
    let exists = good("WHERE kind = 'near_miss'", &format!("{exists} AND kind = 'near_miss'"));
    passes(&exists).await;
    refused(
        &exists
            .replace("SELECT 1 FROM", "SELECT score(items) FROM")
            .replace("r.week =", "score(r.items) > 0.5 AND r.week ="),
        says,
        "pulse_responses",
    )
    .await;
    refused(&MEAN.replace("privacy     = { minimum = 5 }\n", ""), says, "pulse_responses").await;
}

/// What is read was found out with a clock of 1970, at which the column was not needed.
#[tokio::test]
async fn a_column_that_only_some_clocks_need_is_read() {
    let text = good("COUNT(*)", "SUM(CASE WHEN $as_of > TIMESTAMP '2020-01-01' THEN revision ELSE 0 END)");
    let metric = &read_queries(&[("x.sql".into(), text)], &contracts()).await.unwrap()[0];
    assert!(metric.reads["outcomes"].contains("revision"), "{:?}", metric.reads);
}

fn outcome(id: u32, recorded_at: &str) -> Value {
    json!({"outcome_id": format!("o{id}"), "revision": id, "recorded_at": recorded_at, "site_id": "a",
        "occurred_at": "2026-03-03T00:00:00Z", "kind": "near_miss", "value": 1})
}

fn site(id: &str, closed_on: &str) -> Value {
    json!({"site_id": id, "revision": 0, "recorded_at": "2025-01-01T00:00:00Z", "name": "A", "region": "r",
        "timezone": "UTC", "opened_on": "2020-01-01", "closed_on": closed_on})
}

/// The numerators of `GOOD` with another SELECT over three outcomes at a site that closes at the end of time.
async fn counted(sql: &str) -> Vec<i128> {
    let metrics = read_queries(&[("x.sql".into(), select(sql))], &contracts()).await.unwrap();
    let events =
        [outcome(1, "2026-03-03T00:00:00Z"), outcome(2, "2026-03-04T12:00:00Z"), outcome(3, "9999-12-31T00:00:00Z")];
    let sites = [site("a", "9999-12-31"), site("b", "0001-01-01")];
    let tables = tables([("outcomes", batch("outcomes", &events, 0)), ("sites", batch("sites", &sites, 0))]);
    let evaluated = evaluate(&tables, &metrics, "2026-04-01T00:00:00Z".parse().unwrap(), &limits()).await.unwrap();
    assert!(evaluated.failed().is_empty(), "{sql}: {:?}", evaluated.runs);
    evaluated.parts.iter().map(|part| part.numerator / NINE).collect()
}

/// One site that closes on 9999-12-31 failed a query for every site: dates and moments met in nanoseconds, which end in 2262.
#[tokio::test]
async fn dates_and_moments_meet_whatever_the_year() {
    let over = |joined: &str, condition: &str| {
        format!(
            "SELECT o.week, o.site_id AS site, o.kind, COUNT(*) AS numerator FROM outcomes AS o {joined} WHERE {condition}
             GROUP BY o.week, o.site_id, o.kind"
        )
    };
    let sites = "JOIN sites AS s ON s.site_id = o.site_id";
    for (condition, wanted) in [
        ("s.closed_on >= o.occurred_at", 3),
        ("o.recorded_at < s.closed_on", 2),
        ("o.recorded_at = s.closed_on", 1),
        ("o.recorded_at IS DISTINCT FROM s.closed_on", 2),
        ("o.recorded_at BETWEEN s.opened_on AND s.closed_on", 3),
        ("o.recorded_at NOT IN (s.closed_on, s.opened_on) AND s.closed_on IS NOT NULL", 2),
        ("COALESCE(s.closed_on, o.recorded_at) > o.occurred_at", 3),
        ("CASE WHEN o.revision > 2 THEN s.closed_on ELSE o.recorded_at END = o.recorded_at", 3),
        ("CASE o.recorded_at WHEN s.closed_on THEN true ELSE false END", 1),
        ("greatest(o.recorded_at, s.closed_on) = s.closed_on", 3),
        ("NULLIF(o.recorded_at, s.closed_on) IS NULL", 1),
        ("s.closed_on + INTERVAL '1 day' > o.recorded_at", 3),
        ("s.closed_on - INTERVAL '1 month' > o.recorded_at", 2),
        ("o.recorded_at + INTERVAL '1 day' > s.closed_on", 1),
        ("CAST(s.closed_on AS TIMESTAMP) + INTERVAL '12 hours' > o.recorded_at", 3),
        ("o.recorded_at < TIMESTAMP '9999-12-30T00:00:00Z'", 2),
        ("o.recorded_at < '9999-12-30'", 2),
        ("o.recorded_at - s.closed_on > INTERVAL '-1 day'", 1),
        ("o.recorded_at IN (SELECT closed_on FROM sites)", 1),
        ("EXISTS (SELECT 1 FROM sites AS other WHERE other.closed_on > o.recorded_at)", 2),
    ] {
        assert_eq!(counted(&over(sites, condition)).await, [wanted], "{condition}");
    }
    let on = "JOIN sites AS s ON s.closed_on = o.recorded_at AND s.site_id = o.site_id";
    assert_eq!(counted(&over(on, "true")).await, [1]);
    let on = "JOIN sites AS s ON s.site_id = o.site_id AND s.closed_on > o.recorded_at";
    assert_eq!(counted(&over(on, "true")).await, [2]);
    let both = "SELECT week, site, kind, COUNT(at) AS numerator FROM (
          SELECT week, site_id AS site, kind, recorded_at AS at FROM outcomes
          UNION ALL SELECT o.week, o.site_id, o.kind, s.closed_on FROM outcomes AS o JOIN sites AS s ON s.site_id = o.site_id)
        WHERE at > $as_of GROUP BY week, site, kind";
    assert_eq!(counted(both).await, [4]);
    let distinct = both.replace("UNION ALL", "UNION");
    assert_eq!(counted(&distinct).await, [1], "a date is the moment that it begins with");
}

/// 36 hours were less than a day: intervals were compared by months, then days, then what is left.
#[tokio::test]
async fn lengths_of_time_are_compared_by_their_length() {
    let over = |condition: &str| {
        format!(
            "SELECT week, site_id AS site, kind, COUNT(*) AS numerator FROM outcomes WHERE revision = 2 AND {condition}
             GROUP BY week, site_id, kind"
        )
    };
    let length = "recorded_at - occurred_at"; // 36 hours
    for (condition, holds) in [
        ("> INTERVAL '1 day'", true),
        ("> INTERVAL '35 hours'", true),
        ("> INTERVAL '1 day 12 hours'", false),
        ("= INTERVAL '1 day 12 hours'", true),
        ("< INTERVAL '2 days'", true),
        ("<= INTERVAL '1 day' + INTERVAL '11 hours'", false),
        ("> - INTERVAL '1 day'", true),
        ("BETWEEN INTERVAL '1 day' AND INTERVAL '37 hours'", true),
    ] {
        let wanted: &[i128] = if holds { &[1] } else { &[] };
        assert_eq!(counted(&over(&format!("{length} {condition}"))).await, wanted, "{condition}");
    }
    let faults = faults_of(&condition("recorded_at - occurred_at > INTERVAL '1 month'")).await;
    assert!(faults.len() == 1 && faults[0].to_string().contains("EXTRACT(EPOCH FROM later - earlier)"), "{faults:#?}");
}

/// Added hours were dropped: noon on Monday was Monday at midnight.
#[tokio::test]
async fn a_date_has_no_hours() {
    refused(&condition("week + INTERVAL '12 hours' < occurred_at"), "a date has no hours", "week").await;
    refused(
        &condition("occurred_at > week - INTERVAL '90 minutes'"),
        "write CAST(week AS TIMESTAMP) - INTERVAL",
        "week",
    )
    .await;
    passes(&condition("week + INTERVAL '2 days' < occurred_at")).await;
    passes(&condition("week + INTERVAL '48 hours' < occurred_at")).await;
    passes(&condition("CAST(week AS TIMESTAMP) + INTERVAL '12 hours' < occurred_at")).await;
}

/// Noon in Pune was half past six, and before '12' was before the twelfth billionth of a second.
#[tokio::test]
async fn a_text_is_no_other_time_than_its_author_means() {
    let clock = "occurred_at_local";
    refused(&condition(&format!("{clock} < '2026-06-03T12:00:00+05:30'")), "is an instant, and what it is", clock)
        .await;
    refused(&condition(&format!("{clock} >= TIMESTAMP '2026-06-03 12:00:00Z'")), "without an offset", clock).await;
    passes(&condition(&format!("{clock} < '2026-06-03T12:00:00'"))).await;
    passes(&condition("occurred_at < '2026-06-03T12:00:00+05:30'")).await;
    for hour in ["'12'", "'1200'", "TIME '12'"] {
        let faults = faults_of(&condition(&format!("CAST({clock} AS TIME) < {hour}"))).await;
        assert_eq!(faults.len(), 1, "{hour}: {faults:#?}");
        assert!(faults[0].to_string().contains("is no time of day"), "{faults:#?}");
    }
    assert_eq!(faults_of(&condition(&format!("CAST({clock} AS TIME) BETWEEN '6' AND '12'"))).await.len(), 2);
    passes(&condition(&format!("CAST({clock} AS TIME) < '12:00'"))).await;
    passes(&condition(&format!("CAST({clock} AS TIME) < TIME '12:00'"))).await;
}

/// `training_events.minutes` can be NULL, and those rows were silently left out.
#[tokio::test]
async fn negations_of_what_can_be_null_say_what_of_the_nulls() {
    let of = |condition: &str| {
        select(&format!(
            "SELECT week, site_id AS site, verb AS kind, COUNT(*) AS numerator FROM training_events WHERE {condition}
             GROUP BY week, site_id, verb"
        ))
    };
    let says = "`skill_path` can be NULL: ";
    for negation in [
        "skill_path <> 'compliance'",
        "'compliance' != skill_path",
        "skill_path NOT IN ('compliance', 'leadership')",
        "NOT (skill_path = 'compliance')",
        "NOT skill_path IN ('compliance')",
        "skill_path NOT LIKE 'c%'",
        "lower(skill_path) <> 'x'",
        "verb = 'passed' OR skill_path <> 'compliance'",
    ] {
        refused(&of(negation), says, "skill_path").await;
    }
    refused(
        &of("minutes NOT BETWEEN 1 AND 5"),
        "`minutes` can be NULL: NOT BETWEEN leaves out the rows where it is",
        "minutes",
    )
    .await;
    let one_null = "person_id NOT IN (SELECT leader_id FROM pulse_responses)";
    refused(
        &of(one_null),
        "`leader_id` can be NULL: one such row, and NOT IN (SELECT …) is true of nothing",
        "leader_id",
    )
    .await;
    let outer = select(
        "SELECT o.week, o.site_id AS site, o.kind, COUNT(*) AS numerator FROM outcomes AS o
         LEFT JOIN sites AS s ON s.site_id = o.site_id WHERE s.region <> 'north' GROUP BY o.week, o.site_id, o.kind",
    );
    refused(&outer, "`region` can be NULL: <> leaves out", "s.region").await;
    for exact in [
        "skill_path IS DISTINCT FROM 'compliance'",
        "skill_path <> 'compliance' AND skill_path IS NOT NULL",
        "skill_path IS NULL OR skill_path NOT IN ('compliance')",
        "COALESCE(skill_path, 'none') <> 'compliance'",
        "skill_path IN ('compliance')",
        "skill_path = 'compliance'",
        "verb <> 'passed'",
        "person_id NOT IN (SELECT leader_id FROM pulse_responses WHERE leader_id IS NOT NULL)",
        "NOT EXISTS (SELECT 1 FROM pulse_responses AS r WHERE r.leader_id = person_id)",
    ] {
        passes(&of(exact)).await;
    }
    // The parser reads on to the end: the row's verb would be part of what is compared.
    for open in [
        "skill_path IS DISTINCT FROM 'x' AND verb = 'passed'",
        "NOT skill_path IS NOT DISTINCT FROM 'x' OR verb = 'passed'",
    ] {
        let faults = faults_of(&of(open)).await;
        let told = faults.len() == 1 && faults[0].to_string().contains("put the comparison in brackets");
        assert!(told, "{open}: {faults:#?}");
    }
    passes(&of("(skill_path IS DISTINCT FROM 'x') AND verb = 'passed'")).await;
    // A sum of what is there is not NULL where there is something.
    passes(&good("GROUP BY week, site_id, kind", "GROUP BY week, site_id, kind HAVING SUM(revision) <> 0")).await;
}

/// What is kept and what is left out, by the rows.
#[tokio::test]
async fn is_distinct_from_keeps_the_rows_without_a_value() {
    let over = |condition: &str| {
        format!(
            "SELECT o.week, o.site_id AS site, o.kind, COUNT(*) AS numerator FROM outcomes AS o
             LEFT JOIN sites AS s ON s.site_id = o.site_id AND o.revision = 1 WHERE {condition}
             GROUP BY o.week, o.site_id, o.kind"
        )
    };
    assert_eq!(counted(&over("s.region IS DISTINCT FROM 'r'")).await, [2]);
    assert_eq!(counted(&over("s.region IS NOT DISTINCT FROM 'r'")).await, [1]);
    assert_eq!(counted(&over("s.region <> 'x' OR s.region IS NULL")).await, [3]);
    assert_eq!(counted(&over("s.region NOT IN ('x') AND s.region IS NOT NULL")).await, [1]);
}

/// A test's optional column of nothing but NULL was refused: "type: is no string".
#[tokio::test]
async fn a_test_may_insert_nothing_but_null() {
    let files = [(PathBuf::from("misses.sql"), good("SELECT week", "SELECT week"))];
    let metric = read_queries(&files, &contracts()).await.unwrap().remove(0);
    let test = "statement ok\nSET as_of = '2026-04-15T12:00:00Z'\n\nstatement ok\n\
        INSERT INTO sites (site_id, name, region, timezone, closed_on, headcount, working_days) VALUES\n\
        ('a', 'A', 'r', 'UTC', NULL, NULL, NULL), ('b', 'B', 'r', 'UTC', NULL, NULL, NULL)\n\n\
        query TTI\nSELECT site_id, closed_on, headcount FROM sites ORDER BY site_id\n----\na NULL NULL\nb NULL NULL\n\n\
        statement error required\nINSERT INTO sites (site_id, name, region, timezone) VALUES ('c', NULL, 'r', 'UTC')\n";
    let test = QueryTest::parse(Path::new("misses.slt"), test).unwrap();
    let tested = test.run(&metric, &contracts(), &limits()).await;
    let told: Vec<String> = tested.failures.iter().map(|failure| failure.message(false)).collect();
    assert!(tested.failures.is_empty() && tested.not_run == 0, "{told:#?}");
}

/// `Unsupported ast node in sqltorel: CompoundIdentifier([Ident { value: …` was all that an author was told.
#[tokio::test]
async fn what_is_not_possible_is_told_with_what_to_write_instead() {
    let exists = "EXISTS (SELECT 1 FROM sites WHERE sites.site_id = outcomes.site_id)";
    let help = "LEFT JOIN (SELECT DISTINCT key FROM …) AS other ON …, and ask other.key IS NOT NULL";
    for text in [
        good("COUNT(*)", &format!("SUM(CASE WHEN {exists} THEN 1 ELSE 0 END)")),
        good("COUNT(*)", &format!("COUNT(*) FILTER (WHERE {exists})")),
        good("COUNT(*)", "COUNT(*) FILTER (WHERE site_id IN (SELECT site_id FROM sites))"),
    ] {
        let faults = faults_of(&text).await;
        assert!(
            faults.len() == 1 && faults[0].message.starts_with("EXISTS and IN (SELECT …) can stand only"),
            "{faults:#?}"
        );
        assert_eq!((faults[0].help.as_deref(), faults[0].line), (Some(help), 8), "{text}");
    }
    for (wrong, says, underlined) in [
        (
            "occurred_at AT TIME ZONE kind > '2026-01-01'",
            "AT TIME ZONE takes a zone that is written out",
            "occurred_at AT TIME ZONE kind",
        ),
        (
            "occurred_at AT TIME ZONE outcomes.kind > '2026-01-01'",
            "week_in(moment, timezone)",
            "occurred_at AT TIME ZONE outcomes.kind",
        ),
        ("occurred_at + INTERVAL value DAY > $as_of", "INTERVAL takes a length that is written out", "value"),
        (
            "occurred_at + INTERVAL '1 fortnight' > $as_of",
            "`1 fortnight` is no length of time: write days",
            "occurred_at + INTERVAL '1 fortnight'",
        ),
        ("occurred_at + 1 > $as_of", "there is no TIMESTAMP + BIGINT: add a length", "occurred_at + 1"),
        ("(recorded_at - occurred_at) / 3600 > 1", "EXTRACT(EPOCH FROM later - earlier)", "recorded_at - occurred_at"),
        ("INTERVAL '1 day' * 2 > INTERVAL '1 day'", "there is no INTERVAL * BIGINT", "'1 day' * 2"),
        ("recorded_at - occurred_at > 86400", "these cannot be compared: INTERVAL > BIGINT", "86400"),
        ("occurred_at > '09:00'", "`09:00` is no moment: write a moment in full", "'09:00'"),
        ("occurred_at > TIME '09:00'", "these cannot be compared: TIMESTAMP > TIME: write a moment", "'09:00'"),
        ("occurred_at OVERLAPS recorded_at", "a.starts_at < b.ends_at", "occurred_at OVERLAPS recorded_at"),
        ("kind REGEXP 'a'", "match a pattern with x ~ 'pattern'", "kind"),
        ("kind COLLATE \"de\" = 'x'", "COLLATE is not supported", "kind COLLATE \"de\""),
        ("SUM(value) > 1", "an aggregate cannot stand in WHERE: ask for it in HAVING", "SUM(value)"),
        ("week > '2026-13-01'", "`2026-13-01` is no DATE", "week"),
        ("lower(value, 1, 2) = 'a'", "`lower` cannot take these arguments", "lower(value, 1, 2)"),
        ("lag(value) > 1", "write lag(…) OVER (PARTITION BY … ORDER BY …)", "lag"),
        ("value::uuid IS NULL", "there is no type UUID: there are BIGINT", "value"),
        ("cont(value) > 1", "did you mean `count`?", "cont"),
    ] {
        let faults = faults_of(&condition(wrong)).await;
        let marked = |fault: &Fault| fault.source.chars().skip(fault.column - 1).take(fault.width).collect::<String>();
        let told: Vec<_> = faults.iter().map(|fault| (fault.to_string(), marked(fault))).collect();
        let fits = told.len() == 1 && told[0].0.contains(says) && underlined.starts_with(&told[0].1);
        assert!(fits, "{wrong}: wanted {says} at {underlined}, got {told:#?}");
    }
}

/// The same words for people who ask the lake.
#[tokio::test]
async fn sql_says_what_is_not_possible_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::create(dir.path().join("lake").to_str().unwrap()).await.unwrap();
    for (text, says) in [
        ("SELECT EXISTS (SELECT 1 FROM sites) FROM outcomes", "EXISTS and IN (SELECT …) can stand only"),
        ("SELECT occurred_at AT TIME ZONE kind FROM outcomes", "1:8: AT TIME ZONE takes a zone that is written out"),
        ("SELECT week FROM outcomes WHERE occurred_at > '09:00'", "Error parsing timestamp from '…'"),
        ("SELECT cont(*) FROM outcomes", "there is no function `cont`: did you mean `count`?"),
    ] {
        let asked = sql(&lake, &contracts(), &[], text, Timestamp::UNIX_EPOCH, &limits()).await;
        let told = asked.unwrap_err().to_string();
        assert!(told.contains(says) && !told.contains("Ident"), "{text}: {told}");
    }
}

/// The engine's own structures are nobody's business, whatever it stumbles over.
#[tokio::test]
async fn no_message_shows_the_engines_own_structures() {
    let conditions = [
        "a.b.c.d.e.f = 1",
        "kind = @x",
        "COUNT(*) OVER () > 1",
        "unnest([1, 2]) > 1",
        "unnest(value) > 1",
        "CONVERT(kind USING utf8) = 'a'",
        "kind ->> 'a' = 'b'",
        "NOT value",
        "value AND true",
        "kind LIKE 3",
        "kind[1] = 'a'",
        "TRUE IN (kind)",
        "(SELECT kind, value FROM outcomes) = 1",
        "(SELECT value FROM outcomes AS o WHERE o.site_id = outcomes.site_id) > 1",
        "occurred_at + INTERVAL '1-2' YEAR TO MONTH > $as_of",
    ];
    let froms = [
        "FROM outcomes ASOF JOIN sites MATCH_CONDITION (true) ON true",
        "FROM outcomes PIVOT (COUNT(value) FOR kind IN ('a', 'b'))",
        "FROM outcomes JOIN outcomes ON true",
        "FROM outcomes JOIN sites ON true",
    ];
    let parts = ["SUM(kind)", "SUM(*)", "SUM(recorded_at)", "percentile_cont(kind) WITHIN GROUP (ORDER BY value)"];
    let texts = conditions.map(condition).into_iter();
    let texts = texts.chain(froms.map(|from| good("FROM outcomes", from)));
    let texts = texts.chain(parts.map(|part| good("COUNT(*)", part)));
    for text in texts {
        let faults = faults_of(&text).await;
        assert!(!faults.is_empty(), "{text}");
        for fault in faults {
            let told = fault.to_string();
            let shown =
                ["Ident", "Span(", "Some(", "{ ", "[\"", "Utf8", "Int64", "Error during", "DataFusion", "sqltorel"];
            let found: Vec<_> = shown.iter().filter(|shown| told.contains(**shown)).collect();
            assert!(found.is_empty() && told.chars().count() < 500, "{found:?} in {told}");
        }
    }
}

/// A folder called old.sql, or a link to nowhere, stopped the check of all others.
#[tokio::test]
async fn what_is_named_like_a_query_and_is_none_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("misses.sql"), GOOD).unwrap();
    std::fs::create_dir(folder.path().join("old.sql")).unwrap();
    let paths = [folder.path().to_owned()];
    assert_eq!(find_queries(&paths).unwrap().len(), 1);
    std::os::unix::fs::symlink("/nowhere/at/all.sql", folder.path().join("gone.sql")).unwrap();
    let (files, unreadable) = find_readable(&paths).unwrap();
    assert_eq!((files.len(), unreadable.len()), (1, 1));
    assert!(unreadable[0].to_string().contains("gone.sql:1:1: cannot be read: No such file"), "{}", unreadable[0]);
    assert!(check_queries(&files, &contracts()).await.unwrap()[0].is_ok());
    assert!(find_queries(&paths).is_err(), "who asks for all of them is told");
}
