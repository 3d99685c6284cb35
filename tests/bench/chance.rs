//! Draws that follow from their coordinates alone: the same week of the same organisation is the same in every lake.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// SplitMix64 (Steele, Lea, Flood 2014): a few nanoseconds a draw, which a hundred million rows need.
pub struct Chance(u64);

impl Chance {
    pub fn of(coordinates: &[u64]) -> Self {
        let mut state = Self(0x5eed);
        for coordinate in coordinates {
            state.0 ^= *coordinate;
            state.0 = state.next();
        }
        state
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A whole number from `from` to `to`, both included.
    pub fn whole(&mut self, from: i64, to: i64) -> i64 {
        let span = (to - from + 1).cast_unsigned();
        from + i64::try_from((u128::from(self.next()) * u128::from(span)) >> 64).unwrap()
    }

    /// The same, of places in a list.
    pub fn place(&mut self, from: usize, to: usize) -> usize {
        let [from, to] = [from, to].map(|place| i64::try_from(place).unwrap());
        usize::try_from(self.whole(from, to)).unwrap()
    }

    /// True in so many of a thousand draws.
    pub fn hits(&mut self, per_mille: i64) -> bool {
        self.whole(1, 1000) <= per_mille
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.place(0, of.len() - 1)]
    }

    pub fn id(&mut self) -> Id {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.next().to_le_bytes());
        id[8..].copy_from_slice(&self.next().to_le_bytes());
        Id(id)
    }
}

/// Looks like a pseudonym: 128 bits that nothing compresses, 22 characters of base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id([u8; 16]);

impl Id {
    pub fn text(self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }
}
