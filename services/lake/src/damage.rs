//! Damaged files of a table's log that can be left out. Checkpoints, checksums and `_last_checkpoint` only repeat what log
//! entries say: where the log entries that replace them are all there, the table is read without the damaged ones.

use buoyant_kernel::{
    DeltaResult, Engine, Error, EvaluationHandler, FileMeta, FileSlice, JsonHandler, ParquetHandler, StorageHandler,
};
use bytes::Bytes;
use object_store::path::Path;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::{Deserialize, de::IgnoredAny};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt, iter,
    ops::RangeInclusive,
    sync::{Arc, PoisonError, RwLock},
};
use url::Url;

/// Names the newest checkpoint, so that the log need not be listed from its beginning.
const LAST_CHECKPOINT: &str = "_last_checkpoint";

/// The kernel's engine, which does not see the files that are left out.
pub(crate) struct MaskingEngine {
    engine: Arc<dyn Engine>,
    storage: Arc<MaskingStorage>,
}

impl MaskingEngine {
    pub(crate) fn new(engine: Arc<dyn Engine>) -> Self {
        let storage = MaskingStorage { all: engine.storage_handler(), left_out: RwLock::default() };
        Self { engine, storage: Arc::new(storage) }
    }

    /// What a table's log holds, those of its files included that are left out. Blocks.
    pub(crate) fn examine(&self, log: &Url) -> DeltaResult<Findings> {
        Findings::read(self.storage.all.as_ref(), log)
    }

    /// Leaves these files out as they are now: one that is written again is seen. Returns the names of those that were seen
    /// before.
    pub(crate) fn leave_out(&self, files: &[FileMeta]) -> Vec<String> {
        let mut left_out = self.storage.left_out.write().unwrap_or_else(PoisonError::into_inner);
        let fresh = |file: &&FileMeta| {
            let state = State::of(file);
            left_out.insert(path(&file.location), state) != Some(state)
        };
        files.iter().filter(fresh).map(|file| name(&file.location)).collect()
    }

    /// Whether files of this log are left out.
    pub(crate) fn leaves_out(&self, log: &Url) -> bool {
        self.storage.left_out().keys().any(|file| file.prefix_matches(&path(log)))
    }

    /// Sees all files of this log again.
    pub(crate) fn see_all(&self, log: &Url) {
        let mut left_out = self.storage.left_out.write().unwrap_or_else(PoisonError::into_inner);
        left_out.retain(|file, _| !file.prefix_matches(&path(log)));
    }
}

impl Engine for MaskingEngine {
    fn evaluation_handler(&self) -> Arc<dyn EvaluationHandler> {
        self.engine.evaluation_handler()
    }
    fn storage_handler(&self) -> Arc<dyn StorageHandler> {
        self.storage.clone()
    }
    fn json_handler(&self) -> Arc<dyn JsonHandler> {
        self.engine.json_handler()
    }
    fn parquet_handler(&self) -> Arc<dyn ParquetHandler> {
        self.engine.parquet_handler()
    }
}

/// The state in which a file was found damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    last_modified: i64,
    size: u64,
}

impl State {
    fn of(file: &FileMeta) -> Self {
        Self { last_modified: file.last_modified, size: file.size }
    }
}

struct MaskingStorage {
    all: Arc<dyn StorageHandler>,
    left_out: RwLock<HashMap<Path, State>>,
}

impl MaskingStorage {
    fn left_out(&self) -> HashMap<Path, State> {
        self.left_out.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl StorageHandler for MaskingStorage {
    fn list_from(&self, from: &Url) -> DeltaResult<Box<dyn Iterator<Item = DeltaResult<FileMeta>>>> {
        let left_out = self.left_out();
        let seen = move |file: &FileMeta| left_out.get(&path(&file.location)) != Some(&State::of(file));
        Ok(Box::new(self.all.list_from(from)?.filter(move |file| file.as_ref().map_or(true, &seen))))
    }

    /// Most files are listed before they are read; `_last_checkpoint` is not.
    fn read_files(&self, files: Vec<FileSlice>) -> DeltaResult<Box<dyn Iterator<Item = DeltaResult<Bytes>>>> {
        let left_out = self.left_out();
        for (url, _) in &files {
            if let Some(state) = left_out.get(&path(url))
                && State::of(&self.all.head(url)?) == *state
            {
                return Ok(Box::new(iter::once(Err(Error::file_not_found(url)))));
            }
        }
        self.all.read_files(files)
    }

    fn copy_atomic(&self, from: &Url, to: &Url) -> DeltaResult<()> {
        self.all.copy_atomic(from, to)
    }
    fn put(&self, file: &Url, data: Bytes, overwrite: bool) -> DeltaResult<()> {
        self.all.put(file, data, overwrite)
    }
    fn head(&self, file: &Url) -> DeltaResult<FileMeta> {
        self.all.head(file)
    }
    fn delete(&self, file: &Url) -> DeltaResult<()> {
        self.all.delete(file)
    }
}

/// What a log's files say of the table, as far as they can be read.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Sound log entries.
    entries: BTreeSet<u64>,
    /// Versions of sound checkpoints that are complete.
    checkpoints: BTreeSet<u64>,
    /// Files that cannot be read.
    damaged: Vec<(LogFile, FileMeta)>,
    /// The latest version that any file but `_last_checkpoint` speaks of.
    latest: u64,
}

/// What a file of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LogFile {
    Entry(u64),
    Checksum(u64),
    /// A whole checkpoint, or one of so many parts of it.
    Checkpoint {
        version: u64,
        parts: usize,
    },
    LastCheckpoint,
}

impl LogFile {
    fn of(name: &str) -> Option<Self> {
        if name == LAST_CHECKPOINT {
            return Some(Self::LastCheckpoint);
        }
        let (version, rest) = name.split_at_checked(20)?;
        let version = version.parse().ok()?;
        match rest.split('.').collect::<Vec<_>>()[..] {
            ["", "json"] => Some(Self::Entry(version)),
            ["", "crc"] => Some(Self::Checksum(version)),
            ["", "checkpoint", _part, parts, "parquet"] => {
                parts.parse().ok().map(|parts| Self::Checkpoint { version, parts })
            }
            ["", "checkpoint", .., "parquet" | "json"] => Some(Self::Checkpoint { version, parts: 1 }),
            _ => None,
        }
    }

    fn version(self) -> u64 {
        match self {
            Self::Entry(version) | Self::Checksum(version) | Self::Checkpoint { version, .. } => version,
            Self::LastCheckpoint => 0,
        }
    }
}

impl Findings {
    fn read(storage: &dyn StorageHandler, log: &Url) -> DeltaResult<Self> {
        let mut found = Self::default();
        // Sound parts of checkpoints, by version and number of parts.
        let mut parts: BTreeMap<(u64, usize), usize> = BTreeMap::new();
        let mut last_checkpoint = None;
        for file in storage.list_from(log)? {
            let file = file?;
            let direct = path(&file.location).prefix_match(&path(log)).is_some_and(|below| below.count() == 1);
            let Some(kind) = LogFile::of(&name(&file.location)).filter(|_| direct) else { continue };
            let bytes =
                storage.read_files(vec![(file.location.clone(), None)])?.next().transpose()?.unwrap_or_default();
            found.latest = found.latest.max(kind.version());
            match kind {
                LogFile::Entry(version) if is_json(&bytes) => drop(found.entries.insert(version)),
                LogFile::Checkpoint { version, parts: of } if is_checkpoint(&file.location, &bytes) => {
                    *parts.entry((version, of)).or_default() += 1;
                }
                LogFile::Checksum(_) if is_json(&bytes) => {}
                LogFile::LastCheckpoint => last_checkpoint = Some((file, version_named(&bytes))),
                damaged => found.damaged.push((damaged, file)),
            }
        }
        let complete = parts.into_iter().filter(|((_, of), sound)| sound >= of);
        found.checkpoints = complete.map(|((version, _), _)| version).collect();
        if let Some((file, version)) = last_checkpoint
            && version.is_none_or(|version| found.checkpoints.range(version..).next().is_none())
        {
            found.damaged.push((LogFile::LastCheckpoint, file));
        }
        Ok(found)
    }

    /// The damaged files, where the latest version follows from the sound ones; otherwise none.
    pub(crate) fn replaceable(&self) -> Vec<FileMeta> {
        let follows = self.gaps(&self.entries).is_empty();
        let repeats = |kind: &LogFile| follows && !matches!(kind, LogFile::Entry(_));
        self.damaged.iter().filter(|(kind, _)| repeats(kind)).map(|(_, file)| file.clone()).collect()
    }

    /// The versions between the newest sound checkpoint (or the beginning) and the latest that these entries lack.
    fn gaps(&self, entries: &BTreeSet<u64>) -> Vec<RangeInclusive<u64>> {
        let mut next = self.checkpoints.last().map_or(0, |checkpoint| checkpoint + 1);
        let mut gaps = Vec::new();
        for entry in entries.range(next..) {
            gaps.extend((next < *entry).then(|| next..=entry - 1));
            next = entry + 1;
        }
        gaps.extend((next <= self.latest).then_some(next..=self.latest));
        gaps
    }
}

impl fmt::Display for Findings {
    /// Exactly which files stand in the way, for somebody who has a backup.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let damaged = self.damaged.iter().map(|(_, file)| format!("_delta_log/{} is damaged", name(&file.location)));
        let entry = |(kind, _): &(LogFile, FileMeta)| matches!(kind, LogFile::Entry(_)).then(|| kind.version());
        let there = self.entries.iter().copied().chain(self.damaged.iter().filter_map(entry)).collect();
        let missing = self.gaps(&there).into_iter().map(|gap| match (gap.start(), gap.end()) {
            (first, last) if first == last => format!("_delta_log/{first:020}.json is missing"),
            (first, last) => format!("_delta_log/{first:020}.json to {last:020}.json are missing"),
        });
        f.write_str(&damaged.chain(missing).collect::<Vec<_>>().join(", "))
    }
}

/// As the store names it: one file has one path, however its URL is spelled.
fn path(file: &Url) -> Path {
    Path::from_url_path(file.path()).unwrap_or_default()
}

fn name(file: &Url) -> String {
    path(file).filename().unwrap_or_default().to_owned()
}

/// One or more JSON objects, and nothing else.
fn is_json(bytes: &[u8]) -> bool {
    let mut objects = serde_json::Deserializer::from_slice(bytes).into_iter::<HashMap<String, IgnoredAny>>().peekable();
    objects.peek().is_some() && objects.all(|object| object.is_ok())
}

/// Actions of the log, in Parquet that can be read to its end, or in JSON.
fn is_checkpoint(file: &Url, bytes: &Bytes) -> bool {
    if name(file).ends_with(".json") {
        return is_json(bytes);
    }
    let Ok(reader) = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()) else { return false };
    let of_actions = reader.schema().column_with_name("metaData").is_some();
    of_actions && reader.build().is_ok_and(|mut batches| batches.all(|batch| batch.is_ok()))
}

/// The version that `_last_checkpoint` names.
fn version_named(bytes: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct LastCheckpoint {
        version: u64,
    }
    serde_json::from_slice(bytes).map(|last: LastCheckpoint| last.version).ok()
}
