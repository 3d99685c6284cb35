//! Verdicts on sites that have gone quiet: those of the year that ended with the site's last value.
//!
//! Looked at today, a reason would fade as its weeks leave the year or as *falling* finds no split in empty weeks, and the
//! site would look recovered because it stopped answering. As of its last value the verdict stays what it was.

use super::round::{Alarm, Round, Verdict};
use crate::clock::weeks_before;
use crate::derive::{
    directory::{Place, YEAR},
    rows::{History, Weeks},
};
use crate::reason::ReasonValue;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Of each week with which a quiet site's values end, everybody's verdicts as of then; that of `now` aside.
pub(super) fn rounds(
    alarm: Alarm<'_>,
    history: History<'_>,
    now: &Round,
    is_quiet: impl Fn(usize) -> bool,
) -> BTreeMap<Date, Round> {
    let quiet = history.directory.listed().map(|(index, _)| index).filter(|index| is_quiet(*index));
    let ends: BTreeSet<Date> = quiet.filter_map(|index| now.end_of(index)).filter(|end| *end < now.last).collect();
    let Some(first) = ends.first().map(|end| weeks_before(*end, YEAR - 1)) else { return BTreeMap::new() };
    let weeks: Vec<Weeks> = history.all_since(first);
    let weeks: Vec<&Weeks> = weeks.iter().collect();
    ends.into_iter().map(|end| (end, Round::new(alarm, history, &weeks, end))).collect()
}

/// What is said of a quiet site: a reason that was on `then`, with its last value, stays as it was until the site closes; of
/// the others it is told how near they are `now`. Without a `then` that is the same.
pub(super) fn carry(now: Verdict, then: Option<Verdict>, place: &Place) -> Verdict {
    let then = then.map_or_else(|| now.reasons.clone(), |then| then.reasons);
    let carry = |(now, then): (ReasonValue, ReasonValue)| match then.on && place.open {
        true => then,
        false => ReasonValue { on: false, ..now },
    };
    let reasons: Vec<ReasonValue> = now.reasons.into_iter().zip(then).map(carry).collect();
    let carries = reasons.iter().any(|reason| reason.on);
    // Which way it goes is not known of a site that is not heard of.
    Verdict { reasons, lacking: now.lacking.filter(|_| !carries), course: None, present: None }
}
