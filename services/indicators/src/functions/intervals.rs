//! A growing set of intervals, merged as it grows.

/// Half-open intervals in microseconds, unsorted until they are merged.
#[derive(Debug, Default, Clone)]
pub(super) struct Intervals {
    spans: Vec<(i64, i64)>,
    merged: usize,
}

impl Intervals {
    /// Adds `[start, end)`; an empty one adds nothing.
    #[inline]
    pub(super) fn push(&mut self, start: i64, end: i64) {
        if end <= start {
            return;
        }
        if let Some(last) = self.spans.last_mut()
            && last.0 <= start
            && start <= last.1
        {
            last.1 = last.1.max(end);
            return;
        }
        self.spans.push((start, end));
        if self.spans.len() >= 64 && self.spans.len() >= 2 * self.merged {
            self.merge();
        }
    }

    /// Sorted and disjoint.
    pub(super) fn merge(&mut self) {
        if self.merged == self.spans.len() {
            return;
        }
        self.spans.sort_unstable();
        let mut last = 0;
        for next in 1..self.spans.len() {
            let (start, end) = self.spans[next];
            if start <= self.spans[last].1 {
                self.spans[last].1 = self.spans[last].1.max(end);
            } else {
                last += 1;
                self.spans[last] = (start, end);
            }
        }
        self.spans.truncate(last + 1);
        self.merged = self.spans.len();
    }

    /// Length of the union in microseconds.
    pub(super) fn covered(&mut self) -> i128 {
        self.merge();
        self.spans.iter().map(|(start, end)| i128::from(end - start)).sum()
    }

    /// Start and end of every merged interval, one after the other.
    pub(super) fn flat(&mut self) -> impl ExactSizeIterator<Item = (i64, i64)> {
        self.merge();
        self.spans.iter().copied()
    }

    /// Heap bytes.
    pub(super) fn bytes(&self) -> usize {
        self.spans.capacity() * size_of::<(i64, i64)>()
    }
}
