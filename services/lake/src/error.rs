//! What can go wrong with a lake, with where and what to do.

use buoyant_kernel::Error as KernelError;
use std::{error::Error as StdError, io, iter::successors};

/// A cause from a library below.
pub type Cause = Box<dyn StdError + Send + Sync>;

/// Errors of the lake. Each names the lake or table, and what an operator can do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LakeError {
    /// There is no lake at this place.
    #[error(
        "no lake at {location}: set lake.url (BELLWETHER__LAKE__URL) to where it is; `bellwether ingest` creates a new one"
    )]
    Missing {
        /// The lake's URL.
        location: String,
    },
    /// The URL is not one a lake can live at.
    #[error("lake.url = {url:?}: {why}")]
    Url {
        /// As configured.
        url: String,
        /// What is wrong with it and what would be right.
        why: String,
    },
    /// The lake's folder is not there and cannot be created.
    #[error(
        "lake.url: the folder {folder} cannot be made: {source}; set lake.url (BELLWETHER__LAKE__URL) to a folder in which \
         this user may write"
    )]
    Folder {
        /// The folder.
        folder: String,
        /// The cause.
        source: io::Error,
    },
    /// The operating system or the object store refuses access.
    #[error(
        "{context}: permission denied; give this user read and write access to it, or set lake.url to a folder that it owns"
    )]
    Permission {
        /// Path and operation.
        context: String,
        /// The cause.
        source: Cause,
    },
    /// The disk, or the part of it that this user may fill, is full.
    #[error(
        "{context}: no space left on the device; free some or give the lake more room. What was committed stays, what was not \
         is written again"
    )]
    Full {
        /// Path or table, and operation.
        context: String,
        /// The cause.
        source: Cause,
    },
    /// `_bellwether.json` was written by a later program.
    #[error("the lake at {location} has layout version {found}, this program knows {known}: upgrade the program")]
    NewerLayout {
        /// The lake's URL.
        location: String,
        /// What the file says.
        found: u64,
        /// The newest version known here.
        known: u64,
    },
    /// `_bellwether.json` or `_bellwether.key` holds something else than it should.
    #[error("{location}{file} is not readable as this lake's own file: {why}; restore it from a backup of the lake")]
    Manifest {
        /// The lake's URL.
        location: String,
        /// File name.
        file: &'static str,
        /// What is wrong.
        why: String,
    },
    /// The lake's pseudonyms were made with another privacy key.
    #[error(
        "the lake at {location} was written with the privacy key {remembered}, the configured one is {given}: \
         pseudonyms of the two would not match; configure the key that the lake was written with, or start a new lake"
    )]
    Key {
        /// The lake's URL.
        location: String,
        /// Fingerprint that the lake remembers.
        remembered: String,
        /// Fingerprint of the configured key.
        given: String,
    },
    /// A table's transaction log cannot be read.
    #[error(
        "table {table} at {location} is damaged: {source}; {}. Restore the files of its log from a backup. Only without \
         one, stop what uses the lake and move the folder away: a stream is then ingested again, as far back as its topic \
         goes",
        if .files.is_empty() { "log entries are missing or damaged" } else { .files }
    )]
    Corrupt {
        /// Table name.
        table: String,
        /// The table's URL.
        location: String,
        /// Exactly which files of the log are damaged or missing; empty where that is not known.
        files: String,
        /// The cause.
        source: Cause,
    },
    /// Another engine has restored the table to an earlier version.
    #[error(
        "table {table} was restored to {} by another engine (table version {at}). Its rows are of then, but its transaction \
         ids (how far Kafka was read, what was evaluated) are of just before, so that going on would leave a gap. Undo it: \
         restore the table to version {}. Or keep it: a stream goes on behind the gap with one start of `bellwether ingest \
         --accept-gap` (what lies in it can be published again from its source; events count once); `indicators` is \
         computed again, without its history, once its folder is moved away",
        .to.map_or_else(|| "an earlier version".to_owned(), |to| format!("version {to}")),
        .at.saturating_sub(1)
    )]
    Restored {
        /// Table name.
        table: String,
        /// The table version that the RESTORE committed.
        at: u64,
        /// The table version that it brought back, if it says so.
        to: Option<u64>,
    },
    /// A data file cannot be read.
    #[error("table {table}: the data file {file} is damaged: {source}; {}", remedy(.table))]
    DamagedFile {
        /// Table name.
        table: String,
        /// The file.
        file: String,
        /// The cause.
        source: Cause,
    },
    /// A data file is not there.
    #[error("table {table}: the data file {file} is missing; {}", remedy(.table))]
    MissingFile {
        /// Table name.
        table: String,
        /// The file.
        file: String,
    },
    /// A property that the table remembers is not what is asked for.
    #[error(
        "table {table} belongs to {property} = {}, this is {wanted:?}: its positions mean nothing there; use the \
         lake of that {property}, or a new one",
        .found.as_ref().map_or_else(|| "none".to_owned(), |found| format!("{found:?}"))
    )]
    Property {
        /// Table name.
        table: String,
        /// Property name.
        property: String,
        /// What the table holds, `None` if it was never set.
        found: Option<String>,
        /// What was asked for.
        wanted: String,
    },
    /// The table's columns are not those asked for, and adding optional ones would not help.
    #[error("table {table} does not fit its schema: {}; optional columns may be added, or no longer be named; no other change is possible", .differences.join("; "))]
    Schema {
        /// Table name.
        table: String,
        /// Every difference found.
        differences: Vec<String>,
    },
    /// Rows handed to a writer do not have the table's columns.
    #[error("rows for table {table}: {why}")]
    Rows {
        /// Table name.
        table: String,
        /// Which column, and why.
        why: String,
    },
    /// Files waited so long for their commit that vacuum may have removed them.
    #[error("files for table {table} were written {age_s} s ago, the limit is {limit_s} s: write the rows again")]
    StaleFiles {
        /// Table name.
        table: String,
        /// Age of the oldest file, seconds.
        age_s: i64,
        /// Limit, seconds.
        limit_s: i64,
    },
    /// A commit failed again and again. Whether it took effect is known from the table's marks alone.
    #[error("commit to table {table} failed {attempts} times, last: {source}; start again from the table's marks")]
    Commit {
        /// Table name.
        table: String,
        /// Attempts made.
        attempts: u32,
        /// The last cause.
        source: Cause,
    },
    /// Anything else below us, with the table it concerns.
    #[error("{context}: {source}")]
    Storage {
        /// Table and operation.
        context: String,
        /// The cause.
        source: Cause,
    },
}

/// What can be done about a data file that is lost.
fn remedy(table: &str) -> String {
    format!(
        "restore it from a backup of the lake. Without one, stop what uses the lake and move the folder of {table} away: a \
         stream is then ingested again, as far back as its topic goes; `indicators` is computed again, without its history"
    )
}

impl LakeError {
    /// The lake's own error within another library's, however deep.
    pub fn within<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        successors(Some(error), |&cause| cause.source())
            .find_map(|cause| cause.downcast_ref().or_else(|| cause.downcast_ref::<Box<Self>>().map(Box::as_ref)))
    }

    /// A failure below us; refused access and a full disk, however deep in the cause, are named as such.
    pub(crate) fn storage(context: impl Into<String>, source: impl Into<Cause>) -> Self {
        let (context, source) = (context.into(), source.into());
        match is_permission(source.as_ref()) {
            true => Self::Permission { context, source },
            false if is_full(source.as_ref()) => Self::Full { context, source },
            false => Self::Storage { context, source },
        }
    }

    /// A commit that failed for the last time; the same causes are named.
    pub(crate) fn commit(table: &str, attempts: u32, source: Cause) -> Self {
        match Self::storage(format!("table {table}: committing"), source) {
            Self::Storage { source, .. } => Self::Commit { table: table.into(), attempts, source },
            named => named,
        }
    }

    /// A table whose log cannot be read, unless access was refused.
    pub(crate) fn corrupt(table: &str, location: &url::Url, source: impl Into<Cause>) -> Self {
        let source = source.into();
        match is_permission(source.as_ref()) {
            true => Self::Permission { context: format!("table {table} at {location}"), source },
            false => {
                let (table, location) = (table.into(), location.to_string());
                Self::Corrupt { table, location, files: String::new(), source }
            }
        }
    }
}

/// Refused access or a full disk: what could not be read or written for that is not damaged.
pub(crate) fn is_of_the_place(error: &(dyn StdError + 'static)) -> bool {
    is_permission(error) || is_full(error)
}

fn is_permission(error: &(dyn StdError + 'static)) -> bool {
    let refused = |cause: &(dyn StdError + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::PermissionDenied)
            || matches!(cause.downcast_ref(), Some(object_store::Error::PermissionDenied { .. }))
    };
    successors(Some(error), |&cause| below(cause)).any(refused)
}

fn is_full(error: &(dyn StdError + 'static)) -> bool {
    let full = |cause: &(dyn StdError + 'static)| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|e| matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    };
    successors(Some(error), |&cause| below(cause)).any(full)
}

/// The cause of an error; of some of its own the kernel returns none.
fn below<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref() {
        Some(KernelError::ObjectStore(cause)) => Some(cause),
        Some(KernelError::IOError(cause)) => Some(cause),
        Some(KernelError::Backtraced { source, .. }) => Some(source.as_ref()),
        _ => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_access_is_found_however_deep() {
        let io = io::Error::from(io::ErrorKind::PermissionDenied);
        let deep = object_store::Error::Generic { store: "local", source: Box::new(io) };
        let text = LakeError::storage("/data/lake", deep).to_string();
        assert!(text.starts_with("/data/lake: permission denied; give this user"), "{text}");
        let other = || io::Error::from(io::ErrorKind::NotFound);
        assert!(matches!(LakeError::storage("x", other()), LakeError::Storage { .. }));
        assert!(matches!(LakeError::commit("x", 6, other().into()), LakeError::Commit { .. }));
    }

    #[test]
    fn a_full_disk_is_found_however_deep() {
        let io = io::Error::from(io::ErrorKind::StorageFull);
        let deep = object_store::Error::Generic { store: "local", source: Box::new(io) };
        let text = LakeError::commit("events", 6, KernelError::ObjectStore(deep).into()).to_string();
        assert!(text.starts_with("table events: committing: no space left on the device; free some"), "{text}");
    }
}
