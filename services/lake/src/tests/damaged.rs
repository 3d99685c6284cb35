//! Damaged files of a log: those that only repeat others are left out, and nothing is lost; otherwise they are named.

use super::support::{advance, delta_table, lake, log_folder, number, rows, spec};
use crate::{Lake, LakeError, Pending, TableWriter, checkpoint as checkpoints, table::Table};
use arrow::record_batch::RecordBatch;
use parquet::arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// Six commits, the first makes the table, with a checkpoint and a checksum of version 3.
async fn checkpointed() -> (TempDir, Lake, PathBuf) {
    let (dir, lake) = lake().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    commits(&mut writer, 0, 3).await;
    checkpoint(&lake).await;
    commits(&mut writer, 3, 5).await;
    let log = log_folder(&lake);
    assert!(file(&log, 3, "checkpoint.parquet").exists() && log.join("_last_checkpoint").exists());
    (dir, lake, log)
}

async fn commits(writer: &mut TableWriter, from: i64, to: i64) {
    for n in from..to {
        let pending = writer.write(&[rows(n * 10..n * 10 + 10, 1)]).await.unwrap();
        let expected = writer.mark("m").unwrap();
        advance(writer, pending, expected, n + 1).await;
    }
}

async fn checkpoint(lake: &Lake) {
    let table = Table::new(&lake.home, "events").unwrap();
    let loaded = table.clone();
    let snapshot = tokio::task::spawn_blocking(move || loaded.load().unwrap()).await.unwrap();
    checkpoints::write(&table, snapshot).await;
}

fn file(log: &Path, version: u64, ending: &str) -> PathBuf {
    log.join(format!("{version:020}.{ending}"))
}

/// As a program that starts: it knows nothing of what another has found.
async fn started(lake: &Lake) -> Lake {
    Lake::open(lake.url()).await.unwrap()
}

/// Read, opened, written, and then as good for every other program, with `n` portions of ten rows.
async fn whole(lake: &Lake, n: i64, what: &str) {
    let files = usize::try_from(n).unwrap();
    let reader = started(lake).await;
    let snapshot = reader.snapshot("events").await.unwrap_or_else(|error| panic!("{what}: {error}")).unwrap();
    assert_eq!((snapshot.mark("m").await.unwrap(), snapshot.files()), (Some(n), files), "{what}");
    assert_eq!(number(&reader, "events", "select count(*) from events").await, n * 10, "{what}");
    let program = started(lake).await;
    let mut writer = program.writer(&spec()).await.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(writer.mark("m").unwrap(), Some(n), "{what}");
    commits(&mut writer, n, n + 1).await;
    checkpoint(&program).await;
    let other = delta_table(lake).await;
    assert_eq!(other.snapshot().unwrap().log_data().num_files(), files + 1, "{what}, read by deltalake");
    assert_eq!(number(&started(lake).await, "events", "select count(*) from events").await, (n + 1) * 10, "{what}");
}

/// Rows of a checkpoint.
fn actions(checkpoint: &Path) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(checkpoint).unwrap()).unwrap();
    let batches: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
    arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap()
}

fn parquet(rows: &RecordBatch) -> Vec<u8> {
    let mut writer = ArrowWriter::try_new(Vec::new(), rows.schema(), None).unwrap();
    writer.write(rows).unwrap();
    writer.into_inner().unwrap()
}

/// What is left of a file's bytes; `None`: it is gone.
type Damage = fn(Vec<u8>) -> Option<Vec<u8>>;

const DAMAGES: [(&str, Damage); 5] = [
    ("empty", |_| Some(vec![])),
    ("torn", |bytes| Some(bytes[..bytes.len() / 2].to_vec())),
    ("garbled", |bytes| Some(vec![b'x'; bytes.len()])),
    ("another file's", |_| Some(parquet(&rows(0..3, 1)))),
    ("gone", |_| None),
];

fn damage(file: &Path, damage: Damage) {
    match damage(fs::read(file).unwrap()) {
        Some(bytes) => fs::write(file, bytes).unwrap(),
        None => fs::remove_file(file).unwrap(),
    }
}

/// The table could not be opened, and the operator was told which files to remove, while every entry of the log was there.
#[tokio::test]
async fn a_damaged_checkpoint_is_left_out_where_entries_say_the_same() {
    for (what, how) in DAMAGES {
        // With a checksum behind it a writer gets by without the checkpoint, until it is to write the next.
        for checksum in [true, false] {
            let (_dir, lake, log) = checkpointed().await;
            damage(&file(&log, 3, "checkpoint.parquet"), how);
            if !checksum {
                (0..=5).for_each(|version| drop(fs::remove_file(file(&log, version, "crc"))));
            }
            whole(&lake, 5, &format!("a checkpoint that is {what}, with a checksum: {checksum}")).await;
        }
    }
}

#[tokio::test]
async fn a_checkpoint_that_lacks_a_part_is_left_out() {
    for (what, how) in DAMAGES {
        let (_dir, lake, log) = checkpointed().await;
        let whole_checkpoint = file(&log, 3, "checkpoint.parquet");
        let rows = actions(&whole_checkpoint);
        let part = |part: usize| file(&log, 3, &format!("checkpoint.{part:010}.{:010}.parquet", 2));
        fs::write(part(1), parquet(&rows.slice(0, 2))).unwrap();
        fs::write(part(2), parquet(&rows.slice(2, rows.num_rows() - 2))).unwrap();
        fs::remove_file(whole_checkpoint).unwrap();
        let hint = serde_json::json!({"version": 3, "size": rows.num_rows(), "parts": 2});
        fs::write(log.join("_last_checkpoint"), hint.to_string()).unwrap();
        (0..=5).for_each(|version| drop(fs::remove_file(file(&log, version, "crc"))));
        let snapshot = started(&lake).await.snapshot("events").await.unwrap().unwrap();
        assert_eq!(snapshot.files(), 5, "in two parts");
        damage(&part(2), how);
        whole(&lake, 5, &format!("a checkpoint of which a part is {what}")).await;
    }
}

#[tokio::test]
async fn a_damaged_checksum_is_left_out() {
    for (what, how) in DAMAGES {
        let (_dir, lake, log) = checkpointed().await;
        for version in 0..=5 {
            let checksum = file(&log, version, "crc");
            if checksum.exists() {
                damage(&checksum, how);
            }
        }
        whole(&lake, 5, &format!("checksums that are {what}")).await;
    }
}

#[tokio::test]
async fn a_last_checkpoint_that_points_nowhere_is_left_out() {
    let hints = ["", "{\"version", "[1]", "{}", r#"{"version":4,"size":9}"#, r#"{"version":900,"size":9,"parts":2}"#];
    for hint in hints {
        let (_dir, lake, log) = checkpointed().await;
        fs::write(log.join("_last_checkpoint"), hint).unwrap();
        whole(&lake, 5, &format!("_last_checkpoint of {hint:?}")).await;
    }
}

/// Clean-up removes entries that a checkpoint stands for. The one before the damaged serves, if the entries since are there.
#[tokio::test]
async fn a_damaged_checkpoint_of_a_cleaned_log_is_left_out_for_the_one_before() {
    for (what, how) in DAMAGES {
        let (_dir, lake, log) = checkpointed().await;
        checkpoint(&lake).await;
        (0..=2).for_each(|version| fs::remove_file(file(&log, version, "json")).unwrap());
        damage(&file(&log, 5, "checkpoint.parquet"), how);
        whole(&lake, 5, &format!("the second checkpoint of a cleaned log that is {what}")).await;
    }
}

/// What a reader and a writer that start say of a table that cannot be read.
async fn said(lake: &Lake) -> Vec<String> {
    let (read, opened) = (lake.snapshot("events").await, lake.writer(&spec()).await);
    let errors = [read.unwrap_err(), opened.unwrap_err()];
    assert!(errors.iter().all(|error| matches!(error, LakeError::Corrupt { .. })), "{errors:?}");
    errors.iter().map(ToString::to_string).collect()
}

/// A checkpoint that stands for entries which have been cleaned up is no repetition.
#[tokio::test]
async fn a_damaged_checkpoint_that_entries_do_not_replace_asks_for_a_backup_of_named_files() {
    let (_dir, lake, log) = checkpointed().await;
    (0..=1).for_each(|version| fs::remove_file(file(&log, version, "json")).unwrap());
    fs::write(file(&log, 3, "checkpoint.parquet"), "garbage").unwrap();
    fs::remove_file(file(&log, 3, "crc")).unwrap();
    for text in said(&lake).await {
        for words in [
            "_delta_log/00000000000000000003.checkpoint.parquet is damaged",
            "_delta_log/00000000000000000000.json to 00000000000000000001.json are missing",
        ] {
            assert!(text.contains(words), "no «{words}» in: {text}");
        }
        assert!(text.find("backup") < text.find("move the folder away"), "the last advice: {text}");
    }
    assert_eq!(fs::read(file(&log, 3, "checkpoint.parquet")).unwrap(), b"garbage", "left where it is");
}

#[tokio::test]
async fn a_damaged_entry_asks_for_a_backup_of_it() {
    for garbage in ["{\"add\":", "[1]"] {
        let (_dir, lake, log) = checkpointed().await;
        fs::write(file(&log, 5, "json"), garbage).unwrap();
        for text in said(&lake).await {
            assert!(text.contains("_delta_log/00000000000000000005.json is damaged"), "{garbage:?}: {text}");
        }
    }
}

/// Only what stands there now is left out: a file that was restored, or written anew, is seen.
#[tokio::test]
async fn a_checkpoint_that_is_restored_is_read_again() {
    let (_dir, lake, log) = checkpointed().await;
    let checkpoint = file(&log, 3, "checkpoint.parquet");
    let sound = fs::read(&checkpoint).unwrap();
    fs::write(&checkpoint, "garbage").unwrap();
    (0..=5).for_each(|version| drop(fs::remove_file(file(&log, version, "crc"))));
    assert_eq!(lake.snapshot("events").await.unwrap().unwrap().files(), 5);
    fs::write(&checkpoint, sound).unwrap();
    (0..=2).for_each(|version| fs::remove_file(file(&log, version, "json")).unwrap());
    assert_eq!(lake.snapshot("events").await.unwrap().unwrap().files(), 5);
}

/// A reader had left the damaged checkpoint out already, and the writer beside it never wrote another.
#[tokio::test]
async fn a_writer_that_was_open_writes_the_next_checkpoint_without_the_damaged_one() {
    let (_dir, lake, log) = checkpointed().await;
    let mut writer = lake.writer(&spec()).await.unwrap();
    fs::write(file(&log, 3, "checkpoint.parquet"), "garbage").unwrap();
    (0..=5).for_each(|version| drop(fs::remove_file(file(&log, version, "crc"))));
    assert_eq!(lake.snapshot("events").await.unwrap().unwrap().files(), 5);
    for n in 5..i64::try_from(checkpoints::EVERY).unwrap() {
        advance(&mut writer, Pending::default(), Some(n), n + 1).await;
    }
    assert!(file(&log, checkpoints::EVERY, "checkpoint.parquet").exists());
    assert_eq!(delta_table(&lake).await.snapshot().unwrap().log_data().num_files(), 5);
    assert_eq!(number(&started(&lake).await, "events", "select count(*) from events").await, 50);
}
