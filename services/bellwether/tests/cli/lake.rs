//! A lake as ingestion would have left it, without a broker.

use crate::Place;
use arrow::{
    array::{ArrayRef, AsArray, Date32Array, Int32Array, Int64Array, RecordBatch, TimestampMicrosecondArray},
    datatypes::TimestampMicrosecondType,
};
use contracts::{Contracts, Decoder};
use lake::{Lake, TableSpec};
use serde_json::{Value, json};
use std::sync::Arc;

const DAY: i64 = 86_400_000_000;

/// A place whose lake holds these events, and whose folder of queries is empty.
pub fn with(events: &[(&str, Vec<Value>)]) -> Place {
    let place = Place::new();
    let url = place.folder.path().join("lake").display().to_string();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let lake = Lake::create(&url).await.unwrap();
        for (stream, events) in events {
            ingest(&lake, stream, events).await;
        }
    });
    std::fs::create_dir(place.folder.path().join("queries")).unwrap();
    place.set("BELLWETHER__LAKE__URL", &url)
}

async fn ingest(lake: &Lake, stream: &str, events: &[Value]) {
    let contract = Arc::clone(Contracts::shipped().unwrap().get(stream).unwrap());
    let mut decoder = Decoder::new(Arc::clone(&contract), i64::MIN..i64::MAX);
    events.iter().for_each(|event| decoder.push(event.to_string().as_bytes()));
    let decoded = decoder.finish();
    assert!(decoded.rejected.is_empty(), "{:?}", decoded.rejected);
    let count = decoded.rows.num_rows();
    let mut columns: Vec<ArrayRef> = decoded.rows.columns().to_vec();
    if let Some(times) = contract.event_time().and_then(|column| decoded.rows.column_by_name(column)) {
        let times = times.as_primitive::<TimestampMicrosecondType>();
        let day = |micros: i64| i32::try_from(micros.div_euclid(DAY)).unwrap();
        columns.push(Arc::new(times.values().iter().map(|micros| Some(day(*micros))).collect::<Date32Array>()));
    }
    columns.push(Arc::new(Int32Array::from(vec![0; count])));
    columns.push(Arc::new((0..).take(count).collect::<Int64Array>()));
    columns.push(Arc::new(TimestampMicrosecondArray::from(vec![0; count]).with_timezone("UTC")));
    let spec = TableSpec::stream(&contract, "test");
    let mut writer = lake.writer(&spec).await.unwrap();
    let pending = writer.write(&[RecordBatch::try_new(spec.schema, columns).unwrap()]).await.unwrap();
    writer.commit(pending, &[]).await.unwrap();
}

/// A site of that id and time zone.
pub fn site(id: &str, timezone: &str) -> Value {
    json!({"site_id": id, "revision": 0, "recorded_at": "2026-01-01T00:00:00Z", "name": id, "region": "Europe", "timezone": timezone})
}

/// An outcome.
pub fn outcome(id: &str, site: &str, at: &str, kind: &str) -> Value {
    json!({"outcome_id": id, "revision": 0, "recorded_at": at, "site_id": site, "occurred_at": at, "kind": kind, "value": 1})
}

/// An answer of one person, from 0 to 4.
pub fn answer(site: &str, person: &str, at: &str, score: u8) -> Value {
    json!({
        "response_id": format!("{site}{person}{at}"), "revision": 0, "recorded_at": at, "survey_id": "s",
        "instrument": "culture", "site_id": site, "team_id": "t", "respondent_id": person, "submitted_at": at,
        "items": [{"item": "q", "score": score, "min": 0, "max": 4}],
    })
}
