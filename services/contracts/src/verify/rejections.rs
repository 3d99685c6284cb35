//! What is wrong with the rows of a batch, and where.

use crate::rejection::{Reason, Rejection};
use std::collections::BTreeMap;

/// The rejections of each bad row: schema rules in the order of the fields, then conditions, checks, event time.
#[derive(Debug)]
pub(super) struct Rejections {
    by_row: BTreeMap<usize, Vec<Rejection>>,
    /// Keep every fault of a row, not just the first.
    all: bool,
}

impl Rejections {
    pub(super) fn new(all: bool) -> Self {
        Self { by_row: BTreeMap::new(), all }
    }

    /// Rejects the row that holds the slot at `index`; `rule` is asked for only where it is kept.
    pub(super) fn add(&mut self, reason: Reason, trail: &Trail<'_>, index: usize, rule: impl FnOnce() -> String) {
        let (row, pointer) = trail.resolve(index);
        let found = self.by_row.entry(row).or_default();
        if found.is_empty() || self.all {
            let rejection = Rejection::new(reason, format!("{pointer}: {}", rule()));
            // Two conditions may require one field for the same reason.
            if !found.contains(&rejection) {
                found.push(rejection);
            }
        }
    }

    pub(super) fn into_rows(self) -> BTreeMap<usize, Vec<Rejection>> {
        self.by_row
    }
}

/// The steps from the event to an array, outermost first: finds row and JSON pointer of one of its slots.
#[derive(Debug, Clone, Copy)]
pub(super) enum Trail<'a> {
    /// The event itself: a slot is a row.
    Root,
    /// A field: slots are those of the object that holds it.
    Field(&'a Trail<'a>, &'a str),
    /// The elements of a list, by the list's offsets.
    Elements(&'a Trail<'a>, &'a [i32]),
}

impl Trail<'_> {
    /// Row and JSON pointer of the slot at `index`.
    fn resolve(&self, index: usize) -> (usize, String) {
        match self {
            Self::Root => (index, String::new()),
            Self::Field(outer, name) => {
                let (row, pointer) = outer.resolve(index);
                (row, format!("{pointer}/{name}"))
            }
            Self::Elements(outer, offsets) => {
                let at_or_before = |&end: &i32| usize::try_from(end).unwrap_or_default() <= index;
                let list = offsets.partition_point(at_or_before).saturating_sub(1);
                let start = usize::try_from(offsets[list]).unwrap_or_default();
                let (row, pointer) = outer.resolve(list);
                (row, format!("{pointer}/{}", index - start))
            }
        }
    }
}
