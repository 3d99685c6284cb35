//! Progress: a bar where there is a terminal, log lines elsewhere.

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use std::{
    cell::Cell,
    io::Read,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const LOG_EVERY: Duration = Duration::from_secs(10);
/// The clock is looked at once in so many records.
const LOOK_EVERY: u64 = 1024;

pub(super) struct Meter {
    bar: ProgressBar,
    topic: String,
    logged: Cell<Instant>,
}

impl Meter {
    pub(super) fn new(topic: &str, files: &[PathBuf]) -> Self {
        // Of compressed files the compressed bytes count, on both sides of the fraction.
        let sizes: Option<Vec<u64>> = files.iter().map(|file| size(file)).collect();
        let (bar, template) = match sizes {
            Some(sizes) => {
                let template = "{msg} {bar:30} {bytes}/{total_bytes} ({bytes_per_sec}, {eta} left)";
                (ProgressBar::new(sizes.iter().sum()), template)
            }
            None => (ProgressBar::no_length(), "{msg} {spinner} {bytes} ({bytes_per_sec})"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(topic.to_owned());
        Self { bar, topic: topic.to_owned(), logged: Cell::new(Instant::now()) }
    }

    pub(super) fn watch<R: Read + 'static>(&self, reader: R) -> impl Read + use<R> {
        self.bar.wrap_read(reader)
    }

    pub(super) fn records(&self, records: u64) {
        let terminal = !self.bar.is_hidden();
        if terminal || !records.is_multiple_of(LOOK_EVERY) || self.logged.get().elapsed() < LOG_EVERY {
            return;
        }
        self.logged.set(Instant::now());
        let read = HumanBytes(self.bar.position());
        tracing::info!(topic = self.topic, records = %HumanCount(records), %read, "publishing");
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn size(file: &Path) -> Option<u64> {
    std::fs::metadata(file).ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len())
}
