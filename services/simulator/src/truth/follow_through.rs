//! Commitments, one story at a time: everything that happened under one commitment id, in order.

use super::{Exact, decimal::ONE};
use crate::{
    event::{Event, TrainingEvent, Verb},
    local::{days, week_of},
    organisation::Organisation,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

pub(super) fn parts(org: &Organisation, known: &[&Event], as_of: Timestamp) -> Exact {
    let mut stories: BTreeMap<&str, Vec<&TrainingEvent>> = BTreeMap::new();
    for event in known {
        let Event::TrainingEvent(event) = event else { continue };
        if let (Some(id), true) = (event.commitment_id.as_deref(), event.occurred_at.at <= as_of) {
            stories.entry(id).or_default().push(event);
        }
    }
    let mut parts = Exact::new();
    for story in stories.values() {
        for promise in story.iter().filter(|event| event.verb == Verb::Committed) {
            let Some(due) = promise.due_at.map(|due| due.at).filter(|due| *due <= as_of) else { continue };
            let Some(kept) = verdict(story, promise, due) else { continue };
            let Some(site) = org.sites.iter().find(|site| site.id == promise.site_id) else { continue };
            let row = parts.entry((week_of(&site.zone, due), site.id.clone())).or_default();
            row.numerator += i128::from(kept) * ONE;
            row.denominator += ONE;
        }
    }
    parts
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
