//! A bar where there is a terminal, log lines elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use std::{cell::Cell, time::Duration};
use tokio::time::Instant;

const LOG_EVERY: Duration = Duration::from_secs(5);

/// Progress towards a known end. Gone when dropped.
pub struct Progress {
    bar: ProgressBar,
    noun: &'static str,
    logged: Cell<Instant>,
}

impl Progress {
    /// Towards `total` of `noun`.
    pub fn new(noun: &'static str, total: usize) -> Self {
        let bar = ProgressBar::new(total as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} {msg}, {eta} left") {
            bar.set_style(style);
        }
        bar.set_message(noun);
        Self { bar, noun, logged: Cell::new(Instant::now()) }
    }

    /// So many more.
    pub fn advance(&self, by: usize) {
        self.bar.inc(by as u64);
        if self.bar.is_hidden() && self.logged.get().elapsed() >= LOG_EVERY {
            self.logged.set(Instant::now());
            tracing::info!("{} of {} {} sent", self.bar.position(), self.bar.length().unwrap_or(0), self.noun);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
