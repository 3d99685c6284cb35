//! One piece of work at a time, and which metrics it is about.

use indicators::Metric;
use std::{
    collections::BTreeSet,
    future::{Future, pending},
    sync::Arc,
};
use tokio::task::JoinError;
use tokio_util::task::AbortOnDropHandle;

/// Metrics being evaluated in the background. Dropping it, or starting something else, ends what is under way: results
/// are one commit or none.
#[derive(Debug)]
pub struct Lane<T> {
    metrics: Vec<Arc<Metric>>,
    task: Option<AbortOnDropHandle<T>>,
}

impl<T: Send + 'static> Lane<T> {
    /// With nothing to do.
    pub fn idle() -> Self {
        Self { metrics: Vec::new(), task: None }
    }

    /// Whether nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.task.is_none()
    }

    /// Begins work on these metrics.
    pub fn start(&mut self, metrics: Vec<Arc<Metric>>, work: impl Future<Output = T> + Send + 'static) {
        self.metrics = metrics;
        self.task = Some(AbortOnDropHandle::new(tokio::spawn(work)));
    }

    /// Ends what is under way without a result.
    pub fn stop(&mut self) {
        *self = Self::idle();
    }

    /// The metrics that are being worked on.
    pub fn metrics(&self) -> &[Arc<Metric>] {
        &self.metrics
    }

    /// Their names.
    pub fn names(&self) -> BTreeSet<String> {
        self.metrics.iter().map(|metric| metric.name.clone()).collect()
    }

    /// What came of the work, once it ends; never while there is none. Nothing is lost when the future is dropped.
    pub async fn ended(&mut self) -> (Vec<Arc<Metric>>, Result<T, JoinError>) {
        let Some(task) = &mut self.task else { return pending().await };
        let result = task.await;
        self.task = None;
        (std::mem::take(&mut self.metrics), result)
    }
}
