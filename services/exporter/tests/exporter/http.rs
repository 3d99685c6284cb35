//! The server, over a socket.

use crate::{exposition::published, sample};
use exporter::{Access, CONTENT_TYPE, Exporter, Recency, serve};
use flate2::bufread::GzDecoder;
use indicators::{Kind, MetricValues, Scope, Uncertainty, Values, WindowKind};
use prometheus::Registry;
use std::{io::Read, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

pub struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<Result<(), exporter::ServeError>>,
}

impl Server {
    pub async fn start(exporter: Exporter) -> Self {
        Self::guarded(exporter, Access::open()).await
    }

    /// For who may read.
    pub async fn guarded(exporter: Exporter, access: Access) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let task = tokio::spawn(serve(listener, exporter, access, stop.clone()));
        Self { address, stop, task }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Head (lower case) and body.
    pub async fn get(&self, path: &str, headers: &str) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let at = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        (String::from_utf8(answer[..at].to_vec()).unwrap().to_lowercase(), answer[at + 4..].to_vec())
    }
}

#[tokio::test]
async fn not_ready_until_the_first_values() {
    let exporter = Exporter::new(Registry::new()).unwrap();
    let server = Server::start(exporter.clone()).await;
    let (head, body) = server.get("/-/ready", "").await;
    assert!(head.starts_with("http/1.1 503"), "{head}");
    assert!(String::from_utf8(body).unwrap().contains("no values yet"));
    assert!(server.get("/-/healthy", "").await.0.starts_with("http/1.1 200"));
    let (head, body) = server.get("/metrics", "Accept-Encoding: gzip\r\n").await;
    assert!(head.starts_with("http/1.1 200"), "own metrics are there from the start: {head}");
    assert!(!body.is_empty());

    exporter.publish(Arc::new(sample::values())).unwrap();
    assert!(server.get("/-/ready", "").await.0.starts_with("http/1.1 200"));
}

/// Ready once meant that some values had been served, however long ago.
#[tokio::test]
async fn ready_means_values_of_a_recent_clock_and_healthy_the_process() {
    let (limit, as_of) = (Duration::from_secs(900), sample::values().as_of);
    let ahead = Arc::new(std::sync::atomic::AtomicU64::new(900));
    let clock = Arc::clone(&ahead);
    let now = move || as_of + Duration::from_secs(clock.load(std::sync::atomic::Ordering::Relaxed));
    let exporter = Exporter::recent(Registry::new(), Recency::new(limit, now)).unwrap();
    let evaluation = exporter.service("evaluation");
    let server = Server::start(exporter.clone()).await;
    assert!(server.get("/-/ready", "").await.0.starts_with("http/1.1 503"));
    assert!(exporter.metrics().contains("\nbellwether_ready 0\n"));
    exporter.publish(Arc::new(sample::values())).unwrap();
    evaluation.succeeded();
    assert!(server.get("/-/ready", "").await.0.starts_with("http/1.1 200"));
    assert!(exporter.metrics().contains("\nbellwether_ready 1\n"));

    ahead.store(901, std::sync::atomic::Ordering::Relaxed);
    evaluation.failed("table indicators: no space left on the device", Some("BW0022"));
    let (head, body) = server.get("/-/ready", "").await;
    let reason = String::from_utf8(body).unwrap();
    assert!(head.starts_with("http/1.1 503"), "{head}");
    assert!(
        reason.contains("15m 1s ago") && reason.contains("evaluation is down: table indicators: no space"),
        "{reason}"
    );
    assert!(server.get("/-/healthy", "").await.0.starts_with("http/1.1 200"));
    let metrics = exporter.metrics();
    assert!(metrics.contains("leading_"), "it serves what it has");
    for series in ["bellwether_ready 0", "bellwether_service_up{service=\"evaluation\"} 0"] {
        assert!(metrics.contains(&format!("\n{series}\n")), "{metrics}");
    }
    let page = String::from_utf8(server.get("/", "").await.1).unwrap();
    assert!(page.contains("What is down") && page.contains("Needs attention"), "{page}");

    evaluation.succeeded();
    let page = String::from_utf8(server.get("/", "").await.1).unwrap();
    assert!(!page.contains("What is down"), "{page}");
}

#[tokio::test]
async fn a_program_without_values_is_ready_at_once() {
    let server = Server::start(Exporter::without_values(Registry::new()).unwrap()).await;
    assert!(server.get("/-/ready", "").await.0.starts_with("http/1.1 200"));
    let (_, body) = server.get("/metrics", "").await;
    let text = String::from_utf8(body).unwrap();
    assert!(text.contains("bellwether_build_info{version=") && !text.contains("leading_"), "{text}");
}

#[tokio::test]
async fn a_scrape_is_the_exposition_plain_or_zipped() {
    let exporter = published();
    let server = Server::start(exporter.clone()).await;
    let (head, plain) = server.get("/metrics", "").await;
    assert!(head.contains(&format!("content-type: {CONTENT_TYPE}")) && !head.contains("content-encoding"), "{head}");
    assert_eq!(String::from_utf8(plain).unwrap(), exporter.metrics());

    let (head, zipped) = server.get("/metrics", "Accept-Encoding: gzip\r\n").await;
    assert!(head.contains("content-encoding: gzip") && head.contains("vary: accept-encoding"), "{head}");
    let mut text = String::new();
    GzDecoder::new(zipped.as_slice()).read_to_string(&mut text).unwrap();
    assert_eq!(text, exporter.metrics());
}

#[tokio::test]
async fn it_stops_when_told() {
    let server = Server::start(published()).await;
    server.get("/-/healthy", "").await;
    server.stop.cancel();
    tokio::time::timeout(Duration::from_secs(60), server.task).await.unwrap().unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err(), "the port is free again");
}

fn many(sites: usize) -> Values {
    let mut values = sample::values();
    values.sites =
        (0..sites).map(|n| sample::site(&format!("site-{n:05}"), Some(("A site", "north")), "UTC")).collect();
    let series = values.sites.iter().map(|site| {
        let windows = WindowKind::ALL.map(|kind| (kind, sample::window(0.123_456_789)));
        sample::series(Scope::Site(site.id.clone()), &[("team", "a-team-of-the-site")], &windows)
    });
    values.metrics = vec![MetricValues {
        metric: Arc::new(sample::metric("wide", Kind::Ratio, Uncertainty::None, &["site", "team"])),
        series: series.collect(),
        judgements: Vec::new(),
    }];
    values
}

/// How fast, `cargo xtask bench indicators scrape` measures: a limit of 200 ms here failed whenever the machine was busy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_series_are_scraped_whole() {
    let exporter = Exporter::new(Registry::new()).unwrap();
    exporter.publish(Arc::new(many(20_000))).unwrap();
    let server = Server::start(exporter.clone()).await;
    for _ in 0..2 {
        let (head, body) = server.get("/metrics", "Accept-Encoding: gzip\r\n").await;
        assert!(head.starts_with("http/1.1 200"), "{head}");
        let mut text = String::new();
        GzDecoder::new(body.as_slice()).read_to_string(&mut text).unwrap();
        assert!(text.lines().filter(|line| !line.starts_with('#')).count() >= 100_000);
        assert_eq!(text, exporter.metrics());
    }
}
