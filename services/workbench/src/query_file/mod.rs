//! Query files: TOML front matter in the leading comment, then one SELECT → [`Metric`].
//!
//! ```text
//! text ─split─► front matter ─declaration─► Metric ┐
//!          └──► SELECT ─────────────────────────────┴─plan (against the views' schemas)─► streams, checked columns
//! ```
//!
//! The SELECT is parsed once. Faults are found on the text that is refused whatever it means (`refused`), on names
//! (`unknown_names`), on the plan (`order`, `words`, `negations`, `clocks`, `evaluation::dates`, `crate::impure`, `columns` with
//! `people`, `shifted` and `origin`), on what it needs of its tables (`answers`); `tokens` and `narrow` say where they
//! stand.
//!
//! All faults of all files are reported in one run, each with file, line and column. What is not written here is refused:
//! an unknown key is a typing error, not a wish.

mod answers;
mod clocks;
mod columns;
mod declaration;
mod fault;
mod find;
mod keys;
mod names;
mod narrow;
mod needed;
mod negations;
mod order;
mod origin;
mod people;
mod plan;
mod promise;
mod reads;
mod refused;
mod set;
mod shifted;
mod split;
mod tokens;
mod toml_value;
mod unknown_names;
mod words;

pub use fault::{Fault, QueryFileError};
pub(crate) use fault::{Faults, Place};
pub use find::{find_queries, find_readable, text_of};
pub use keys::{KEYS, Key, Presence, Shape};
pub use names::name_fault;
pub use promise::doubts;
pub use set::{Listing, QuerySet};

use contracts::Contracts;
use datafusion::{
    datasource::MemTable,
    error::DataFusionError,
    execution::{SessionStateBuilder, session_state::SessionState},
};
use evaluation::session;
use indicators::Metric;
use names::Families;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Domain of the columns that name who answered a survey.
const RESPONDENT: &str = "respondent";
/// To be changed with what a function or a view means: then all that is stored is computed anew.
const SEMANTICS: &str = "2";

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
    let mut set = QuerySet::default();
    let mut bad: BTreeSet<String> = BTreeSet::new();
    for ((path, _), checked) in files.iter().zip(check_queries(files, contracts).await?) {
        let name = stem(path);
        match checked {
            Ok(metric) => set.metrics.push(metric),
            Err(faults) => {
                bad.insert(name.clone());
                set.faults.extend(faults);
            }
        }
        set.names.insert(name);
    }
    set.metrics.retain(|metric| !bad.contains(&metric.name));
    set.metrics.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(set)
}

/// The name of a file's metric.
fn stem(path: &Path) -> String {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned()
}

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
    let mut families = Families::default();
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
    let parts = split::split(text, faults)?;
    let name = stem(path);
    names::check_metric(&name, faults);
    let metric = declaration::declare(name, &parts, &planner.contracts, faults);
    let reads = plan::check(metric.as_ref(), &parts, planner, faults).await.unwrap_or_default();
    let streams = reads::streams(&reads, &planner.contracts);
    let fingerprint = fingerprint(&basis_of(text, &reads, &planner.contracts));
    metric.map(|metric| Metric { fingerprint, sql: parts.sql.to_owned(), streams, reads, ..metric })
}

/// What a query's rows follow from besides the data: its text, the contracts of what it reads, and what this program makes
/// of them.
fn basis_of(text: &str, reads: &reads::Reads, contracts: &Contracts) -> String {
    let sources = reads.keys().filter_map(|table| contracts.get(table)).map(|contract| contract.source());
    std::iter::once(SEMANTICS).chain([text]).chain(sources).collect::<Vec<_>>().join("\n")
}

/// What queries are planned with: the views' columns, and no rows. Made once for all files.
struct Planner {
    contracts: Contracts,
    state: SessionState,
    /// Names of the tables, in order.
    offered: Vec<String>,
}

impl Planner {
    fn new(contracts: &Contracts) -> Result<Self, DataFusionError> {
        let ctx = session(64 << 20, 1)?;
        for contract in contracts.iter() {
            let empty = MemTable::try_new(evaluation::views::offered(contract), vec![vec![]])?;
            ctx.register_table(contract.name(), Arc::new(empty))?;
        }
        let mut offered: Vec<String> = contracts.iter().map(|contract| contract.name().to_owned()).collect();
        offered.sort_unstable();
        // What makes a plan of no rows faster is half the time, and finds no fault.
        let state =
            SessionStateBuilder::new_from_existing(ctx.state()).with_physical_optimizer_rules(Vec::new()).build();
        Ok(Self { contracts: contracts.clone(), state, offered })
    }
}

/// First 63 bits of the SHA-256.
pub(crate) fn fingerprint(text: &str) -> i64 {
    let digest = Sha256::digest(text.as_bytes());
    let first: [u8; 8] = std::array::from_fn(|i| digest[i]);
    i64::from_be_bytes(first) & i64::MAX
}
