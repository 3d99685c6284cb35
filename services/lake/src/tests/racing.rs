//! Several writers over the same marks: nothing lost, nothing doubled.

use super::support::{lake, mark, number, rows, spec};
use crate::{Commit, Lake, Pending};

/// Rows a source has in all; its mark is the next one to read.
const ROWS: i64 = 200;
const SOURCES: i32 = 2;
const BATCH: i64 = 10;

/// Reads both sources to their end, like consumers that each believe to own both. Returns batches committed and fenced.
async fn consume(lake: Lake, me: u64) -> (i64, i64) {
    let mut writer = lake.writer(&spec()).await.unwrap();
    let (mut done, mut fenced) = (0, 0);
    loop {
        let marks = (0..SOURCES).map(|source| (source, writer.mark(&format!("source/{source}")).unwrap()));
        let unread = marks.into_iter().find(|(_, mark)| mark.unwrap_or(0) < ROWS);
        let Some((source, before)) = unread else { return (done, fenced) };
        let start = before.unwrap_or(0);
        let first = i64::from(source) * ROWS + start;
        let pending = writer.write(&[rows(first..first + BATCH, source)]).await.unwrap();
        // Every third batch of one writer is a zombie's: between reading the mark and committing another one commits.
        if me == 0 && (start / BATCH) % 3 == 0 {
            while stored(&lake, source).await == before {}
        }
        match writer.commit(pending, &[mark(&format!("source/{source}"), before, start + BATCH)]).await.unwrap() {
            Commit::Done(_) => done += 1,
            Commit::Fenced { .. } => fenced += 1,
        }
    }
}

/// The mark of a source in the table.
async fn stored(lake: &Lake, source: i32) -> Option<i64> {
    let table = lake.snapshot("events").await.unwrap().unwrap();
    table.mark(&format!("source/{source}")).await.unwrap()
}

async fn race() {
    let (_dir, lake) = lake().await;
    lake.writer(&spec()).await.unwrap();
    let writers = (0..3).map(|me| tokio::spawn(consume(lake.clone(), me)));
    let (mut done, mut fenced) = (0, 0);
    for ended in futures::future::join_all(writers).await {
        let (committed, refused) = ended.unwrap();
        (done, fenced) = (done + committed, fenced + refused);
    }
    let total = i64::from(SOURCES) * ROWS;
    assert_eq!(done, total / BATCH);
    assert!(fenced > 0, "the race was none");
    assert_eq!(number(&lake, "events", "select count(*) from events").await, total);
    assert_eq!(number(&lake, "events", "select count(distinct id) from events").await, total);
    assert_eq!(number(&lake, "events", "select sum(id) from events").await, total * (total - 1) / 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_writers_over_shared_marks_lose_and_double_nothing() {
    race().await;
}

#[tokio::test]
async fn nor_do_they_on_one_thread() {
    race().await;
}

/// A sequence by which evaluations exclude each other: of many that start from the same number one wins.
#[tokio::test(flavor = "multi_thread")]
async fn of_commits_from_the_same_mark_exactly_one_wins() {
    let (_dir, lake) = lake().await;
    lake.writer(&spec()).await.unwrap();
    for round in 0..5 {
        let expected = (round > 0).then_some(round);
        let race = (0..4).map(|_| {
            let lake = lake.clone();
            tokio::spawn(async move {
                let mut writer = lake.writer(&spec()).await.unwrap();
                writer.commit(Pending::default(), &[mark("sequence", expected, round + 1)]).await.unwrap()
            })
        });
        let ended = futures::future::join_all(race).await;
        let won = ended.into_iter().filter(|e| matches!(e, Ok(Commit::Done(_)))).count();
        assert_eq!(won, 1);
    }
}
