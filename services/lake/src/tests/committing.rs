//! Marks, fences, lost answers, checkpoints.

use super::support::{advance, append, lake, log_folder, mark, number, rows, spec};
use crate::{Commit, LakeError, Pending, TableWriter, commit::Committers};
use buoyant_kernel::{
    DeltaResult, DeltaResultIterator, Engine, Error, FilteredEngineData,
    committer::{CommitMetadata, CommitResponse, Committer, FileSystemCommitter, PublishMetadata},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

#[tokio::test]
async fn rows_and_marks_move_together() {
    let (_dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    assert_eq!(writer.mark("m").unwrap(), None);
    let pending = writer.write(&[rows(0..10, 1)]).await.unwrap();
    assert_eq!(advance(&mut writer, pending, None, 10).await, Commit::Done(1));
    assert_eq!((writer.mark("m").unwrap(), writer.version()), (Some(10), 1));
    // Marks alone are progress too; nothing at all is none.
    assert_eq!(advance(&mut writer, Pending::default(), Some(10), 15).await, Commit::Done(2));
    assert_eq!(writer.commit(Pending::default(), &[]).await.unwrap(), Commit::Done(2));
    let snapshot = lake.snapshot("events").await.unwrap().unwrap();
    assert_eq!((snapshot.version(), snapshot.mark("m").await.unwrap()), (2, Some(15)));
    assert_eq!(snapshot.mark("other").await.unwrap(), None);
    // A writer that opens later finds the same.
    assert_eq!(lake.writer(&spec()).await.unwrap().mark("m").unwrap(), Some(15));
}

#[tokio::test]
async fn a_commit_from_the_wrong_mark_is_fenced() {
    let (_dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    advance(&mut writer, Pending::default(), None, 10).await;
    for expected in [None, Some(9), Some(11)] {
        let pending = writer.write(&[rows(0..10, 1)]).await.unwrap();
        let marks = [mark("other", None, 1), mark("m", expected, 20)];
        let commit = writer.commit(pending, &marks).await.unwrap();
        assert_eq!(commit, Commit::Fenced { name: "m".into(), expected, found: Some(10) });
    }
    assert_eq!((writer.version(), writer.mark("other").unwrap()), (1, None));
    assert_eq!(number(&lake, "events", "select count(*) from events").await, 0);
}

/// A paused consumer wakes up after another has taken over its partition, with its batch written and its snapshot old.
#[tokio::test]
async fn a_writer_that_slept_is_fenced() {
    let (_dir, lake) = lake().await;
    let mut zombie = lake.writer(&spec()).await.unwrap();
    let mut heir = lake.writer(&spec()).await.unwrap();
    let stale = zombie.write(&[rows(0..10, 1)]).await.unwrap();
    let fresh = heir.write(&[rows(0..10, 1)]).await.unwrap();
    assert_eq!(advance(&mut heir, fresh, None, 10).await, Commit::Done(1));
    let fenced = advance(&mut zombie, stale, None, 10).await;
    assert_eq!(fenced, Commit::Fenced { name: "m".into(), expected: None, found: Some(10) });
    // It knows the table's mark now, and may go on from there.
    assert_eq!(zombie.mark("m").unwrap(), Some(10));
    let next = zombie.write(&[rows(10..20, 1)]).await.unwrap();
    assert_eq!(advance(&mut zombie, next, Some(10), 20).await, Commit::Done(2));
    assert_eq!(number(&lake, "events", "select count(distinct id) from events").await, 20);
    assert_eq!(number(&lake, "events", "select count(*) from events").await, 20);
}

#[tokio::test]
async fn a_commit_beside_another_writer_of_other_marks_is_not_fenced() {
    let (_dir, lake) = lake().await;
    let mut a = lake.writer(&spec()).await.unwrap();
    let mut b = lake.writer(&spec()).await.unwrap();
    for i in 0..5 {
        let (before, after) = ((i > 0).then_some(i), i + 1);
        assert_eq!(
            a.commit(Pending::default(), &[mark("a", before, after)]).await.unwrap(),
            Commit::Done(2 * i.unsigned_abs() + 1)
        );
        assert_eq!(
            b.commit(Pending::default(), &[mark("b", before, after)]).await.unwrap(),
            Commit::Done(2 * i.unsigned_abs() + 2)
        );
    }
    assert_eq!((a.refresh().await.unwrap(), a.mark("b").unwrap()), (10, Some(5)));
}

/// Fails so many times, before or after the log entry is written.
#[derive(Debug)]
struct Faulty {
    left: Arc<AtomicU32>,
    write_first: bool,
}

impl Committer for Faulty {
    fn commit(
        &self,
        engine: &dyn Engine,
        actions: DeltaResultIterator<'_, FilteredEngineData>,
        metadata: CommitMetadata,
    ) -> DeltaResult<CommitResponse> {
        let fails = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
        if fails && !self.write_first {
            return Err(Error::IOError(std::io::Error::other("the disk says no")));
        }
        let response = FileSystemCommitter::new().commit(engine, actions, metadata)?;
        match fails {
            true => Err(Error::generic("the answer was lost")),
            false => Ok(response),
        }
    }
    fn is_catalog_committer(&self) -> bool {
        false
    }
    fn publish(&self, _: &dyn Engine, _: PublishMetadata) -> DeltaResult<()> {
        Ok(())
    }
}

fn faulty(writer: TableWriter, times: u32, write_first: bool) -> (TableWriter, Arc<AtomicU32>) {
    let left = Arc::new(AtomicU32::new(times));
    let count = left.clone();
    let committers: Committers = Arc::new(move || Box::new(Faulty { left: count.clone(), write_first }));
    (writer.with_committers(committers), left)
}

#[tokio::test]
async fn a_failed_commit_is_tried_again() {
    let (_dir, lake) = lake().await;
    let (mut writer, left) = faulty(lake.writer(&spec()).await.unwrap(), 2, false);
    let pending = writer.write(&[rows(0..10, 1)]).await.unwrap();
    assert_eq!(advance(&mut writer, pending, None, 10).await, Commit::Done(1));
    assert_eq!(left.load(Ordering::SeqCst), 0);
    assert_eq!(number(&lake, "events", "select count(*) from events").await, 10);
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_recognised_and_not_repeated() {
    let (_dir, lake) = lake().await;
    let (mut writer, _) = faulty(lake.writer(&spec()).await.unwrap(), 1, true);
    let pending = writer.write(&[rows(0..10, 1)]).await.unwrap();
    assert_eq!(advance(&mut writer, pending, None, 10).await, Commit::Done(1));
    // Without a mark only the commit's own id can tell.
    let (mut writer, _) = faulty(writer, 1, true);
    assert_eq!(append(&mut writer, &[rows(10..20, 1)]).await, 2);
    assert_eq!((writer.version(), writer.mark("m").unwrap()), (2, Some(10)));
    assert_eq!(number(&lake, "events", "select count(*) from events").await, 20);
}

#[tokio::test]
async fn a_lost_answer_beside_another_writer_is_recognised_too() {
    let (_dir, lake) = lake().await;
    let mut other = lake.writer(&spec()).await.unwrap();
    let (mut writer, _) = faulty(lake.writer(&spec()).await.unwrap(), 1, true);
    other.commit(Pending::default(), &[mark("other", None, 1)]).await.unwrap();
    let pending = writer.write(&[rows(0..10, 1)]).await.unwrap();
    // Conflicts at 1, then writes 2 and loses the answer.
    assert_eq!(advance(&mut writer, pending, None, 10).await, Commit::Done(2));
    assert_eq!(number(&lake, "events", "select count(*) from events").await, 10);
}

#[tokio::test]
async fn a_commit_that_keeps_failing_gives_up_and_names_the_table() {
    let (_dir, lake) = lake().await;
    let (mut writer, left) = faulty(lake.writer(&spec()).await.unwrap(), 100, false);
    let pending = writer.write(&[rows(0..10, 1)]).await.unwrap();
    let error = writer.commit(pending, &[mark("m", None, 10)]).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("commit to table events failed 6 times, last: the disk says no"), "{text}");
    assert_eq!(left.load(Ordering::SeqCst), 94);
    assert_eq!(lake.snapshot("events").await.unwrap().unwrap().version(), 0);
}

#[tokio::test]
async fn files_that_waited_too_long_are_refused() {
    let (_dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap().with_max_file_age(Duration::ZERO);
    let pending = writer.write(&[rows(0..10, 1)]).await.unwrap().aged(Duration::from_secs(2));
    let error = writer.commit(pending, &[mark("m", None, 10)]).await.unwrap_err();
    assert!(matches!(&error, LakeError::StaleFiles { table, limit_s: 0, .. } if table == "events"), "{error}");
    assert_eq!(writer.mark("m").unwrap(), None);
}

#[tokio::test]
async fn a_mark_given_twice_is_refused() {
    let (_dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    let twice = [mark("m", None, 1), mark("m", None, 2)];
    let text = writer.commit(Pending::default(), &twice).await.unwrap_err().to_string();
    assert!(text.contains("table events at ") && text.contains("mark m is given twice"), "{text}");
}

#[tokio::test]
async fn every_hundred_commits_the_log_is_made_cheap_to_open() {
    let (_dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    for i in 0..300 {
        let pending = if i % 50 == 0 { writer.write(&[rows(i..i + 1, 1)]).await.unwrap() } else { Pending::default() };
        let expected = (i > 0).then_some(i);
        assert_eq!(advance(&mut writer, pending, expected, i + 1).await, Commit::Done(i.unsigned_abs() + 1));
    }
    let log = log_folder(&lake);
    for version in [100, 200, 300] {
        for kind in ["checkpoint.parquet", "crc"] {
            assert!(log.join(format!("{version:020}.{kind}")).exists(), "{version} {kind}");
        }
    }
    assert!(log.join("_last_checkpoint").exists());
    let snapshot = lake.snapshot("events").await.unwrap().unwrap();
    assert_eq!((snapshot.files(), snapshot.mark("m").await.unwrap()), (6, Some(300)));
    assert_eq!(number(&lake, "events", "select sum(id) from events where day = '1970-01-02'").await, 750);
    assert_eq!(lake.writer(&spec()).await.unwrap().mark("m").unwrap(), Some(300));
}
