//! How evaluation tells Prometheus about itself.

use crate::{evaluate::QueryRun, refresh::Refreshed, store::Stored, tables::Freshness};
use indicators::Metric;
use jiff::Timestamp;
use prometheus::{Gauge, GaugeVec, IntGauge, IntGaugeVec, Opts, Registry};
use std::sync::Arc;

/// The crate's own metrics.
#[derive(Debug, Clone)]
pub struct Telemetry {
    success: IntGaugeVec,
    seconds: GaugeVec,
    rows: IntGaugeVec,
    last_success: GaugeVec,
    unknown_site_events: IntGauge,
    as_of: Gauge,
    recorded: GaugeVec,
    ingested: GaugeVec,
}

impl Telemetry {
    /// Registers them.
    ///
    /// # Errors
    /// When the registry has metrics of these names already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metric = &["metric"];
        let telemetry = Self {
            success: IntGaugeVec::new(
                Opts::new("bellwether_query_success", "Whether the metric's query succeeded last time (1) or not (0)"),
                metric,
            )?,
            seconds: GaugeVec::new(
                Opts::new("bellwether_query_seconds", "How long the metric's query took last time"),
                metric,
            )?,
            rows: IntGaugeVec::new(
                Opts::new(
                    "bellwether_query_rows",
                    "Rows that the metric's query returned when it last succeeded, of the weeks that were computed then",
                ),
                metric,
            )?,
            last_success: GaugeVec::new(
                Opts::new("bellwether_query_last_success_timestamp_seconds", "When the metric's query last succeeded"),
                metric,
            )?,
            unknown_site_events: IntGauge::new(
                "bellwether_unknown_site_events",
                "Events of sites that no reference record names, evaluated in UTC without region",
            )?,
            as_of: Gauge::new("bellwether_evaluation_clock_timestamp_seconds", "The clock of the last evaluation")?,
            recorded: GaugeVec::new(
                Opts::new(
                    "bellwether_last_event_timestamp_seconds",
                    "When the newest event that the lake holds of the stream was recorded at its source",
                ),
                &["stream"],
            )?,
            ingested: GaugeVec::new(
                Opts::new(
                    "bellwether_last_ingested_timestamp_seconds",
                    "When the newest row that the lake holds of the stream was ingested, by whomever",
                ),
                &["stream"],
            )?,
        };
        registry.register(Box::new(telemetry.success.clone()))?;
        registry.register(Box::new(telemetry.seconds.clone()))?;
        registry.register(Box::new(telemetry.rows.clone()))?;
        registry.register(Box::new(telemetry.last_success.clone()))?;
        registry.register(Box::new(telemetry.unknown_site_events.clone()))?;
        registry.register(Box::new(telemetry.as_of.clone()))?;
        registry.register(Box::new(telemetry.recorded.clone()))?;
        registry.register(Box::new(telemetry.ingested.clone()))?;
        Ok(telemetry)
    }

    /// Notes when the queries last succeeded, as far as stored results tell: what was observed since is not undone.
    pub fn remember(&self, metrics: &[Arc<Metric>], stored: &Stored) {
        for metric in metrics {
            if let Some(at) = stored.computed_at.get(&metric.name) {
                let last_success = self.last_success.with_label_values(&[metric.name.as_str()]);
                last_success.set(last_success.get().max(seconds_of(*at)));
            }
        }
    }

    /// Notes how new the streams are.
    pub fn fresh(&self, streams: &[Freshness]) {
        for Freshness { stream, recorded, ingested } in streams {
            self.recorded.with_label_values(&[stream.as_str()]).set(seconds_of(*recorded));
            if let Some(ingested) = ingested {
                self.ingested.with_label_values(&[stream.as_str()]).set(seconds_of(*ingested));
            }
        }
    }

    /// Notes an evaluation that ended at `now` (the wall clock).
    pub fn observe(&self, refreshed: &Refreshed, now: Timestamp) {
        self.observe_runs(&refreshed.runs, now);
        self.unknown_site_events.set(i64::try_from(refreshed.unknown_site_events).unwrap_or(i64::MAX));
        self.as_of.set(seconds_of(refreshed.as_of));
    }

    /// Notes how queries fared that ended at `now` (the wall clock).
    pub fn observe_runs(&self, runs: &[QueryRun], now: Timestamp) {
        for run in runs {
            let metric = &[run.metric.as_str()];
            self.success.with_label_values(metric).set(i64::from(run.outcome.is_ok()));
            self.seconds.with_label_values(metric).set(run.took.as_secs_f64());
            if let Ok(rows) = run.outcome {
                self.rows.with_label_values(metric).set(i64::try_from(rows).unwrap_or(i64::MAX));
                self.last_success.with_label_values(metric).set(seconds_of(now));
            }
        }
    }

    /// Ends the series of a metric that is no more.
    pub fn forget(&self, metric: &str) {
        // One that was never observed has none.
        let _ = self.success.remove_label_values(&[metric]);
        let _ = self.rows.remove_label_values(&[metric]);
        let _ = self.seconds.remove_label_values(&[metric]);
        let _ = self.last_success.remove_label_values(&[metric]);
    }
}

/// As Prometheus has times: seconds since the epoch.
#[expect(clippy::cast_precision_loss, reason = "exact: microseconds have 53 bits until the year 2255")]
fn seconds_of(at: Timestamp) -> f64 {
    at.as_microsecond() as f64 / 1e6
}
