//! What is to be written.

use super::past::{Past, Span};
use jiff::Timestamp;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What both formats work on.
pub(super) struct Job {
    pub(super) past: Arc<Past>,
    pub(super) spans: Vec<Span>,
    pub(super) labels: Vec<(String, String)>,
    pub(super) now: Timestamp,
    pub(super) stop: CancellationToken,
}

impl Job {
    pub(super) fn hours(&self) -> u64 {
        self.spans.iter().map(|span| span.hours.count()).sum()
    }
}
