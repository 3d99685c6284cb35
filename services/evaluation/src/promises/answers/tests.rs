use super::*;
use indicators::{Direction, Kind};
use std::collections::BTreeMap;

fn metric(sql: &str) -> Metric {
    let reads = ["pulse_responses", "pulse_surveys", "sites"];
    Metric {
        sql: sql.to_owned(),
        reads: reads.map(|table| (table.to_owned(), BTreeSet::new())).into_iter().collect::<BTreeMap<_, _>>(),
        ..Metric::new("m", Kind::Ratio, Direction::Higher)
    }
}

async fn read(sql: &str) -> (Vec<String>, bool) {
    let reader = Reader::new(&Contracts::shipped().unwrap()).unwrap();
    assert!(reader.plan(&metric(sql)).await.is_some(), "cannot be planned: {sql}");
    let answers = reader.answers(&metric(sql)).await;
    let name = |survey: &Survey| {
        assert_eq!(survey.stream, "pulse_responses");
        survey.instrument.clone().unwrap_or_else(|| "all".to_owned())
    };
    (answers.of.iter().map(name).collect(), answers.week_by_week)
}

const COUNT: &str = "COUNT(score(items)) AS numerator, respondents(respondent_id, survey_id) AS respondents";

async fn expect(sql: &str, instruments: &[&str], week_by_week: bool) {
    let found = read(&sql.replace("COUNT", COUNT)).await;
    assert_eq!(found, (instruments.iter().map(|name| (*name).to_owned()).collect(), week_by_week), "{sql}");
}

#[tokio::test]
async fn what_a_query_plainly_reads_is_seen() {
    let a = ["a"].as_slice();
    expect("SELECT week, site_id AS site, COUNT FROM pulse_responses GROUP BY week, site_id", &["all"], true).await;
    let where_ = |condition: &str| {
        format!(
            "SELECT r.week, r.site_id AS site, COUNT FROM pulse_responses r WHERE {condition} GROUP BY r.week, r.site_id"
        )
    };
    expect(&where_("instrument = 'a'"), a, true).await;
    expect(&where_("team_id = 't' AND 'a' = r.instrument"), a, true).await;
    expect(&where_("r.instrument IN ('a', 'b')"), &["a", "b"], true).await;
    expect(
        "WITH one AS (SELECT week, site_id, items, respondent_id, survey_id, instrument AS i FROM pulse_responses),
              two AS (SELECT *, ROW_NUMBER() OVER (PARTITION BY week, site_id ORDER BY survey_id) AS n FROM one WHERE i = 'a')
         SELECT week, site_id AS site, COUNT FROM two JOIN sites USING (site_id) WHERE n > 1 GROUP BY week, site_id",
        a,
        true,
    )
    .await;
}

/// Each of these would show answers of a week, or of an instrument, under the promise of another one.
#[tokio::test]
async fn what_is_not_plain_is_all_of_it() {
    let all = ["all"].as_slice();
    let where_ = |condition: &str| {
        format!("SELECT week, site_id AS site, COUNT FROM pulse_responses WHERE {condition} GROUP BY week, site_id")
    };
    for condition in
        ["instrument <> 'a'", "instrument LIKE 'a%'", "instrument = 'a' OR site_id = 'x'", "lower(instrument) = 'a'"]
    {
        expect(&where_(condition), all, true).await;
    }
    expect(
        "SELECT week + INTERVAL '7 days' AS week, site_id AS site, COUNT FROM pulse_responses GROUP BY 1, 2",
        all,
        false,
    )
    .await;
    expect(
        "SELECT MIN(week) AS week, site_id AS site, COUNT FROM pulse_responses WHERE instrument = 'a' GROUP BY site_id",
        &["a"],
        false,
    )
    .await;
    // Another table's week, and another table's instrument.
    let surveys = "SELECT s.week, r.site_id AS site, COUNT(*) AS numerator FROM pulse_responses r JOIN pulse_surveys s
         ON r.survey_id = s.survey_id WHERE s.instrument = 'a' GROUP BY s.week, r.site_id";
    assert_eq!(read(surveys).await, (vec!["all".to_owned()], false));
    // Answers of several weeks in one row, beside the week that names it.
    let sums = "WITH w AS (SELECT week, site_id, COUNT(*) OVER (PARTITION BY site_id) AS n FROM pulse_responses)
         SELECT week, site_id AS site, SUM(n) AS numerator FROM w GROUP BY week, site_id";
    assert_eq!(read(sums).await, (vec!["all".to_owned()], false));
    // Answers of all instruments in one row, of which those with one instrument's name are kept.
    let mixed = "WITH w AS (SELECT week, site_id, instrument, COUNT(*) OVER (PARTITION BY week, site_id) AS n
         FROM pulse_responses)
         SELECT week, site_id AS site, SUM(n) AS numerator FROM w WHERE instrument = 'a' GROUP BY week, site_id";
    assert_eq!(read(mixed).await, (vec!["all".to_owned()], true));
    let twice = "WITH a AS (SELECT * FROM pulse_responses WHERE instrument = 'a')
         SELECT one.week, one.site_id AS site, COUNT(*) AS numerator FROM a one JOIN a two ON one.site_id = two.site_id
         GROUP BY one.week, one.site_id";
    assert_eq!(read(twice).await, (vec!["all".to_owned()], false));
}
