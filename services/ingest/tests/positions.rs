//! A topic that does not continue its table stops its partition, and only that one.

use crate::support::{Bench, OUTCOMES, SITES, send_outcomes};
use arrow::{
    array::{ArrayRef, AsArray, Int64Array},
    compute::cast,
    datatypes::TimestampMicrosecondType,
    record_batch::RecordBatch,
};
use evaluation::{Limits, sql};
use ingest::{IngestError, PositionFault};
use jiff::Timestamp;
use lake::{Commit, Mark, TableSpec};
use std::sync::Arc;

/// Rewrites a partition's marks: what the table would hold of a topic that has been recreated since.
async fn remember(bench: &Bench, changes: &[(&str, i64)]) {
    let contract = bench.contracts.get("outcomes").unwrap();
    let lake = bench.lake().await;
    let mut writer = lake.writer(&TableSpec::stream(contract, &bench.cluster())).await.unwrap();
    let mut marks = Vec::new();
    for (what, value) in changes {
        let name = format!("kafka/{OUTCOMES}/0/{what}");
        marks.push(Mark { expected: writer.mark(&name).unwrap(), name, value: *value });
    }
    let commit = writer.commit(Default::default(), &marks).await.unwrap();
    assert!(matches!(commit, Commit::Done(_)), "{commit:?}");
}

async fn stopped(bench: &Bench) -> ingest::PositionError {
    match bench.catch_up().await.unwrap_err() {
        IngestError::Positions(errors) => {
            assert_eq!(errors.len(), 1, "{errors:?}");
            errors[0].clone()
        }
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offset_beyond_the_end_stops_the_partition_and_names_both() {
    let mut bench = Bench::new(1);
    send_outcomes(&bench, 0..5);
    bench.catch_up().await.unwrap();
    remember(&bench, &[("offset", 40), ("record", 39)]).await;
    bench.produce([(SITES, Some("S9"), None)]);
    let error = stopped(&bench).await;
    assert_eq!((error.stored, error.low, error.high, error.fault.clone()), (40, 0, 5, PositionFault::OutOfRange));
    let text = error.to_string();
    assert!(
        text.contains("bellwether.outcomes-0@40") && text.contains("0 to 5") && text.contains("--accept-gap"),
        "{text}"
    );
    assert_eq!(bench.texts("sites", "site_id").await.len(), 1, "the other streams go on");

    bench.ingest.accept_gap = true;
    assert_eq!(bench.catch_up().await.unwrap().streams["outcomes"].rows, 5, "from the earliest record");
    bench.ingest.accept_gap = false;
    send_outcomes(&bench, 5..60);
    assert_eq!(bench.catch_up().await.unwrap().streams["outcomes"].rows, 55, "the gap is accepted once and for all");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_recreated_and_refilled_is_noticed_by_the_record_before_the_position() {
    let mut bench = Bench::new(1);
    send_outcomes(&bench, 0..5);
    bench.catch_up().await.unwrap();
    let hash = bench.mark("outcomes", &format!("kafka/{OUTCOMES}/0/hash")).await.unwrap();
    // The offsets fit, the record at offset 4 is another one.
    remember(&bench, &[("hash", hash ^ 1)]).await;
    send_outcomes(&bench, 5..9);
    let error = stopped(&bench).await;
    assert_eq!((error.stored, error.fault), (5, PositionFault::Replaced { record: 4 }));
    remember(&bench, &[("hash", hash)]).await;
    assert_eq!(bench.catch_up().await.unwrap().streams["outcomes"].rows, 4, "the right record is recognised");

    let timestamp = bench.mark("outcomes", &format!("kafka/{OUTCOMES}/0/timestamp")).await.unwrap();
    remember(&bench, &[("timestamp", timestamp - 1)]).await;
    assert_eq!(stopped(&bench).await.fault, PositionFault::Replaced { record: 8 });
    bench.ingest.accept_gap = true;
    assert_eq!(bench.catch_up().await.unwrap().streams["outcomes"].rows, 9);
}

fn site(name: &str) -> Option<Vec<u8>> {
    let text = format!(
        r#"{{"site_id":"S1","revision":0,"recorded_at":"2026-01-01T00:00:00Z","name":"{name}","region":"R","timezone":"Europe/London"}}"#
    );
    Some(text.into_bytes())
}

/// Adds the table's only row again at offset 1000, as ingested in a year: what the table would hold of a topic that was
/// recreated since, by a writer whose clock was ahead.
async fn as_of_another_topic(bench: &Bench) -> i64 {
    let row = bench.rows("sites").await.remove(0);
    let ingested = Timestamp::now().as_microsecond() + 365 * 86_400_000_000;
    let lake = bench.lake().await;
    let spec = TableSpec::stream(bench.contracts.get("sites").unwrap(), &bench.cluster());
    let mut writer = lake.writer(&spec).await.unwrap();
    let column = |name: &str| -> ArrayRef {
        match name {
            lake::OFFSET => Arc::new(Int64Array::from(vec![1_000])),
            lake::INGESTED_AT => Arc::new(Int64Array::from(vec![ingested])),
            name => Arc::clone(row.column_by_name(name).unwrap()),
        }
    };
    let columns = spec.schema.fields().iter().map(|field| cast(&column(field.name()), field.data_type()).unwrap());
    let rows = RecordBatch::try_new(Arc::clone(&spec.schema), columns.collect()).unwrap();
    let marks = [("offset", 1_001), ("record", 1_000), ("ingested", ingested)].map(|(what, value)| {
        let name = format!("kafka/{SITES}/0/{what}");
        Mark { expected: writer.mark(&name).unwrap(), name, value }
    });
    let pending = writer.write(&[rows]).await.unwrap();
    let commit = writer.commit(pending, &marks).await.unwrap();
    assert!(matches!(commit, Commit::Done(_)), "{commit:?}");
    ingested
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recreated_reference_topic_changes_what_holds_whatever_its_offsets_and_the_clock() {
    let mut bench = Bench::new(1);
    let names = async |bench: &Bench| {
        let (lake, limits) = (bench.lake().await, Limits::default());
        let text = "select name from sites";
        let rows = sql(&lake, &bench.contracts, &[], text, Timestamp::now(), &limits).await.unwrap();
        let column = rows.batches.iter().map(|batch| cast(batch.column(0), &arrow::datatypes::DataType::Utf8).unwrap());
        column
            .flat_map(|c| c.as_string::<i32>().iter().map(|n| n.unwrap().to_owned()).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    bench.produce([(SITES, Some("S1"), site("old"))]);
    bench.catch_up().await.unwrap();
    let ingested = as_of_another_topic(&bench).await;
    bench.produce([(SITES, Some("S1"), site("new"))]);
    assert!(matches!(bench.catch_up().await, Err(IngestError::Positions(_))));
    assert_eq!(names(&bench).await, ["old"]);
    bench.ingest.accept_gap = true;
    assert_eq!(bench.catch_up().await.unwrap().streams["sites"].rows, 2);
    assert_eq!(names(&bench).await, ["new"]);

    // The same after a restart, and for what comes later.
    bench.ingest.accept_gap = false;
    bench.produce([(SITES, Some("S1"), site("newer"))]);
    assert_eq!(bench.catch_up().await.unwrap().streams["sites"].rows, 1);
    assert_eq!(names(&bench).await, ["newer"]);
    let times = bench.rows("sites").await.into_iter().flat_map(|rows| {
        let times = rows.column_by_name(lake::INGESTED_AT).unwrap().as_primitive::<TimestampMicrosecondType>().clone();
        times.values().to_vec()
    });
    assert_eq!(times.filter(|time| *time > ingested).count(), 3, "later than all that was");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_cluster_is_refused() {
    let mut bench = Bench::new(1);
    send_outcomes(&bench, 0..5);
    bench.catch_up().await.unwrap();
    // Both alive: an id that comes from an address is not used twice then.
    let other = Bench::new(1);
    let old = std::mem::replace(&mut bench.broker, other.broker);
    let error = bench.catch_up().await.unwrap_err().to_string();
    let named = error.contains("bellwether.kafka.cluster") && !error.contains("Some(");
    assert!(named, "{error}");
    drop(old);
}

/// The embedded broker drops old batches silently: a reader that fell behind must not go on as if nothing were missing.
#[tokio::test(flavor = "multi_thread")]
async fn records_lost_to_retention_are_noticed() {
    let bench = Bench::new(1);
    send_outcomes(&bench, 0..5);
    bench.catch_up().await.unwrap();
    // Incompressible, so that 5 MiB are soon full.
    let mut state = 1_u64;
    let mut noise = || {
        let mut text = String::new();
        while text.len() < 400_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(&format!("{state:016x}"));
        }
        Some(text.into_bytes())
    };
    bench.produce((0..40).map(|_| (OUTCOMES, None, noise())));
    let (low, high) = bench.broker.watermarks(OUTCOMES, 0).unwrap();
    assert!(low > 5, "the broker has dropped some: {low} to {high}");
    let error = stopped(&bench).await;
    assert_eq!((error.stored, error.low, error.fault), (5, low, PositionFault::OutOfRange));
}

/// What another engine's RESTORE to the version before writes: the files of the last commit are taken away, the marks stay.
fn restore(log: &std::path::Path) -> u64 {
    let names = std::fs::read_dir(log).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let last: u64 = names.filter_map(|name| name.strip_suffix(".json")?.parse().ok()).max().unwrap();
    let text = std::fs::read_to_string(log.join(format!("{last:020}.json"))).unwrap();
    let actions = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let removes = actions.filter_map(|action| action.get("add").cloned()).map(|add| {
        serde_json::json!({"remove": {"path": add["path"], "partitionValues": add["partitionValues"],
               "size": add["size"], "deletionTimestamp": 1_800_000_000_000_i64, "dataChange": true}})
    });
    let info = serde_json::json!({"commitInfo": {"timestamp": 1_800_000_000_000_i64, "operation": "RESTORE",
                                                 "operationParameters": {"version": (last - 1).to_string()}}});
    let lines: Vec<String> = std::iter::once(info).chain(removes).map(|action| action.to_string()).collect();
    assert!(lines.len() > 1, "it takes something away");
    std::fs::write(log.join(format!("{:020}.json", last + 1)), lines.join("\n")).unwrap();
    last
}

/// Rows of an earlier version and positions of now: ingest went on, and what lay between was gone for good.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_another_engine_restored_is_refused_and_gone_on_from_only_knowingly() {
    let mut bench = Bench::new(1);
    send_outcomes(&bench, 0..5);
    bench.catch_up().await.unwrap();
    send_outcomes(&bench, 5..10);
    bench.catch_up().await.unwrap();
    let last = restore(&bench.folder().join("lake/outcomes/_delta_log"));
    send_outcomes(&bench, 10..15);
    let text = bench.catch_up().await.unwrap_err().to_string();
    for part in ["outcomes was restored", &format!("to version {last}"), "--accept-gap"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    bench.ingest.accept_gap = true;
    assert_eq!(bench.catch_up().await.unwrap().streams["outcomes"].rows, 5, "from the position, not from the hole");
    bench.ingest.accept_gap = false;
    send_outcomes(&bench, 15..20);
    bench.catch_up().await.unwrap();
    let offsets: Vec<i64> = bench.places("outcomes").await.into_iter().map(|(_, offset)| offset).collect();
    assert_eq!(offsets, (0..5).chain(10..20).collect::<Vec<_>>());
}
