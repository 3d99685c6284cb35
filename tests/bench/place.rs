//! Where the benchmark works, who takes part, and what each may use.

use crate::{child::Bounds, organisation, spec::Spec};
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// Folders and programs, from the environment that `cargo xtask bench` sets.
#[derive(Debug)]
pub struct Place {
    /// Lakes, results and logs; outside of the repository.
    pub data: PathBuf,
    /// The Python that the peers are installed in; `None`: Bellwether runs alone.
    python: Option<PathBuf>,
    /// The release build of `bellwether`.
    pub program: PathBuf,
    pub threads: usize,
    pub memory_gb: usize,
}

/// A participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Bellwether,
    Peer(&'static str),
}

impl Who {
    pub fn name(self) -> &'static str {
        match self {
            Self::Bellwether => "bellwether",
            Self::Peer(name) => name,
        }
    }
}

const PEERS: [&str; 3] = ["duckdb", "polars", "chdb"];

impl Place {
    pub fn from_environment() -> Self {
        let path = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let needed =
            |name: &str| path(name).unwrap_or_else(|| panic!("{name} is not set: `cargo xtask bench` sets it"));
        let data = needed("BELLWETHER_BENCH_DATA");
        std::fs::create_dir_all(data.join("tmp")).unwrap();
        Self {
            data,
            python: path("BELLWETHER_BENCH_PYTHON"),
            program: needed("BELLWETHER_BENCH_PROGRAM"),
            threads: std::thread::available_parallelism().map_or(2, usize::from),
            memory_gb: path("BELLWETHER_BENCH_MEMORY_GB").map_or(10, |text| text.to_str().unwrap().parse().unwrap()),
        }
    }

    /// Bellwether first, then the peers that can run.
    pub fn everybody(&self) -> Vec<Who> {
        let peers = PEERS.into_iter().filter(|_| self.python.is_some()).map(Who::Peer);
        let only = std::env::var("BELLWETHER_BENCH_ONLY").unwrap_or_default();
        let all = std::iter::once(Who::Bellwether).chain(peers);
        all.filter(|who| only.is_empty() || only.split(',').any(|name| name == who.name())).collect()
    }

    /// What to run for one measurement.
    pub fn command(&self, who: Who, mode: &str, spec: &Path) -> Command {
        match (who, &self.python) {
            (Who::Peer(name), Some(python)) => {
                let mut command = Command::new(python);
                let script = end_to_end::root().join(format!("tests/bench/peers/{name}_peer.py"));
                command.arg(script).arg(mode).arg(spec);
                command.env("POLARS_MAX_THREADS", self.threads.to_string());
                command
            }
            _ => {
                let mut command = Command::new(std::env::current_exe().unwrap());
                command.arg("own").arg(mode).arg(spec);
                command
            }
        }
    }

    /// Settings over a lake; results in a folder of the participant's own.
    pub fn spec(&self, lake: &Path, weeks: i64, who: Who) -> Spec {
        Spec {
            lake: lake.to_owned(),
            intervals: self.data.join("intervals.parquet"),
            as_of: organisation::as_of().as_microsecond(),
            out: self.data.join("out").join(who.name()),
            temp: self.data.join("tmp"),
            variant: String::new(),
            weeks,
            rounds: 1,
            threads: self.threads,
            memory_gb: self.memory_gb,
        }
    }

    /// A third more than what engines are told to use: what they do not count is theirs, too.
    pub fn bounds(&self) -> Bounds {
        Bounds { time: Duration::from_secs(1800), memory_mb: self.memory_gb as u64 * 1024 * 4 / 3 }
    }

    /// The lake of so many weeks, made where it is missing.
    pub async fn lake(&self, weeks: i64) -> PathBuf {
        let folder = self.data.join(format!("lake-{weeks}"));
        let complete = folder.join("complete");
        if !complete.exists() {
            let _ = std::fs::remove_dir_all(&folder);
            eprintln!("writing a lake of {weeks} weeks");
            let lake = lake::Lake::create(folder.to_str().unwrap()).await.unwrap();
            let rows = organisation::write_lake(&lake, weeks).await;
            std::fs::write(complete, rows.to_string()).unwrap();
        }
        folder
    }
}

/// The same files under other names, so that what is added there is not added here.
pub fn linked(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            linked(&entry.path(), &target);
        } else {
            std::fs::hard_link(entry.path(), target).unwrap();
        }
    }
}
