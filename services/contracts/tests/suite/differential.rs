//! Ten thousand and more random events, valid and damaged, of every shipped stream and of the fixture that uses every
//! keyword: accepted exactly where the oracle accepts, with the values that the JSON had.

use crate::{
    cells, fixtures, generator,
    oracle::{Expected, Oracle},
};
use contracts::{Contract, Contracts, Decoder, Reason};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

const CASES_A_STREAM: usize = 1_500;

type Tally = BTreeMap<Expected, usize>;

#[test]
fn verdicts_and_values_agree_with_the_jsonschema_crate() {
    let fixture = fixtures::load(&["every_keyword.good.json"]).unwrap();
    let shipped = Contracts::shipped().unwrap();
    let mut total = Tally::new();
    for (seed, contract) in (1_u64..).zip(shipped.iter().chain(fixture.iter())) {
        let tally = compare(contract, seed);
        let count = |expected| tally.get(&expected).copied().unwrap_or_default();
        println!("{:16} {tally:?}", contract.name());
        // A test of verdicts needs many of either kind.
        assert!(count(Expected::Accepted) > CASES_A_STREAM / 8, "{}: {tally:?}", contract.name());
        assert!(count(Expected::BreaksSchema) > CASES_A_STREAM / 5, "{}: {tally:?}", contract.name());
        tally.into_iter().for_each(|(expected, cases)| *total.entry(expected).or_default() += cases);
    }
    assert!(total.values().sum::<usize>() > 10_000, "{total:?}");
    assert!(total[&Expected::BreaksCheck] > 100 && total[&Expected::CannotBeHeld] > 20, "{total:?}");
}

fn compare(contract: &Arc<Contract>, seed: u64) -> Tally {
    let oracle = Oracle::new(contract.source());
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut decoder = Decoder::new(Arc::clone(contract), i64::MIN..i64::MAX);
    let mut tally = Tally::new();
    let mut done = 0;
    while done < CASES_A_STREAM {
        // Batches of all sizes, so that bad records stand first, last and in between.
        let cases: Vec<(String, Value)> =
            (0..rng.random_range(1..40)).map(|_| case(&oracle.schema, &mut rng)).collect();
        cases.iter().for_each(|(text, _)| decoder.push(text.as_bytes()));
        let decoded = decoder.finish();
        assert_eq!(decoded.accepted.len() + decoded.rejected.len(), cases.len());
        let rejected: BTreeMap<usize, _> = decoded.rejected.into_iter().collect();
        let mut rows =
            decoded.accepted.iter().enumerate().map(|(row, index)| (*index, row)).collect::<BTreeMap<_, _>>();
        for (index, (text, event)) in cases.iter().enumerate() {
            let expected = oracle.judge(event);
            *tally.entry(expected).or_default() += 1;
            let reason = rejected.get(&index).map(|rejection| rejection.reason);
            let wanted = match expected {
                Expected::Accepted => None,
                Expected::BreaksSchema | Expected::CannotBeHeld => Some(Reason::Schema),
                Expected::BreaksCheck => Some(Reason::Check),
            };
            assert_eq!(reason, wanted, "{} {:?}\n{text}", contract.name(), rejected.get(&index));
            if let Some(row) = rows.remove(&index) {
                for (name, property) in oracle.schema["properties"].as_object().unwrap() {
                    let found = cells::cell(decoded.rows.column_by_name(name).unwrap(), row);
                    assert_eq!(found, cells::held(property, &event[name]), "{}.{name}\n{text}", contract.name());
                }
            }
        }
        done += cases.len();
    }
    tally
}

/// The text of an event, and what it says: a parser would make a double of an integer that is written as `3.0`.
pub fn case(schema: &Value, rng: &mut ChaCha8Rng) -> (String, Value) {
    let mut event = generator::value(schema, "", rng);
    if rng.random_bool(0.5) {
        generator::complete(schema, &mut event, rng);
    }
    if rng.random_bool(0.8) {
        generator::repair(schema, &mut event, rng);
    }
    for _ in 0..[0, 0, 1, 1, 2][rng.random_range(0..5)] {
        generator::damage(&mut event, rng);
    }
    // Damage to the root may leave something that is no object: that is another reason, tested elsewhere.
    if !event.is_object() {
        event = Value::Object(serde_json::Map::new());
    }
    let mut text = String::new();
    generator::render(&event, rng, &mut text);
    (text, event)
}
