//! What one measurement is to do, as the child processes read it: ours and the peers' alike.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A measurement's settings.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The lake's folder.
    pub lake: PathBuf,
    /// Parquet file of intervals, for `covered_seconds`.
    pub intervals: PathBuf,
    /// The clock, microseconds.
    pub as_of: i64,
    /// Where results go, one CSV a metric.
    pub out: PathBuf,
    /// Where a peer may spill to.
    pub temp: PathBuf,
    /// Which of several ways, for `covered_seconds`.
    pub variant: String,
    /// Weeks in the lake.
    pub weeks: i64,
    /// Rounds that one process measures.
    pub rounds: u64,
    pub threads: usize,
    pub memory_gb: usize,
}

impl Spec {
    pub fn write(&self, path: &Path) {
        let first = self.as_of - (self.weeks + 2) * 7 * 86_400_000_000;
        let value = json!({
            "lake": self.lake, "intervals": self.intervals, "as_of": self.as_of, "first": first, "out": self.out,
            "temp": self.temp, "variant": self.variant, "weeks": self.weeks, "rounds": self.rounds,
            "threads": self.threads, "memory_gb": self.memory_gb,
        });
        std::fs::write(path, value.to_string()).unwrap();
    }

    pub fn read(path: &Path) -> Self {
        let value: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let text = |name: &str| value[name].as_str().unwrap().to_owned();
        let number = |name: &str| value[name].as_i64().unwrap();
        Self {
            lake: text("lake").into(),
            intervals: text("intervals").into(),
            as_of: number("as_of"),
            out: text("out").into(),
            temp: text("temp").into(),
            variant: text("variant"),
            weeks: number("weeks"),
            rounds: u64::try_from(number("rounds")).unwrap(),
            threads: usize::try_from(number("threads")).unwrap(),
            memory_gb: usize::try_from(number("memory_gb")).unwrap(),
        }
    }
}
