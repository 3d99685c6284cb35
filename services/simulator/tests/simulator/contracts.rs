//! Everything that is sent passes its contract; everything that is broken on purpose does not.

use crate::small;
use contracts::{Contracts, Decoder};
use std::sync::Arc;

/// 2000 to 2028: what an ingest would accept today.
const EVENT_TIMES: std::ops::Range<i64> = 946_684_800_000_000..1_830_000_000_000_000;

fn decoder(stream: &str) -> Decoder {
    let contracts = Contracts::shipped().unwrap();
    Decoder::new(Arc::clone(contracts.get(stream).unwrap()), EVENT_TIMES)
}

#[test]
fn every_event_is_accepted_whole() {
    for (stream, events) in small().streams() {
        let mut decoder = decoder(stream);
        for event in &events {
            decoder.push(&event.payload().unwrap());
        }
        let decoded = decoder.finish();
        assert!(decoded.rejected.is_empty(), "{stream}: {:?}", &decoded.rejected[..decoded.rejected.len().min(3)]);
        assert!(decoded.unknown_fields.is_empty(), "{stream}: {:?}", decoded.unknown_fields);
        assert_eq!(decoded.rows.num_rows(), events.len());
        assert!(!events.is_empty(), "{stream} is empty");
    }
}

#[test]
fn every_bad_event_is_refused_for_its_reason() {
    let bad = small().bad(100);
    assert_eq!(bad.len(), 100);
    for bad in bad {
        let mut decoder = decoder(bad.stream);
        decoder.push(&bad.payload);
        let decoded = decoder.finish();
        let text = String::from_utf8_lossy(&bad.payload);
        let [(_, rejection)] = decoded.rejected.as_slice() else { panic!("{} was accepted: {text}", bad.fault) };
        assert_eq!(rejection.reason.as_str(), bad.reason, "{}: {rejection}: {text}", bad.fault);
        assert!(!bad.payload.contains(&b'\n'));
    }
}
