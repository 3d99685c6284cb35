//! Keys as numbers: cheap to keep of every row, to sort and to look up.

use arrow::array::{ArrayRef, RecordBatch};
use datafusion::{
    common::hash_utils::{RandomState, create_hashes},
    error::DataFusionError,
};

/// A number a key; equal keys have equal ones.
pub fn hashes_of(keys: &ArrayRef) -> Result<Vec<u64>, DataFusionError> {
    let mut hashes = vec![0; keys.len()];
    create_hashes([keys], &RandomState::with_seed(0), &mut hashes)?;
    Ok(hashes)
}

/// Rows, and the hash of each one's key.
#[derive(Debug)]
pub(super) struct Hashed {
    pub rows: RecordBatch,
    pub hashes: Vec<u64>,
}

/// A set of hashes. Most that are not in it are ruled out by one look at a small table (a Bloom filter of one hash), before the sorted list is searched.
#[derive(Debug)]
pub(super) struct Hashes {
    sorted: Vec<u64>,
    table: Vec<u64>,
    /// Bits of a hash that are not its place in the table.
    shift: u32,
}

impl Hashes {
    /// The set of these, and the set of those that occur more than once among them.
    pub(super) fn with_repeated(mut all: Vec<u64>) -> (Self, Vec<u64>) {
        all.sort_unstable();
        let repeated = all.chunk_by(|a, b| a == b).filter(|same| same.len() > 1).map(|same| same[0]).collect();
        all.dedup();
        (Self::of_sorted(all), repeated)
    }

    pub(super) fn new(mut all: Vec<u64>) -> Self {
        all.sort_unstable();
        all.dedup();
        Self::of_sorted(all)
    }

    /// A table of at least sixteen bits a hash: one in sixteen of the others has its bit set, too.
    fn of_sorted(sorted: Vec<u64>) -> Self {
        let bits = (sorted.len().max(4) * 16).next_power_of_two();
        let mut set = Self { sorted, table: vec![0; bits / 64], shift: u64::BITS - bits.trailing_zeros() };
        for at in 0..set.sorted.len() {
            let (word, bit) = set.place(set.sorted[at]);
            set.table[word] |= bit;
        }
        set
    }

    pub(super) fn hold(&self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        self.table[word] & bit != 0 && self.sorted.binary_search(&hash).is_ok()
    }

    fn place(&self, hash: u64) -> (usize, u64) {
        // Never beyond the table, so it always fits.
        let place = usize::try_from(hash >> self.shift).unwrap_or_default();
        (place / 64, 1 << (place % 64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_into_it_and_nothing_else() {
        let spread = |n: u64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for many in [0, 1, 3, 1000] {
            let all = (0..many).chain(0..many / 3).map(spread).collect();
            let (set, repeated) = Hashes::with_repeated(all);
            assert!((0..many).all(|n| set.hold(spread(n))));
            assert!((many..many + 5000).all(|n| !set.hold(spread(n))));
            let repeated = Hashes::new(repeated);
            assert!((0..many).all(|n| repeated.hold(spread(n)) == (n < many / 3)));
        }
    }

    #[test]
    fn the_smallest_and_the_greatest_number_are_hashes_like_others() {
        let set = Hashes::new(vec![u64::MAX, 0]);
        assert!(set.hold(0) && set.hold(u64::MAX) && !set.hold(1) && !set.hold(u64::MAX - 1));
    }
}
