//! Query files: what is refused, and where the message points.

use crate::events::{contracts, queries};
use indicators::{Kind, Metric, Reason, Severity};
use std::path::PathBuf;
use workbench::{QueryFileError, load_queries, read_queries};

pub(crate) const GOOD: &str = r#"/*---
help        = "Near misses reported"
kind        = "count"
labels      = ["site", "kind"]
direction   = "higher"
owner       = "safety"
---*/
SELECT week, site_id AS site, kind, COUNT(*) AS numerator
FROM outcomes WHERE kind = 'near_miss' AND occurred_at <= $as_of
GROUP BY week, site_id, kind
"#;

pub(crate) const MEAN: &str = r#"/*---
help        = "Quality"
kind        = "mean"
labels      = ["site"]
direction   = "higher"
uncertainty = "normal"
privacy     = { minimum = 5 }
owner       = "operations"
---*/
SELECT week, site_id AS site, SUM(score(items)) AS numerator, COUNT(*) AS denominator,
       SUM(exact_square(score(items))) AS sum_squares, respondents(respondent_id, survey_id) AS respondents
FROM pulse_responses GROUP BY week, site_id
"#;

async fn faults_of(files: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<(PathBuf, String)> =
        files.iter().map(|(name, text)| (PathBuf::from(format!("{name}.sql")), (*text).to_owned())).collect();
    match read_queries(&files, &contracts()).await {
        Ok(_) => Vec::new(),
        Err(QueryFileError::Faults(faults)) => faults.iter().map(ToString::to_string).collect(),
        Err(other) => panic!("{other}"),
    }
}

/// The metric of a good text.
async fn only(text: &str) -> Metric {
    let metrics = read_queries(&[(PathBuf::from("x.sql"), text.to_owned())], &contracts()).await.unwrap();
    metrics[0].as_ref().clone()
}

/// The only fault of a text has this place and says this.
async fn fault(text: &str, place: &str, says: &str) {
    let faults = faults_of(&[("x", text)]).await;
    let fits = |fault: &String| fault.starts_with(&format!("x.sql:{place}: ")) && fault.contains(says);
    assert!(faults.len() == 1 && fits(&faults[0]), "wanted {place} … {says}, got {faults:#?}");
}

pub(crate) fn good(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    GOOD.replace(from, to)
}

pub(crate) fn mean(from: &str, to: &str) -> String {
    assert!(MEAN.contains(from), "{from}");
    MEAN.replace(from, to)
}

#[tokio::test]
async fn the_shipped_queries_load() {
    let metrics = load_queries(queries(), &contracts()).await.unwrap();
    let names: Vec<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
    assert_eq!(names, ["field_time", "learning_follow_through", "prestart_quality"]);
    let streams: Vec<Vec<&String>> = metrics.iter().map(|metric| metric.streams.iter().collect()).collect();
    assert_eq!(streams, [["calendar_audits"], ["training_events"], ["pulse_responses"]]);
    let read = |metric: usize, table: &str| metrics[metric].reads[table].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(read(0, "leaders"), ["from", "leader_id", "site_id", "to", "weekly_hours"]);
    assert_eq!(read(1, "sites"), ["site_id", "timezone"]);
    assert_eq!((metrics[1].horizon_back, metrics[1].horizon_ahead), (1, 53));
    assert!(metrics.iter().all(|metric| metric.sql.starts_with("WITH")));
}

#[tokio::test]
async fn good_files_are_good() {
    assert_eq!(faults_of(&[("near_misses", GOOD), ("quality", MEAN)]).await, [""; 0]);
    let files = [(PathBuf::from("near_misses.sql"), GOOD.to_owned())];
    let metric = &read_queries(&files, &contracts()).await.unwrap()[0];
    assert_eq!((metric.kind, metric.labels.len(), metric.horizon_back), (Kind::Count, 2, 0));
}

#[tokio::test]
async fn front_matter_that_is_wrong_is_refused_with_its_place() {
    fault("SELECT 1", "1:1", "must begin with front matter").await;
    fault("/*---\nhelp = 1", "1:1", "does not end").await;
    fault(&good("\"count\"", "count"), "3:15", "not TOML").await;
}

#[tokio::test]
async fn keys_types_and_ranges() {
    fault(&good("owner       = \"safety\"", "owner = \"x\"\nlables = 1"), "7:1", "did you mean `labels`?").await;
    fault(&good("owner       = \"safety\"\n", ""), "1:6", "`owner` is missing").await;
    fault(&good("\"count\"", "\"median\""), "3:15", "ratio | mean | count").await;
    fault(&good("\"higher\"", "1"), "5:15", "must be text, not a TOML integer").await;
    fault(&good("[\"site\", \"kind\"]", "\"site\""), "4:15", "must be a list").await;
    fault(&good("owner ", "target = -1\nowner "), "6:10", "0 or more").await;
    fault(&good("owner ", "target = nan\nowner "), "6:10", "must be a number").await;
    fault(&mean("owner ", "target = 1.5\nowner "), "8:10", "from 0 to 1").await;
    fault(&mean("minimum = 5", "minimum = 4"), "7:27", "from 5 to").await;
    fault(&good("owner ", "lagging = { below = 3 }\nowner "), "6:11", "`lagging.weeks` is missing").await;
    fault(&good("owner ", "lagging = { below = 3, weeks = 0 }\nowner "), "6:32", "from 1 to 52").await;
    fault(&good("owner ", "horizon = { bakc = 1 }\nowner "), "6:13", "did you mean `back`?").await;
    fault(&good("owner ", "uncertainty = \"wilson\"\nowner "), "6:15", "needs kind = \"ratio\"").await;
    fault(&good("owner ", "target = 2\nlagging = { below = 3, weeks = 3 }\nowner "), "7:11", "above the target").await;
    fault(&good("\"safety\"", "\"safety"), "6:22", "not TOML").await;
    fault(&good("owner ", "silence = 1\nowner "), "6:11", "from 2 to 52").await;
    fault(&good("owner ", "group = \"On the job\"\nowner "), "6:9", "one word").await;
    fault(&good("owner ", "group = \"core\"\nowner "), "6:9", "metrics without a group are in").await;
    fault(&good("owner ", "team = \"Site Ops\"\nowner "), "6:8", "one word").await;
    fault(&good("owner ", "severity = \"criticl\"\nowner "), "6:12", "did you mean `critical`?").await;
}

#[tokio::test]
async fn alerts_have_a_team_and_a_severity_that_the_file_may_say() {
    let silent = only(GOOD).await;
    assert_eq!((silent.team, silent.severity, silent.talk.len()), (None, Severity::Warning, 0));
    let said = only(&good("owner ", "team = \"site_ops\"\nseverity = \"critical\"\nowner ")).await;
    assert_eq!((said.team.as_deref(), said.severity), (Some("site_ops"), Severity::Critical));
}

#[tokio::test]
async fn what_to_talk_about_is_one_sentence_for_all_reasons_or_one_each() {
    let talk = |entry: &str| good("owner ", &format!("{entry}\nowner "));
    let all = only(&talk("talk = \" What helps? \"")).await.talk;
    assert_eq!(all.into_iter().collect::<Vec<_>>(), Reason::ALL.map(|reason| (reason, "What helps?".to_owned())));
    for each in [
        "talk = { below = \"Why?\", falling = \"What came?\" }",
        "talk.below = \"Why?\"\ntalk.falling = \"What came?\"",
    ] {
        let each = only(&talk(each)).await.talk;
        let each: Vec<(Reason, &str)> = each.iter().map(|(reason, said)| (*reason, said.as_str())).collect();
        assert_eq!(each, [(Reason::Below, "Why?"), (Reason::Falling, "What came?")]);
    }
    fault(&talk("talk = 3"), "6:8", "must be text or a table, not a TOML integer").await;
    fault(&talk("talk = \"\""), "6:8", "`talk` is empty").await;
    fault(&talk("talk = {}"), "6:8", "`talk` is empty").await;
    fault(&talk(&format!("talk = \"{}\"", "é".repeat(201))), "6:8", "`talk` has 201 letters").await;
    fault(&talk("talk = { below = \"a\\nb\" }"), "6:18", "`talk.below` must stand on one line").await;
    fault(&talk("talk = { fallling = \"a\", below = \"b\" }"), "6:10", "did you mean `falling`?").await;
}

/// With nothing to propose, the page says what is wrong and leaves the leader alone with it.
#[tokio::test]
async fn every_shipped_query_proposes_what_to_talk_about() {
    for folder in [queries().to_owned(), queries().join("catalogue")] {
        for metric in load_queries(&folder, &contracts()).await.unwrap() {
            assert!(Reason::ALL.iter().all(|reason| metric.talk.contains_key(reason)), "{}", metric.name);
        }
    }
}

/// Each interval is of one kind; what is neither known nor whole is refused with what would be right.
#[tokio::test]
async fn intervals_fit_their_kind() {
    let of_count = |uncertainty: &str| good("owner ", &format!("uncertainty = \"{uncertainty}\"\nowner "));
    let of_mean = |uncertainty: &str| mean("\"normal\"", &format!("\"{uncertainty}\""));
    assert_eq!(faults_of(&[("near_misses", &of_count("poisson"))]).await, [""; 0]);
    fault(&of_count("normal"), "6:15", "needs kind = \"mean\"").await;
    fault(&of_mean("poisson"), "6:15", "needs kind = \"count\"").await;
    fault(&of_mean("wilson"), "6:15", "needs kind = \"ratio\"").await;
    fault(&of_count("poison"), "6:15", "did you mean `poisson`?").await;
    let amounts = of_count("poisson").replace("COUNT(*)", "SUM(CAST(value AS DECIMAL(20,3)))");
    fault(&amounts, "9:37", "`poisson` counts whole events").await;
}

#[tokio::test]
async fn labels_are_names_that_prometheus_takes_and_never_people() {
    fault(&good("[\"site\", \"kind\"]", "[\"kind\"]").replace("site_id AS site, ", ""), "4:15", "must hold \"site\"")
        .await;
    let renamed = |label: &str| {
        good("[\"site\", \"kind\"]", &format!("[\"site\", \"{label}\"]"))
            .replace("kind, COUNT", &format!("kind AS \"{label}\", COUNT"))
    };
    fault(&renamed("region"), "4:24", "set by the engine").await;
    fault(&renamed("kindOf"), "4:24", "snake_case").await;
    fault(&renamed("numerator_"), "4:24", "snake_case").await;
    let person = MEAN
        .replace("[\"site\"]", "[\"site\", \"who\"]")
        .replace("AS site,", "AS site, leader_id AS who,")
        .replace("site_id\n", "site_id, leader_id\n");
    fault(&person, "10:31", "identifiers of people").await;
    for worked_on in
        ["upper(leader_id)", "CASE WHEN revision > -1 THEN leader_id ELSE 'x' END", "substr(leader_id, 1, 9)"]
    {
        let hidden = person.replace("leader_id AS who", &format!("{worked_on} AS who"));
        let hidden = hidden.replace("site_id, leader_id\n", &format!("site_id, {worked_on}\n"));
        fault(&hidden, "10:31", "identifiers of people").await;
    }
    let picked =
        person.replace("leader_id AS who", "MAX(leader_id) AS who").replace("site_id, leader_id\n", "site_id\n");
    fault(&picked, "10:31", "identifiers of people").await;
    let named =
        MEAN.replace("[\"site\"]", "[\"site\", \"leader_id\"]").replace("AS site,", "AS site, 'x' AS leader_id,");
    fault(&named, "4:24", "names a person").await;
}

#[tokio::test]
async fn names_that_the_linter_or_the_engine_would_fault() {
    let refused = async |name: &str, says: &str| {
        let faults = faults_of(&[(name, GOOD)]).await;
        assert!(faults.len() == 1 && faults[0].contains(says), "{name}: {faults:#?}");
    };
    refused("nearMisses", "snake_case").await;
    refused("misses_total", "must not end in `_total`").await;
    refused("training_hours", "base unit `seconds`").await;
    for shared in ["lagging", "site_info", "as_of_timestamp_seconds", "lagging_since_timestamp_seconds"] {
        refused(shared, "is already a family of all metrics").await;
    }
    refused("region_misses", "roll-ups").await;
    let twice = faults_of(&[("a/x", GOOD), ("b/x", GOOD)]).await;
    assert!(twice.len() == 1 && twice[0].starts_with("b/x.sql:1:1: metric `x` is declared twice"), "{twice:?}");
    let clash = faults_of(&[("a/quality", MEAN), ("b/quality_ratio", GOOD)]).await;
    assert!(clash.len() == 1 && clash[0].contains("already a family of `quality`"), "{clash:?}");
}

#[tokio::test]
async fn sql_that_is_not_one_pure_select() {
    fault(
        &good("GROUP BY week, site_id, kind\n", "GROUP BY week, site_id, kind; DROP TABLE outcomes\n"),
        "10:31",
        "exactly one SELECT",
    )
    .await;
    let statement = |sql: &str| GOOD[..GOOD.find("SELECT").unwrap()].to_owned() + sql;
    for sql in [
        "CREATE TABLE t AS SELECT 1",
        "INSERT INTO outcomes SELECT * FROM outcomes",
        "COPY outcomes TO 'x'",
        "SET a = 1",
        "DELETE FROM outcomes",
        "SELECT 1 INTO t",
    ] {
        let faults = faults_of(&[("x", &statement(sql))]).await;
        assert!(faults.len() == 1 && faults[0].contains("only SELECT is allowed"), "{sql}: {faults:?}");
    }
    fault(&statement(""), "8:1", "SELECT is missing").await;
    fault(&good("$as_of", "now()"), "9:59", "the only clock is $as_of").await;
    fault(&good("$as_of", "current_date"), "9:59", "the only clock is $as_of").await;
    fault(&good("COUNT(*)", "SUM(CAST(random() AS BIGINT))"), "8:46", "the only clock").await;
    fault(&good("$as_of", "$now"), "9:59", "there is only $as_of").await;
    fault(&good("FROM outcomes", "FROM outcome"), "9:6", "outcome").await;
    fault(&good("kind = 'near_miss'", "knd = 'near_miss'"), "9:21", "knd").await;
    fault(&good("GROUP BY week", "GROUP week"), "10:1", "Expected: end of statement").await;
    fault(&statement("SELECT week, site_id AS site, kind, COUNT(*) AS numerator FROM outcomes GROUP BY week, site_id, kind LIMIT 3"), "8:102", "LIMIT").await;
}

/// Every fault of a text holds one of these, and each of these is found.
pub(crate) async fn faults(text: &str, says: &[&str]) {
    let faults = faults_of(&[("x", text)]).await;
    assert_eq!(faults.len(), says.len(), "{faults:#?}");
    for says in says {
        assert!(faults.iter().any(|fault| fault.contains(says)), "{says}: {faults:#?}");
    }
}

#[tokio::test]
async fn parts_are_exact_and_additive() {
    faults(&good("COUNT(*) AS", "SUM(value) AS"), &["`numerator` is a float", "sum over floats"]).await;
    faults(&good("COUNT(*) AS", "MAX(revision) AS"), &["`numerator` is max(…)"]).await;
    faults(&good("COUNT(*) AS", "COUNT(DISTINCT outcome_id) AS"), &["(DISTINCT …), which does not add up"]).await;
    faults(&good("COUNT(*) AS", "COUNT(*) / 2 AS"), &["an expression over aggregates"]).await;
    faults(&good("COUNT(*) AS", "revision AS").replace(", kind\n", ", kind, revision\n"), &["a grouping column"]).await;
    faults(&good("COUNT(*) AS", "CAST(AVG(value) AS DECIMAL(9, 3)) AS"), &["is avg(…)", "avg over floats"]).await;
    faults(&mean("respondents(respondent_id, survey_id) AS", "COUNT(*) AS"), &["must be respondents("]).await;
    faults(&mean("SUM(score(items)) AS", "SUM(exact_square(score(items))) AS"), &["may have 9 digits"]).await;
    // The first of unordered rows is any of them.
    let from =
        |rows: &str| good("FROM outcomes", &format!("FROM (SELECT week, site_id, occurred_at, {rows} FROM outcomes)"));
    let ranked = "kind, ROW_NUMBER() OVER (PARTITION BY site_id";
    faults(&from(&format!("{ranked}) AS n")), &["row_number without ORDER BY"]).await;
    faults(&from(&format!("{ranked} ORDER BY outcome_id) AS n")), &[]).await;
    faults(
        &good("kind, COUNT", "FIRST_VALUE(kind) AS kind, COUNT").replace(", kind\n", "\n"),
        &["first_value without ORDER BY"],
    )
    .await;
    faults(
        &good("kind, COUNT", "STRING_AGG(kind, ',' ORDER BY outcome_id) AS kind, COUNT").replace(", kind\n", "\n"),
        &[],
    )
    .await;
    let running = "kind, SUM(revision) OVER (PARTITION BY site_id ROWS UNBOUNDED PRECEDING) AS n";
    faults(&from(running), &["sum without ORDER BY"]).await;
    faults(&from("kind, SUM(revision) OVER (PARTITION BY site_id) AS n"), &[]).await;
    let distinct = "FROM (SELECT DISTINCT ON (outcome_id) week, site_id, kind, occurred_at FROM outcomes)";
    faults(&good("FROM outcomes", distinct), &["DISTINCT ON without ORDER BY"]).await;
    // A part may be cast and named anew on its way up.
    let nested = GOOD
        .replace("SELECT week", "SELECT week, site, kind, CAST(n AS BIGINT) AS numerator FROM (SELECT week")
        .replace("AS numerator\nFROM", "AS n\nFROM")
        .trim_end()
        .to_owned()
        + ")";
    faults(&nested, &[]).await;
}

#[tokio::test]
async fn columns_match_the_declaration() {
    faults(&good("COUNT(*) AS numerator", "COUNT(*) AS n"), &["no column `numerator`", "a column `n`"]).await;
    faults(&good("SELECT week, ", "SELECT "), &["no column `week`"]).await;
    faults(
        &good("SELECT week, ", "SELECT occurred_at AS week, ").replace("BY week", "BY occurred_at"),
        &["`week` must be a date"],
    )
    .await;
    faults(&good("site, kind, COUNT", "site, COUNT"), &["no column `kind`, which is a label"]).await;
    faults(
        &good("COUNT(*) AS numerator", "COUNT(*) AS numerator, COUNT(*) AS denominator"),
        &["a count has no denominator"],
    )
    .await;
    faults(&mean("       SUM(exact_square(score(items))) AS sum_squares,", ""), &["no column `sum_squares`"]).await;
    faults(&mean("privacy     = { minimum = 5 }\n", ""), &["holds survey answers"]).await;
    faults(&mean("owner ", "coverage = 0.5\nowner "), &["no column `logged`", "no column `expected`"]).await;
    faults(&good("COUNT(*) AS numerator", "COUNT(*) AS numerator, COUNT(*) AS logged"), &["come together"]).await;
}

#[tokio::test]
async fn all_faults_of_all_files_in_one_run() {
    let bad = good("\"count\"", "\"cnt\"").replace("owner ", "onwer ");
    let all = faults_of(&[("a", bad.as_str()), ("b", "SELECT"), ("c", GOOD)]).await;
    assert_eq!(all.len(), 4, "{all:#?}");
}

#[tokio::test]
async fn every_unknown_name_of_a_query_is_told_at_once() {
    let text = good("occurred_at <= $as_of", "ocurred_at <= $as_of AND covred_seconds(sevrity) > 1 AND o.reportable");
    let faults = faults_of(&[("x", &text)]).await;
    let wanted = [
        "x.sql:9:44: there is no column `ocurred_at`: did you mean `occurred_at`?",
        "x.sql:9:69: there is no function `covred_seconds`: did you mean `covered_seconds`?",
        "x.sql:9:101: there is no column `o.reportable`",
    ];
    assert!(wanted.iter().all(|wanted| faults.iter().any(|fault| fault.starts_with(wanted))), "{faults:#?}");
    let text = good("FROM outcomes WHERE", "FROM outcome, site, (WITH own AS (SELECT 1) SELECT * FROM own) AS o WHERE");
    let wanted = [
        "x.sql:9:6: there is no table `outcome`: did you mean `outcomes`?",
        "x.sql:9:15: there is no table `site`: did you mean `sites`?",
    ];
    assert_eq!(faults_of(&[("x", &text)]).await, wanted);
    fault(&good("FROM outcomes", "FROM weather"), "9:6", "there are calendar_audits, headcounts").await;
    fault(&good("\"count\"", "\"cuont\""), "3:15", "did you mean `count`?").await;
}

#[tokio::test]
async fn the_select_is_checked_even_where_the_declaration_cannot_be_read() {
    let text = good("\"count\"", "count").replace("outcomes", "outcome");
    faults(&text, &["not TOML", "no table `outcome`"]).await;
}

#[tokio::test]
async fn a_fault_marks_what_it_is_about() {
    let text = good("COUNT(*) AS numerator", "MAX(revision) AS numerator").replace("owner ", "ownr ");
    let files = [(PathBuf::from("x.sql"), text)];
    let Err(QueryFileError::Faults(faults)) = read_queries(&files, &contracts()).await else { panic!("no fault") };
    let marked = |fault: &workbench::Fault| fault.source.chars().skip(fault.column - 1).take(fault.width).collect();
    let marked: Vec<String> = faults.iter().map(marked).collect();
    assert_eq!(marked, ["", "ownr", "MAX(revision) AS numerator"]); // the missing `owner` has no place but the opening line
}
