//! How long a page takes: an evaluation of many sites and metrics with a year of weeks, every page asked for again and again.
//!
//! ```text
//! cargo run --release -p exporter --example pages -- [SITES] [METRICS]
//! ```
//!
//! Each page is asked for 200 times over a socket, zipped as browsers take it, by one who waits for the whole of it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "whoever measures reads what went wrong")]
#![expect(clippy::print_stdout, reason = "the results")]

#[expect(dead_code, reason = "the tests want more of it")]
#[path = "../tests/exporter/sample.rs"]
mod sample;

use exporter::{Access, Exporter, serve};
use indicators::{
    Course, Judgement, Kind, MetricValues, Reason, ReasonValue, Scope, State, Uncertainty, Values, Window, WindowKind,
};
use jiff::{ToSpan, civil::Date};
use prometheus::Registry;
use sample::WEEK;
use std::{
    io::Read,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, runtime::Runtime};
use tokio_util::sync::CancellationToken;

const TIMES: usize = 200;

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).map(|text| text.parse().unwrap()).collect();
    let [sites, metrics] = match numbers[..] {
        [] => [1_000, 25],
        [sites, metrics] => [sites, metrics],
        _ => panic!("usage: pages [SITES METRICS]"),
    };
    let exporter = Exporter::new(Registry::new()).unwrap();
    let values = values(sites, metrics);
    let start = Instant::now();
    exporter.publish(Arc::new(values)).unwrap();
    println!("{sites} sites, {metrics} metrics; published in {} ms", start.elapsed().as_millis());
    let runtime = Runtime::new().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(serve(listener, exporter, Access::open(), CancellationToken::new()));
    println!("{:<36} {:>9} {:>9} {:>12}", "page", "median", "99 of 100", "bytes, zipped");
    for path in
        ["/", "/?region=region+7", "/?state=lagging", "/sites/site-7", "/indicators", "/indicators/metric_07", "/data"]
    {
        let (mut taken, bytes) = measure(&format!("{url}{path}"));
        taken.sort();
        println!("{path:<36} {:>9} {:>9} {bytes:>12}", ms(taken[TIMES / 2]), ms(taken[TIMES * 99 / 100]));
    }
}

fn measure(url: &str) -> (Vec<Duration>, usize) {
    let mut bytes = 0;
    let ask = |_| {
        let start = Instant::now();
        // As it comes: unpacking is the reader's time.
        let mut answer = ureq::get(url).header("Accept-Encoding", "gzip").call().unwrap();
        let mut body = Vec::new();
        answer.body_mut().as_reader().read_to_end(&mut body).unwrap();
        bytes = body.len();
        start.elapsed()
    };
    ((0..TIMES).map(ask).collect(), bytes)
}

fn ms(taken: Duration) -> String {
    format!("{:.1} ms", taken.as_secs_f64() * 1e3)
}

fn values(sites: usize, metrics: usize) -> Values {
    let id = |site: usize| format!("site-{site}");
    let of = |nth: usize| {
        let mut metric = sample::metric(&format!("metric_{nth:02}"), Kind::Ratio, Uncertainty::Wilson, &["site"]);
        metric.group = (nth >= 3).then(|| format!("group_{}", nth / 5));
        let mut judgements: Vec<Judgement> = (0..sites).map(|site| judged(&id(site), site * 31 + nth * 17)).collect();
        judgements.sort_by(|one, other| one.site.cmp(&other.site));
        let windows = [(WindowKind::FourWeeks, window(0.4)), (WindowKind::ThirteenWeeks, window(0.5))];
        let regions = (0..20).map(|region| Scope::Region(format!("region {region}"))).chain([Scope::Company]);
        let series = regions.map(|scope| sample::series(scope, &[], &windows)).collect();
        MetricValues { metric: Arc::new(metric), series, judgements }
    };
    let site =
        |nth: usize| sample::site(&id(nth), Some((&format!("Site {nth}"), &format!("region {}", nth % 20))), "UTC");
    Values {
        as_of: "2026-03-10T06:30:00Z".parse().unwrap(),
        sites: (0..sites).map(site).collect(),
        metrics: (0..metrics).map(of).collect(),
        bad_rows: Vec::new(),
        changes: Vec::new(),
        refused: Vec::new(),
    }
}

/// One in sixteen lags, one in sixteen is silent.
fn judged(site: &str, seed: usize) -> Judgement {
    let state = match seed % 16 {
        0 => State::Lagging,
        1 => State::Silent,
        2 => State::Unjudged,
        _ => State::Ok,
    };
    let on = ReasonValue {
        reason: Reason::Below,
        on: state == State::Lagging,
        judged: true,
        score: Some(6.0),
        since: (state == State::Lagging).then(|| WEEK.saturating_sub(9.weeks())),
        since_at_least: false,
        last_week: Some(WEEK),
        level: Some(0.2),
    };
    let mut judgement = sample::judgement(site, state, vec![on]);
    let week = |ago: i32| -> Date { WEEK.saturating_sub(ago.weeks()) };
    let value = |ago: i32| 0.4 + 0.2 * (f64::from(ago) + f64::from(u8::try_from(seed % 200).unwrap())).sin();
    judgement.history = (0..52).rev().map(|ago| (week(ago), window(value(ago)))).collect();
    judgement.windows = WindowKind::ALL.map(|kind| (kind, window(value(0)))).into();
    judgement.course = Some(Course::Worsening);
    judgement.on_target = Some(0.3);
    judgement
}

fn window(value: f64) -> Window {
    Window { value, lower: Some(value * 0.8), upper: Some(value * 1.2), sample_size: Some(40.0) }
}
