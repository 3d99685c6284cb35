//! A file for promtool against a scrape, and servers that do not take what is written.

use crate::{exposition::published, sample, scrape};
use axum::{Router, http::HeaderMap, http::StatusCode, routing::post};
use exporter::backfill::{
    Credentials, History, Hour, Hours, Patience, Remote, RemoteWriteError, RemoteWriter, Stretch, StretchError,
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio_util::sync::CancellationToken;

fn hours(first: &str, count: usize) -> Hours {
    let first = Hour::up_to(first.parse().unwrap());
    Hours { first, last: (1..count).fold(first, |hour, _| hour.next()) }
}

fn stretch(hours: Hours, extra: &[(&str, &str)]) -> Result<Stretch, StretchError> {
    let extra: Vec<_> = extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Stretch::new(&sample::values(), sample::WEEK, hours, &extra)
}

fn text(history: &History) -> String {
    let mut bytes = Vec::new();
    history.write(&mut bytes, |_| true).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// (name, labels, value) of the samples at one time, in a fixed order.
fn at(text: &str, seconds: i64) -> Vec<String> {
    let suffix = format!(" {seconds}");
    let lines: Vec<&str> = text.lines().filter_map(|line| line.strip_suffix(&suffix)).collect();
    sorted(&lines.join("\n"))
}

fn sorted(exposition: &str) -> Vec<String> {
    let mut samples: Vec<String> = scrape::parse(exposition)
        .into_iter()
        .filter(|(name, ..)| name.starts_with("leading_"))
        .map(|(name, mut labels, value)| {
            labels.retain(|_, value| !value.is_empty()); // an empty label is an absent one
            format!("{name}{labels:?} {value:?}")
        })
        .collect();
    samples.sort();
    samples
}

#[test]
fn an_hour_of_the_file_is_the_scrape_of_that_hour() {
    let mut values = sample::values();
    values.as_of = "2026-03-10T07:00:00Z".parse().unwrap();
    let exporter = exporter::Exporter::new(prometheus::Registry::new()).unwrap();
    exporter.publish(Arc::new(values.clone())).unwrap();
    let mut history = History::default();
    history.add(&stretch(hours("2026-03-10T05:00:00Z", 3), &[]).unwrap());
    let text = text(&history);
    let scraped = sorted(&exporter.metrics());
    assert!(scraped.len() > 40, "{scraped:#?}");
    assert_eq!(at(&text, 1_773_126_000), scraped);
    assert_eq!(at(&text, 1_773_122_400).len(), scraped.len(), "the hour before");
    assert!(at(&text, 1_773_129_600).is_empty(), "the hour after");
    assert_eq!(history.samples(), 3 * scraped.len() as u64);
}

/// OpenMetrics: families together, each series together and in the order of time, and a mark at the end.
#[test]
fn the_file_is_in_the_order_that_the_format_asks_for() {
    let mut history = History::default();
    for first in ["2026-03-10T05:00:00Z", "2026-03-10T07:00:00Z", "2026-03-12T00:00:00Z"] {
        history.add(&stretch(hours(first, 2), &[("job", "bellwether")]).unwrap());
    }
    let text = text(&history);
    assert!(text.ends_with("\n# EOF\n"));
    let types: Vec<&str> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
    let mut once = types.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(types, once);
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let keyed: Vec<(&str, i64)> = samples
        .map(|line| {
            let (rest, time) = line.rsplit_once(' ').unwrap();
            (rest.rsplit_once(' ').unwrap().0, time.parse().unwrap())
        })
        .collect();
    assert!(keyed.iter().all(|(series, _)| series.contains("job=\"bellwether\"")));
    for pair in keyed.windows(2) {
        assert!(pair[0].0 != pair[1].0 || pair[0].1 < pair[1].1, "{pair:?}");
    }
    let mut series: Vec<&str> = keyed.iter().map(|(series, _)| *series).collect();
    series.dedup();
    assert_eq!(series.len(), history.series(), "a series is in one piece");
    assert!(text.contains(r#"name="Beta \"B\" Mine\\Pit""#) && text.contains(r#"shift="night\n""#), "{text}");
}

#[test]
fn a_label_that_is_there_already_is_refused() {
    let error = stretch(hours("2026-03-10T05:00:00Z", 1), &[("window", "all")]).unwrap_err();
    assert!(error.to_string().contains("has a label `window` of its own"), "{error}");
    assert!(!published().metrics().contains("job="), "none but those that were asked for");
}

#[test]
fn whoever_counts_may_stop_the_writing() {
    let mut history = History::default();
    history.add(&stretch(hours("2026-03-10T05:00:00Z", 1), &[]).unwrap());
    let mut bytes = Vec::new();
    assert!(history.write(&mut bytes, |_| false).is_err());
    assert!(!String::from_utf8(bytes).unwrap().contains("# EOF"));
}

/// A server that answers as it was told, its last answer for ever, and remembers what it was asked.
struct Server {
    url: String,
    asked: Arc<AtomicUsize>,
    headers: Arc<Mutex<HeaderMap>>,
}

impl Server {
    async fn start(answers: &'static [(u16, &'static str)]) -> Self {
        let (asked, headers) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(HeaderMap::new())));
        let (count, seen) = (Arc::clone(&asked), Arc::clone(&headers));
        let answer = move |got: HeaderMap| async move {
            let nth = count.fetch_add(1, Ordering::SeqCst);
            *seen.lock().unwrap() = got;
            let (status, words) = answers[nth.min(answers.len() - 1)];
            let location = [("Location", "http://127.0.0.1:1/elsewhere")];
            (StatusCode::from_u16(status).unwrap(), location, words)
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/v1/write?token=hush", listener.local_addr().unwrap());
        let router = Router::new().route("/api/v1/write", post(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, asked, headers }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    async fn write(&self, credentials: Credentials) -> Result<u64, RemoteWriteError> {
        write(&self.url, credentials, CancellationToken::new()).await
    }
}

fn remote(url: &str, credentials: Credentials) -> Remote {
    let patience = Patience { attempts: 4, wait: Duration::from_millis(5) };
    Remote { url: url.to_owned(), credentials, authorities: None, timeout: Duration::from_secs(10), patience }
}

async fn write(url: &str, credentials: Credentials, stop: CancellationToken) -> Result<u64, RemoteWriteError> {
    let now = Hour::up_to("2026-03-20T12:00:00Z".parse().unwrap());
    let mut writer = RemoteWriter::new(&remote(url, credentials), now, stop)?;
    writer.write(&stretch(hours("2026-03-10T05:00:00Z", 168), &[]).unwrap()).await
}

#[tokio::test]
async fn a_busy_server_is_asked_again_and_gets_every_batch() {
    let server = Server::start(&[(503, "starting"), (429, "slow down"), (204, "")]).await;
    let samples = server.write(Credentials::None).await.unwrap();
    let series = u64::try_from(sorted(&published().metrics()).len()).unwrap();
    assert_eq!(samples, 168 * series);
    assert_eq!(server.asked() as u64, 2 + samples.div_ceil(5_000 / 168 * 168));
    let headers = server.headers.lock().unwrap().clone();
    assert_eq!(headers["content-encoding"], "snappy");
    assert_eq!(headers["x-prometheus-remote-write-version"], "0.1.0");
    assert!(!headers.contains_key("authorization"));
}

#[tokio::test]
async fn a_server_that_stays_busy_is_given_up() {
    let server = Server::start(&[(503, "no room")]).await;
    let error = server.write(Credentials::None).await.unwrap_err();
    assert!(matches!(error, RemoteWriteError::Busy { attempts: 4, .. }), "{error}");
    assert!(error.to_string().contains("no room") && error.to_string().contains("week of 2026-03-02"), "{error}");
    assert_eq!(server.asked(), 4);
}

/// Prometheus 2.42 answers 500 for a sample that is too old, which a client that goes by the status repeats for ever.
#[tokio::test]
async fn samples_that_are_too_old_are_sent_once() {
    for answers in [&[(500, "too old sample")], &[(400, "out of bounds")], &[(409, "out of order sample")]] {
        let server = Server::start(answers).await;
        let error = server.write(Credentials::None).await.unwrap_err().to_string();
        for part in [answers[0].1, "week of 2026-03-02", "storage.tsdb.out_of_order_time_window", "11d"] {
            assert!(error.contains(part), "no «{part}» in {error}");
        }
        assert!(!error.contains("hush"), "{error}");
        assert_eq!(server.asked(), 1, "{error}");
    }
}

#[tokio::test]
async fn what_no_repetition_mends_is_sent_once() {
    let cases: [(&'static [(u16, &'static str)], &str); 4] = [
        (&[(401, "who are you?")], "remote_write.username"),
        (&[(404, "")], "--web.enable-remote-write-receiver"),
        (&[(307, "")], "elsewhere"),
        (&[(400, "duplicate sample for timestamp")], "has another value"),
    ];
    for (answers, advice) in cases {
        let server = Server::start(answers).await;
        let error = server.write(Credentials::None).await.unwrap_err().to_string();
        assert!(error.contains(advice), "no «{advice}» in {error}");
        assert_eq!(server.asked(), 1, "{error}");
    }
}

#[tokio::test]
async fn credentials_are_sent_and_never_shown() {
    let cases = [
        (Credentials::Basic { username: "me".into(), password: "hush".into() }, "Basic bWU6aHVzaA=="),
        (Credentials::Bearer("hush".into()), "Bearer hush"),
    ];
    for (credentials, header) in cases {
        let server = Server::start(&[(204, "")]).await;
        server.write(credentials.clone()).await.unwrap();
        assert_eq!(server.headers.lock().unwrap()["authorization"], header);
        let hour = Hour::up_to(jiff::Timestamp::UNIX_EPOCH);
        let remote = remote("http://127.0.0.1:1/", credentials);
        let writer = RemoteWriter::new(&remote, hour, CancellationToken::new()).unwrap();
        let shown = format!("{remote:?} {writer:?}");
        assert!(!shown.contains("hush") && !shown.contains("bWU6"), "{shown}");
    }
}

#[tokio::test]
async fn where_nobody_answers_and_where_nobody_can_is_told_at_once() {
    let error =
        write("http://127.0.0.1:1/api/v1/write", Credentials::None, CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error, RemoteWriteError::Unreachable { attempts: 1, .. }), "{error}");
    for (url, fault) in [
        ("localhost:9090", "neither http"),
        ("ftp://prometheus/", "neither http"),
        ("http://me:hush@prometheus/", "does not belong there"),
        ("http://pro metheus/", "cannot be read"),
    ] {
        let error = write(url, Credentials::None, CancellationToken::new()).await.unwrap_err().to_string();
        assert!(error.contains(fault) && !error.contains("hush"), "{error}");
    }
}

#[tokio::test]
async fn a_stop_ends_every_wait() {
    let server = Server::start(&[(503, "")]).await;
    let stop = CancellationToken::new();
    stop.cancel();
    let error = write(&server.url, Credentials::None, stop).await.unwrap_err();
    assert!(matches!(error, RemoteWriteError::Stopped { .. }), "{error}");
}

#[test]
fn authorities_must_be_certificates() {
    let mut remote = remote("https://prometheus/", Credentials::None);
    remote.authorities = Some(b"not PEM".to_vec());
    let hour = Hour::up_to(jiff::Timestamp::UNIX_EPOCH);
    let error = RemoteWriter::new(&remote, hour, CancellationToken::new()).unwrap_err();
    assert!(error.to_string().contains("remote_write.ca_file"), "{error}");
}
