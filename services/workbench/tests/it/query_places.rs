//! What `query check` refuses, and which piece of the file it underlines: every fault, word by word.

use crate::{
    events::contracts,
    query_files::{GOOD, MEAN, good, mean},
};
use indicators::RESERVED_LABELS;
use std::path::PathBuf;
use workbench::{Fault, QueryFileError, read_queries};

async fn faults_of(text: &str) -> Vec<Fault> {
    match read_queries(&[(PathBuf::from("x.sql"), text.to_owned())], &contracts()).await {
        Ok(_) => Vec::new(),
        Err(QueryFileError::Faults(faults)) => faults,
        Err(other) => panic!("{other}"),
    }
}

/// What of its line a fault underlines.
fn marked(fault: &Fault) -> String {
    fault.source.chars().skip(fault.column - 1).take(fault.width).collect()
}

/// The faults of a text are these: each says something, and underlines something.
async fn marks(text: &str, wanted: &[(&str, &str)]) {
    let faults = faults_of(text).await;
    let told: Vec<(String, String)> = faults.iter().map(|fault| (fault.to_string(), marked(fault))).collect();
    assert_eq!(told.len(), wanted.len(), "wanted {wanted:?}, got {told:#?}");
    for (says, underlines) in wanted {
        let fits = |(message, marked): &(String, String)| message.contains(says) && marked == underlines;
        assert!(told.iter().any(fits), "wanted {says} at {underlines}, got {told:#?}");
    }
}

/// `GOOD` with another SELECT.
fn select(sql: &str) -> String {
    GOOD[..GOOD.find("SELECT").unwrap()].to_owned() + sql
}

/// `GOOD` reading from something else.
fn from(tables: &str) -> String {
    good("FROM outcomes", &format!("FROM {tables}"))
}

#[tokio::test]
async fn horizons_that_cannot_be() {
    for (horizon, underlined) in [("{ back = -1 }", "-1"), ("{ ahead = 521 }", "521"), ("{ ahead = 1.5 }", "1.5")] {
        marks(&good("owner ", &format!("horizon = {horizon}\nowner ")), &[("horizon.", underlined)]).await;
    }
    let both = good("owner ", "horizon = { back = -1, ahead = 99999999999 }\nowner ");
    marks(&both, &[("from 0 to 520", "-1"), ("from 0 to 520", "99999999999")]).await;
    marks(&good("owner ", "horizon = 3\nowner "), &[("must be a table", "3")]).await;
    marks(&good("owner ", "horizon = { bakc = 1 }\nowner "), &[("did you mean `back`?", "bakc")]).await;
}

#[tokio::test]
async fn a_key_that_stands_twice() {
    let faults = faults_of(&good("owner ", "kind = \"ratio\"\nowner ")).await;
    assert!(faults.len() == 1 && faults[0].line == 6 && faults[0].message.contains("duplicate key"), "{faults:#?}");
}

#[tokio::test]
async fn every_reserved_label() {
    for label in RESERVED_LABELS {
        let text = good("[\"site\", \"kind\"]", &format!("[\"site\", \"{label}\"]"));
        let text = text.replace("kind, COUNT", &format!("kind AS \"{label}\", COUNT"));
        let faults = faults_of(&text).await;
        let found =
            faults.iter().any(|f| f.message.contains("set by the engine") && marked(f) == format!("\"{label}\""));
        assert!(found, "{label}: {faults:#?}");
    }
}

#[tokio::test]
async fn survey_answers_without_privacy_are_told_where_they_are_read() {
    let text = mean("privacy     = { minimum = 5 }\n", "")
        .replace(", respondents(respondent_id, survey_id) AS respondents", "");
    marks(&text, &[("`items` of `pulse_responses` holds survey answers", "pulse_responses")]).await;
    let joined = from("outcomes JOIN pulse_responses AS answers USING (week, site_id)");
    let read =
        joined.replace("WHERE ", "WHERE cardinality(items) > 1 AND ").replace("occurred_at <=", "submitted_at <=");
    let faults = faults_of(&read).await;
    assert!(faults.iter().any(|fault| marked(fault) == "pulse_responses"), "{faults:#?}");
    // Invitations name nobody.
    let invited = select(
        "SELECT week, site_id AS site, instrument AS kind, SUM(invited) AS numerator\nFROM pulse_surveys GROUP BY week, site_id, instrument",
    );
    marks(&invited, &[]).await;
}

#[tokio::test]
async fn suppression_rests_on_who_answered_as_it_is_stored() {
    let counted = |call: &str| mean("respondents(respondent_id, survey_id) AS", &format!("{call} AS"));
    for call in [
        "respondents(response_id, survey_id)",
        "respondents(COALESCE(respondent_id, response_id), survey_id)",
        "respondents(respondent_id, response_id)",
        "respondents(respondent_id, survey_id) FILTER (WHERE revision = 0)",
        "COUNT(*)",
        "COUNT(DISTINCT respondent_id)",
    ] {
        let whole = format!("{call} AS respondents");
        marks(&counted(call), &[("it must be respondents(respondent_id, survey_id)", &whole)]).await;
    }
}

#[tokio::test]
async fn anything_that_is_not_one_select() {
    for sql in [
        "CREATE TABLE t AS SELECT 1",
        "CREATE VIEW v AS SELECT 1",
        "CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION 'x'",
        "DROP TABLE outcomes",
        "ALTER TABLE outcomes ADD COLUMN a INT",
        "TRUNCATE TABLE outcomes",
        "INSERT INTO outcomes SELECT * FROM outcomes",
        "UPDATE outcomes SET kind = 'x'",
        "DELETE FROM outcomes",
        "COPY outcomes TO 'x'",
        "COPY (SELECT 1) TO 'x.parquet'",
        "SET a = 1",
        "SHOW TABLES",
        "DESCRIBE outcomes",
        "EXPLAIN SELECT 1",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "SELECT 1 INTO t",
        "BEGIN",
    ] {
        let faults = faults_of(&select(sql)).await;
        let told = faults.len() == 1 && (faults[0].line, faults[0].column) == (8, 1);
        assert!(told && faults[0].message.contains("only SELECT is allowed"), "{sql}: {faults:#?}");
    }
    marks(
        &good("GROUP BY week, site_id, kind\n", "GROUP BY week, site_id, kind;\nDROP TABLE outcomes\n"),
        &[("exactly one SELECT", "DROP")],
    )
    .await;
    marks(&select("VALUES (1)"), &[("must be one SELECT", "VALUES")]).await;
    let faults = faults_of(&good("FROM outcomes", "FROM (SELECT * INTO t FROM outcomes)")).await;
    assert!(faults.iter().any(|fault| fault.message.contains("only SELECT is allowed")), "{faults:#?}");
}

#[tokio::test]
async fn clocks_and_chance() {
    for call in ["now()", "current_date", "current_time", "current_timestamp", "today()"] {
        let text = good("$as_of", call);
        let faults = faults_of(&text).await;
        assert!(
            faults.iter().any(|f| f.message.contains("the only clock is $as_of") && marked(f) == call),
            "{call}: {faults:#?}"
        );
    }
    for call in ["random()", "uuid()"] {
        let text = good("occurred_at <= $as_of", &format!("CAST({call} AS TEXT) > 'a'"));
        marks(&text, &[("gives another result each time", call)]).await;
    }
    marks(&good("$as_of", "$1"), &[("there is only $as_of", "$1")]).await;
    marks(&good("GROUP BY week, site_id, kind\n", "GROUP BY week, site_id, kind LIMIT 3\n"), &[("LIMIT", "LIMIT 3")])
        .await;
    marks(&from("(SELECT * FROM outcomes ORDER BY outcome_id OFFSET 2)"), &[("OFFSET", "OFFSET 2")]).await;
    marks(&from("(SELECT * FROM outcomes FETCH FIRST 3 ROWS ONLY)"), &[("LIMIT", "FIRST 3")]).await;
    marks(&from("outcomes TABLESAMPLE SYSTEM (10)"), &[("TABLESAMPLE", "outcomes")]).await;
}

#[tokio::test]
async fn rows_from_anywhere_else() {
    for call in ["generate_series(1, 10)", "range(1, 10)", "read_parquet('x.parquet')", "read_csv('x.csv')"] {
        let text = from(&format!("outcomes, {call} AS more"));
        marks(&text, &[("makes or reads rows of its own", call)]).await;
    }
    for table in ["information_schema.tables", "'x.parquet'", "\"x.parquet\"", "datafusion.public.outcomes"] {
        marks(&from(&format!("outcomes, {table} AS more")), &[("there is no table", table)]).await;
    }
    let recursive = select(
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n)\nSELECT week, site_id AS site, kind, COUNT(*) AS numerator FROM outcomes, n GROUP BY week, site_id, kind",
    );
    marks(&recursive, &[("may never end", "WITH")]).await;
    // Lists within a row are the row's own.
    let items = MEAN.replace("FROM pulse_responses", "FROM (SELECT *, unnest(items) AS item FROM pulse_responses)");
    marks(&items, &[]).await;
    let no_stream = select(
        "SELECT DATE '2026-03-02' AS week, site_id AS site, region AS kind, COUNT(*) AS numerator FROM sites GROUP BY site_id, region",
    );
    let declared = no_stream.replace("owner ", "horizon = { ahead = 1 }\nowner ");
    marks(&declared, &[("reads no stream", "SELECT")]).await;
}

#[tokio::test]
async fn people_as_labels_however_worked_on() {
    let labelled = |tables: &str, label: &str, group: &str| {
        select(&format!(
            "SELECT week, site_id AS site,\n{label} AS kind,\nCOUNT(*) AS numerator FROM {tables} GROUP BY week, site_id{group}"
        ))
    };
    let person = "identifiers of people";
    for label in [
        "person_id",
        "upper(person_id)",
        "md5(person_id)",
        "encode(sha256(person_id), 'hex')",
        "substr(concat('x', person_id), 2)",
        "COALESCE(person_id, 'nobody')",
        "CASE WHEN person_id = 'a' THEN 'a' ELSE 'b' END",
        "CASE WHEN verb = 'passed' THEN person_id END",
        "event_id",
    ] {
        let whole = format!("{label} AS kind");
        marks(&labelled("training_events", label, &format!(", {label}")), &[(person, &whole)]).await;
    }
    for label in [
        "string_agg(person_id, ',' ORDER BY person_id)",
        "array_to_string(array_agg(DISTINCT person_id ORDER BY person_id), ',')",
        "MIN(person_id)",
        "first_value(person_id ORDER BY person_id)",
    ] {
        marks(&labelled("training_events", label, ""), &[(person, &format!("{label} AS kind"))]).await;
    }
    for tables in [
        "(SELECT week, site_id, CAST(dense_rank() OVER (ORDER BY person_id) AS TEXT) AS who FROM training_events)",
        "(SELECT week, site_id, lag(person_id) OVER (ORDER BY event_id) AS who FROM training_events)",
        "(SELECT week, site_id, unnest(ids) AS who FROM (SELECT week, site_id, array_agg(person_id ORDER BY event_id) AS ids FROM training_events GROUP BY week, site_id))",
        "(SELECT week, site_id, verb AS who FROM training_events UNION ALL SELECT week, site_id, person_id FROM training_events)",
        "(SELECT week, site_id, named_struct('id', person_id)['id'] AS who FROM training_events)",
        "(SELECT week, t.site_id, l.leader_id AS who FROM training_events AS t JOIN leaders AS l ON l.site_id = t.site_id)",
        "(SELECT week, site_id, (SELECT MAX(l.leader_id) FROM leaders AS l WHERE l.site_id = t.site_id) AS who FROM training_events AS t)",
    ] {
        marks(&labelled(tables, "who", ", who"), &[(person, "who AS kind")]).await;
    }
    // Numbers of people tell nobody.
    let counted = "(SELECT week, site_id, event_id, CAST(COUNT(person_id) OVER (PARTITION BY week, site_id) AS TEXT) AS n FROM training_events)";
    marks(&labelled(counted, "n", ", n"), &[]).await;
}

#[tokio::test]
async fn parts_that_do_not_add_up_are_underlined() {
    let part = |expr: &str| good("COUNT(*) AS numerator", &format!("{expr} AS numerator"));
    for (expr, says) in [
        ("COUNT(DISTINCT outcome_id)", "(DISTINCT …), which does not add up"),
        ("SUM(DISTINCT revision)", "(DISTINCT …), which does not add up"),
        ("MIN(revision)", "is min(…), which does not add up"),
        ("MAX(revision)", "is max(…), which does not add up"),
        ("SUM(revision) / COUNT(*)", "is worked out from aggregates"),
        ("SUM(revision) + 1", "is worked out from aggregates"),
        ("ROUND(SUM(revision))", "is worked out from aggregates"),
    ] {
        marks(&part(expr), &[(says, &format!("{expr} AS numerator"))]).await;
    }
    marks(&part("median(revision)"), &[("is median(…), which does not add up", "median(revision) AS numerator")]).await;
    let window = "SUM(COUNT(*)) OVER (PARTITION BY week)";
    marks(&part(window), &[("is not the result of SUM", &format!("{window} AS numerator"))]).await;
    let average = "CAST(AVG(revision) AS BIGINT)";
    marks(
        &part(average),
        &[
            ("is avg(…), which does not add up", "CAST(AVG(revision) AS BIGINT) AS numerator"),
            ("avg gives a float", "AVG(revision)"),
        ],
    )
    .await;
    let quantile = "CAST(approx_percentile_cont(0.5) WITHIN GROUP (ORDER BY revision) AS BIGINT)";
    let faults = faults_of(&part(quantile)).await;
    assert!(faults.iter().any(|f| f.message.contains("how rows are batched")), "{faults:#?}");
    marks(
        &good("GROUP BY week, site_id, kind", "GROUP BY ROLLUP (week, site_id, kind)"),
        &[("totals beside their parts", "week, site_id, kind")],
    )
    .await;
    marks(
        &good("GROUP BY week, site_id, kind", "GROUP BY week, site_id, kind, recorded_at"),
        &[("groups by `recorded_at`, which it does not return", "recorded_at")],
    )
    .await;
}

#[tokio::test]
async fn floats_are_underlined_where_they_are_summed() {
    marks(
        &good("COUNT(*) AS", "SUM(value) AS"),
        &[("`numerator` is a float", "SUM(value) AS numerator"), ("sum over floats", "SUM(value)")],
    )
    .await;
    let inner = "(SELECT *, SUM(revision) OVER (PARTITION BY site_id) AS a, SUM(value) OVER (PARTITION BY kind) AS b FROM outcomes)";
    marks(&from(inner), &[("sum over floats", "SUM(value)")]).await;
    let first = "(SELECT *, FIRST_VALUE(kind) OVER (PARTITION BY site_id) AS a FROM outcomes)";
    marks(&from(first), &[("first_value without ORDER BY", "FIRST_VALUE(kind)")]).await;
    let distinct = "(SELECT DISTINCT ON (outcome_id) * FROM outcomes)";
    marks(&from(distinct), &[("DISTINCT ON without ORDER BY", "outcome_id")]).await;
    let deviation = "(SELECT week, site_id, kind, occurred_at, stddev(revision) AS s FROM outcomes GROUP BY week, site_id, kind, occurred_at)";
    marks(&from(deviation), &[("gives a float", "stddev(revision)")]).await;
}

#[tokio::test]
async fn columns_that_are_missing_or_of_another_type() {
    marks(&good("SELECT week, ", "SELECT "), &[("no column `week`", "SELECT")]).await;
    marks(
        &good("COUNT(*) AS numerator", "COUNT(*)"),
        &[("no column `numerator`", "SELECT"), ("neither week, label nor part", "COUNT(*)")],
    )
    .await;
    let text = good("kind, COUNT", "revision AS kind, COUNT").replace("site_id, kind\n", "site_id, revision\n");
    marks(&text, &[("label `kind` must be text, not Int64: CAST it", "revision AS kind")]).await;
    let with = select(
        "WITH near AS (SELECT * FROM outcomes)\nSELECT week, site_id AS site, kind FROM near GROUP BY week, site_id, kind",
    );
    let faults = faults_of(&with).await;
    assert_eq!((faults.len(), faults[0].line, marked(&faults[0]).as_str()), (1, 9, "SELECT"), "{faults:#?}");
    marks(
        &mean("SUM(score(items)) AS", "SUM(exact_square(score(items))) AS"),
        &[("may have 9 digits", "SUM(exact_square(score(items))) AS numerator")],
    )
    .await;
    marks(
        &good("COUNT(*) AS numerator", "MAX(kind) AS numerator"),
        &[("is max(…), which does not add up", "MAX(kind) AS numerator")],
    )
    .await;
}

#[tokio::test]
async fn types_that_do_not_fit_are_underlined() {
    let condition = |text: &str| good("occurred_at <= $as_of", text);
    for (wrong, underlined) in [
        ("covered_seconds(kind, occurred_at) > 0", "covered_seconds(kind, occurred_at"),
        ("occurred_at + 5 > $as_of", "occurred_at + 5"),
        ("kind", "kind"),
    ] {
        let faults = faults_of(&condition(wrong)).await;
        let told: Vec<_> = faults.iter().map(|fault| (fault.to_string(), marked(fault))).collect();
        assert!(told.len() == 1 && underlined.starts_with(&told[0].1) && told[0].1 != "SELECT", "{wrong}: {told:#?}");
    }
}

#[tokio::test]
async fn names_that_were_nearly_right() {
    marks(&good("site_id AS site", "side_id AS site"), &[("did you mean `site_id`?", "side_id")]).await;
    marks(&from("outcome"), &[("did you mean `outcomes`?", "outcome")]).await;
    marks(&good("COUNT(*)", "CUONT(*)"), &[("did you mean `count`?", "CUONT")]).await;
    let texts = good("kind = 'near_miss'", "kind = \"near_miss\"");
    marks(&texts, &[("`near_miss`: a text stands in single quotes: 'near_miss'", "\"near_miss\"")]).await;
    marks(&from("indicators"), &[("results are for `bellwether sql`", "indicators")]).await;
    marks(&good("labels ", "lables "), &[("did you mean `labels`?", "lables"), ("`labels` is missing", "")]).await;
    marks(&good("\"higher\"", "\"hihger\""), &[("did you mean `higher`?", "\"hihger\"")]).await;
}

#[tokio::test]
async fn values_that_a_column_never_has() {
    let nearly = good("'near_miss'", "'near_mis'");
    marks(
        &nearly,
        &[("`'near_mis'` is never in column `kind` of `outcomes`: did you mean `near_miss`?", "'near_mis'")],
    )
    .await;
    marks(&good("kind = 'near_miss'", "'Zebra' <> kind"), &[("`kind` takes: ", "'Zebra'")]).await;
    let list = good("kind = 'near_miss'", "kind IN ('near_miss', 'nearmiss')");
    marks(&list, &[("never in column `kind`", "'nearmiss'")]).await;
    let renamed = select(
        "WITH o AS (SELECT week, site_id AS site, kind AS sort, kind FROM outcomes)
         SELECT week, site, kind, COUNT(*) FILTER (WHERE sort = 'near') AS numerator FROM o GROUP BY week, site, kind",
    );
    marks(&renamed, &[("never in column `kind` of `outcomes`", "'near'")]).await;
    for free in ["site_id = 'anywhere'", "lower(kind) = 'NEAR'", "kind || 'x' = 'near'"] {
        marks(&good("kind = 'near_miss'", free), &[]).await;
    }
}

#[tokio::test]
async fn dates_without_quotes() {
    let condition = |condition: &str| good("kind = 'near_miss'", condition);
    let says = "`week` is a date and is compared with a number: write DATE '2026-06-01'";
    marks(&condition("week > 2026-06-01"), &[(says, "week")]).await;
    marks(&condition("week BETWEEN 2026-06-01 AND DATE '2026-07-01'"), &[(says, "week")]).await;
    marks(&condition("20260601 <= week"), &[("write DATE '", "week")]).await;
    let says = "these cannot be compared: TIMESTAMP >= BIGINT: write a time as TIMESTAMP";
    marks(&condition("occurred_at >= 2026-06-01"), &[(says, "2026-06-01")]).await;
    marks(&condition("week IN (DATE '2026-06-01', 2026-06-08)"), &[("write DATE '2026-06-08'", "week")]).await;
    for right in ["week > DATE '2026-06-01'", "week > '2026-06-01'", "week + 7 > week", "occurred_at > week"] {
        marks(&condition(right), &[]).await;
    }
}

#[tokio::test]
async fn a_character_that_is_not_utf_8() {
    let faults = faults_of(&good("Near", "N\u{FFFD}ar")).await;
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].to_string(), "x.sql:2:17: this character is not UTF-8: save the file as UTF-8");
    let faults = faults_of(&format!("\u{FEFF}{GOOD}")).await;
    assert_eq!(faults.len(), 1);
    assert!(faults[0].to_string().starts_with("x.sql:1:1: the file begins with a byte order mark"), "{faults:?}");
}

#[tokio::test]
async fn weeks_that_are_worked_out() {
    let says = "`week` is worked out: return the `week` of the table, or declare by `horizon`";
    let week = |week: &str| {
        let sql = GOOD.replace("SELECT week,", &format!("SELECT {week} AS week,"));
        sql.replace("GROUP BY week,", &format!("GROUP BY {week},"))
    };
    marks(&week("week + 7"), &[(says, "week + 7 AS week")]).await;
    let within = select(
        "SELECT week, site, kind, COUNT(*) AS numerator
         FROM (SELECT CAST(week - 7 AS DATE) AS week, site_id AS site, kind FROM outcomes) GROUP BY week, site, kind",
    );
    marks(&within, &[(says, "week")]).await;
    // The first week of a survey changes with rows of other weeks; so does that of a row before, and another zone's.
    for other in [
        "week_in(recorded_at, 'UTC')",
        "week_in(occurred_at, 'UTC')",
        "CASE WHEN revision > 0 THEN week ELSE week + 7 END",
        "CAST(date_trunc('week', occurred_at_local) AS DATE)",
        "DATE '2026-06-01'",
        "COALESCE(week, DATE '2026-06-01')",
    ] {
        marks(&week(other), &[(says, &format!("{other} AS week"))]).await;
    }
    for of_several in ["MIN(week)", "MAX(week)", "first_value(week ORDER BY outcome_id)"] {
        let picked = week(of_several).replace(&format!("GROUP BY {of_several}, "), "GROUP BY ");
        marks(&picked, &[(says, &format!("{of_several} AS week"))]).await;
        let within =
            "SELECT week, site, kind, COUNT(*) AS numerator FROM (SELECT {} AS week, site_id AS site, kind, outcome_id
           FROM outcomes GROUP BY site_id, kind, outcome_id) GROUP BY week, site, kind";
        marks(&select(&within.replace("{}", of_several)), &[(says, "week")]).await;
    }
    for other in [
        "MIN(week) OVER (PARTITION BY site_id)",
        "lag(week) OVER (ORDER BY outcome_id)",
        "unnest([week])",
        "(SELECT MAX(week) FROM outcomes)",
    ] {
        let within = format!(
            "SELECT week, site, kind, COUNT(*) AS numerator
             FROM (SELECT {other} AS week, site_id AS site, kind FROM outcomes) GROUP BY week, site, kind"
        );
        marks(&select(&within), &[(says, "week")]).await;
    }
    let declared = week("week + 7").replace("owner ", "horizon = { ahead = 1 }\nowner ");
    let zone = week("week_in(occurred_at, sites.timezone)")
        .replace("site_id", "outcomes.site_id")
        .replace("FROM outcomes", "FROM outcomes LEFT JOIN sites ON sites.site_id = outcomes.site_id");
    let or_utc = zone.replace("sites.timezone", "COALESCE(sites.timezone, 'UTC')");
    let ordered = good(
        "FROM outcomes",
        "FROM (SELECT DISTINCT ON (outcome_id) kind, occurred_at, site_id, week FROM outcomes ORDER BY outcome_id)",
    );
    let both = select(
        "SELECT week, site_id AS site, kind, COUNT(*) AS numerator FROM (SELECT week, site_id, kind FROM outcomes
         UNION ALL SELECT week, site_id, verb FROM training_events) GROUP BY week, site_id, kind",
    );
    let either = week("CASE WHEN revision > 0 THEN week ELSE week END");
    for good in [declared, zone, or_utc, ordered, both, either, week("COALESCE(week, week)")] {
        marks(&good, &[]).await;
    }
}

#[tokio::test]
async fn a_bracket_that_is_missing_is_one_fault() {
    let faults = faults_of(&good("[\"site\", \"kind\"]", "[\"site\", \"kind\"")).await;
    assert!(faults.len() == 1 && faults[0].message.contains("not TOML"), "{faults:#?}");
}

#[tokio::test]
async fn the_engines_words_are_ours_where_we_know_better_ones() {
    let says = "`covered_seconds` cannot take these arguments: covered_seconds(starts_at TIMESTAMP, ends_at TIMESTAMP)";
    let sql = select(
        "SELECT week, site_id AS site, category AS kind, SUM(s) AS numerator FROM (SELECT week, site_id, category,
           covered_seconds(starts_at) AS s FROM calendar_audits GROUP BY week, site_id, category) GROUP BY 1, 2, 3",
    );
    marks(&sql, &[(says, "covered_seconds")]).await;
    let ungrouped = good("GROUP BY week, site_id, kind", "GROUP BY week, site_id");
    marks(&ungrouped, &[("`outcomes.kind` is neither grouped by nor aggregated: group by it, or take", "kind")]).await;
}
