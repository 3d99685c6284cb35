//! Sites of the reference records.

use crate::views::Views;
use arrow::{
    array::{Array, AsArray, RecordBatch},
    compute::cast,
    datatypes::{DataType, Date32Type, Float64Type},
};
use datafusion::{datasource::MemTable, error::DataFusionError};
use indicators::{Site, calendar::date_of_days, clock};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Sites of the reference stream, by id.
pub async fn reference_sites(views: &Views) -> Result<Vec<Site>, DataFusionError> {
    let Some(table) = views.reference("sites") else { return Ok(Vec::new()) };
    of_table(&table).await
}

/// Sites of the `sites` view, by id.
async fn of_table(table: &MemTable) -> Result<Vec<Site>, DataFusionError> {
    let mut sites = Vec::new();
    for partition in &table.batches {
        for batch in partition.read().await.iter() {
            for row in 0..batch.num_rows() {
                sites.extend(site(batch, row)?);
            }
        }
    }
    sites.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(sites)
}

fn site(batch: &RecordBatch, row: usize) -> Result<Option<Site>, DataFusionError> {
    let Some(id) = text(batch, "site_id", row)? else { return Ok(None) };
    let zone = text(batch, "timezone", row)?.unwrap_or_else(|| "UTC".to_owned());
    let unknown = clock::zone(&zone) == jiff::tz::TimeZone::UTC;
    Ok(Some(Site {
        name: text(batch, "name", row)?,
        region: text(batch, "region", row)?,
        timezone: if unknown { "UTC".to_owned() } else { zone },
        targets: targets(batch, row)?,
        opened_on: date(batch, "opened_on", row),
        closed_on: date(batch, "closed_on", row),
        id,
    }))
}

fn text(batch: &RecordBatch, column: &str, row: usize) -> Result<Option<String>, DataFusionError> {
    let Some(values) = batch.column_by_name(column) else { return Ok(None) };
    let values = cast(&values.slice(row, 1), &DataType::Utf8)?;
    Ok(values.is_valid(0).then(|| values.as_string::<i32>().value(0).to_owned()))
}

fn date(batch: &RecordBatch, column: &str, row: usize) -> Option<Date> {
    let values = batch.column_by_name(column)?.as_primitive_opt::<Date32Type>()?;
    values.is_valid(row).then(|| date_of_days(values.value(row))).flatten()
}

fn targets(batch: &RecordBatch, row: usize) -> Result<BTreeMap<String, f64>, DataFusionError> {
    let Some(lists) = batch.column_by_name("targets").and_then(|column| column.as_list_opt::<i32>()) else {
        return Ok(BTreeMap::new());
    };
    if lists.is_null(row) {
        return Ok(BTreeMap::new());
    }
    let items = lists.value(row);
    let items = items.as_struct();
    let (Some(metrics), Some(targets)) = (items.column_by_name("metric"), items.column_by_name("target")) else {
        return Ok(BTreeMap::new());
    };
    let (metrics, targets) = (cast(metrics, &DataType::Utf8)?, cast(targets, &DataType::Float64)?);
    let pairs = metrics.as_string::<i32>().iter().zip(targets.as_primitive::<Float64Type>().iter());
    Ok(pairs.filter_map(|(metric, target)| Some((metric?.to_owned(), target?))).collect())
}
