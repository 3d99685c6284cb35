//! Snapshots: active files only, pruned by partition and statistics.

use super::support::{append, delta_table, lake, number, planned_files, query, rows, session, spec};
use crate::TableSpec;
use arrow::{array::AsArray, datatypes::Int64Type, record_batch::RecordBatch};

#[tokio::test]
async fn files_that_no_version_names_are_not_read() {
    let (_dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    append(&mut writer, &[rows(0..10, 1)]).await;
    let orphan = writer.write(&[rows(10..20, 1)]).await.unwrap();
    assert_eq!((orphan.files(), orphan.rows()), (1, 10));
    drop(orphan);
    assert_eq!(number(&lake, "events", "select count(id) from events where id >= 0").await, 10);
}

#[tokio::test]
async fn a_snapshot_stays_what_it_was() {
    let (_dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    append(&mut writer, &[rows(0..10, 1)]).await;
    let snapshot = lake.snapshot("events").await.unwrap().unwrap();
    append(&mut writer, &[rows(10..20, 1)]).await;
    let context = datafusion::prelude::SessionContext::new();
    context.register_table("events", snapshot.provider().unwrap()).unwrap();
    let rows = context.sql("select * from events").await.unwrap().count().await.unwrap();
    assert_eq!((rows, snapshot.files(), snapshot.version()), (10, 1, 1));
}

#[tokio::test]
async fn filters_on_the_partition_column_choose_files_and_rows() {
    let (_dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    for day in 0..5 {
        // Two days in one write: two files.
        append(&mut writer, &[rows(0..10, day * 2), rows(10..13, day * 2 + 1)]).await;
    }
    assert_eq!(lake.snapshot("events").await.unwrap().unwrap().files(), 10);
    for (filter, files, count) in [
        ("true", 10, 65),
        ("day = '1970-01-03'", 1, 10),
        ("day = '1970-01-04'", 1, 3),
        ("day >= '1970-01-09'", 2, 13),
        ("day between '1970-01-02' and '1970-01-03'", 2, 13),
        ("day <> '1970-01-01'", 9, 55),
        ("day in ('1970-01-01', '1970-01-10')", 2, 13),
        ("day = '1980-01-01'", 0, 0),
        ("day is null", 0, 0),
        ("day = '1970-01-03' and id < 5", 1, 5),
        ("id >= 10 and day < '1970-01-04'", 1, 3),
        ("date_part('day', day) = 4", 10, 3),
    ] {
        let sql = format!("select id from events where {filter}");
        let read = query(&lake, "events", &sql).await;
        assert_eq!(read.iter().map(RecordBatch::num_rows).sum::<usize>(), count, "{filter}");
        assert_eq!(planned_files(&lake, "events", &sql).await, files, "{filter}");
    }
    let days = number(&lake, "events", "select count(distinct day) from events where name is not null").await;
    assert_eq!(days, 10);
}

/// Counts come from statistics where they can; a filter must not be counted past, whoever evaluates it.
#[tokio::test]
async fn counts_heed_filters() {
    let (_dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    append(&mut writer, &[rows(0..10, 1), rows(10..13, 2)]).await;
    for pushed in ["false", "true"] {
        for (filter, count) in [("true", 13), ("day = '1970-01-03'", 3), ("id < 5", 5), ("name = 'name 12'", 1)] {
            let context = session(&lake, "events").await;
            let set = format!("set datafusion.execution.parquet.pushdown_filters = {pushed}");
            context.sql(&set).await.unwrap().collect().await.unwrap();
            let sql = format!("select count(*) from events where {filter}");
            let counted = context.sql(&sql).await.unwrap().collect().await.unwrap();
            assert_eq!(counted[0].column(0).as_primitive::<Int64Type>().value(0), count, "{filter}, pushed {pushed}");
        }
    }
}

#[tokio::test]
async fn statistics_choose_files_of_an_unpartitioned_table() {
    let (_dir, lake) = lake().await;
    let spec = TableSpec { partition_by: vec![], ..spec() };
    let mut writer = lake.writer(&spec).await.unwrap();
    for i in 0..4 {
        let first = i64::from(i) * 100;
        append(&mut writer, &[rows(first..first + 100, i)]).await;
    }
    for (filter, files, count) in [
        ("id = 250", 1, 1),
        ("id < 150", 2, 150),
        ("day > '1970-01-03'", 1, 100),
        ("name = 'name 7'", 1, 1),
        ("id < 0", 0, 0),
    ] {
        let sql = format!("select day, id from events where {filter}");
        let read = query(&lake, "events", &sql).await;
        assert_eq!(read.iter().map(RecordBatch::num_rows).sum::<usize>(), count, "{filter}");
        assert_eq!(planned_files(&lake, "events", &sql).await, files, "{filter}");
    }
}

#[tokio::test]
async fn columns_come_in_the_order_of_the_table() {
    let (_dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    append(&mut writer, &[rows(7..8, 3)]).await;
    let names = |b: &RecordBatch| b.schema().fields().iter().map(|f| f.name().clone()).collect::<Vec<_>>();
    let all = query(&lake, "events", "select * from events").await;
    assert_eq!(names(&all[0]), ["id", "day", "name"]);
    let some = query(&lake, "events", "select day, id from events").await;
    assert_eq!(names(&some[0]), ["day", "id"]);
    assert_eq!(number(&lake, "events", "select id from events where day = '1970-01-04' limit 1").await, 7);
}

#[tokio::test]
async fn an_empty_table_returns_no_rows() {
    let (_dir, lake) = lake().await;
    lake.writer(&spec()).await.unwrap();
    assert_eq!(number(&lake, "events", "select count(*) from events").await, 0);
    assert_eq!(number(&lake, "events", "select count(name) from events where day > '1970-01-01'").await, 0);
}

#[tokio::test]
async fn status_counts_files_rows_and_bytes() {
    let (_dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    append(&mut writer, &[rows(0..10, 1), rows(10..15, 2)]).await;
    let pending = writer.write(&[rows(15..16, 2)]).await.unwrap();
    let bytes = pending.bytes();
    writer.commit(pending, &[]).await.unwrap();
    let other = TableSpec { name: "another".into(), ..spec() };
    lake.writer(&other).await.unwrap();
    let status = lake.status().await.unwrap();
    let lines: Vec<_> = status.iter().map(|s| (s.table.as_str(), s.version, s.files, s.rows)).collect();
    assert_eq!(lines, [("another", 0, 0, 0), ("events", 2, 3, 16)]);
    assert!(status[1].bytes > bytes && status[0].bytes == 0);
    let snapshot = lake.snapshot("events").await.unwrap().unwrap();
    assert_eq!(snapshot.last_commit_ms(), status[1].last_commit_ms);
    let age_ms = crate::data_files::now_ms() - snapshot.last_commit_ms();
    assert!((0..60_000).contains(&age_ms), "{age_ms}");
}

/// The table is plain Delta: another reader of the format finds the same.
#[tokio::test]
async fn deltalake_reads_what_is_written() {
    let (_dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    append(&mut writer, &[rows(0..10, 1), rows(10..15, 2)]).await;
    writer.commit(Default::default(), &[super::support::mark("m", None, 7)]).await.unwrap();
    let table = delta_table(&lake).await;
    assert_eq!(table.version(), Some(2));
    let snapshot = table.snapshot().unwrap();
    assert_eq!(snapshot.log_data().num_files(), 2);
    assert_eq!(snapshot.transaction_version(table.log_store().as_ref(), "m").await.unwrap(), Some(7));
    let context = datafusion::prelude::SessionContext::new();
    table.update_datafusion_session(&context.state()).unwrap();
    context.register_table("events", table.table_provider().await.unwrap()).unwrap();
    assert_eq!(context.sql("select * from events where id > 3").await.unwrap().count().await.unwrap(), 11);
}

/// What is left of a data file's bytes; `None`: the file is gone.
type Damage = fn(Vec<u8>) -> Option<Vec<u8>>;

#[tokio::test]
async fn a_data_file_that_cannot_be_read_is_named_with_its_table_and_what_to_do() {
    let halved: Damage = |bytes| Some(bytes[..bytes.len() / 2].to_vec());
    let garbled: Damage = |bytes| Some(vec![b'x'; bytes.len()]);
    let cases =
        [("is damaged", halved), ("is damaged", garbled), ("is damaged", |_| Some(vec![])), ("is missing", |_| None)];
    for (what, damage) in cases {
        let (dir, lake) = lake().await;
        let mut writer = lake.writer(&spec()).await.unwrap();
        append(&mut writer, &[rows(0..1000, 1)]).await;
        let folder = std::fs::read_dir(dir.path().join("lake/events/day=1970-01-02")).unwrap();
        let mut files = folder.map(|entry| entry.unwrap().path());
        let file = files.find(|path| path.extension().is_some_and(|extension| extension == "parquet")).unwrap();
        match damage(std::fs::read(&file).unwrap()) {
            Some(bytes) => std::fs::write(&file, bytes).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        let context = session(&lake, "events").await;
        let error = context.sql("select sum(id) from events").await.unwrap().collect().await.unwrap_err();
        let named = crate::LakeError::within(&error).map(ToString::to_string).unwrap_or_else(|| panic!("{error}"));
        let name = file.file_name().unwrap().to_str().unwrap();
        for part in ["table events: the data file /", name, what, "restore it from a backup"] {
            assert!(named.contains(part), "no «{part}» in: {named}");
        }
    }
}
