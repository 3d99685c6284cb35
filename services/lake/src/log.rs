//! Entries of the transaction log, read one by one: the kernel tells what a version holds, not what each commit changed.

use crate::{LakeError, table::Table};
use serde::{Deserialize, de::IgnoredAny};
use std::collections::BTreeMap;

/// One line of a log entry, as far as it matters here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Action {
    pub(crate) add: Option<Add>,
    pub(crate) remove: Option<Remove>,
    meta_data: Option<IgnoredAny>,
    protocol: Option<IgnoredAny>,
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
        let entry = table.log_entry(version).await;
        let Some(entry) = entry.map_err(|e| table.failed("reading the log", e))? else { return Ok(None) };
        for line in entry.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            actions.push(serde_json::from_slice(line).map_err(|e| table.failed("reading the log", e))?);
        }
    }
    Ok(Some(actions))
}
