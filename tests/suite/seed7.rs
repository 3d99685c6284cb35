//! Seed 7: a year of twenty sites, whose truth is known.

use crate::{catalogue, histories::STREAMS, parts};
use end_to_end::{Kafka, Program, tool};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

/// Where the organisation's events and `truth.json` are; simulated once a run of the suite.
pub fn events() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let folder = TempDir::new().unwrap();
            let out = folder.path().to_string_lossy().into_owned();
            Program::new("127.0.0.1:1")
                .succeed(&["simulate", "--seed", "7", "--sites", "20", "--weeks", "52", "--out", &out]);
            folder
        })
        .path()
}

/// The clock of its truth.
pub fn as_of() -> String {
    parts::truth(events()).1["as_of"].as_str().unwrap().to_owned()
}

/// Publishes every stream of a folder.
pub fn publish(program: &Program, folder: &Path) {
    for stream in STREAMS {
        let file: PathBuf = folder.join(format!("{stream}.ndjson"));
        if file.exists() {
            program.succeed(&["publish", stream, &file.to_string_lossy()]);
        }
    }
}

/// Its lake, from Apache Kafka, evaluated at its clock; made once a run of the suite. `None` without Kafka.
pub fn lake() -> Option<&'static Program> {
    static LAKE: OnceLock<Option<Program>> = OnceLock::new();
    // Each test that does without leaves word, not the first alone.
    tool("BELLWETHER_TEST_KAFKA")?;
    LAKE.get_or_init(|| {
        let kafka = Kafka::start()?;
        let program = Program::new(&kafka.brokers());
        publish(&program, events());
        program.succeed(&["ingest", "--until-caught-up"]);
        program.succeed(&["indicators", "--once", "--as-of", &as_of()]);
        Some(program)
    })
    .as_ref()
}

/// The same lake with all metrics of the catalogue evaluated; made once a run of the suite. `None` without Kafka.
pub fn catalogue() -> Option<&'static Program> {
    static LAKE: OnceLock<Program> = OnceLock::new();
    let from = lake()?;
    Some(LAKE.get_or_init(|| {
        let mut program = Program::new("127.0.0.1:1");
        copy(&from.lake(), &program.lake());
        catalogue::all_queries(&mut program);
        program.succeed(&["indicators", "--once", "--as-of", &as_of()]);
        program
    }))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
