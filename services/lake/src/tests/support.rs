//! Small tables and queries for the tests.

use crate::{Commit, Lake, Mark, Pending, TableSpec, TableWriter};
use arrow::{
    array::{ArrayRef, AsArray, Date32Array, Int64Array, StringArray},
    datatypes::{DataType, Field, Int64Type, Schema},
    record_batch::RecordBatch,
    util::pretty::pretty_format_batches,
};
use datafusion::prelude::{SessionConfig, SessionContext};
use deltalake::DeltaTable;
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};
use tempfile::TempDir;

/// A new lake. The folder goes when the first value is dropped.
pub(crate) async fn lake() -> (TempDir, Lake) {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::create(dir.path().join("lake").to_str().unwrap()).await.unwrap();
    (dir, lake)
}

/// The folder of the lake.
pub(crate) fn folder(lake: &Lake) -> PathBuf {
    crate::folder(lake.url()).unwrap()
}

/// The transaction log of table `events`.
pub(crate) fn log_folder(lake: &Lake) -> PathBuf {
    folder(lake).join("events/_delta_log")
}

/// Table `events` as another engine sees it.
pub(crate) async fn delta_table(lake: &Lake) -> DeltaTable {
    let url = url::Url::parse(lake.url()).unwrap().join("events/").unwrap();
    deltalake::DeltaTableBuilder::from_url(url).unwrap().load().await.unwrap()
}

/// `id`, `name?` and the partition column `day`.
pub(crate) fn spec() -> TableSpec {
    TableSpec {
        name: "events".into(),
        schema: Arc::new(Schema::new(vec![
            Field::new("id", DataType::Int64, false),
            Field::new("day", DataType::Date32, false),
            Field::new("name", DataType::Utf8, true),
        ])),
        partition_by: vec!["day".into()],
        properties: BTreeMap::from([("bellwether.kafka.cluster".into(), "cluster-a".into())]),
    }
}

/// Rows with these ids, all of one day.
pub(crate) fn rows(ids: std::ops::Range<i64>, day: i32) -> RecordBatch {
    let n = usize::try_from(ids.end - ids.start).unwrap();
    let columns: [(&str, ArrayRef); 3] = [
        ("name", Arc::new(StringArray::from_iter_values(ids.clone().map(|id| format!("name {id}"))))),
        ("id", Arc::new(Int64Array::from_iter_values(ids))),
        ("day", Arc::new(Date32Array::from(vec![day; n]))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

pub(crate) fn mark(name: &str, expected: Option<i64>, value: i64) -> Mark {
    Mark { name: name.into(), expected, value }
}

/// Writes and commits without a mark.
pub(crate) async fn append(writer: &mut TableWriter, batches: &[RecordBatch]) -> u64 {
    let pending = writer.write(batches).await.unwrap();
    match writer.commit(pending, &[]).await.unwrap() {
        Commit::Done(version) => version,
        fenced => panic!("{fenced:?}"),
    }
}

/// Commits these rows and moves mark `m` from `expected`.
pub(crate) async fn advance(writer: &mut TableWriter, pending: Pending, expected: Option<i64>, value: i64) -> Commit {
    writer.commit(pending, &[mark("m", expected, value)]).await.unwrap()
}

/// A session with the table registered, as any caller would.
pub(crate) async fn session(lake: &Lake, table: &str) -> SessionContext {
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2));
    let snapshot = lake.snapshot(table).await.unwrap().unwrap();
    context.register_table(table, snapshot.provider().unwrap()).unwrap();
    context
}

pub(crate) async fn query(lake: &Lake, table: &str, sql: &str) -> Vec<RecordBatch> {
    session(lake, table).await.sql(sql).await.unwrap().collect().await.unwrap()
}

/// The one number that a query returns.
pub(crate) async fn number(lake: &Lake, table: &str, sql: &str) -> i64 {
    let batches = query(lake, table, sql).await;
    let filled: Vec<_> = batches.iter().filter(|b| b.num_rows() > 0).collect();
    assert_eq!(filled.len(), 1, "{sql}");
    filled[0].column(0).as_primitive::<Int64Type>().value(0)
}

pub(crate) async fn pretty(lake: &Lake, table: &str, sql: &str) -> String {
    pretty_format_batches(&query(lake, table, sql).await).unwrap().to_string()
}

/// Files that a query's scan was planned with.
pub(crate) async fn planned_files(lake: &Lake, table: &str, sql: &str) -> usize {
    let plan = session(lake, table).await.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
    let text = datafusion::physical_plan::displayable(plan.as_ref()).indent(true).to_string();
    text.matches(".zstd.parquet").count()
}
