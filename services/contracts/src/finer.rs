//! What of timestamps is finer than the microseconds that a table holds.
//!
//! Order is a matter of what was written, not of what is stored: `…00.0000002Z` is after `…00.0000001Z`, though both are
//! the same microsecond.

use std::{cmp::Ordering, collections::BTreeMap};

/// The digits behind the sixth of a fraction, without zeros at their end, by slot in ascending order. Few slots have any.
pub(crate) type Beyond = Vec<(usize, Box<[u8]>)>;

/// Those of the columns that can be compared: of the event, or of the objects in one of its lists.
#[derive(Debug, Default)]
pub(crate) struct Finer(BTreeMap<(Option<usize>, usize), Beyond>);

impl Finer {
    pub(crate) fn add(&mut self, list: Option<usize>, column: usize, beyond: Beyond) {
        if !beyond.is_empty() {
            self.0.insert((list, column), beyond);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How one column's rest of a slot compares with another column's of the same slot.
    pub(crate) fn compare(&self, list: Option<usize>, (left, right): (usize, usize), slot: usize) -> Ordering {
        // Digits of a fraction compare as text: a shorter one has zeros where the other has more.
        self.digits(list, left, slot).cmp(self.digits(list, right, slot))
    }

    fn digits(&self, list: Option<usize>, column: usize, slot: usize) -> &[u8] {
        let digits = self.0.get(&(list, column)).and_then(|all| {
            let at = all.binary_search_by_key(&slot, |(slot, _)| *slot).ok()?;
            Some(&*all[at].1)
        });
        digits.unwrap_or_default()
    }
}
