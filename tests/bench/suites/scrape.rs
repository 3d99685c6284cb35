//! Scraping a hundred thousand series.

use crate::{
    child::{Outcome, memory_mb},
    place::{Place, Who},
    report::Report,
};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::Stdio,
    time::Instant,
};

const SCRAPES: usize = 200;

pub fn run(place: &Place, report: &mut Report) {
    let file = place.data.join("tmp/spec.json");
    place.spec(std::path::Path::new(""), 0, Who::Bellwether).write(&file);
    let mut command = place.command(Who::Bellwether, "serve", &file);
    let mut server = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    let address = told["address"].as_str().unwrap();
    for (encoding, name) in [("gzip", "gzip"), ("identity", "plain")] {
        let mut scrapes: Vec<(f64, usize)> = (0..SCRAPES).map(|_| scrape(address, encoding)).collect();
        scrapes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (median, p99, bytes) = (scrapes[SCRAPES / 2].0, scrapes[SCRAPES * 99 / 100].0, scrapes[0].1);
        let peak = memory_mb(server.id(), "VmHWM");
        let note = format!(
            "p99 {:.1} ms, {bytes} bytes, {} series; {} MB resident before, publishing takes {:.2} s",
            p99 * 1000.0,
            told["series"],
            told["resident_mb"],
            told["publish_seconds"].as_f64().unwrap_or(f64::NAN),
        );
        let figure = json!({"seconds": median, "p99": p99, "bytes": bytes, "peak_mb": peak, "server": told});
        report.add(&format!("scrape, {name}"), Who::Bellwether.name(), vec![Outcome::Done(figure)], note);
    }
    drop(server.stdin.take());
    server.wait().unwrap();
}

/// Seconds until the last byte has come, and how many came. A connection a scrape, which Prometheus would keep.
fn scrape(address: &str, encoding: &str) -> (f64, usize) {
    let start = Instant::now();
    let mut stream = TcpStream::connect(address).unwrap();
    let request =
        format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nAccept-Encoding: {encoding}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::with_capacity(64 << 20);
    stream.read_to_end(&mut answer).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..200]));
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    (seconds, answer.len() - head)
}
