//! Query files: TOML front matter in the leading comment, then one SELECT → [`Metric`].
//!
//! ```text
//! text ─split─► front matter ─declaration─► Metric ┐
//!          └──► SELECT ─────────────────────────────┴─plan (against the views' schemas)─► streams, checked columns
//! ```
//!
//! All faults of all files are reported in one run, each with file, line and column. What is not written here is refused:
//! an unknown key is a typing error, not a wish.

mod columns;
mod declaration;
mod fault;
mod find;
mod keys;
mod names;
mod part_columns;
mod people;
mod plan;
mod set;
mod split;
mod toml_value;
mod unknown_names;

pub use fault::{Fault, QueryFileError};
pub use find::find_queries;
pub use keys::{KEYS, Key, Presence, Shape};
pub use names::{RESERVED_LABELS, name_fault};
pub use part_columns::{PART_COLUMNS, PartColumn};
pub(crate) use plan::tables;
pub use set::{Listing, QuerySet};

use crate::{Metric, session};
use contracts::Contracts;
use datafusion::{datasource::MemTable, prelude::SessionContext};
use fault::Faults;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Loads every `DIR/*.sql`, by name.
///
/// # Errors
/// Every fault of every file; a folder that cannot be read or holds no query.
pub async fn load_queries(dir: &Path, contracts: &Contracts) -> Result<Vec<Arc<Metric>>, QueryFileError> {
    read_queries(&find_queries(&[dir.to_owned()])?, contracts).await
}

/// Reads query files from their paths and texts.
///
/// # Errors
/// Every fault of every file.
pub async fn read_queries(
    files: &[(PathBuf, String)],
    contracts: &Contracts,
) -> Result<Vec<Arc<Metric>>, QueryFileError> {
    let set = examine(files, contracts).await?;
    if set.faults.is_empty() { Ok(set.metrics) } else { Err(QueryFileError::Faults(set.faults)) }
}

/// The metrics of the files that have no fault, and the faults of the others.
async fn examine(files: &[(PathBuf, String)], contracts: &Contracts) -> Result<QuerySet, QueryFileError> {
    let ctx = planning_session(contracts).map_err(|error| QueryFileError::Engine(error.strip_backtrace()))?;
    let mut set = QuerySet::default();
    let mut metrics: Vec<Metric> = Vec::new();
    let mut bad: BTreeSet<String> = BTreeSet::new();
    for (path, text) in files {
        let mut here = Faults::new(path, text);
        if let Some(metric) = read(path, text, contracts, &ctx, &mut here).await {
            names::check_families(&metric, &metrics, &mut here);
            metrics.push(metric);
        }
        let (name, faults) = (stem(path), here.into_vec());
        if !faults.is_empty() {
            bad.insert(name.clone());
        }
        set.names.insert(name);
        set.faults.extend(faults);
    }
    metrics.retain(|metric| !bad.contains(&metric.name));
    metrics.sort_by(|a, b| a.name.cmp(&b.name));
    set.metrics = metrics.into_iter().map(Arc::new).collect();
    Ok(set)
}

/// The name of a file's metric.
fn stem(path: &Path) -> String {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned()
}

/// One file. `None`: nothing of it could be read; what was read may have faults.
async fn read(
    path: &Path,
    text: &str,
    contracts: &Contracts,
    ctx: &SessionContext,
    faults: &mut Faults<'_>,
) -> Option<Metric> {
    let parts = split::split(text, faults)?;
    let name = stem(path);
    names::check_metric(&name, faults);
    let metric = declaration::declare(name, &parts, contracts, faults);
    let reads = plan::check(metric.as_ref(), &parts, contracts, ctx, faults).await.unwrap_or_default();
    let is_stream = |table: &&String| contracts.get(table).is_some_and(|contract| !contract.is_reference());
    let streams = reads.keys().filter(is_stream).cloned().collect();
    metric.map(|metric| Metric { fingerprint: fingerprint(text), sql: parts.sql.to_owned(), streams, reads, ..metric })
}

/// A session that knows the views' columns, and no rows.
fn planning_session(contracts: &Contracts) -> Result<SessionContext, datafusion::error::DataFusionError> {
    let ctx = session(64 << 20, 1)?;
    for contract in contracts.iter() {
        let empty = MemTable::try_new(crate::views::offered(contract), vec![vec![]])?;
        ctx.register_table(contract.name(), Arc::new(empty))?;
    }
    Ok(ctx)
}

/// First 63 bits of the SHA-256.
pub(crate) fn fingerprint(text: &str) -> i64 {
    let digest = Sha256::digest(text.as_bytes());
    let first: [u8; 8] = std::array::from_fn(|i| digest[i]);
    i64::from_be_bytes(first) & i64::MAX
}
