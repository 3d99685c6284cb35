//! Of the rows of keys that occur several times, the current ones: a task takes the keys whose hashes fall to it.

use super::scan::hashes_of;
use arrow::{
    array::{Array, ArrayRef, BooleanArray, RecordBatch, UInt32Array},
    compute::{concat_batches, filter_record_batch, take_record_batch},
    error::ArrowError,
    row::{RowConverter, Rows, SortField},
};
use datafusion::{error::DataFusionError, scalar::ScalarValue};
use std::{ops::Range, sync::Arc};
use tokio::task::JoinSet;

type Result<T> = std::result::Result<T, DataFusionError>;

/// What tells revisions of a key apart, before their content does.
pub(super) const ORDER: [&str; 2] = ["revision", "recorded_at"];

/// One row a key, and the keys that have none yet because their greatest rows differ in content.
pub(super) struct Newest {
    pub rows: RecordBatch,
    pub contested: Vec<ScalarValue>,
}

/// The greatest rows of all keys by [`ORDER`], in so many portions. The batches have the same columns.
pub(super) async fn newest(key: &str, rows: Vec<RecordBatch>, portions: usize) -> Result<Vec<Newest>> {
    let rows = Arc::new(rows);
    let mut tasks = JoinSet::new();
    for portion in 0..portions.max(1) {
        let (key, rows) = (key.to_owned(), Arc::clone(&rows));
        tasks.spawn_blocking(move || of_portion(&key, &rows, portion as u64, portions.max(1) as u64));
    }
    let mut found = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        found.extend(ended.map_err(|died| DataFusionError::External(died.into()))??);
    }
    Ok(found)
}

fn of_portion(key: &str, rows: &[RecordBatch], portion: u64, portions: u64) -> Result<Option<Newest>> {
    let Some(first) = rows.first() else { return Ok(None) };
    let at = first.schema_ref().index_of(key)?;
    let own = |batch: &RecordBatch| {
        let own: BooleanArray =
            hashes_of(batch.column(at))?.iter().map(|hash| Some(hash % portions == portion)).collect();
        Ok(filter_record_batch(batch, &own)?)
    };
    let own = rows.iter().map(own).collect::<Result<Vec<_>>>()?;
    told_apart(at, &concat_batches(&first.schema(), &own)?).map(Some)
}

/// `key` is the place of the key among the columns.
fn told_apart(key: usize, rows: &RecordBatch) -> Result<Newest> {
    let (best, groups) = greatest(key, rows)?;
    let several = groups.iter().filter(|group| group.len() > 1).cloned().flatten().map(|row| row as u32);
    let content = comparable(take_record_batch(&best, &several.collect::<UInt32Array>())?.columns())?;
    let (mut winners, mut contested, mut compared) = (Vec::new(), Vec::new(), 0);
    for group in groups {
        let mut same = true;
        if group.len() > 1 {
            let (first, end) = (compared, compared + group.len());
            same = (first + 1..end).all(|row| content.row(row) == content.row(first));
            compared = end;
        }
        match same {
            true => winners.push(group.start as u32),
            false => contested.push(ScalarValue::try_from_array(best.column(key), group.start)?),
        }
    }
    Ok(Newest { rows: take_record_batch(&best, &UInt32Array::from(winners))?, contested })
}

/// The rows of each key that no other is greater than: mostly one, or the same one delivered again. And where in them each
/// key has its own.
fn greatest(key: usize, rows: &RecordBatch) -> Result<(RecordBatch, Vec<Range<usize>>)> {
    let keys = comparable(&rows.columns()[key..=key])?;
    let order: Vec<ArrayRef> = ORDER.iter().filter_map(|name| rows.column_by_name(name).cloned()).collect();
    let order = comparable(&order)?;
    // By hash first: numbers compare fast, and then only the few rows of one hash have to be told apart.
    let mut places: Vec<(u64, usize)> = hashes_of(rows.column(key))?.into_iter().zip(0..).collect();
    places.sort_unstable();
    let (mut greatest, mut groups): (Vec<u32>, _) = (Vec::new(), Vec::new());
    for same in places.chunk_by_mut(|a, b| a.0 == b.0) {
        same.sort_unstable_by(|(_, a), (_, b)| (keys.row(*a), order.row(*a)).cmp(&(keys.row(*b), order.row(*b))));
        for group in same.chunk_by(|(_, a), (_, b)| keys.row(*a) == keys.row(*b)) {
            let (start, most) = (greatest.len(), group.last().map(|(_, row)| order.row(*row)));
            let tied = group.iter().rev().take_while(|(_, row)| Some(order.row(*row)) == most);
            greatest.extend(tied.map(|(_, row)| *row as u32));
            groups.push(start..greatest.len());
        }
    }
    Ok((take_record_batch(rows, &UInt32Array::from(greatest))?, groups))
}

fn comparable(columns: &[ArrayRef]) -> std::result::Result<Rows, ArrowError> {
    let fields = columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
    RowConverter::new(fields)?.convert_columns(columns)
}
