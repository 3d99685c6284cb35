//! Pre-start quality: each respondent counts once a week, exactly.

use crate::events::*;
use serde_json::{Value, json};

fn answer(id: &str, respondent: Option<&str>, survey: &str, at: &str, scores: &[i64]) -> Value {
    let items: Vec<Value> = scores
        .iter()
        .enumerate()
        .map(|(i, score)| json!({"item": format!("i{i}"), "score": score, "min": 1, "max": 5}))
        .collect();
    let mut event = json!({"response_id": id, "revision": 0, "recorded_at": at, "survey_id": survey, "instrument": "prestart",
        "site_id": "a", "team_id": "t", "submitted_at": at, "items": items});
    if let Some(respondent) = respondent {
        event["respondent_id"] = json!(respondent);
    }
    event
}

async fn parts(answers: &[Value]) -> Vec<indicators::PartRow> {
    let tables = tables([("pulse_responses", batch("pulse_responses", answers, 0))]);
    evaluated(&tables, &["prestart_quality"], "2026-06-01T00:00:00Z").await.parts
}

#[tokio::test]
async fn a_person_who_answers_every_day_is_one() {
    let rows = parts(&[
        answer("1", Some("x"), "s1", "2026-03-02T07:00:00Z", &[5, 5]),
        answer("2", Some("x"), "s2", "2026-03-03T07:00:00Z", &[1, 1]),
        answer("3", Some("x"), "s3", "2026-03-04T07:00:00Z", &[1, 5]),
        answer("4", Some("y"), "s1", "2026-03-02T07:00:00Z", &[5]),
        answer("5", Some("y"), "s9", "2026-03-09T07:00:00Z", &[2]),
    ])
    .await;
    let first = &rows[0];
    assert_eq!((first.numerator, first.denominator, first.respondents), (NINE / 2 + NINE, 2 * NINE, Some(2)));
    assert_eq!(first.sum_squares, Some(NINE * NINE / 4 + NINE * NINE));
    let second = &rows[1];
    assert_eq!((second.numerator, second.denominator, second.respondents), (NINE / 4, NINE, Some(1)));
}

#[tokio::test]
async fn means_are_rounded_half_away_from_zero_to_nine_digits() {
    // Scores 0.25, 0.5 and 0.25: their mean is a third, and 0.333333333 its nine digits.
    let rows = parts(&[
        answer("1", Some("x"), "s1", "2026-03-02T07:00:00Z", &[2]),
        answer("2", Some("x"), "s2", "2026-03-03T07:00:00Z", &[3]),
        answer("3", Some("x"), "s3", "2026-03-04T07:00:00Z", &[2]),
        // Items 0.25, 1 and 1: two thirds and a twelfth, 0.75 exactly.
        answer("4", Some("y"), "s1", "2026-03-02T07:00:00Z", &[2, 5, 5]),
    ])
    .await;
    assert_eq!(rows[0].numerator, 333_333_333 + 750_000_000);
    assert_eq!(rows[0].sum_squares, Some(333_333_333i128.pow(2) + 750_000_000i128.pow(2)));
}

#[tokio::test]
async fn without_an_id_each_response_is_a_respondent_and_the_largest_survey_tells_how_many() {
    let rows = parts(&[
        answer("1", None, "s1", "2026-03-02T07:00:00Z", &[5]),
        answer("2", None, "s1", "2026-03-02T07:00:00Z", &[5]),
        answer("3", None, "s2", "2026-03-03T07:00:00Z", &[5]),
        answer("4", Some("x"), "s2", "2026-03-03T07:00:00Z", &[1]),
        answer("5", Some("x"), "s1", "2026-03-03T07:00:00Z", &[1]),
        answer("6", Some("y"), "s1", "2026-03-03T07:00:00Z", &[1]),
    ])
    .await;
    assert_eq!((rows[0].numerator, rows[0].denominator), (3 * NINE, 5 * NINE));
    assert_eq!(rows[0].respondents, Some(4)); // four answers to s1
}

#[tokio::test]
async fn other_instruments_do_not_count() {
    let mut other = answer("1", Some("x"), "s1", "2026-03-02T07:00:00Z", &[5]);
    other["instrument"] = json!("culture");
    assert_eq!(parts(&[other]).await, []);
}
