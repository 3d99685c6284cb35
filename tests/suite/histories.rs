//! The same events, arriving otherwise.

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The streams, reference data first so that most events find their site; the result does not depend on it.
pub const STREAMS: [&str; 12] = [
    "sites",
    "leaders",
    "calendar_audits",
    "pulse_surveys",
    "pulse_responses",
    "training_events",
    "outcomes",
    "team_meetings",
    "remedies",
    "internal_audits",
    "pilots",
    "headcounts",
];

/// Writes every stream of `from` doubled, shuffled and cut into `portions` files: `to/N/STREAM.ndjson`.
pub fn shuffled_and_doubled(from: &Path, to: &Path, portions: usize) -> Vec<PathBuf> {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let folders: Vec<PathBuf> = (0..portions).map(|n| to.join(n.to_string())).collect();
    for folder in &folders {
        std::fs::create_dir_all(folder).unwrap();
    }
    for stream in STREAMS {
        let text = std::fs::read_to_string(from.join(format!("{stream}.ndjson"))).unwrap();
        let mut lines: Vec<&str> = text.lines().chain(text.lines()).collect();
        lines.shuffle(&mut random);
        for (folder, portion) in folders.iter().zip(lines.chunks(lines.len().div_ceil(portions).max(1))) {
            let mut file = std::fs::File::create(folder.join(format!("{stream}.ndjson"))).unwrap();
            writeln!(file, "{}", portion.join("\n")).unwrap();
        }
    }
    folders
}
