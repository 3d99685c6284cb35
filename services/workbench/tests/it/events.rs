//! Events as JSON → the tables that an evaluation reads.

use contracts::{Contracts, Decoder};
use datafusion::arrow::{
    array::{ArrayRef, Int64Array, RecordBatch},
    datatypes::{DataType, Field, Schema},
};
use evaluation::{Evaluated, Limits, Tables, evaluate};
use indicators::{Metric, PartRow};
use jiff::Timestamp;
use serde_json::Value;
use std::{collections::BTreeMap, path::Path, sync::Arc};
use workbench::load_queries;

pub const NINE: i128 = 1_000_000_000;

pub fn contracts() -> Contracts {
    Contracts::shipped().unwrap()
}

/// One batch of a stream's events; for reference streams `_offset` counts on from `first_offset`.
pub fn batch(stream: &str, events: &[Value], first_offset: i64) -> RecordBatch {
    let contract = Arc::clone(contracts().get(stream).unwrap());
    let mut decoder = Decoder::new(Arc::clone(&contract), i64::MIN..i64::MAX);
    for event in events {
        match event.get("_deleted").and_then(Value::as_str) {
            Some(key) => decoder.push_deletion(key),
            None => decoder.push(event.to_string().as_bytes()),
        }
    }
    let decoded = decoder.finish();
    assert!(decoded.rejected.is_empty(), "{:?}", decoded.rejected);
    if !contract.is_reference() {
        return decoded.rows;
    }
    let rows = decoded.rows;
    let mut fields: Vec<Field> = rows.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    fields.push(Field::new("_offset", DataType::Int64, false));
    let mut columns: Vec<ArrayRef> = rows.columns().to_vec();
    columns.push(Arc::new((first_offset..).take(rows.num_rows()).collect::<Int64Array>()));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

/// Tables of these batches.
pub fn tables(batches: impl IntoIterator<Item = (&'static str, RecordBatch)>) -> Tables {
    let mut rows: BTreeMap<String, Vec<RecordBatch>> = BTreeMap::new();
    for (stream, batch) in batches {
        rows.entry(stream.to_owned()).or_default().push(batch);
    }
    Tables::in_memory(&contracts(), rows).unwrap()
}

pub fn queries() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../queries"))
}

pub async fn shipped(names: &[&str]) -> Vec<Arc<Metric>> {
    let metrics = load_queries(queries(), &contracts()).await.unwrap();
    metrics.into_iter().filter(|metric| names.contains(&metric.name.as_str())).collect()
}

pub fn limits() -> Limits {
    Limits { threads: 2, ..Limits::default() }
}

pub async fn evaluated(tables: &Tables, metrics: &[&str], as_of: &str) -> Evaluated {
    let as_of: Timestamp = as_of.parse().unwrap();
    let evaluated = evaluate(tables, &shipped(metrics).await, as_of, &limits()).await.unwrap();
    for run in &evaluated.runs {
        assert!(run.outcome.is_ok(), "{run:?}");
    }
    evaluated
}

/// `(week, site, numerator, denominator)` of rows whose parts are whole numbers.
pub fn whole(parts: &[PartRow]) -> Vec<(String, &str, i128, i128)> {
    let row = |row: &PartRow| {
        assert_eq!((row.numerator % NINE, row.denominator % NINE), (0, 0), "{row:?}");
        row.week.to_string()
    };
    parts.iter().map(|p| (row(p), p.site.as_str(), p.numerator / NINE, p.denominator / NINE)).collect()
}
