//! What came and went between two versions.

use super::support::{append, delta_table, lake, log_folder, rows, spec};
use crate::{Changes, Lake, TableSnapshot};
use datafusion::{
    logical_expr::{col, lit},
    prelude::SessionContext,
};
use std::collections::BTreeSet;

async fn snapshot(lake: &Lake) -> TableSnapshot {
    lake.snapshot("events").await.unwrap().unwrap()
}

/// Rows that came since, and dates that rows left.
async fn since(snapshot: &TableSnapshot, version: u64) -> (usize, BTreeSet<String>) {
    let Changes::Known { added, removed } = snapshot.changes_since(version).await.unwrap() else { panic!("unknown") };
    let rows = match added {
        Some(added) => SessionContext::new().read_table(added).unwrap().count().await.unwrap(),
        None => 0,
    };
    (rows, removed)
}

#[tokio::test]
async fn compaction_brings_and_takes_nothing_and_appended_rows_are_found_behind_it() {
    let (_dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    append(&mut writer, &[rows(0..3, 1)]).await;
    let before = snapshot(&lake).await;
    append(&mut writer, &[rows(3..5, 1)]).await;
    append(&mut writer, &[rows(5..6, 2)]).await;
    delta_table(&lake).await.optimize().await.unwrap();
    let compacted = before.latest().await.unwrap();
    assert!(compacted.version() > before.version() + 2);
    assert_eq!(since(&compacted, before.version()).await, (3, BTreeSet::new()));
    assert_eq!(since(&compacted, before.version() + 2).await, (0, BTreeSet::new()));
    assert_eq!(since(&compacted, compacted.version()).await, (0, BTreeSet::new()));
    assert_eq!(compacted.latest().await.unwrap().version(), compacted.version());
}

#[tokio::test]
async fn deleted_rows_name_their_date() {
    let (_dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    append(&mut writer, &[rows(0..3, 1), rows(3..6, 2)]).await;
    let before = snapshot(&lake).await;
    delta_table(&lake)
        .await
        .delete()
        .with_predicate(col("day").eq(lit(datafusion::scalar::ScalarValue::Date32(Some(2)))))
        .await
        .unwrap();
    assert_eq!(
        since(&before.latest().await.unwrap(), before.version()).await.1,
        BTreeSet::from(["1970-01-03".to_owned()])
    );
}

#[tokio::test]
async fn a_log_that_does_not_reach_back_says_so() {
    let (_dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    for id in 0..4 {
        append(&mut writer, &[rows(id..id + 1, 1)]).await;
    }
    let last = snapshot(&lake).await;
    std::fs::remove_file(log_folder(&lake).join(format!("{:020}.json", 2))).unwrap();
    assert!(matches!(last.changes_since(1).await.unwrap(), Changes::Unknown));
    assert!(matches!(last.changes_since(99).await.unwrap(), Changes::Unknown), "a table that was made anew");
    assert_eq!(since(&last, 2).await.0, 2);
}
