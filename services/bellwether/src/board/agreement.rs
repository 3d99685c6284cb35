//! Terminal, page, JSON, spreadsheet, digest and exposition say the same of the same values. Each is read here as its reader
//! reads it, by its own text.

use super::page::page;
use crate::{digest::Told, worlds};
use exporter::Exporter;
use indicators::{
    Change, State, Values,
    board::{Board, Only, words},
};
use jiff::civil::Date;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const SEEDS: u64 = 50;

/// What is told of one reason: what people call the site and the metric, the first word of why, and since when.
type Line = (String, String, String, String);

/// From the JSON, with words of this test's own.
fn of_json(board: &Value, titles: &BTreeMap<String, (String, bool)>) -> BTreeSet<Line> {
    let mut told = BTreeSet::new();
    for site in board["sites"].as_array().unwrap() {
        let name = site["name"].as_str().or(site["site"].as_str()).unwrap();
        for card in site["metrics"].as_array().unwrap() {
            let (title, higher) = &titles[card["metric"].as_str().unwrap()];
            for reason in card["reasons"].as_array().unwrap() {
                let why = match (reason["reason"].as_str().unwrap(), higher) {
                    ("below", true) => "below",
                    ("below", false) => "above",
                    ("behind_peers", _) => "behind",
                    ("falling", true) => "fell",
                    _ => "rose",
                };
                let since: Date = reason["since"].as_str().unwrap().parse().unwrap();
                let since = since.strftime("%-d %b %Y").to_string();
                told.insert((name.to_owned(), title.clone(), why.to_owned(), since));
            }
        }
    }
    told
}

/// From the tables of the terminal, column by column.
fn of_terminal(text: &str) -> BTreeSet<Line> {
    let mut told = BTreeSet::new();
    for part in text.split("Needs attention\n").skip(1) {
        let lines: Vec<Vec<char>> =
            part.split("\n\n").next().unwrap().lines().map(|line| line.chars().collect()).collect();
        let header: String = lines[0].iter().collect();
        let at = |title: &str| header[..header.find(title).unwrap()].chars().count();
        let columns = [at("Site"), at("Region"), at("Metric"), at("4 weeks"), at("Why"), at("Since"), at("How sure")];
        let [site, region, metric, value, why, since_column, sure] = columns;
        let cell = |line: &[char], from: usize, to: usize| -> String {
            let text: String = line.iter().skip(from).take(to - from).collect();
            text.trim().to_owned()
        };
        let (mut name, mut title) = (String::new(), String::new());
        for line in &lines[2..] {
            let (its_name, its_title) = (cell(line, site, region), cell(line, metric, value));
            if !its_name.is_empty() {
                name = its_name;
            }
            if !its_title.is_empty() {
                title = its_title;
            }
            let since = cell(line, since_column, sure);
            if !since.is_empty() {
                let first = first_word(&cell(line, why, since_column));
                told.insert((name.clone(), title.clone(), first, day(&since)));
            }
        }
    }
    told
}

/// `fell, last seen 1 Jun` → `fell`.
fn first_word(why: &str) -> String {
    why.split([' ', ',']).next().unwrap().to_owned()
}

/// `6 Apr 2026 (10 weeks)` and `6 Apr 2026 or before` → `6 Apr 2026`.
fn day(since: &str) -> String {
    since.split(" (").next().unwrap().split(" or ").next().unwrap().to_owned()
}

fn of_digest(digest: &Value) -> BTreeSet<Line> {
    let mut told = BTreeSet::new();
    for lags in digest["lagging"].as_array().unwrap() {
        let text = |key: &str| lags[key].as_str().unwrap().to_owned();
        for reason in lags["reasons"].as_array().unwrap() {
            let (why, since) = reason.as_str().unwrap().split_once(", since ").unwrap();
            told.insert((text("name"), text("title"), first_word(why), day(since)));
        }
    }
    told
}

/// (metric, site, reason or state) of which Prometheus gets a 1.
fn of_exposition(text: &str, family: &str, label: &str) -> BTreeSet<(String, String, String)> {
    let of = |line: &str, name: &str| {
        let begin = line.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
        line[begin..].split('"').next().unwrap().to_owned()
    };
    let lines = text.lines().filter(|line| line.starts_with(&format!("{family}{{")) && line.ends_with("} 1"));
    lines.map(|line| (of(line, "metric"), of(line, "site"), of(line, label))).collect()
}

fn of_cards(board: &Value, of: impl Fn(&Value) -> Vec<String>) -> BTreeSet<(String, String, String)> {
    let mut found = BTreeSet::new();
    for site in board["sites"].as_array().unwrap() {
        for card in site["metrics"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            found.extend(of(card).into_iter().map(|what| (text(&card["metric"]), text(&site["site"]), what)));
        }
    }
    found
}

/// The exporter as it is served, with what was published last.
struct Served {
    exporter: Exporter,
    address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

impl Served {
    fn start() -> Self {
        let exporter = Exporter::new(prometheus::Registry::new()).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(exporter::serve(listener, exporter.clone(), exporter::Access::open(), CancellationToken::new()));
        Self { exporter, address, _runtime: runtime }
    }

    fn get(&self, path: &str) -> String {
        let url = format!("http://{}{path}", self.address);
        ureq::get(&url).call().unwrap().body_mut().read_to_string().unwrap()
    }

    /// What is between the tags of a page.
    fn words(&self, path: &str) -> String {
        let page = self.get(path);
        let texts = page.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, text)| text);
        texts.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn agree(seed: u64, values: &Arc<Values>, served: &Served) -> Board {
    let board = Board::new(values);
    let json = serde_json::to_value(&board).unwrap();
    let titles = board.metrics.iter().map(|metric| {
        let higher = metric.direction == indicators::Direction::Higher;
        (metric.name.clone(), (words::title(metric), higher))
    });
    let told = of_json(&json, &titles.collect());
    assert_eq!(of_terminal(&page(&board, 220, false)), told, "terminal, seed {seed}");
    let digest = Told::of(&board, &Only::default(), None).unwrap();
    assert_eq!(of_digest(&serde_json::to_value(&digest).unwrap()), told, "digest, seed {seed}");
    assert_eq!(digest.markdown().matches("\n- **").count(), digest.digest.lagging.len(), "Markdown, seed {seed}");
    served.exporter.publish(Arc::clone(values)).unwrap();
    let asked: Value = serde_json::from_str(&served.get("/?format=json")).unwrap();
    assert_eq!(asked, json, "the page's JSON, seed {seed}");
    assert_eq!(served.get("/?format=csv"), exporter::spreadsheet(&board), "CSV, seed {seed}");
    let exposed = served.exporter.metrics();
    let reasons = |card: &Value| -> Vec<String> {
        card["reasons"].as_array().unwrap().iter().map(|r| r["reason"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(of_exposition(&exposed, "leading_lagging", "reason"), of_cards(&json, reasons), "seed {seed}");
    let state = |card: &Value| vec![card["state"].as_str().unwrap().to_owned()];
    assert_eq!(of_exposition(&exposed, "leading_state", "state"), of_cards(&json, state), "seed {seed}");
    let silent: BTreeSet<&str> = digest.digest.silent.iter().map(|silent| silent.site.as_str()).collect();
    let of_board = board.sites.iter().filter(|site| site.any(State::Silent)).map(|site| site.site.as_str());
    assert_eq!(silent, of_board.collect(), "seed {seed}");
    assert_eq!((silent.len(), digest.digest.tally), (board.tally.silent, board.tally), "seed {seed}");
    pages_agree(seed, &board, served);
    board
}

/// A page of a site that lags, one of a site that does not, and one of a site that is silent in everything: that is told once.
fn pages_agree(seed: u64, board: &Board, served: &Served) {
    let lags = |site: &&indicators::board::SiteCard| site.metrics.iter().any(|card| !card.reasons.is_empty());
    if let Some(silent) = board.sites.iter().find(|site| site.is_silent_at_all()) {
        let text = served.words(&exporter::site_path(&silent.site));
        let told = words::explanation(State::Silent).unwrap();
        assert_eq!(text.to_lowercase().matches(told).count(), 1, "seed {seed}, {}: {text}", silent.site);
    }
    for site in [board.sites.iter().find(lags), board.sites.iter().find(|site| !lags(site))].into_iter().flatten() {
        let text = served.words(&exporter::site_path(&site.site));
        let reasons = site.metrics.iter().flat_map(|card| &card.reasons);
        for since in reasons.filter_map(|reason| reason.since) {
            assert!(text.contains(&format!("since {}", words::date(since))), "seed {seed}, {}: {text}", site.site);
        }
        for said in site.metrics.iter().flat_map(|card| &card.talk) {
            assert!(text.contains(said), "seed {seed}, {}: no “{said}” in {text}", site.site);
        }
        assert_eq!(text.contains(" since "), lags(&site), "seed {seed}, {}: {text}", site.site);
    }
}

/// A row said "falling, very sure" beside "steady": two places had each its own way of saying it.
#[test]
fn terminal_page_json_digest_and_exposition_never_disagree() {
    let served = Served::start();
    let (mut states, mut changes) = (BTreeSet::new(), BTreeSet::new());
    for seed in 0..SEEDS {
        let values = Arc::new(worlds::values(seed));
        let board = agree(seed, &values, &served);
        states.extend(board.sites.iter().flat_map(|site| &site.metrics).map(|card| card.state));
        let told = Told::of(&board, &Only::default(), None).unwrap().digest;
        let told: Vec<_> = told.changed.iter().map(|told| (told.change, &told.site, &told.metric)).collect();
        assert_eq!(told, values.changes.iter().map(|told| (told.change, &told.site, &told.metric)).collect::<Vec<_>>());
        changes.extend(values.changes.iter().map(|change| change.change));
    }
    // Else these worlds would say nothing.
    assert_eq!(changes, Change::ALL.into(), "every change has been told");
    assert!([State::Lagging, State::Silent, State::Suppressed, State::Ok].iter().all(|state| states.contains(state)));
}
