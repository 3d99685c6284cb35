//! The way of one query file: its text in, its metric or all that is wrong with it out.

use super::{
    fault::{Fault, Faults, QueryFileError},
    front_matter::{self, names},
    select::{self, Planner, Reads},
};
use contracts::Contracts;
use indicators::Metric;
use sha2::{Digest, Sha256};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// To be changed with what a function or a view means: then all that is stored is computed anew.
const SEMANTICS: &str = "2";

/// Checks query files from their paths and texts: of each its metric, or all that is wrong with it.
///
/// # Errors
/// When the engine cannot be set up.
pub async fn check_queries(
    files: &[(PathBuf, String)],
    contracts: &Contracts,
) -> Result<Vec<Result<Arc<Metric>, Vec<Fault>>>, QueryFileError> {
    let planner = Planner::new(contracts).map_err(|error| QueryFileError::Engine(error.strip_backtrace()))?;
    let planner = Arc::new(planner);
    let alone = |(path, text): &(PathBuf, String)| read_alone(path.clone(), text.clone(), Arc::clone(&planner));
    let tasks: Vec<_> = files.iter().map(|file| tokio::spawn(alone(file))).collect();
    let mut families = names::Families::default();
    let mut checked = Vec::new();
    for ((path, text), task) in files.iter().zip(tasks) {
        let mut here = Faults::new(path, text);
        let (metric, mut faults) = match task.await {
            Ok(found) => found,
            // Even a panic of the engine is one file's fault.
            Err(died) => {
                here.at(0..0, format!("the engine fails on this query: {died}"));
                (None, Vec::new())
            }
        };
        if let Some(metric) = &metric {
            names::check_families(metric, &mut families, &mut here);
        }
        faults.extend(here.into_vec());
        faults.sort();
        checked.push(metric.filter(|_| faults.is_empty()).map(Arc::new).ok_or(faults));
    }
    Ok(checked)
}

async fn read_alone(path: PathBuf, text: String, planner: Arc<Planner>) -> (Option<Metric>, Vec<Fault>) {
    let mut faults = Faults::new(&path, &text);
    let metric = read(&path, &text, &planner, &mut faults).await;
    (metric, faults.into_vec())
}

/// One file. `None`: nothing of it could be read; what was read may have faults.
async fn read(path: &Path, text: &str, planner: &Planner, faults: &mut Faults<'_>) -> Option<Metric> {
    let parts = front_matter::split(text, faults)?;
    let name = stem(path);
    names::check_metric(&name, faults);
    let metric = front_matter::declare(name, &parts, &planner.contracts, faults);
    let reads = select::check(metric.as_ref(), &parts, planner, faults).await.unwrap_or_default();
    let streams = select::streams(&reads, &planner.contracts);
    let fingerprint = fingerprint(&basis_of(text, &reads, &planner.contracts));
    metric.map(|metric| Metric { fingerprint, sql: parts.sql.to_owned(), streams, reads, ..metric })
}

/// What a query's rows follow from besides the data: its text, the contracts of what it reads, and what this program makes
/// of them.
fn basis_of(text: &str, reads: &Reads, contracts: &Contracts) -> String {
    let sources = reads.keys().filter_map(|table| contracts.get(table)).map(|contract| contract.source());
    std::iter::once(SEMANTICS).chain([text]).chain(sources).collect::<Vec<_>>().join("\n")
}

/// The name of a file's metric.
pub(super) fn stem(path: &Path) -> String {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned()
}

/// First 63 bits of the SHA-256.
fn fingerprint(text: &str) -> i64 {
    let digest = Sha256::digest(text.as_bytes());
    let first: [u8; 8] = std::array::from_fn(|i| digest[i]);
    i64::from_be_bytes(first) & i64::MAX
}
