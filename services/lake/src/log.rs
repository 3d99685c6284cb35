//! Log entries, read one by one: the kernel tells what a version holds, not what each commit changed. Among them a RESTORE
//! by another engine: it brings back the rows of an earlier version and leaves the marks where they are, so that the two do
//! not belong together any more.

use crate::{error::LakeError, table::Table};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// One line of a log entry, as far as it matters here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Action {
    pub(crate) add: Option<Add>,
    pub(crate) remove: Option<Remove>,
    meta_data: Option<IgnoredAny>,
    protocol: Option<IgnoredAny>,
    txn: Option<IgnoredAny>,
    commit_info: Option<CommitInfo>,
}

/// What a commit says about itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommitInfo {
    operation: Option<String>,
    operation_parameters: Option<BTreeMap<String, Value>>,
    /// Only this program's commits have it.
    bellwether_commit: Option<IgnoredAny>,
}

/// One log entry.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) actions: Vec<Action>,
}

impl Entry {
    /// Whether it is a commit of ours that moved marks.
    pub(crate) fn is_ours(&self) -> bool {
        let ours = |action: &Action| action.commit_info.as_ref().is_some_and(|info| info.bellwether_commit.is_some());
        self.actions.iter().any(ours) && self.actions.iter().any(|action| action.txn.is_some())
    }

    /// Whether it is a RESTORE, and of which version, if it says so (some write numbers as text).
    pub(crate) fn restored(&self) -> Option<Option<u64>> {
        let info = self.actions.iter().filter_map(|action| action.commit_info.as_ref());
        let restore = info.into_iter().find(|info| info.operation.as_deref() == Some("RESTORE"))?;
        let version = restore.operation_parameters.as_ref().and_then(|parameters| parameters.get("version"));
        Some(version.and_then(|version| version.as_u64().or_else(|| version.as_str()?.parse().ok())))
    }
}

/// A file that becomes active.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Add {
    pub(crate) path: String,
    pub(crate) size: i64,
    pub(crate) modification_time: i64,
    pub(crate) partition_values: BTreeMap<String, Option<String>>,
    pub(crate) data_change: bool,
    /// JSON.
    pub(crate) stats: Option<String>,
    deletion_vector: Option<IgnoredAny>,
}

/// A file that is active no more.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Remove {
    pub(crate) path: String,
    pub(crate) data_change: bool,
    pub(crate) partition_values: Option<BTreeMap<String, Option<String>>>,
}

impl Action {
    /// Whether it does nothing but add and remove whole files, or note something beside them.
    pub(crate) fn is_plain(&self) -> bool {
        let whole = self.add.as_ref().is_none_or(|add| add.deletion_vector.is_none());
        self.meta_data.is_none() && self.protocol.is_none() && whole
    }
}

/// What the commits after version `since` did, in order, up to version `to`; `None` where the log no longer reaches back.
pub(crate) async fn actions(table: &Table, since: u64, to: u64) -> Result<Option<Vec<Action>>, LakeError> {
    let mut actions = Vec::new();
    for version in since + 1..=to {
        let Some(entry) = entry(table, version).await? else { return Ok(None) };
        actions.extend(entry.actions);
    }
    Ok(Some(actions))
}

/// What one commit did; `None` where the log no longer reaches back.
pub(crate) async fn entry(table: &Table, version: u64) -> Result<Option<Entry>, LakeError> {
    let bytes = table.log_entry(version).await.map_err(|e| table.failed("reading the log", e))?;
    let Some(bytes) = bytes else { return Ok(None) };
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let actions = lines.map(serde_json::from_slice).collect::<Result<_, _>>();
    Ok(Some(Entry { actions: actions.map_err(|e| table.failed("reading the log", e))? }))
}

/// Mark: the table version of the RESTORE that was accepted last.
pub(crate) const ACCEPTED: &str = "bellwether/restored";

/// A RESTORE that no commit of ours follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Restored {
    /// The table version that it committed.
    pub(crate) at: u64,
    /// The table version that it brought back, if it says so.
    pub(crate) to: Option<u64>,
}

impl Restored {
    pub(crate) fn error(self, table: &Table) -> LakeError {
        LakeError::Restored { table: table.name.to_string(), at: self.at, to: self.to }
    }
}

/// The first RESTORE among the versions above `after`, up to `to`, that still makes a difference: one that another RESTORE
/// has taken back makes none, nor does one that a commit of ours follows (which was accepted then).
pub(crate) async fn find_restore(table: &Table, after: Option<u64>, to: u64) -> Result<Option<Restored>, LakeError> {
    let mut first = None;
    let mut entries = Vec::new();
    // From the latest back: a table that only we write is known by its last entry.
    for version in (after.map_or(0, |after| after + 1)..=to).rev() {
        let Some(found) = entry(table, version).await? else { break };
        if found.is_ours() {
            break;
        }
        if let Some(to) = found.restored() {
            first = Some(Restored { at: version, to });
            entries.push(found);
        }
    }
    Ok(first.filter(|_| differs(entries.iter().rev())))
}

/// Whether other files are active after these RESTOREs, in order, than before them.
fn differs<'a>(restores: impl Iterator<Item = &'a Entry>) -> bool {
    let (mut gone, mut back) = (HashSet::new(), HashSet::new());
    for action in restores.flat_map(|entry| &entry.actions) {
        if let Some(remove) = &action.remove
            && !back.remove(remove.path.as_str())
        {
            gone.insert(remove.path.as_str());
        }
        if let Some(add) = &action.add
            && !gone.remove(add.path.as_str())
        {
            back.insert(add.path.as_str());
        }
    }
    !gone.is_empty() || !back.is_empty()
}
