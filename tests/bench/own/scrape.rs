//! An exporter with at least a hundred thousand series, served as the program serves it.

use super::memory_mb;
use contracts::Contracts;
use exporter::Exporter;
use indicators::{
    Activity, Metric, PartRow, Site, Values,
    derive::{Input, derive},
};
use jiff::{Timestamp, ToSpan, civil::date};
use serde_json::json;
use std::{collections::BTreeMap, io::Read, sync::Arc, time::Instant};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use workbench::load_queries;

const SERIES: usize = 100_000;

/// Publishes, tells where it listens, and serves until its input ends.
pub async fn serve() {
    let contracts = Contracts::shipped().unwrap();
    let metrics = load_queries(&end_to_end::root().join("queries"), &contracts).await.unwrap();
    let metrics: Vec<Arc<Metric>> = metrics.into_iter().filter(|metric| metric.privacy.is_none()).collect();
    let few = 100;
    // A twentieth more, because a few sites have more roll-ups each than many.
    let sites = (SERIES * few * 21).div_ceil(series(&published(&metrics, few).0) * 20);
    let (exporter, seconds) = published(&metrics, sites);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let told = json!({
        "address": address, "series": series(&exporter), "sites": sites, "publish_seconds": seconds,
        "resident_mb": memory_mb("VmRSS"),
    });
    println!("{told}");
    let stop = CancellationToken::new();
    let serving = tokio::spawn(exporter::serve(listener, exporter, exporter::Access::open(), stop.clone()));
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await.unwrap().unwrap();
    stop.cancel();
    serving.await.unwrap().unwrap();
}

fn series(exporter: &Exporter) -> usize {
    exporter.metrics().lines().filter(|line| !line.starts_with('#')).count()
}

/// An exporter of a year of so many sites, and how long publishing took.
fn published(metrics: &[Arc<Metric>], sites: usize) -> (Exporter, f64) {
    let values = values(metrics, sites);
    let exporter = Exporter::new(prometheus::Registry::new()).unwrap();
    let start = Instant::now();
    exporter.publish(Arc::new(values)).unwrap();
    (exporter, start.elapsed().as_secs_f64())
}

fn values(metrics: &[Arc<Metric>], sites: usize) -> Values {
    let as_of: Timestamp = "2026-07-01T12:00:00Z".parse().unwrap();
    let site = |number: usize| Site {
        name: Some(format!("Site number {number}")),
        region: Some(format!("region-{}", number % 12)),
        ..Site::unknown(&format!("site-{number:05}"))
    };
    let sites: Vec<Site> = (0..sites).map(site).collect();
    let mut parts = Vec::new();
    let mut activity = Activity::default();
    for week in 0..53 {
        let monday = date(2026, 6, 29).checked_sub(week.weeks()).unwrap();
        for (number, site) in sites.iter().enumerate() {
            for metric in metrics {
                parts.push(part(metric, monday, site, number));
                for stream in &metric.streams {
                    activity.weeks.entry((stream.clone(), site.id.clone())).or_default().insert(monday);
                }
            }
        }
    }
    derive(metrics, &Input { as_of, sites: &sites, parts: &parts, activity: &activity, publications: &[], bad: &[] })
}

fn part(metric: &Metric, week: jiff::civil::Date, site: &Site, number: usize) -> PartRow {
    const ONE: i128 = 1_000_000_000;
    let noise = (number * 31
        + usize::from(week.day().unsigned_abs()) * 17
        + usize::from(week.day_of_year().unsigned_abs()) * 13)
        % 40;
    let denominator = 100 * ONE;
    PartRow {
        metric: metric.name.clone(),
        week,
        site: site.id.clone(),
        labels: BTreeMap::new(),
        numerator: (40 + noise as i128) * ONE,
        denominator,
        sum_squares: None,
        logged: metric.coverage.map(|_| denominator),
        expected: metric.coverage.map(|_| denominator),
        respondents: None,
    }
}
