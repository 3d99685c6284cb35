//! Creating and opening lakes, and everything that is wrong with the place they are in.

use super::support::{folder, lake, log_folder, spec};
use crate::{Lake, LakeError, TableSpec};
use arrow::datatypes::Schema;
use contracts::Contracts;

#[tokio::test]
async fn a_lake_is_created_once() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("a/lake");
    let place = place.to_str().unwrap();
    let missing = Lake::open(place).await.unwrap_err();
    assert!(matches!(&missing, LakeError::Missing { location } if location.ends_with("/a/lake/")), "{missing}");
    let lake = Lake::create(place).await.unwrap();
    lake.bind_key("key-1").await.unwrap();
    let again = Lake::create(&format!("file://{place}")).await.unwrap();
    again.bind_key("key-1").await.unwrap();
    assert_eq!(Lake::open(place).await.unwrap().url(), again.url());
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder(&lake).join("_bellwether.json")).unwrap()).unwrap();
    assert_eq!(manifest, serde_json::json!({"layout": 1, "key_fingerprint": "key-1"}));
}

#[tokio::test]
async fn another_privacy_key_is_refused() {
    let (_dir, lake) = lake().await;
    lake.bind_key("key-1").await.unwrap();
    let error = lake.bind_key("key-2").await.unwrap_err();
    assert!(matches!(&error, LakeError::Key { remembered, given, .. } if remembered == "key-1" && given == "key-2"));
}

#[tokio::test]
async fn of_two_keys_bound_at_once_one_wins() {
    let (_dir, lake) = lake().await;
    let (a, b) = tokio::join!(lake.bind_key("key-a"), lake.bind_key("key-b"));
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
    let winner = if a.is_ok() { "key-a" } else { "key-b" };
    Lake::open(lake.url()).await.unwrap().bind_key(winner).await.unwrap();
}

#[tokio::test]
async fn a_binding_that_stopped_half_way_is_finished() {
    let (_dir, lake) = lake().await;
    std::fs::write(folder(&lake).join("_bellwether.key"), "key-1").unwrap();
    assert!(matches!(lake.bind_key("key-2").await, Err(LakeError::Key { .. })));
    lake.bind_key("key-1").await.unwrap();
}

#[tokio::test]
async fn a_newer_layout_is_refused() {
    let (_dir, lake) = lake().await;
    std::fs::write(folder(&lake).join("_bellwether.json"), r#"{"layout": 2, "something": "new"}"#).unwrap();
    for error in [Lake::open(lake.url()).await.unwrap_err(), Lake::create(lake.url()).await.unwrap_err()] {
        let text = error.to_string();
        assert!(text.contains("layout version 2, this program knows 1: upgrade"), "{text}");
    }
}

#[tokio::test]
async fn an_unreadable_manifest_is_refused() {
    let (_dir, lake) = lake().await;
    for garbage in ["", "{", "{}", r#"{"layout": "one"}"#, r#"{"layout": 0}"#, "\u{0}\u{1}"] {
        std::fs::write(folder(&lake).join("_bellwether.json"), garbage).unwrap();
        let error = Lake::open(lake.url()).await.unwrap_err();
        assert!(matches!(error, LakeError::Manifest { file: "_bellwether.json", .. }), "{garbage}: {error}");
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_a_folder_is_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "").unwrap();
    let place = dir.path().join("file/lake");
    let text = Lake::create(place.to_str().unwrap()).await.unwrap_err().to_string();
    assert!(text.contains("file/lake"), "{text}");
}

#[tokio::test]
async fn garbage_in_a_log_is_a_damaged_table() {
    let (_dir, lake) = lake().await;
    lake.writer(&spec()).await.unwrap();
    let log = log_folder(&lake);
    for garbage in ["not json\n", "{\"add\":", ""] {
        for entry in std::fs::read_dir(&log).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
        std::fs::write(log.join("00000000000000000000.json"), garbage).unwrap();
        let errors = [
            lake.snapshot("events").await.unwrap_err(),
            lake.writer(&spec()).await.unwrap_err(),
            lake.status().await.unwrap_err(),
        ];
        for error in errors {
            let text = error.to_string();
            assert!(text.contains("table events at ") && text.contains("is damaged"), "{garbage:?}: {text}");
        }
    }
}

#[tokio::test]
async fn a_log_without_entries_is_a_damaged_table() {
    let (_dir, lake) = lake().await;
    let log = log_folder(&lake);
    std::fs::create_dir_all(&log).unwrap();
    std::fs::write(log.join("readme.txt"), "nothing here").unwrap();
    assert!(matches!(lake.snapshot("events").await, Err(LakeError::Corrupt { .. })));
    assert!(matches!(lake.writer(&spec()).await, Err(LakeError::Corrupt { .. })));
}

#[tokio::test]
async fn a_table_that_is_not_there_is_none() {
    let (_dir, lake) = lake().await;
    assert!(lake.snapshot("events").await.unwrap().is_none());
    assert!(lake.status().await.unwrap().is_empty());
    assert!(lake.snapshot("../escape").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_may_create_a_table_at_once() {
    for _ in 0..10 {
        let (_dir, lake) = lake().await;
        let open = || (lake.clone(), spec());
        let openings =
            [open(), open(), open()].map(|(lake, spec)| tokio::spawn(async move { lake.writer(&spec).await }));
        for opened in futures::future::join_all(openings).await {
            assert_eq!(opened.unwrap().unwrap().version(), 0);
        }
    }
}

/// The second definition once went on top of the first, and the table changed hands.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_clusters_that_create_a_table_at_once_one_wins() {
    for _ in 0..10 {
        let (_dir, lake) = lake().await;
        let openings = ["a", "b"].map(|cluster| {
            let (lake, mut spec) = (lake.clone(), spec());
            spec.properties.insert(crate::KAFKA_CLUSTER.into(), cluster.into());
            tokio::spawn(async move { lake.writer(&spec).await })
        });
        let opened = futures::future::join_all(openings).await;
        let (won, lost): (Vec<_>, Vec<_>) = opened.into_iter().map(Result::unwrap).partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 1), "{won:?} {lost:?}");
        assert!(matches!(lost[0], Err(LakeError::Property { .. })), "{lost:?}");
    }
}

#[test]
fn a_stream_table_has_the_contract_and_where_each_row_came_from() {
    let contracts = Contracts::shipped().unwrap();
    let names = |schema: &Schema| schema.fields().iter().map(|f| f.name().clone()).collect::<Vec<_>>();
    let own = |stream: &str| {
        let contract = contracts.get(stream).unwrap();
        let spec = TableSpec::stream(contract, "cluster-a");
        assert_eq!(spec.properties["bellwether.kafka.cluster"], "cluster-a");
        let (of_contract, mut of_table) = (names(contract.schema()), names(&spec.schema));
        let own = of_table.split_off(of_contract.len());
        assert_eq!((of_table, spec.name.as_str()), (of_contract, stream));
        (own, spec.partition_by)
    };
    let (events, partition_by) = own("calendar_audits");
    assert_eq!(events, ["event_date", "_partition", "_offset", "_ingested_at"]);
    assert_eq!(partition_by, ["event_date"]);
    let (reference, partition_by) = own("sites");
    assert_eq!(reference, ["_partition", "_offset", "_ingested_at"]);
    assert!(partition_by.is_empty());
}
