//! Damaged files of a log: those that only repeat others are named, one by one, and nothing is lost by removing them.

use super::support::{advance, lake, number, rows, spec};
use crate::{Lake, LakeError, TableWriter, table::Table, upkeep};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Five commits with a checkpoint and a checksum of the third.
async fn checkpointed() -> (TempDir, Lake, PathBuf) {
    let (dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    commits(&mut writer, 0, 3).await;
    let table = Table::new(lake.home(), "events").unwrap();
    tokio::task::spawn_blocking(move || upkeep::run(&table, table.load().unwrap())).await.unwrap();
    commits(&mut writer, 3, 5).await;
    let log = dir.path().join("lake/events/_delta_log");
    assert!(file(&log, "checkpoint.parquet").exists() && log.join("_last_checkpoint").exists());
    (dir, lake, log)
}

async fn commits(writer: &mut TableWriter, from: i64, to: i64) {
    for n in from..to {
        let pending = writer.write(&[rows(n * 10..n * 10 + 10, 1)]).await.unwrap();
        let expected = writer.mark("m").unwrap();
        advance(writer, pending, expected, n + 1).await;
    }
}

fn file(log: &Path, ending: &str) -> PathBuf {
    log.join(format!("{:020}.{ending}", 3))
}

/// What is said of a table, by whoever reads or writes it first.
async fn said(lake: &Lake) -> Vec<LakeError> {
    let (read, opened) = (lake.snapshot("events").await, lake.writer(&spec()).await);
    read.err().into_iter().chain(opened.err()).collect()
}

/// Files of the log that can be removed, as reader and writer say alike.
fn named(errors: &[LakeError]) -> Vec<&str> {
    let files = |error: &LakeError| match error {
        LakeError::DamagedLog { files, .. } => files.clone(),
        other => panic!("{other}"),
    };
    assert!(errors.iter().all(|error| files(error) == files(&errors[0])), "{errors:?}");
    let LakeError::DamagedLog { files, .. } = &errors[0] else { panic!("{errors:?}") };
    files.iter().map(String::as_str).collect()
}

async fn sound(lake: &Lake) {
    let writer = lake.writer(&spec()).await.unwrap();
    assert_eq!(writer.mark("m").unwrap(), Some(5));
    assert_eq!(number(lake, "events", "select count(*) from events").await, 50);
}

/// "Move the folder away" was the first advice, while every entry of the log was there.
#[tokio::test]
async fn a_damaged_checkpoint_is_named_and_the_table_is_whole_without_it() {
    for garbage in ["", "this is no parquet"] {
        let (_dir, lake, log) = checkpointed().await;
        std::fs::write(file(&log, "checkpoint.parquet"), garbage).unwrap();
        let errors = said(&lake).await;
        let files = named(&errors);
        assert_eq!(files, ["00000000000000000003.checkpoint.parquet", "_last_checkpoint"]);
        let text = errors[0].to_string();
        assert!(text.contains("Nothing is lost: remove _delta_log/00000000000000000003.checkpoint.parquet"), "{text}");
        files.iter().for_each(|name| std::fs::remove_file(log.join(name)).unwrap());
        sound(&lake).await;
    }
}

#[tokio::test]
async fn a_damaged_checksum_or_hint_is_named_where_it_is_in_the_way() {
    for name in ["00000000000000000003.crc", "_last_checkpoint"] {
        for garbage in ["", "{\"version", "[1]"] {
            let (_dir, lake, log) = checkpointed().await;
            std::fs::write(log.join(name), garbage).unwrap();
            let errors = said(&lake).await;
            if !errors.is_empty() {
                assert_eq!(named(&errors), [name], "{name} of {garbage:?}");
                std::fs::remove_file(log.join(name)).unwrap();
            }
            sound(&lake).await;
        }
    }
}

/// A checkpoint that stands for entries which have been cleaned up is no repetition.
#[tokio::test]
async fn a_damaged_checkpoint_that_entries_do_not_replace_asks_for_a_backup() {
    let (_dir, lake, log) = checkpointed().await;
    std::fs::remove_file(log.join(format!("{:020}.json", 0))).unwrap();
    std::fs::write(file(&log, "checkpoint.parquet"), "garbage").unwrap();
    for error in said(&lake).await {
        assert!(matches!(error, LakeError::Corrupt { .. }), "{error}");
        let text = error.to_string();
        assert!(text.find("backup") < text.find("move the folder away"), "the last advice: {text}");
    }
}

#[tokio::test]
async fn a_damaged_entry_asks_for_a_backup() {
    let (_dir, lake, log) = checkpointed().await;
    std::fs::write(log.join(format!("{:020}.json", 5)), "{\"add\":").unwrap();
    let errors = said(&lake).await;
    assert!(!errors.is_empty() && errors.iter().all(|error| matches!(error, LakeError::Corrupt { .. })), "{errors:?}");
}
