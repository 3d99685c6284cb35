//! Which files of which tables a plan would read.

use crate::calendar::date_of_days;
use datafusion::{
    common::tree_node::{TreeNode, TreeNodeRecursion},
    datasource::{
        listing::PartitionedFile,
        physical_plan::{FileScanConfig, ParquetSource},
        source::DataSourceExec,
    },
    error::DataFusionError,
    physical_plan::ExecutionPlan,
    scalar::ScalarValue,
};
use jiff::civil::Date;
use lake::TableStatus;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What would be read of a table.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TableRead {
    /// Its name.
    pub table: String,
    /// How often the plan scans it.
    pub scans: usize,
    /// Files, each counted once.
    pub files: u64,
    /// All its active files.
    pub of_files: u64,
    /// Bytes of those files: the most that is read of them, for only columns that are used are.
    pub bytes: u64,
    /// Bytes of all its active files.
    pub of_bytes: u64,
    /// First and last day (UTC, of the event time) of the partitions that would be read.
    pub first_date: Option<Date>,
    /// The last one.
    pub last_date: Option<Date>,
}

/// Files of one table by path, with their bytes, and the days that they are of.
#[derive(Default)]
struct Seen {
    scans: usize,
    files: BTreeMap<String, u64>,
    days: BTreeSet<Date>,
}

/// The reads of a plan, by table. Tables of which nothing is read are told, too: `named` are those that the query names.
/// `held` are reference tables: every evaluation reads them whole.
pub(super) fn of(
    plan: &Arc<dyn ExecutionPlan>,
    named: &BTreeSet<String>,
    held: &BTreeSet<String>,
    active: &[TableStatus],
) -> Result<Vec<TableRead>, DataFusionError> {
    let streams = named.difference(held);
    let mut seen: BTreeMap<String, Seen> = streams.map(|name| (name.clone(), Seen::default())).collect();
    plan.apply(|node| {
        let scan =
            node.downcast_ref::<DataSourceExec>().and_then(|scan| scan.downcast_to_file_source::<ParquetSource>());
        if let Some((scan, _)) = scan {
            add(&mut seen, scan);
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    let all = |table: &str| active.iter().find(|status| status.table == table);
    let read = |(table, seen): (String, Seen)| TableRead {
        scans: seen.scans,
        files: seen.files.len() as u64,
        of_files: all(&table).map_or(0, |status| status.files),
        bytes: seen.files.values().sum(),
        of_bytes: all(&table).map_or(0, |status| status.bytes),
        first_date: seen.days.first().copied(),
        last_date: seen.days.last().copied(),
        table,
    };
    let whole = |status: &TableStatus| TableRead {
        table: status.table.clone(),
        scans: 1,
        files: status.files,
        of_files: status.files,
        bytes: status.bytes,
        of_bytes: status.bytes,
        first_date: None,
        last_date: None,
    };
    let references = active.iter().filter(|status| held.contains(&status.table)).map(whole);
    Ok(seen.into_iter().map(read).chain(references).collect())
}

fn add(seen: &mut BTreeMap<String, Seen>, scan: &FileScanConfig) {
    let by_day = scan.table_partition_cols().iter().position(|field| field.name() == lake::EVENT_DATE);
    let mut tables = BTreeSet::new();
    for file in scan.file_groups.iter().flat_map(|group| group.iter()) {
        let Some(table) = table_of(file) else { continue };
        let entry = seen.entry(table.clone()).or_default();
        entry.files.insert(file.object_meta.location.to_string(), file.object_meta.size);
        entry.days.extend(by_day.and_then(|at| day(file.partition_values.get(at)?)));
        tables.insert(table);
    }
    for table in tables {
        seen.entry(table).or_default().scans += 1;
    }
}

/// The folder that a file lies in, those of its partition aside.
fn table_of(file: &PartitionedFile) -> Option<String> {
    let folders: Vec<_> = file.object_meta.location.parts().collect();
    let (_, folders) = folders.split_last()?;
    folders.iter().rev().find(|folder| !folder.as_ref().contains('=')).map(|folder| folder.as_ref().to_owned())
}

fn day(value: &ScalarValue) -> Option<Date> {
    match value {
        ScalarValue::Date32(days) => date_of_days((*days)?),
        _ => None,
    }
}
