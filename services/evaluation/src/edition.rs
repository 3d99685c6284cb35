//! Which table rows were read from, and which version of it: versions of a table that was deleted and made anew say nothing
//! of those before.

use lake::TableSnapshot;
use sha2::{Digest, Sha256};

/// A version of one table in the lake. As a number it is what a mark can hold: 31 bits of the SHA-256 of the table's own id,
/// and 32 bits of the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edition {
    table: u32,
    pub version: u64,
}

const VERSION_BITS: u32 = 32;

impl Edition {
    pub(crate) fn of(snapshot: &TableSnapshot) -> Self {
        let digest = Sha256::digest(snapshot.id().as_bytes());
        let table = u32::from_be_bytes(std::array::from_fn(|i| digest[i])) >> 1;
        Self { table, version: snapshot.version() }
    }

    /// Whether both are versions of the same table.
    pub(crate) fn is_of_the_table_of(&self, other: &Self) -> bool {
        self.table == other.table
    }

    /// Never negative.
    pub(crate) fn number(&self) -> i64 {
        (i64::from(self.table) << VERSION_BITS) | (self.version as i64 & ((1 << VERSION_BITS) - 1))
    }

    /// `None` for negative numbers, which are none.
    pub(crate) fn from_number(number: i64) -> Option<Self> {
        let number = u64::try_from(number).ok()?;
        Some(Self { table: (number >> VERSION_BITS) as u32, version: number & ((1 << VERSION_BITS) - 1) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_holds_both() {
        for edition in [Edition { table: 0, version: 0 }, Edition { table: (1 << 31) - 1, version: (1 << 32) - 1 }] {
            assert!(edition.number() >= 0);
            assert_eq!(Edition::from_number(edition.number()), Some(edition));
        }
        assert_eq!(Edition::from_number(-1), None);
    }
}
