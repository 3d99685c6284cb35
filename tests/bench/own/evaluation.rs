//! Full evaluation, and refresh after late events.

use super::{Stopwatch, tell};
use crate::{organisation, spec::Spec};
use contracts::Contracts;
use evaluation::{Limits, QueryRun, Results, Tables, evaluate};
use indicators::{Metric, PartRow};
use jiff::Timestamp;
use lake::Lake;
use serde_json::{Map, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::Path,
    sync::Arc,
    time::Duration,
};
use workbench::{find_queries, read_queries};

struct Bench {
    lake: Lake,
    contracts: Contracts,
    metrics: Vec<Arc<Metric>>,
    limits: Limits,
}

impl Bench {
    /// With the three core metrics.
    async fn new(spec: &Spec) -> Self {
        Self::with(spec, &["queries"]).await
    }

    /// With the metrics of these folders.
    async fn with(spec: &Spec, folders: &[&str]) -> Self {
        let contracts = Contracts::shipped().unwrap();
        let folders: Vec<_> = folders.iter().map(|folder| end_to_end::root().join(folder)).collect();
        let limits = Limits {
            memory_bytes: spec.memory_gb << 30,
            threads: spec.threads,
            timeout: Duration::from_secs(7200),
            ..Limits::default()
        };
        Self {
            lake: Lake::open(spec.lake.to_str().unwrap()).await.unwrap(),
            metrics: read_queries(&find_queries(&folders).unwrap(), &contracts).await.unwrap(),
            contracts,
            limits,
        }
    }

    /// Brings what is stored up to this moment.
    async fn refresh(&self, results: &mut Results, as_of: Timestamp) {
        let refreshed = results.refresh(&self.metrics, &BTreeSet::new(), as_of, Timestamp::now()).await.unwrap();
        all_succeeded(&refreshed.runs);
    }
}

fn all_succeeded(runs: &[QueryRun]) {
    for run in runs {
        if let Err(failure) = &run.outcome {
            eprintln!("{}: {failure}", run.metric);
            std::process::exit(1);
        }
    }
}

/// Everything from an opened lake to all parts in memory.
pub async fn full(spec: &Spec) {
    let bench = Bench::new(spec).await;
    let watch = Stopwatch::start();
    let tables = Tables::open(&bench.lake, &bench.contracts).await.unwrap();
    let evaluated = evaluate(&tables, &bench.metrics, at(spec, 0), &bench.limits).await.unwrap();
    let took = watch.stop();
    all_succeeded(&evaluated.runs);
    let peak = super::memory_mb("VmHWM");
    let parts = evaluated.runs.iter().map(|run| (run.metric.clone(), json!(run.took.as_secs_f64())));
    let parts: Map<String, _> = parts.collect();
    let rows = write(&spec.out, &evaluated.parts);
    tell(took, json!({"peak_mb_timed": peak, "parts": parts, "rows": rows}));
}

/// The same of the metrics of some folders; nothing is written.
pub async fn catalogue(spec: &Spec) {
    let bench = Bench::with(spec, &spec.variant.split(' ').collect::<Vec<_>>()).await;
    let watch = Stopwatch::start();
    let tables = Tables::open(&bench.lake, &bench.contracts).await.unwrap();
    let evaluated = evaluate(&tables, &bench.metrics, at(spec, 0), &bench.limits).await.unwrap();
    let took = watch.stop();
    all_succeeded(&evaluated.runs);
    let parts = evaluated.runs.iter().map(|run| (run.metric.clone(), json!(run.took.as_secs_f64())));
    let parts: Map<String, _> = parts.collect();
    tell(took, json!({"metrics": bench.metrics.len(), "rows": evaluated.parts.len(), "parts": parts}));
}

/// A service that has evaluated once and learns of a thousand late events, again and again, until what it shows is new.
pub async fn refresh(spec: &Spec) {
    let bench = Bench::new(spec).await;
    let watch = Stopwatch::start();
    let mut results = Results::open(&bench.lake, &bench.contracts, &bench.limits).await.unwrap();
    bench.refresh(&mut results, at(spec, 0)).await;
    let (first_seconds, _) = watch.stop();
    let (mut took, mut derive_seconds) = (Vec::new(), 0.0);
    for round in 1..=spec.rounds {
        assert_eq!(organisation::late(&bench.lake, round).await, 1000);
        let watch = Stopwatch::start();
        bench.refresh(&mut results, at(spec, round)).await;
        let shown = Stopwatch::start();
        let values = results.values(&bench.metrics).unwrap();
        derive_seconds = shown.stop().0;
        took.push(watch.stop());
        assert_eq!(values.metrics.len(), bench.metrics.len());
    }
    let rows = write(&spec.out, &results.stored().unwrap().parts);
    let all: Vec<f64> = took.iter().map(|(seconds, _)| *seconds).collect();
    took.sort_by(|a, b| a.0.total_cmp(&b.0));
    let median = took[took.len() / 2];
    tell(
        median,
        json!({"all_seconds": all, "first_seconds": first_seconds, "derive_seconds": derive_seconds, "rows": rows}),
    );
}

/// The clock of a round: a minute on each time, as a service would see it.
fn at(spec: &Spec, round: u64) -> Timestamp {
    Timestamp::from_microsecond(spec.as_of + round.cast_signed() * 60_000_000).unwrap()
}

/// Writes the parts of each metric as whole numbers, as the peers do.
fn write(out: &Path, parts: &[PartRow]) -> BTreeMap<String, usize> {
    std::fs::create_dir_all(out).unwrap();
    let mut texts: BTreeMap<&str, (String, usize)> = BTreeMap::new();
    for row in parts {
        let (text, rows) = texts.entry(&row.metric).or_default();
        let parts: Vec<i128> = match row.metric.as_str() {
            // Microseconds.
            "field_time" => [Some(row.numerator), Some(row.denominator), row.logged, row.expected]
                .map(|part| part.unwrap_or(0) / 1000)
                .to_vec(),
            "learning_follow_through" => vec![row.numerator / NINE, row.denominator / NINE],
            _ => vec![
                row.numerator,
                row.denominator / NINE,
                row.sum_squares.unwrap_or(0),
                i128::from(row.respondents.unwrap_or(0)),
            ],
        };
        let parts: Vec<String> = parts.iter().map(i128::to_string).collect();
        writeln!(text, "{},{},{}", row.week, row.site, parts.join(",")).unwrap();
        *rows += 1;
    }
    for (metric, (text, _)) in &texts {
        std::fs::write(out.join(format!("{metric}.csv")), text).unwrap();
    }
    texts.into_iter().map(|(metric, (_, rows))| (metric.to_owned(), rows)).collect()
}

const NINE: i128 = 1_000_000_000;
