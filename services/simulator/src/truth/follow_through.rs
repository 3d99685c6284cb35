//! Commitments, one story at a time: everything that happened under one commitment id, in order.

use super::{decimal::ONE, exact::Exact, known::Known};
use crate::{
    event::{TrainingEvent, Verb},
    local::days,
};
use jiff::{Timestamp, civil::Date};
use std::collections::BTreeMap;

pub(super) fn parts(known: &Known<'_>) -> Exact {
    let mut parts = Exact::new();
    for (week, site, kept) in promises(known, |_| true) {
        let row = parts.entry((week, site.to_owned())).or_default();
        row.numerator += i128::from(kept) * ONE;
        row.denominator += ONE;
    }
    parts
}

/// Those due that count, of the promises that `of_interest` says: the week in which each was due, its site, and whether it
/// was kept.
pub(crate) fn promises<'a>(
    known: &Known<'a>,
    of_interest: impl Fn(&TrainingEvent) -> bool,
) -> Vec<(Date, &'a str, bool)> {
    let mut stories: BTreeMap<&str, Vec<&'a TrainingEvent>> = BTreeMap::new();
    for event in known.training.iter().copied() {
        if let Some(id) = event.commitment_id.as_deref() {
            stories.entry(id).or_default().push(event);
        }
    }
    let mut promises = Vec::new();
    for story in stories.values() {
        let made = story.iter().copied().filter(|event| event.verb == Verb::Committed && of_interest(event));
        for promise in made {
            let Some(due) = promise.due_at.map(|due| due.at).filter(|due| *due <= known.as_of) else { continue };
            let Some(kept) = verdict(story, promise, due) else { continue };
            promises.push((known.week(&promise.site_id, due), promise.site_id.as_str(), kept));
        }
    }
    promises
}

/// Whether a promise was kept; `None` if it does not count: promised before already, or withdrawn in time.
fn verdict(story: &[&TrainingEvent], promise: &TrainingEvent, due: Timestamp) -> Option<bool> {
    let year = due - days(52 * 7)..=due;
    let within = |event: &TrainingEvent| year.contains(&event.occurred_at.at);
    let order = |event: &TrainingEvent| (event.occurred_at.at, event.event_id.clone());
    let before =
        |event: &&&TrainingEvent| event.verb == Verb::Committed && within(event) && order(event) < order(promise);
    if story.iter().any(|event| before(&event)) {
        return None;
    }
    if story.iter().any(|e| e.verb == Verb::Withdrawn && within(e) && e.occurred_at.at < due) {
        return None;
    }
    Some(story.iter().any(|event| event.verb == Verb::Applied && within(event)))
}
