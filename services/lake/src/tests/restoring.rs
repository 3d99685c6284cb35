//! RESTORE by another engine takes rows away and leaves the marks: nothing is written on top of that unknowingly.

use super::support::{advance, delta_table, lake, number, rows, spec};
use crate::{Changes, Commit, Lake, LakeError, TableWriter};

async fn restore(lake: &Lake, version: u64) {
    delta_table(lake).await.restore().with_version_to_restore(version).await.unwrap();
}

/// Days 1 to `n`, ten rows each, one commit each; the mark moves to how many.
async fn days(writer: &mut TableWriter, from: i32, to: i32) {
    for day in from..to {
        let first = i64::from(day) * 10;
        let pending = writer.write(&[rows(first..first + 10, day)]).await.unwrap();
        let expected = writer.mark("m").unwrap();
        assert!(matches!(advance(writer, pending, expected, first + 10).await, Commit::Done(_)));
    }
}

async fn count(lake: &Lake) -> i64 {
    number(lake, "events", "select count(*) from events").await
}

fn refused(error: &LakeError) {
    assert!(matches!(error, LakeError::Restored { at: 4, to: Some(1), .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("version 1 ") && text.contains("version 3") && text.contains("--accept-gap"), "{text}");
}

/// The marks stood at the end and the rows at the beginning: ingest went on, and the gap stayed.
#[tokio::test]
async fn a_writer_refuses_a_restored_table_when_it_opens_and_when_it_runs() {
    let (_dir, lake) = lake().await;
    let mut running = lake.writer(&spec()).await.unwrap();
    days(&mut running, 0, 3).await;
    restore(&lake, 1).await;
    assert_eq!(count(&lake).await, 10);
    refused(&lake.writer(&spec()).await.unwrap_err());
    // One that is under way meets it with its next commit, or look.
    let pending = running.write(&[rows(30..40, 3)]).await.unwrap();
    let marks = [super::support::mark("m", Some(30), 40)];
    refused(&running.commit(pending, &marks).await.unwrap_err());
    refused(&running.refresh().await.unwrap_err());
    assert_eq!(count(&lake).await, 10, "nothing was written");
}

#[tokio::test]
async fn a_restore_that_is_taken_back_makes_no_difference() {
    let (_dir, lake) = lake().await;
    let mut running = lake.writer(&spec()).await.unwrap();
    days(&mut running, 0, 3).await;
    restore(&lake, 1).await;
    restore(&lake, 3).await;
    lake.writer(&spec()).await.unwrap();
    days(&mut running, 3, 4).await;
    assert_eq!((count(&lake).await, running.mark("m").unwrap()), (40, Some(40)));
}

#[tokio::test]
async fn an_accepted_restore_is_accepted_once_and_for_all() {
    let (_dir, lake) = lake().await;
    days(&mut lake.writer(&spec()).await.unwrap(), 0, 3).await;
    restore(&lake, 1).await;
    lake.writer_of_restored(&spec()).await.unwrap();
    let mut writer = lake.writer(&spec()).await.unwrap();
    days(&mut writer, 3, 4).await;
    assert_eq!((count(&lake).await, writer.mark("m").unwrap()), (20, Some(40)));
    // The next one is another.
    restore(&lake, 2).await;
    assert!(matches!(lake.writer(&spec()).await, Err(LakeError::Restored { to: Some(2), .. })));
}

/// What evaluation goes by: the days that lost rows, and the rows that came back.
#[tokio::test]
async fn a_restore_is_a_change_of_the_days_that_it_touches() {
    let (_dir, lake) = lake().await;
    days(&mut lake.writer(&spec()).await.unwrap(), 0, 3).await;
    restore(&lake, 1).await;
    let snapshot = lake.snapshot("events").await.unwrap().unwrap();
    let Changes::Known { added, removed } = snapshot.changes_since(3).await.unwrap() else { panic!("unknown") };
    assert!(added.is_none());
    assert_eq!(removed, ["1970-01-02".to_owned(), "1970-01-03".to_owned()].into());
    restore(&lake, 3).await;
    let snapshot = snapshot.latest().await.unwrap();
    let Changes::Known { added, removed } = snapshot.changes_since(4).await.unwrap() else { panic!("unknown") };
    assert!(removed.is_empty());
    let context = datafusion::prelude::SessionContext::new();
    assert_eq!(context.read_table(added.unwrap()).unwrap().count().await.unwrap(), 20);
    assert_eq!(count(&lake).await, 30);
}

/// Maintenance of another engine is none.
#[tokio::test]
async fn compaction_by_another_engine_is_no_restore() {
    let (_dir, lake) = lake().await;
    let mut running = lake.writer(&spec()).await.unwrap();
    for portion in 0..3 {
        let pending = running.write(&[rows(portion * 10..portion * 10 + 10, 1)]).await.unwrap();
        let expected = running.mark("m").unwrap();
        advance(&mut running, pending, expected, portion + 1).await;
    }
    delta_table(&lake).await.optimize().await.unwrap();
    lake.writer(&spec()).await.unwrap();
    days(&mut running, 3, 4).await;
    assert_eq!(count(&lake).await, 40);
}
