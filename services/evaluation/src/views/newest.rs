//! Of the rows of keys that occur several times, those that are not current: a task takes the keys whose hashes fall to it.

use super::{
    hashes::{Hashed, Hashes},
    scan::all_of,
};
use arrow::{
    array::{Array, ArrayRef, RecordBatch},
    compute::interleave,
    row::{RowConverter, Rows, SortField},
};
use datafusion::{error::DataFusionError, scalar::ScalarValue};
use std::sync::Arc;
use tokio::task::JoinSet;

type Result<T> = std::result::Result<T, DataFusionError>;

/// What orders the revisions of a key, before their content does.
pub(super) const ORDER: [&str; 2] = ["revision", "recorded_at"];

/// Places of rows: which batch, which row of it.
pub(super) type Place = (usize, usize);

/// Of keys that occur several times: what is not current.
#[derive(Debug, Default)]
pub(super) struct NotCurrent {
    /// The rows that are not current, or not known to be.
    pub others: Vec<Place>,
    /// The keys that have no current row yet, because their greatest rows differ in content.
    pub contested: Vec<ScalarValue>,
}

/// Of the rows whose keys have these hashes those that are not current, by [`ORDER`], in so many portions. The batches have the same columns.
pub(super) async fn not_current(
    key: &str,
    rows: &Arc<Vec<Hashed>>,
    suspects: &Arc<Hashes>,
    portions: usize,
) -> Result<NotCurrent> {
    let mut tasks = JoinSet::new();
    for portion in 0..portions.max(1) {
        let (key, rows, suspects) = (key.to_owned(), Arc::clone(rows), Arc::clone(suspects));
        let own = move |hash: u64| hash % portions.max(1) as u64 == portion as u64 && suspects.hold(hash);
        tasks.spawn_blocking(move || of_portion(&key, &rows, own));
    }
    let mut all = NotCurrent::default();
    for portion in all_of(tasks).await? {
        all.others.extend(portion.others);
        all.contested.extend(portion.contested);
    }
    Ok(all)
}

fn of_portion(key: &str, all: &[Hashed], own: impl Fn(u64) -> bool) -> Result<NotCurrent> {
    let mut doubtful: Vec<(u64, Place)> = Vec::new();
    for (batch, hashed) in all.iter().enumerate() {
        let rows = hashed.hashes.iter().enumerate().filter(|(_, hash)| own(**hash));
        doubtful.extend(rows.map(|(row, hash)| (*hash, (batch, row))));
    }
    let mut found = NotCurrent::default();
    if doubtful.is_empty() {
        return Ok(found);
    }
    // By hash first: numbers compare fast, and then only the few rows of one hash have to be compared.
    doubtful.sort_unstable();
    let places: Vec<Place> = doubtful.iter().map(|(_, place)| *place).collect();
    let keys = comparable(&gathered(all, &[key], &places)?)?;
    let order = comparable(&gathered(all, &ORDER, &places)?)?;
    let mut tied: Vec<Vec<Place>> = Vec::new();
    let mut rows: Vec<usize> = (0..places.len()).collect();
    for same_hash in rows.chunk_by_mut(|a, b| doubtful[*a].0 == doubtful[*b].0) {
        same_hash.sort_unstable_by(|a, b| (keys.row(*a), order.row(*a)).cmp(&(keys.row(*b), order.row(*b))));
        for same_key in same_hash.chunk_by(|a, b| keys.row(*a) == keys.row(*b)) {
            let most = same_key.last().map(|row| order.row(*row));
            let first = same_key.partition_point(|row| Some(order.row(*row)) < most);
            found.others.extend(same_key[..first].iter().map(|row| places[*row]));
            if same_key.len() - first > 1 {
                tied.push(same_key[first..].iter().map(|row| places[*row]).collect());
            }
        }
    }
    found.settle(key, all, &tied)?;
    Ok(found)
}

impl NotCurrent {
    /// Of rows of a key that tie, any is current where all are the same, and none is known to be otherwise.
    fn settle(&mut self, key: &str, all: &[Hashed], tied: &[Vec<Place>]) -> Result<()> {
        let Some(first) = all.first().filter(|_| !tied.is_empty()) else { return Ok(()) };
        let schema = first.rows.schema();
        let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let content = comparable(&gathered(all, &columns, &tied.concat())?)?;
        let mut end = 0;
        for places in tied {
            let start = end;
            end += places.len();
            let same = (start + 1..end).all(|row| content.row(row) == content.row(start));
            self.others.extend(&places[usize::from(same)..]);
            if !same {
                let (batch, row) = places[0];
                self.contested.push(ScalarValue::try_from_array(column(&all[batch].rows, key)?, row)?);
            }
        }
        Ok(())
    }
}

/// These columns of the rows at these places. Those that the batches lack are left out.
fn gathered(all: &[Hashed], columns: &[&str], places: &[Place]) -> Result<Vec<ArrayRef>> {
    let gather = |name: &&str| {
        let parts = all.iter().map(|hashed| Some(hashed.rows.column_by_name(name)?.as_ref()));
        let parts: Vec<&dyn Array> = parts.collect::<Option<_>>()?;
        Some(interleave(&parts, places))
    };
    Ok(columns.iter().filter_map(gather).collect::<std::result::Result<_, _>>()?)
}

fn column<'a>(rows: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    Ok(rows.column(rows.schema_ref().index_of(name)?))
}

fn comparable(columns: &[ArrayRef]) -> Result<Rows> {
    let fields = columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
    Ok(RowConverter::new(fields)?.convert_columns(columns)?)
}
