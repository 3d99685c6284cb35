//! `timezone`: a name of the IANA database, spelt as it is there (other engines mind the case).

use super::{Faults, Trail};
use crate::{Reason, model::Object};
use arrow::{array::AsArray, record_batch::RecordBatch};
use jiff::tz::TimeZone;

pub(super) fn check(column: usize, object: &Object, batch: &RecordBatch, faults: &mut Faults) {
    for (row, zone) in batch.column(column).as_string::<i32>().iter().enumerate() {
        if zone.is_some_and(|zone| !is_zone(zone)) {
            let trail = Trail::Field(&Trail::Root, &object.fields[column].name);
            faults.add(Reason::Check, &trail, row, || "must be an IANA time zone, e.g. Europe/Berlin".into());
        }
    }
}

fn is_zone(name: &str) -> bool {
    TimeZone::get(name).is_ok_and(|zone| zone.iana_name() == Some(name))
}
