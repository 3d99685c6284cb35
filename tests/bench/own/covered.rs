//! The union of intervals: the aggregate `covered_seconds`, and the same in plain SQL on the same engine.

use super::{Stopwatch, tell};
use crate::{chance::Chance, spec::Spec};
use arrow::{
    array::{ArrayRef, AsArray, Int64Array, RecordBatch, TimestampMicrosecondArray},
    datatypes::{Decimal128Type, Int64Type},
};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};
use serde_json::json;
use std::{path::Path, sync::Arc};

const ROWS: i64 = 10_000_000;
const GROUPS: i64 = 100_000;
const MINUTE: i64 = 60_000_000;

/// A file of ten million intervals in no order, a hundred a group, of which many overlap.
pub fn write_intervals(path: &Path) {
    let chance = &mut Chance::of(&[7]);
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default()));
    let properties = properties.set_max_row_group_row_count(Some(1 << 20)).build();
    let mut writer: Option<ArrowWriter<std::fs::File>> = None;
    for _ in 0..ROWS / 100_000 {
        let rows = (0..100_000).map(|_| {
            let start = chance.whole(0, 13 * 7 * 24 * 60) * MINUTE + 1_770_000_000_000_000;
            (chance.whole(0, GROUPS - 1), start, start + chance.whole(15, 240) * MINUTE)
        });
        let rows: Vec<(i64, i64, i64)> = rows.collect();
        let times = |value: fn(&(i64, i64, i64)) -> i64| -> ArrayRef {
            Arc::new(TimestampMicrosecondArray::from_iter_values(rows.iter().map(value)).with_timezone("UTC"))
        };
        let groups: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0)));
        let columns = [("g", groups), ("starts_at", times(|row| row.1)), ("ends_at", times(|row| row.2))];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let writer = writer.get_or_insert_with(|| {
            let file = std::fs::File::create(path).unwrap();
            ArrowWriter::try_new(file, batch.schema(), Some(properties.clone())).unwrap()
        });
        writer.write(&batch).unwrap();
    }
    writer.unwrap().close().unwrap();
}

const ROWS_SQL: &str = "(SELECT g, CAST(starts_at AS BIGINT) AS s, CAST(ends_at AS BIGINT) AS e FROM intervals)";
const BEFORE: &str = "PARTITION BY g ORDER BY s, e ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING";

fn query(variant: &str) -> String {
    match variant {
        "covered_seconds" => "SELECT g, covered_seconds(starts_at, ends_at) AS covered FROM intervals GROUP BY g".into(),
        "running_maximum" => format!(
            "SELECT g, CAST(SUM(GREATEST(0, e - GREATEST(s, COALESCE(reached, s)))) AS DECIMAL(18, 0)) AS covered
             FROM (SELECT g, s, e, MAX(e) OVER ({BEFORE}) AS reached FROM {ROWS_SQL}) GROUP BY g"
        ),
        "gaps_and_islands" => format!(
            "SELECT g, CAST(SUM(length) AS DECIMAL(18, 0)) AS covered FROM (
               SELECT g, island, MAX(e) - MIN(s) AS length FROM (
                 SELECT g, s, e, SUM(CASE WHEN reached >= s THEN 0 ELSE 1 END)
                        OVER (PARTITION BY g ORDER BY s, e ROWS UNBOUNDED PRECEDING) AS island
                 FROM (SELECT g, s, e, MAX(e) OVER ({BEFORE}) AS reached FROM {ROWS_SQL})) GROUP BY g, island) GROUP BY g"
        ),
        other => panic!("no such way: {other}"),
    }
}

/// Measures one way.
pub async fn run(spec: &Spec) {
    let ctx = evaluation::session(spec.memory_gb << 30, spec.threads).unwrap();
    ctx.register_parquet("intervals", spec.intervals.to_str().unwrap(), Default::default()).await.unwrap();
    let watch = Stopwatch::start();
    let sql = format!("SELECT COUNT(*), SUM(covered) FROM ({})", query(&spec.variant));
    let batches = ctx.sql(&sql).await.unwrap().collect().await.unwrap();
    let took = watch.stop();
    let groups = batches[0].column(0).as_primitive::<Int64Type>().value(0);
    let micros = batches[0].column(1).as_primitive::<Decimal128Type>().value(0);
    tell(took, json!({"groups": groups, "micros": i64::try_from(micros).unwrap()}));
}
