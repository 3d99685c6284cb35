//! A snapshot that was brought up to date knows what one that was loaded anew knows.

use super::support::{append, delta_table, lake, rows, spec};
use crate::{Lake, TableSnapshot, log};
use arrow::{
    array::{ArrayRef, Date32Array, Int64Array},
    datatypes::{DataType, Field, Schema},
    record_batch::RecordBatch,
    util::pretty::pretty_format_batches,
};
use datafusion::logical_expr::{col, lit};
use std::sync::Arc;

/// Every file with all that is known of it, in the order of the paths.
pub(super) fn listing(snapshot: &TableSnapshot) -> Vec<String> {
    let list = snapshot.files.list.clone();
    let text = list.map_or(String::new(), |list| pretty_format_batches(&[list]).unwrap().to_string());
    // How wide the columns are depends on the order.
    let mut lines: Vec<String> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    lines.retain(|line: &String| line.contains(".parquet"));
    lines.sort();
    lines
}

/// Both ways; and whether the log entries in between were enough to know the files.
async fn compare(lake: &Lake, before: &TableSnapshot) -> (TableSnapshot, bool) {
    let loaded = lake.snapshot("events").await.unwrap().unwrap();
    let advanced = before.latest().await.unwrap();
    assert_eq!(advanced.version(), loaded.version());
    assert_eq!(listing(&advanced), listing(&loaded));
    assert_eq!((advanced.files(), advanced.schema()), (loaded.files(), loaded.schema()));
    let actions = log::actions(&before.table, before.version(), loaded.version()).await.unwrap().unwrap();
    (advanced, before.files.after(&actions).unwrap().is_some())
}

#[tokio::test]
async fn the_files_follow_from_the_commits() {
    let (_dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    let empty = lake.snapshot("events").await.unwrap().unwrap();
    append(&mut writer, &[rows(0..3, 1)]).await;
    let (snapshot, _) = compare(&lake, &empty).await;

    append(&mut writer, &[rows(3..5, 1), rows(5..6, 2)]).await;
    append(&mut writer, &[rows(6..7, 2)]).await;
    let (snapshot, known) = compare(&lake, &snapshot).await;
    assert!(known, "appended");

    delta_table(&lake).await.optimize().await.unwrap();
    append(&mut writer, &[rows(7..9, 3)]).await;
    let (snapshot, known) = compare(&lake, &snapshot).await;
    assert!(known, "compacted, and appended");
    assert_eq!(snapshot.files(), 3);

    let day = lit(datafusion::scalar::ScalarValue::Date32(Some(2)));
    delta_table(&lake).await.delete().with_predicate(col("day").eq(day)).await.unwrap();
    let (snapshot, known) = compare(&lake, &snapshot).await;
    assert!(known, "deleted");
    assert_eq!(snapshot.files(), 2);
}

#[tokio::test]
async fn a_column_that_came_makes_it_load_anew() {
    let (_dir, lake) = lake().await;
    append(&mut lake.writer(&spec()).await.unwrap(), &[rows(0..3, 1)]).await;
    let snapshot = lake.snapshot("events").await.unwrap().unwrap();
    let mut wider = spec();
    let fields = wider.schema.fields().iter().cloned();
    wider.schema =
        Arc::new(Schema::new(fields.chain([Field::new("minutes", DataType::Int64, true).into()]).collect::<Vec<_>>()));
    let row: [(&str, ArrayRef); 3] = [
        ("id", Arc::new(Int64Array::from(vec![9]))),
        ("day", Arc::new(Date32Array::from(vec![1]))),
        ("minutes", Arc::new(Int64Array::from(vec![30]))),
    ];
    append(&mut lake.writer(&wider).await.unwrap(), &[RecordBatch::try_from_iter(row).unwrap()]).await;
    let (wide, known) = compare(&lake, &snapshot).await;
    assert!(!known);
    assert_eq!(wide.id(), snapshot.id(), "it is the same table");
}
