//! Damaged files of a transaction log that nothing depends on. Checkpoints and checksums only repeat what the entries say:
//! where the entries are all there, removing what is damaged loses nothing.

use crate::table::Table;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::{ObjectMeta, ObjectStoreExt};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet};

/// Names the newest checkpoint.
const HINT: &str = "_last_checkpoint";

/// Damaged files of the log that can be removed, because what they say stands in sound ones, too; empty where there are
/// none, or where that is not sure.
pub(crate) async fn removable(table: &Table) -> Vec<String> {
    Log::read(table).await.map(|log| log.removable()).unwrap_or_default()
}

/// A log's files, sound and damaged.
#[derive(Debug, Default)]
struct Log {
    /// Sound entries.
    entries: BTreeSet<u64>,
    /// Versions of sound checkpoints.
    checkpoints: BTreeSet<u64>,
    /// Damaged files that only repeat.
    damaged: Vec<String>,
    /// The latest version that any file speaks of.
    latest: u64,
}

/// What a file of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Entry(u64),
    Checksum(u64),
    Checkpoint(u64),
    Hint,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        if name == HINT {
            return Some(Self::Hint);
        }
        let (version, rest) = name.split_at_checked(20)?;
        let version = version.parse().ok()?;
        match rest {
            ".json" => Some(Self::Entry(version)),
            ".crc" => Some(Self::Checksum(version)),
            rest if rest.starts_with(".checkpoint.") => Some(Self::Checkpoint(version)),
            _ => None,
        }
    }

    fn version(self) -> u64 {
        match self {
            Self::Entry(version) | Self::Checksum(version) | Self::Checkpoint(version) => version,
            Self::Hint => 0,
        }
    }
}

impl Log {
    async fn read(table: &Table) -> Result<Self, object_store::Error> {
        let folder = table.home.path(&table.name).join("_delta_log");
        let files: Vec<ObjectMeta> = table.home.store.list(Some(&folder)).try_collect().await?;
        let mut log = Self::default();
        // Several files can be one checkpoint: all of them must be sound.
        let mut checkpoints: BTreeMap<u64, bool> = BTreeMap::new();
        for file in files {
            let direct = file.location.prefix_match(&folder).is_some_and(|parts| parts.count() == 1);
            let Some(name) = file.location.filename().filter(|_| direct) else { continue };
            let Some(kind) = Kind::of(name) else { continue };
            log.latest = log.latest.max(kind.version());
            let bytes = table.home.store.get(&file.location).await?.bytes().await?;
            let sound = match kind {
                Kind::Checkpoint(_) if name.ends_with(".parquet") => is_parquet(bytes),
                _ => is_json(&bytes),
            };
            match kind {
                Kind::Entry(version) if sound => drop(log.entries.insert(version)),
                Kind::Entry(_) => {}
                Kind::Checkpoint(version) => *checkpoints.entry(version).or_insert(true) &= sound,
                Kind::Checksum(_) | Kind::Hint => {}
            }
            if !sound && !matches!(kind, Kind::Entry(_)) {
                log.damaged.push(name.to_owned());
            }
        }
        log.checkpoints = checkpoints.into_iter().filter(|(_, sound)| *sound).map(|(version, _)| version).collect();
        Ok(log)
    }

    /// The damaged files, where the latest version follows from the sound ones.
    fn removable(self) -> Vec<String> {
        let from_entries = self.follows(0) && self.entries.contains(&0);
        let follows = from_entries || self.checkpoints.iter().any(|version| self.follows(*version));
        let mut files = if follows { self.damaged } else { Vec::new() };
        // It may name a checkpoint that is removed: without it the newest is looked for.
        if files.iter().any(|file| file.contains(".checkpoint.")) && !files.iter().any(|file| file == HINT) {
            files.push(HINT.to_owned());
        }
        files.sort();
        files
    }

    /// Whether every entry after this version is there.
    fn follows(&self, version: u64) -> bool {
        (version + 1..=self.latest).all(|next| self.entries.contains(&next))
    }
}

/// One or more JSON values, and nothing else.
fn is_json(bytes: &[u8]) -> bool {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<IgnoredAny>().peekable();
    values.peek().is_some() && values.all(|value| value.is_ok())
}

/// Parquet that can be read to its end.
fn is_parquet(bytes: Bytes) -> bool {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).and_then(ParquetRecordBatchReaderBuilder::build);
    reader.is_ok_and(|mut batches| batches.all(|batch| batch.is_ok()))
}
