//! Real events, where they are at hand.

use crate::events::*;
use flate2::read::GzDecoder;
use serde_json::Value;
use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

fn read(stream: &str) -> Option<Vec<Value>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/realdata"));
    let file = File::open(prerequisites::data(folder)?.join(format!("{stream}.ndjson.gz"))).unwrap();
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    Some(lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect())
}

#[tokio::test]
async fn follow_through_of_an_open_university() {
    let (Some(sites), Some(events)) = (read("sites"), read("training_events")) else { return };
    let tables =
        tables([("sites", batch("sites", &sites, 0)), ("training_events", batch("training_events", &events, 0))]);
    let parts = evaluated(&tables, &["learning_follow_through"], "2026-06-01T00:00:00Z").await.parts;
    let sums = whole(&parts).into_iter().fold((0, 0), |sum, row| (sum.0 + row.2, sum.1 + row.3));
    assert_eq!(sums, (28_605, 40_675));
}
