//! Real public data through Apache Kafka: an open university's courses, army companies and battalions.

use crate::parts::{self, Parts};
use aho_corasick::AhoCorasick;
use arrow::json::LineDelimitedWriter;
use end_to_end::{Kafka, Program, real_data, root};
use flate2::read::GzDecoder;
use jiff::{Span, Timestamp, ToSpan, civil::Weekday, tz::TimeZone};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

const CLOCK: &str = "2026-10-01T00:00:00Z";
const ONE: i128 = 1_000_000_000;

#[test]
fn real_data_gives_the_numbers_of_an_independent_count() {
    let Some(data) = real_data() else { return };
    let Some(kafka) = Kafka::start() else { return };
    let mut program = Program::new(&kafka.brokers());
    for stream in ["sites", "training_events", "pulse_surveys", "pulse_responses"] {
        program.succeed(&["publish", stream, &data.join(format!("{stream}.ndjson.gz")).to_string_lossy()]);
    }
    program.set("INDICATORS__QUERIES", &queries_with_the_other_instrument(program.folder()));
    program.succeed(&["ingest", "--until-caught-up"]);
    program.succeed(&["indicators", "--once", "--as-of", CLOCK]);

    let expected = expected(&data);
    let (kept, due) = total(&expected, "learning_follow_through");
    assert_eq!((kept, due), (28_605, 40_675), "kept and due in all");
    parts::assert_same(&parts::stored(&program), &expected);
    no_raw_id_in_any_byte(&program.lake(), &data);
}

/// The shipped queries and one of the test's own: the same as `prestart_quality`, of the other instrument.
fn queries_with_the_other_instrument(folder: &Path) -> String {
    let queries = folder.join("queries");
    std::fs::create_dir(&queries).unwrap();
    for file in std::fs::read_dir(root().join("queries")).unwrap().flatten() {
        if file.path().extension().is_some_and(|ending| ending == "sql") {
            std::fs::copy(file.path(), queries.join(file.file_name())).unwrap();
        }
    }
    let prestart = std::fs::read_to_string(queries.join("prestart_quality.sql")).unwrap();
    assert!(prestart.contains("'prestart'"));
    std::fs::write(queries.join("field_quality.sql"), prestart.replace("'prestart'", "'field_time'")).unwrap();
    queries.to_string_lossy().into_owned()
}

fn total(parts: &Parts, metric: &str) -> (i128, i128) {
    let rows = parts.iter().filter(|((name, ..), _)| name == metric);
    rows.fold((0, 0), |(kept, due), (_, row)| (kept + row[0] / ONE / ONE, due + row[1] / ONE / ONE))
}

/// Counted from the files, by the design's words and without the program.
fn expected(data: &Path) -> Parts {
    let zones: HashMap<String, TimeZone> = read(data, "sites")
        .map(|site| (text(&site, "site_id"), TimeZone::get(&text(&site, "timezone")).unwrap()))
        .collect();
    let mut parts = Parts::new();
    follow_through(data, &zones, &mut parts);
    survey_means(data, &zones, "prestart", "prestart_quality", &mut parts);
    survey_means(data, &zones, "field_time", "field_quality", &mut parts);
    parts
}

fn follow_through(data: &Path, zones: &HashMap<String, TimeZone>, parts: &mut Parts) {
    let mut by_commitment: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for event in read(data, "training_events").filter(|event| event["commitment_id"].is_string()) {
        by_commitment.entry(text(&event, "commitment_id")).or_default().push(event);
    }
    for events in by_commitment.values() {
        for commitment in events.iter().filter(|event| event["verb"] == "committed") {
            let due = time(commitment, "due_at");
            let year = due.checked_sub(Span::new().hours(52 * 7 * 24)).unwrap()..=due;
            let made = |event: &Value| (time(event, "occurred_at"), text(event, "event_id"));
            let repeated = events.iter().any(|other| {
                other["verb"] == "committed"
                    && made(other) < made(commitment)
                    && year.contains(&time(other, "occurred_at"))
            });
            let withdrawn = events.iter().any(|event| {
                event["verb"] == "withdrawn"
                    && year.contains(&time(event, "occurred_at"))
                    && time(event, "occurred_at") < due
            });
            if repeated || withdrawn || due > CLOCK.parse().unwrap() {
                continue;
            }
            let kept =
                events.iter().any(|event| event["verb"] == "applied" && year.contains(&time(event, "occurred_at")));
            let key = key("learning_follow_through", commitment, due, zones);
            let row = parts.entry(key).or_default();
            row[0] += i128::from(kept) * ONE * ONE;
            row[1] += ONE * ONE;
        }
    }
}

/// Sum, count and sum of squares of respondents' means of the week.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a few items, and shares of 1")]
fn survey_means(data: &Path, zones: &HashMap<String, TimeZone>, instrument: &str, metric: &str, parts: &mut Parts) {
    let mut weeks: BTreeMap<(String, String, String), BTreeMap<String, Vec<i128>>> = BTreeMap::new();
    for response in read(data, "pulse_responses").filter(|response| response["instrument"] == instrument) {
        let items = response["items"].as_array().unwrap();
        let number = |item: &Value, name: &str| item[name].as_f64().unwrap();
        let shares = items
            .iter()
            .map(|item| (number(item, "score") - number(item, "min")) / (number(item, "max") - number(item, "min")));
        let score = (shares.sum::<f64>() / items.len() as f64 * 1e9).round() as i128;
        let week = weeks.entry(key(metric, &response, time(&response, "submitted_at"), zones)).or_default();
        let respondent = response["respondent_id"].as_str().map(|id| format!("person {id}"));
        week.entry(respondent.unwrap_or_else(|| text(&response, "response_id"))).or_default().push(score);
    }
    for (key, respondents) in weeks {
        let row = parts.entry(key).or_default();
        for scores in respondents.values() {
            let (sum, count) = (scores.iter().sum::<i128>(), scores.len() as i128);
            let mean = (2 * sum + count) / (2 * count);
            row[0] += mean * ONE;
            row[1] += ONE * ONE;
            row[2] += mean * mean;
        }
    }
}

fn key(metric: &str, event: &Value, at: Timestamp, zones: &HashMap<String, TimeZone>) -> (String, String, String) {
    let site = text(event, "site_id");
    let day = at.to_zoned_datetime(zones.get(&site).cloned().unwrap_or(TimeZone::UTC)).date();
    let monday = day - i32::from(day.weekday().since(Weekday::Monday)).days();
    (metric.to_owned(), monday.to_string(), site)
}

fn read(data: &Path, stream: &str) -> impl Iterator<Item = Value> + use<> {
    let file = std::fs::File::open(data.join(format!("{stream}.ndjson.gz"))).unwrap();
    BufReader::new(GzDecoder::new(file)).lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap())
}

fn text(event: &Value, field: &str) -> String {
    event[field].as_str().unwrap().to_owned()
}

fn time(event: &Value, field: &str) -> Timestamp {
    event[field].as_str().unwrap().parse().unwrap()
}

/// Every id of a person, and every id that may be built from a name, must be gone from the lake: from its files as they
/// lie there, and from what is compressed inside them.
fn no_raw_id_in_any_byte(lake: &Path, data: &Path) {
    let mut raw = BTreeSet::new();
    for stream in ["training_events", "pulse_surveys", "pulse_responses"] {
        for event in read(data, stream) {
            for field in PERSONAL {
                raw.extend(event[field].as_str().map(str::to_owned));
            }
        }
    }
    let ids = AhoCorasick::new(&raw).unwrap();
    let (mut plain, mut unpacked) = (0, 0);
    for file in files(lake) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!ids.is_match(&bytes), "{} holds a raw id", file.display());
        plain += bytes.len();
        if file.extension().is_some_and(|ending| ending == "parquet") {
            let rows = rows_as_json(&file);
            assert!(!ids.is_match(&rows), "{} holds a raw id in a column", file.display());
            unpacked += rows.len();
        }
    }
    assert!(
        raw.len() > 80_000 && plain > 1_000_000 && unpacked > 10_000_000,
        "{} ids, {plain}, {unpacked} bytes",
        raw.len()
    );
}

const PERSONAL: [&str; 7] =
    ["person_id", "respondent_id", "leader_id", "event_id", "response_id", "survey_id", "commitment_id"];

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn rows_as_json(file: &Path) -> Vec<u8> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(file).unwrap()).unwrap().build().unwrap();
    let mut json = LineDelimitedWriter::new(Vec::new());
    for batch in reader {
        json.write(&batch.unwrap()).unwrap();
    }
    json.into_inner()
}
