//! A simulation as files.

use crate::{bad::Bad, event::Event, planted::PlantedRollout, simulation::Simulation};
use serde::Serialize;
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}; check that the folder is yours to write to and that there is room", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Valid events, over all streams.
    pub events: usize,
    /// Broken events.
    pub bad: usize,
}

#[derive(Serialize)]
struct BadLine<'a> {
    stream: &'a str,
    file: String,
    line: usize,
    reason: &'a str,
    fault: &'a str,
}

impl Simulation {
    /// Writes `<stream>.ndjson` for every stream, in order of arrival, and `truth.json` into `dir`, which is made if it
    /// is not there. With `bad` above 0 also that many broken events as `bad/<stream>.ndjson`, listed in `bad.json`:
    /// `[{stream, file, line (from 1), reason, fault}]`. With a programme also `rollouts.csv`, which says where it began. The valid files never hold a broken event.
    pub fn write(&self, dir: &Path, bad: usize) -> Result<Written, WriteError> {
        fs::create_dir_all(dir).map_err(at(dir))?;
        let mut events = 0;
        for (stream, of_stream) in self.streams() {
            events += of_stream.len();
            lines(
                &dir.join(format!("{stream}.ndjson")),
                of_stream.into_iter().map(|event| event.payload().map_err(Into::into)),
            )?;
        }
        lines(&dir.join("truth.json"), [serde_json::to_vec_pretty(&self.truth).map_err(Into::into)])?;
        if !self.truth.rollouts.is_empty() {
            lines(&dir.join("rollouts.csv"), self.rollouts())?;
        }
        let bad = self.bad(bad);
        if !bad.is_empty() {
            write_bad(dir, &bad)?;
        }
        Ok(Written { events, bad: bad.len() })
    }
}

impl Simulation {
    /// Which programme began where, in the lines that `bellwether validate --rollouts` reads.
    fn rollouts(&self) -> impl Iterator<Item = io::Result<Vec<u8>>> {
        let started = |rollout: &PlantedRollout| {
            let lines = rollout.starts.iter().map(|start| format!("{},{},{}", rollout.rollout, start.site, start.week));
            lines.collect::<Vec<_>>()
        };
        let lines = self.truth.rollouts.iter().flat_map(started);
        ["rollout,site,week".to_owned()].into_iter().chain(lines).map(|line| Ok(line.into_bytes()))
    }
}

fn write_bad(dir: &Path, bad: &[Bad]) -> Result<(), WriteError> {
    let folder = dir.join("bad");
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let mut list = Vec::new();
    for stream in Event::STREAMS {
        let of_stream: Vec<&Bad> = bad.iter().filter(|bad| bad.stream == stream).collect();
        if of_stream.is_empty() {
            continue;
        }
        let file = format!("bad/{stream}.ndjson");
        lines(&dir.join(&file), of_stream.iter().map(|bad| Ok(bad.payload.clone())))?;
        list.extend(of_stream.iter().zip(1..).map(|(bad, line)| BadLine {
            stream,
            file: file.clone(),
            line,
            reason: bad.reason,
            fault: bad.fault,
        }));
    }
    lines(&dir.join("bad.json"), [serde_json::to_vec_pretty(&list).map_err(Into::into)])
}

fn lines(path: &Path, lines: impl IntoIterator<Item = io::Result<Vec<u8>>>) -> Result<(), WriteError> {
    let mut file = BufWriter::new(File::create(path).map_err(at(path))?);
    for line in lines {
        let written = line.and_then(|line| file.write_all(&line)).and_then(|()| file.write_all(b"\n"));
        written.map_err(at(path))?;
    }
    file.flush().map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> WriteError + '_ {
    move |source| WriteError { path: path.to_owned(), source }
}
