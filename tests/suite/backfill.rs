//! Stored weeks into a real Prometheus, as blocks and by remote write, against what the lake says and what a scrape of the
//! time would have found.

use crate::parts;
use end_to_end::{Port, Program, Prometheus, Running, get, tool, wait_for};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

/// For anything to happen, on a machine that does much else.
const LIMIT: Duration = Duration::from_secs(120);
/// Blocks and samples of any age stay.
const KEEP: &str = "--storage.tsdb.retention.time=100y";
/// Three weeks, named as people name them.
const RANGE: [&str; 4] = ["--from", "2026-05-06", "--to", "2026-W21"];
/// Their Mondays.
const WEEKS: [&str; 3] = ["2026-05-04", "2026-05-11", "2026-05-18"];
const SELF_SCRAPED: &str = "global: { scrape_interval: 1s }
scrape_configs: [{ job_name: self, static_configs: [{ targets: [SELF] }] }]
";

/// (series, seconds) → value: every sample of every family.
type Samples = BTreeMap<(String, i64), String>;

/// Half a year of six sites on the embedded broker, evaluated at its end; made once a run of the suite.
fn lake() -> &'static Program {
    static LAKE: OnceLock<Program> = OnceLock::new();
    LAKE.get_or_init(|| {
        let program = Program::new("127.0.0.1:1");
        let folder = program.lake().display().to_string();
        program.succeed(&["demo", "--once", "--sites", "6", "--weeks", "26", "--data", &folder]);
        program
    })
}

/// The same weeks as a file, and what the program said.
fn file() -> (&'static Path, &'static str) {
    static FILE: OnceLock<(std::path::PathBuf, String)> = OnceLock::new();
    let (file, told) = FILE.get_or_init(|| {
        let file = lake().folder().join("past.txt");
        let out = file.display().to_string();
        let told = lake().succeed(&backfill(&["--format", "openmetrics", "--out", &out]));
        (file, told)
    });
    (file, told)
}

/// The command for the three weeks.
fn backfill<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["backfill"][..], &RANGE, more].concat()
}

/// Blocks made by the very command that the program prints.
fn blocks(promtool: &Path, folder: &Path) {
    let (_, told) = file();
    let line = told.lines().find(|line| line.starts_with("promtool ")).unwrap();
    let arguments = line.split(' ').skip(1).map(|word| if word == "FOLDER" { folder.to_str().unwrap() } else { word });
    let output = Command::new(promtool).args(arguments).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn blocks_and_remote_write_give_each_weeks_value_hourly_from_its_completion_on_and_nothing_else() {
    let Some(prometheus) = tool("BELLWETHER_TEST_PROMETHEUS") else { return };
    let data = tempfile::TempDir::new().unwrap();
    blocks(&prometheus.with_file_name("promtool"), data.path());
    let of_blocks = Prometheus::with("global: {}", Some(data.path()), &[KEEP]).unwrap();
    let expected = expected();
    assert!(expected.len() > 3 * 168 * 10, "{}", expected.len());
    let found = weekly(&of_blocks);
    let differ: Vec<_> = expected.iter().filter(|(key, value)| found.get(*key) != Some(*value)).take(5).collect();
    let surplus: Vec<_> = found.iter().filter(|(key, _)| !expected.contains_key(*key)).take(5).collect();
    assert!(differ.is_empty() && surplus.is_empty(), "missing or different: {differ:#?}\nsurplus: {surplus:#?}");

    let receiving = Prometheus::with(
        &format!("{SELF_SCRAPED}storage: {{ tsdb: {{ out_of_order_time_window: 520w }} }}"),
        None,
        &[KEEP, "--web.enable-remote-write-receiver"],
    )
    .unwrap();
    wait_for("samples of today", LIMIT, || some(&receiving));
    let url = format!("{}/api/v1/write", receiving.url());
    let told = lake().succeed(&backfill(&["--format", "remote-write", "--url", &url]));
    let (of_blocks, received) = (all(&of_blocks), all(&receiving));
    assert!(told.starts_with(&format!("{} samples written to {url}", received.len())), "{told}");
    let differ: Vec<_> = of_blocks.iter().filter(|(key, value)| received.get(*key) != Some(*value)).take(5).collect();
    assert!(differ.is_empty() && of_blocks.len() == received.len(), "{} {differ:#?}", received.len());
}

/// Twice: without a window (out of bounds), and with one that is too short (2.42 answers 500 to that).
#[test]
fn a_server_that_takes_no_old_samples_ends_the_run_after_one_request() {
    if tool("BELLWETHER_TEST_PROMETHEUS").is_none() {
        return;
    }
    let window = format!("{SELF_SCRAPED}storage: {{ tsdb: {{ out_of_order_time_window: 1h }} }}");
    for (configuration, words) in [(SELF_SCRAPED, "out of bounds"), (&window, "too old sample")] {
        let server = Prometheus::with(configuration, None, &["--web.enable-remote-write-receiver"]).unwrap();
        wait_for("samples of today", LIMIT, || some(&server));
        let url = format!("{}/api/v1/write", server.url());
        let outcome = lake().run(&backfill(&["--format", "remote-write", "--url", &url]));
        assert_eq!(outcome.code, Some(1), "{}{}", outcome.stdout, outcome.stderr);
        for part in ["nothing was written", "week of 2026-05-04", words, "storage.tsdb.out_of_order_time_window"] {
            assert!(outcome.stderr.contains(part), "no «{part}» in {}", outcome.stderr);
        }
        let own = get(&format!("{}/metrics", server.url())).unwrap();
        let written =
            own.lines().filter(|l| l.starts_with("prometheus_http_requests_total") && l.contains("/api/v1/write"));
        let requests: Vec<&str> = written.filter_map(|line| line.rsplit(' ').next()).collect();
        assert_eq!(requests, ["1"], "one request, and no more");
    }
}

#[test]
fn a_server_without_the_receiver_says_how_to_switch_it_on() {
    let Some(server) = Prometheus::with("global: {}", None, &[]) else { return };
    let url = format!("{}/api/v1/write", server.url());
    let outcome = lake().run(&backfill(&["--format", "remote-write", "--url", &url]));
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("--web.enable-remote-write-receiver"), "{}", outcome.stderr);
}

/// All names, labels and values of a scrape in the third week, `week_to_date` aside.
#[test]
fn an_hour_of_the_file_is_what_a_scrape_at_that_time_found() {
    let (file, _) = file();
    let at: Timestamp = "2026-05-21T09:00:00Z".parse().unwrap();
    let suffix = format!(" {}", at.as_second());
    let text = std::fs::read_to_string(file).unwrap();
    let written: BTreeSet<String> = text.lines().filter_map(|line| line.strip_suffix(&suffix)).map(normal).collect();
    let found = scrape(at);
    let missing: Vec<_> = found.difference(&written).take(5).collect();
    let surplus: Vec<_> = written.difference(&found).take(5).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "only scraped: {missing:#?}\nonly written: {surplus:#?}");
    assert!(written.len() > 300, "{}", written.len());
    assert!(text.ends_with("\n# EOF\n") && !text.contains("week_to_date"));
}

/// What the exporter says of the same lake when its clock stands there.
fn scrape(at: Timestamp) -> BTreeSet<String> {
    let program = Program::new("127.0.0.1:1");
    let status = Command::new("cp").arg("-r").args([lake().lake(), program.lake()]).status().unwrap();
    assert!(status.success());
    let port = Port::hold();
    let listen = port.address();
    let mut command = program.command(&["indicators", "--as-of", &at.to_string()]);
    let _service = Running::start(command.env("BELLWETHER__HTTP__LISTEN", &listen), &program.folder().join("log"));
    let clock = format!("leading_as_of_timestamp_seconds {}", at.as_second());
    let exposition = wait_for("the evaluation at that time", LIMIT, || {
        let text = get(&format!("http://{listen}/metrics"))?;
        if text.lines().any(|line| line == clock) { Ok(text) } else { Err(text) }
    });
    let lines = exposition.lines().filter(|line| line.starts_with("leading_") && !line.contains("week_to_date"));
    lines.map(normal).collect()
}

/// Labels in the order of their names, empty ones left out.
fn normal(line: &str) -> String {
    let (series, value) = line.rsplit_once(' ').unwrap();
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    let labels = labels.strip_suffix('}').unwrap();
    let mut pairs: Vec<&str> = labels.split_inclusive("\",").map(|pair| pair.trim_end_matches(',')).collect();
    pairs.retain(|pair| !pair.is_empty() && !pair.ends_with("=\"\""));
    pairs.sort_unstable();
    format!("{name}{{{}}} {}", pairs.join(","), value.parse::<f64>().unwrap())
}

#[test]
fn ranges_and_names_that_cannot_be_are_told() {
    let out = ["--format", "openmetrics", "--out", "-"];
    let refused = |arguments: &[&str], code: i32, words: &[&str]| {
        let outcome = lake().run(&[&["backfill"][..], &out, arguments].concat());
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(code), ""), "{}", outcome.stderr);
        for word in words {
            assert!(outcome.stderr.contains(word), "no «{word}» in {}", outcome.stderr);
        }
    };
    refused(&["--from", "2026-06-08", "--to", "2026-06-16"], 2, &["week of 2026-06-15", "week of 2026-06-08"]);
    refused(&["--from", "2020-W10", "--to", "2020-W12"], 1, &["nothing is stored", "first week with rows"]);
    refused(&[&RANGE[..], &["--metric", "feild_time"]].concat(), 2, &["did you mean `field_time`?"]);
    let nowhere = ["--format", "remote-write", "--url", "http://127.0.0.1:1/api/v1/write"];
    let outcome = lake().run(&backfill(&nowhere));
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("http://127.0.0.1:1/api/v1/write cannot be reached"), "{}", outcome.stderr);
    let token = "the-token-of-this-test";
    let mut command = lake().command(&backfill(&nowhere));
    let output = command.env("BELLWETHER__REMOTE_WRITE__BEARER_TOKEN", token).output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains(token));
}

/// One metric alone, on standard output, with the labels that a scrape would add.
#[test]
fn a_metric_alone_goes_down_a_pipe() {
    let arguments = ["--format", "openmetrics", "--out", "-", "--metric", "field_time", "--label", "job=bellwether"];
    let text = lake().succeed(&backfill(&arguments));
    let samples: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(samples.len() > 1_000 && samples.iter().all(|line| line.contains("job=\"bellwether\"")));
    assert!(text.contains("leading_field_time_ratio{") && !text.contains("prestart_quality"), "only one");
    assert!(text.ends_with("\n# EOF\n"));
}

/// A server that accepts connections and never answers.
#[test]
fn an_interrupt_ends_the_wait_for_a_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/v1/write", listener.local_addr().unwrap());
    let mut running = lake().start("interrupted", &backfill(&["--format", "remote-write", "--url", &url]));
    let connection = listener.accept().unwrap();
    running.signal("INT");
    let status = running.wait(LIMIT).expect("it ends");
    drop(connection);
    let log = std::fs::read_to_string(lake().folder().join("interrupted.log")).unwrap();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("stopped within the week of 2026-05-04"), "{log}");
}

fn some(prometheus: &Prometheus) -> Result<(), String> {
    match prometheus.query("up == 1")?.len() {
        0 => Err("nothing is scraped".to_owned()),
        _ => Ok(()),
    }
}

/// The last complete week's value of each metric and site, hour by hour from before the first to after the last.
fn weekly(prometheus: &Prometheus) -> Samples {
    let (start, end) = (seconds("2026-05-01T00:00:00Z"), seconds("2026-06-05T00:00:00Z"));
    let mut found = Samples::new();
    for metric in ["field_time", "learning_follow_through", "prestart_quality"] {
        let expression = format!("leading_{metric}_ratio{{window=\"week\"}}");
        for series in prometheus.query_range(&expression, start, end, 3600).unwrap() {
            let site = series["metric"]["site"].as_str().unwrap();
            for sample in series["values"].as_array().unwrap() {
                found.insert((format!("{metric} {site}"), sample[0].as_i64().unwrap()), text(&sample[1]));
            }
        }
    }
    found
}

/// Every raw sample.
#[expect(clippy::cast_possible_truncation, reason = "the times of samples are whole seconds")]
fn all(prometheus: &Prometheus) -> Samples {
    let mut samples = Samples::new();
    for series in prometheus.query_at("{__name__=~\"leading_.+\"}[8w]", seconds("2026-06-17T00:00:00Z")).unwrap() {
        for sample in series["values"].as_array().unwrap() {
            let at = sample[0].as_i64().or_else(|| sample[0].as_f64().map(|at| at as i64));
            samples.insert((series["metric"].to_string(), at.unwrap()), text(&sample[1]));
        }
    }
    samples
}

/// A number as text that is the same for the same number.
fn text(value: &Value) -> String {
    value.as_str().unwrap().parse::<f64>().unwrap().to_string()
}

/// From the stored parts and what was published, by the calendar of each site: nothing of the program under test but SQL.
#[expect(clippy::cast_precision_loss, reason = "what is written is f64")]
fn expected() -> Samples {
    let sql = |text: &str| -> Vec<Value> {
        serde_json::from_str(&lake().succeed(&["sql", text, "--format", "json"])).unwrap()
    };
    let zones: BTreeMap<String, TimeZone> = sql("select site_id, timezone from sites")
        .iter()
        .map(|row| {
            let zone = TimeZone::get(row["timezone"].as_str().unwrap()).unwrap();
            (row["site_id"].as_str().unwrap().to_owned(), zone)
        })
        .collect();
    let open = "select metric, week, site, numerator, denominator from indicators where metric <> 'prestart_quality'";
    let shown = "select metric, week, site, numerator, denominator from publications \
                 where metric = 'prestart_quality' and respondents >= 5";
    let mut samples = Samples::new();
    for row in [sql(open), sql(shown)].concat() {
        let (metric, week, site) = (&row["metric"], row["week"].as_str().unwrap(), row["site"].as_str().unwrap());
        if !WEEKS.contains(&week) {
            continue;
        }
        let [numerator, denominator] =
            ["numerator", "denominator"].map(|part| parts::exact(&row[part]) / 1_000_000_000);
        let value = (numerator as f64 / denominator as f64).to_string();
        let complete = |weeks: i64| {
            let monday = week.parse::<Date>().unwrap() + SignedDuration::from_hours(24 * 7 * weeks);
            (monday.to_zoned_datetime(zones[site].clone()).unwrap().timestamp() + SignedDuration::from_hours(24))
                .as_second()
        };
        let (from, to) = (complete(1), complete(2));
        let full_hours = (from..to).filter(|second| second % 3600 == 0);
        samples
            .extend(full_hours.map(|second| ((format!("{} {site}", metric.as_str().unwrap()), second), value.clone())));
    }
    samples
}

fn seconds(moment: &str) -> i64 {
    moment.parse::<Timestamp>().unwrap().as_second()
}
