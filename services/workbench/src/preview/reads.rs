//! Which files of which tables an evaluation would read.
//!
//! An evaluation reads the rows of the weeks that it computes and of the horizon around them, once, and of the files in
//! which other revisions of the same events can lie the keys alone.

use contracts::Contract;
use datafusion::{
    catalog::TableProvider,
    common::tree_node::{TreeNode, TreeNodeRecursion},
    datasource::{
        physical_plan::{FileScanConfig, ParquetSource},
        source::DataSourceExec,
    },
    error::DataFusionError,
    prelude::SessionContext,
    scalar::ScalarValue,
};
use evaluation::{
    Tables,
    views::{Dates, around, lasting, on_dates},
};
use indicators::{Metric, calendar::date_of_days, week_set::WeekSet};
use jiff::civil::Date;
use lake::TableStatus;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What would be read of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct TableRead {
    /// Its name.
    pub table: String,
    /// Files whose rows are read.
    pub files: u64,
    /// All its active files.
    pub of_files: u64,
    /// Bytes of those files: the most that is read of them, for only columns that are used are.
    pub bytes: u64,
    /// Bytes of all its active files.
    pub of_bytes: u64,
    /// First day (UTC, of the event time) of the partitions that are read.
    pub first_date: Option<Date>,
    /// The last one.
    pub last_date: Option<Date>,
    /// Further files, of which only the keys are read: revisions may lie there.
    pub files_of_keys: u64,
    /// Columns that the query reads; empty for reference tables, which are held in memory whole.
    pub columns: Vec<String>,
}

/// Files by path with their bytes, and the days that they are of.
#[derive(Default)]
struct Files {
    bytes: BTreeMap<String, u64>,
    days: BTreeSet<Date>,
}

/// The reads of an evaluation of these weeks, streams first. `active` is the state of all tables.
pub(super) async fn of(
    tables: &Tables,
    metric: &Metric,
    weeks: &WeekSet,
    ctx: &SessionContext,
    active: &[TableStatus],
) -> Result<Vec<TableRead>, DataFusionError> {
    let weeks = weeks.widened(metric.horizon_ahead, metric.horizon_back);
    let mut reads = Vec::new();
    for stream in &metric.streams {
        let Some(contract) = tables.contracts().get(stream) else { continue };
        let columns = metric.reads.get(stream).into_iter().flatten().cloned().collect();
        let read = TableRead { columns, ..whole(stream, active) };
        reads.push(narrowed(read, tables, contract, &weeks, ctx).await?);
    }
    let references = tables.contracts().iter().filter(|contract| contract.is_reference());
    reads.extend(references.map(|contract| whole(contract.name(), active)));
    Ok(reads)
}

/// All of a table.
fn whole(table: &str, active: &[TableStatus]) -> TableRead {
    let (files, bytes) =
        active.iter().find(|status| status.table == table).map_or((0, 0), |status| (status.files, status.bytes));
    TableRead { table: table.to_owned(), files, of_files: files, bytes, of_bytes: bytes, ..TableRead::default() }
}

/// The part of a stream's table that these weeks need.
async fn narrowed(
    read: TableRead,
    tables: &Tables,
    contract: &Contract,
    weeks: &WeekSet,
    ctx: &SessionContext,
) -> Result<TableRead, DataFusionError> {
    let Some(table) = tables.provider(contract) else { return Ok(read) };
    let dates = lasting(contract).and_then(|days| weeks.dates(days));
    let rows = files(ctx, &table, dates.as_ref()).await?;
    let near = match &dates {
        Some(dates) => files(ctx, &table, Some(&around(dates, contract))).await?.bytes.len(),
        None => rows.bytes.len(),
    };
    Ok(TableRead {
        files: rows.bytes.len() as u64,
        bytes: rows.bytes.values().sum(),
        first_date: rows.days.first().copied(),
        last_date: rows.days.last().copied(),
        files_of_keys: near.saturating_sub(rows.bytes.len()) as u64,
        ..read
    })
}

/// The files in which rows of these dates can lie, as the table itself chooses them.
async fn files(
    ctx: &SessionContext,
    table: &Arc<dyn TableProvider>,
    dates: Option<&Dates>,
) -> Result<Files, DataFusionError> {
    let mut rows = ctx.read_table(Arc::clone(table))?;
    if let Some(dates) = dates {
        rows = rows.filter(on_dates(dates))?;
    }
    let mut files = Files::default();
    rows.create_physical_plan().await?.apply(|node| {
        let scan =
            node.downcast_ref::<DataSourceExec>().and_then(|scan| scan.downcast_to_file_source::<ParquetSource>());
        if let Some((scan, _)) = scan {
            files.add(scan);
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(files)
}

impl Files {
    fn add(&mut self, scan: &FileScanConfig) {
        let by_day = scan.table_partition_cols().iter().position(|field| field.name() == lake::EVENT_DATE);
        for file in scan.file_groups.iter().flat_map(|group| group.iter()) {
            self.bytes.insert(file.object_meta.location.to_string(), file.object_meta.size);
            self.days.extend(by_day.and_then(|at| day(file.partition_values.get(at)?)));
        }
    }
}

fn day(value: &ScalarValue) -> Option<Date> {
    match value {
        ScalarValue::Date32(days) => date_of_days((*days)?),
        _ => None,
    }
}
