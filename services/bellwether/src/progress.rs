//! A bar where there is a terminal, log lines elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use std::{cell::Cell, time::Duration};
use tokio::time::Instant;

const LOG_EVERY: Duration = Duration::from_secs(5);

/// Progress towards a known end. Gone when dropped.
pub struct Progress {
    bar: ProgressBar,
    done: &'static str,
    logged: Cell<Instant>,
}

impl Progress {
    /// Towards `total` of something; `done` completes "3 of 5 …", such as "events sent".
    pub fn new(done: &'static str, total: u64) -> Self {
        let bar = ProgressBar::new(total);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} {msg}, {eta} left") {
            bar.set_style(style);
        }
        bar.set_message(done);
        Self { bar, done, logged: Cell::new(Instant::now()) }
    }

    /// So many more.
    pub fn advance(&self, by: u64) {
        self.bar.inc(by);
        if self.bar.is_hidden() && self.logged.get().elapsed() >= LOG_EVERY {
            self.logged.set(Instant::now());
            tracing::info!("{} of {} {}", self.bar.position(), self.bar.length().unwrap_or(0), self.done);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
