//! Evaluating again and again, and letting the exporter serve it.

use crate::{evaluation::Evaluator, failure::Failure};
use exporter::Exporter;
use indicators::Values;
use jiff::Timestamp;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Which moment an evaluation is about.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// Now.
    Wall,
    /// Always the same, whatever time it is.
    At(Timestamp),
}

impl Clock {
    /// The moment.
    pub fn now(self) -> Timestamp {
        match self {
            Self::Wall => Timestamp::now(),
            Self::At(moment) => moment,
        }
    }
}

/// Serves what is stored at once (so that a restart resolves no alert), then evaluates every `interval` until `stop`.
/// An evaluation that fails is logged and counted by its age; the last good values stay.
pub async fn evaluate_repeatedly(
    evaluator: &Evaluator,
    exporter: &Exporter,
    interval: Duration,
    clock: Clock,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    if let Some(values) = evaluator.stored().await? {
        publish(exporter, &values);
    }
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let evaluating = async {
        loop {
            ticks.tick().await;
            match evaluator.store(clock.now()).await {
                Ok(evaluation) => publish(exporter, &evaluation.values),
                Err(failure) => tracing::error!("{}", failure.message()),
            }
        }
    };
    // Dropping an evaluation half-way is safe: its results are one commit or none.
    tokio::select! {
        () = evaluating => {}
        () = stop.cancelled() => {}
    }
    Ok(())
}

/// Hands values to the exporter; what it refuses is logged, and the last good ones stay.
pub fn publish(exporter: &Exporter, values: &Values) {
    if let Err(error) = exporter.publish(values) {
        tracing::error!(%error, "not served");
    }
}
