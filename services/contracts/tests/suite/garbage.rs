//! Bytes that were JSON once: never a panic, malformed exactly where a JSON parser says so, good neighbours unharmed.

use crate::records::{contract, example};
use contracts::{Decoder, Reason};
use proptest::prelude::*;
use serde_json::Value;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn edited_bytes_are_malformed_where_a_parser_says_so(
        stream in prop::sample::select(vec!["pulse_responses", "sites", "training_events"]),
        edits in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![
            Just(b'"'), Just(b'{'), Just(b'}'), Just(b'['), Just(b','), Just(b':'), Just(b'0'), Just(b'-'), any::<u8>(),
        ]), 1..4),
    ) {
        let contract = contract(stream);
        let good = example(&contract).to_string();
        let mut bytes = good.clone().into_bytes();
        for (place, byte) in edits {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let mut decoder = Decoder::new(contract, i64::MIN..i64::MAX);
        decoder.push(good.as_bytes());
        decoder.push(&bytes);
        decoder.push(good.as_bytes());
        let decoded = decoder.finish();
        prop_assert!(decoded.accepted.contains(&0) && decoded.accepted.contains(&2));
        let malformed = decoded.rejected.iter().any(|(_, r)| r.reason == Reason::Malformed && !r.message.contains("repeated"));
        let parsed = serde_json::from_slice::<Value>(&bytes).is_ok_and(|value| value.is_object());
        prop_assert_eq!(malformed, !parsed, "{:?}: {}", decoded.rejected, String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_bytes_are_taken_without_a_panic(payloads in prop::collection::vec(any::<Vec<u8>>(), 0..8)) {
        let mut decoder = Decoder::new(contract("sites"), i64::MIN..i64::MAX);
        payloads.iter().for_each(|payload| decoder.push(payload));
        prop_assert_eq!(decoder.finish().rejected.len(), payloads.len());
    }
}
