//! The intervals of many groups, merged now and then.
//!
//! ```text
//! arrived: (group, start, end) in order of arrival ─counting sort─► a run a group ─sort, merge─► merged
//! ```
//!
//! One list of all groups is written from front to back, which is much faster than a list a group: most groups have few
//! intervals, and the next one to come is rarely of the same group as the last.

/// When so many have arrived, and as many as are merged already, they are merged too.
const MANY: usize = 1 << 20;

/// Half-open intervals in microseconds, by group.
#[derive(Debug, Default)]
pub(super) struct Intervals {
    groups: usize,
    arrived: Vec<(u32, i64, i64)>,
    /// Of the groups that there were when they were merged last: sorted and disjoint.
    merged: Runs,
}

/// The merged intervals of some groups.
#[derive(Debug, Default)]
pub(super) struct Runs {
    spans: Vec<(i64, i64)>,
    /// Where in `spans` each group ends.
    ends: Vec<usize>,
}

impl Intervals {
    /// Of so many groups, none of which has any.
    pub(super) fn of(groups: usize) -> Self {
        Self { groups, ..Self::default() }
    }

    /// Makes room for so many groups.
    pub(super) fn grow(&mut self, groups: usize) {
        self.groups = self.groups.max(groups);
    }

    /// Adds `[start, end)` to a group; an empty one adds nothing.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "groups take many bytes each: memory ends long before 2³² of them"
    )]
    pub(super) fn push(&mut self, group: usize, start: i64, end: i64) {
        if start < end {
            self.arrived.push((group as u32, start, end));
        }
    }

    /// Merges what has arrived, if that is much.
    pub(super) fn settle(&mut self) {
        if self.arrived.len() >= MANY.max(self.merged.spans.len()) {
            self.merge();
        }
    }

    /// Takes the first groups out, all that there are at most: the one after them becomes the first.
    pub(super) fn take(&mut self, groups: usize) -> Runs {
        self.merge();
        self.groups = self.groups.saturating_sub(groups);
        self.merged.split_first(groups)
    }

    /// The merged intervals of the first group, which stay.
    pub(super) fn first(&mut self) -> &[(i64, i64)] {
        self.merge();
        self.merged.iter().next().unwrap_or_default()
    }

    /// How many groups there are.
    pub(super) fn groups(&self) -> usize {
        self.groups
    }

    /// Heap bytes.
    pub(super) fn bytes(&self) -> usize {
        let Runs { spans, ends } = &self.merged;
        size_of::<(u32, i64, i64)>() * self.arrived.capacity()
            + size_of::<(i64, i64)>() * spans.capacity()
            + size_of::<usize>() * ends.capacity()
    }

    fn merge(&mut self) {
        if self.arrived.is_empty() && self.merged.ends.len() == self.groups {
            return;
        }
        // Of each group, where its run begins, and as the run fills, where that ends.
        let mut places = vec![0; self.groups + 1];
        self.merged.iter().enumerate().for_each(|(group, run)| places[group + 1] = run.len());
        self.arrived.iter().for_each(|(group, ..)| places[*group as usize + 1] += 1);
        (0..self.groups).for_each(|group| places[group + 1] += places[group]);
        let mut spans = vec![(0, 0); places[self.groups]];
        for (group, run) in self.merged.iter().enumerate() {
            spans[places[group]..][..run.len()].copy_from_slice(run);
            places[group] += run.len();
        }
        for (group, start, end) in self.arrived.drain(..) {
            let place = &mut places[group as usize];
            spans[*place] = (start, end);
            *place += 1;
        }
        let (mut begin, mut kept) = (0, 0);
        self.merged.ends.clear();
        for end in &places[..self.groups] {
            let disjoint = merge(&mut spans[begin..*end]);
            spans.copy_within(begin..begin + disjoint, kept);
            (begin, kept) = (*end, kept + disjoint);
            self.merged.ends.push(kept);
        }
        spans.truncate(kept);
        self.merged.spans = spans;
    }
}

impl Runs {
    /// The intervals of each group.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[(i64, i64)]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, end)| &self.spans[begin..*end])
    }

    /// All of them, group after group.
    pub(super) fn spans(&self) -> &[(i64, i64)] {
        &self.spans
    }

    fn split_first(&mut self, groups: usize) -> Self {
        let groups = groups.min(self.ends.len());
        let at = groups.checked_sub(1).map_or(0, |last| self.ends[last]);
        let ends = self.ends.split_off(groups).into_iter().map(|end| end - at).collect();
        let rest = Self { spans: self.spans.split_off(at), ends };
        std::mem::replace(self, rest)
    }
}

/// Sorts intervals and joins those that touch or overlap, at the front. Returns how many are left.
fn merge(spans: &mut [(i64, i64)]) -> usize {
    if !spans.is_sorted_by_key(|(start, _)| start) {
        spans.sort_unstable_by_key(|(start, _)| *start);
    }
    let mut last = 0;
    for next in 1..spans.len() {
        let (start, end) = spans[next];
        if start <= spans[last].1 {
            spans[last].1 = spans[last].1.max(end);
        } else {
            last += 1;
            spans[last] = (start, end);
        }
    }
    if spans.is_empty() { 0 } else { last + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs_of(runs: &Runs) -> Vec<Vec<(i64, i64)>> {
        runs.iter().map(<[_]>::to_vec).collect()
    }

    #[test]
    fn the_first_groups_are_taken_and_the_others_go_on() {
        let mut intervals = Intervals::default();
        intervals.grow(3);
        for (group, start, end) in [(2, 5, 6), (0, 3, 4), (0, 1, 2), (2, 6, 9), (0, 2, 3), (2, 1, 1)] {
            intervals.push(group, start, end);
        }
        assert_eq!(runs_of(&intervals.take(2)), [vec![(1, 4)], vec![]]);
        intervals.grow(2);
        intervals.push(1, 7, 8);
        intervals.push(0, 1, 3);
        assert_eq!((intervals.groups(), runs_of(&intervals.take(2))), (2, vec![vec![(1, 3), (5, 9)], vec![(7, 8)]]));
        assert_eq!((intervals.groups(), runs_of(&intervals.take(2)).len()), (0, 0));
    }

    #[test]
    fn merging_on_the_way_changes_nothing() {
        let (mut now_and_then, mut at_last) = (Intervals::default(), Intervals::default());
        for step in 0..1000_i64 {
            let (group, start) = (usize::try_from(step * 7 % 11).unwrap(), step * 7919 % 5000);
            for intervals in [&mut now_and_then, &mut at_last] {
                intervals.grow(group + 1);
                intervals.push(group, start, start + step % 37);
            }
            if step % 10 == 0 {
                now_and_then.merge();
            }
        }
        assert_eq!(runs_of(&now_and_then.take(11)), runs_of(&at_last.take(11)));
    }
}
