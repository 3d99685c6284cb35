//! Reference data: which record of a site holds, whatever comes late or again.

use crate::{
    events::*,
    world::{World, entry, ingest},
};
use datafusion::arrow::{
    array::{ArrayRef, Int32Array, RecordBatch, TimestampMicrosecondArray},
    datatypes::{Field, Schema},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// A record of one of a partition's keys: its revision and when it was written down, or a deletion.
type Record = (u8, Option<(u8, u8)>);

/// Keys of each partition: all records of a key are in one.
const KEYS: [[&str; 2]; 2] = [["a", "b"], ["c", "d"]];

fn partition() -> impl Strategy<Value = Vec<Record>> {
    let record = prop::option::weighted(0.85, (0u8..4, 0u8..2));
    prop::collection::vec((0u8..2, record), 0..24)
}

/// Offset and content of each record; the name tells it apart.
fn event(partition: usize, offset: usize, (key, record): Record) -> Value {
    let id = KEYS[partition][usize::from(key)];
    match record {
        None => json!({"_deleted": id}),
        Some((revision, recorded)) => json!({"site_id": id, "revision": revision,
            "recorded_at": format!("2026-01-0{}T00:00:00Z", recorded + 1), "name": format!("{partition}@{offset}"),
            "region": "r", "timezone": "UTC"}),
    }
}

/// What holds, by brute force: names by site.
fn expected(partitions: &[Vec<Record>]) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (partition, records) in partitions.iter().enumerate() {
        for (key, id) in KEYS[partition].iter().enumerate() {
            let own: Vec<_> = records.iter().enumerate().filter(|(_, (k, _))| usize::from(*k) == key).collect();
            let from = own.iter().rposition(|(_, (_, record))| record.is_none()).map_or(0, |at| at + 1);
            let best = own[from..].iter().max_by_key(|(offset, (_, record))| (*record, *offset));
            names.extend(best.map(|(offset, _)| ((*id).to_owned(), format!("{partition}@{offset}"))));
        }
    }
    names
}

/// Rows of a partition, with the columns by which ingestion says where each lay; a few offsets share a moment.
fn rows(partition: usize, first: usize, records: &[Record]) -> RecordBatch {
    let events: Vec<Value> =
        records.iter().enumerate().map(|(at, record)| event(partition, first + at, *record)).collect();
    let first = i64::try_from(first).unwrap();
    let rows = batch("sites", &events, first);
    let moments = (first..).take(rows.num_rows()).map(|offset| offset / 3);
    let own: [(&str, ArrayRef); 2] = [
        ("_partition", Arc::new(Int32Array::from(vec![i32::try_from(partition).unwrap(); rows.num_rows()]))),
        ("_ingested_at", Arc::new(TimestampMicrosecondArray::from_iter_values(moments).with_timezone("UTC"))),
    ];
    let schema = rows.schema();
    let mut fields: Vec<Arc<Field>> = schema.fields().iter().map(Arc::clone).collect();
    let mut columns = rows.columns().to_vec();
    for (name, column) in own {
        fields.push(Arc::new(Field::new(name, column.data_type().clone(), false)));
        columns.push(column);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Kafka keeps the order of a partition and of nothing else: partitions come side by side, in portions of any size.
    #[test]
    fn the_highest_revision_after_the_last_deletion_holds(
        partitions in [partition(), partition()], portion in 1usize..9, turn in any::<prop::sample::Index>(),
    ) {
        let mut batches = Vec::new();
        for (partition, records) in partitions.iter().enumerate() {
            let portions = records.chunks(portion).enumerate();
            batches.extend(portions.map(|(at, records)| ("sites", rows(partition, at * portion, records))));
        }
        if !batches.is_empty() {
            let turn = turn.index(batches.len());
            batches.rotate_left(turn);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let evaluated = runtime.block_on(evaluated(&tables(batches), &[], "2026-04-01T00:00:00Z"));
        let found: BTreeMap<String, String> =
            evaluated.sites.into_iter().map(|site| (site.id, site.name.unwrap())).collect();
        prop_assert_eq!(found, expected(&partitions));
    }
}

fn site(revision: u32, zone: &str) -> Value {
    json!({"site_id": "a", "revision": revision, "recorded_at": "2026-01-01T00:00:00Z", "name": "A", "region": "r",
        "timezone": zone})
}

/// A replayed letter put a site back into the time zone that it had left, and its weeks were computed anew for that.
#[tokio::test]
async fn an_older_revision_that_arrives_late_changes_nothing() {
    let (world, as_of) = (World::new().await, "2026-03-20T00:00:00Z");
    // Sunday evening in London, Monday morning in Tokyo.
    ingest(&world.lake, "calendar_audits", &[entry(1, "2026-03-08T20:00:00Z", "2026-03-08T22:00:00Z")], 0).await;
    ingest(&world.lake, "sites", &[site(7, "Asia/Tokyo")], 1).await;
    assert!(world.save(as_of).await.is_some());
    let before = world.evaluate(as_of).await;
    assert_eq!(before.parts[0].week.to_string(), "2026-03-09");

    ingest(&world.lake, "sites", &[site(6, "Europe/London")], 2).await;
    let after = world.evaluate(as_of).await;
    assert_eq!((&after.parts, &after.sites), (&before.parts, &before.sites));
    let mut results = world.open().await;
    assert_eq!(world.refresh(&mut results, as_of).await.rows, 0, "nothing was computed anew");

    // A deletion takes it away, whatever its revision was; the site begins anew with any.
    ingest(&world.lake, "sites", &[json!({"_deleted": "a"}), site(0, "Europe/London")], 3).await;
    world.refresh(&mut results, as_of).await;
    let full = world.evaluate(as_of).await;
    assert_eq!(full.parts[0].week.to_string(), "2026-03-02");
    assert_eq!((&results.stored().unwrap().parts, &results.stored().unwrap().sites), (&full.parts, &full.sites));
}
