//! RESTORE by another engine: it brings back the rows of an earlier version and leaves the marks where they are, so that
//! the two do not belong together any more.

use crate::{LakeError, log, table::Table};
use std::collections::HashSet;

/// Mark: the version that a RESTORE made and that we have gone on from.
pub(crate) const ACCEPTED: &str = "bellwether/restored";

/// A RESTORE that no commit of ours was made after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Restored {
    /// The version that it made.
    pub(crate) at: u64,
    /// The version that it brought back, as far as it says so.
    pub(crate) to: Option<u64>,
}

impl Restored {
    pub(crate) fn error(self, table: &Table) -> LakeError {
        LakeError::Restored { table: table.name.to_string(), at: self.at, to: self.to }
    }
}

/// The first RESTORE among the versions above `after`, up to `to`, that still makes a difference: one that another RESTORE
/// has taken back makes none, nor does one that a commit of ours was made after (which only happens knowingly).
pub(crate) async fn find(table: &Table, after: Option<u64>, to: u64) -> Result<Option<Restored>, LakeError> {
    let mut first = None;
    let mut entries = Vec::new();
    // From the latest back: a table that only we write is known by its last entry.
    for version in (after.map_or(0, |after| after + 1)..=to).rev() {
        let Some(entry) = log::entry(table, version).await? else { break };
        if entry.is_ours() {
            break;
        }
        if let Some(to) = entry.restored() {
            first = Some(Restored { at: version, to });
            entries.push(entry);
        }
    }
    Ok(first.filter(|_| differs(entries.iter().rev())))
}

/// Whether the files after these RESTOREs, in order, are others than before them.
fn differs<'a>(restores: impl Iterator<Item = &'a log::Entry>) -> bool {
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
