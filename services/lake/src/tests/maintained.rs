//! Other programs' maintenance beside a writer: it goes on, keeps its marks and loses nothing.

use super::support::{advance, delta_table, lake, log_folder, number, rows, spec};
use crate::{Commit, TableWriter, checkpoint};
use deltalake::operations::vacuum::VacuumMode;

/// Commits rows `from..to`, one a commit, moving the mark along.
async fn append_each(writer: &mut TableWriter, ids: std::ops::Range<i64>) {
    for id in ids {
        let pending = writer.write(&[rows(id..id + 1, 1)]).await.unwrap();
        let commit = advance(writer, pending, (id > 0).then_some(id), id + 1).await;
        assert!(matches!(commit, Commit::Done(_)), "{commit:?}");
    }
}

#[tokio::test]
async fn a_writer_goes_on_beside_compaction() {
    let (_dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    append_each(&mut writer, 0..20).await;
    delta_table(&lake).await.optimize().await.unwrap();
    append_each(&mut writer, 20..25).await;
    let snapshot = lake.snapshot("events").await.unwrap().unwrap();
    assert_eq!((snapshot.files(), snapshot.mark("m").await.unwrap()), (6, Some(25)));
    assert_eq!(number(&lake, "events", "select count(distinct id) from events").await, 25);
}

/// Vacuum writes log entries that no checksum can be carried over: with the next checkpoint it can.
#[tokio::test]
async fn a_writer_goes_on_beside_vacuum() {
    let (_dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    append_each(&mut writer, 0..10).await;
    drop(writer.write(&[rows(500..501, 1)]).await.unwrap());
    let vacuum = delta_table(&lake).await.vacuum().with_mode(VacuumMode::Full).with_enforce_retention_duration(false);
    let (_, deleted) = vacuum.with_retention_period(Default::default()).await.unwrap();
    assert_eq!(deleted.files_deleted.len(), 1);
    append_each(&mut writer, 10..120).await;
    assert!(writer.version() > checkpoint::EVERY);
    let log = log_folder(&lake);
    assert!(log.join(format!("{:020}.checkpoint.parquet", checkpoint::EVERY)).exists());
    assert!(log.join(format!("{:020}.crc", checkpoint::EVERY)).exists());
    assert_eq!(lake.writer(&spec()).await.unwrap().mark("m").unwrap(), Some(120));
    assert_eq!(number(&lake, "events", "select count(distinct id) from events").await, 120);
}
