//! What an evaluation knows.

use crate::{
    bad_row::BadRow,
    parts::{Activity, PartRow, Published, Site},
};
use jiff::{Timestamp, civil::Date};

/// What an evaluation knows. Rows may come in any order; one row each metric, week, site and label set.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The only clock.
    pub as_of: Timestamp,
    /// The reference records' sites; those that only rows or activity name are added.
    pub sites: &'a [Site],
    /// The parts of metrics without privacy. Those of metrics with it are not looked at.
    pub parts: &'a [PartRow],
    /// Who sent what, when.
    pub activity: &'a Activity,
    /// What was shown of metrics with privacy, all versions or only the latest.
    pub publications: &'a [Published],
    /// Rows outside their kind's range: they have no value, and are named.
    pub bad: &'a [BadRow],
}

/// Rows that an input leaves out because they are old: of the weeks before the last year. Only a streak that gets there
/// asks for them, and the verdict on a site that has been quiet: it is that of the year up to its last value.
pub trait Older {
    /// Rows of a metric at a site, or at all sites, of the week `first` and later.
    fn parts(&self, metric: &str, site: Option<&str>, first: Date) -> Vec<PartRow>;
    /// The same of what was shown; every version.
    fn publications(&self, metric: &str, site: Option<&str>, first: Date) -> Vec<Published>;
}

/// There are no older rows: the input has everything.
#[derive(Debug, Clone, Copy)]
pub struct Nothing;

impl Older for Nothing {
    fn parts(&self, _: &str, _: Option<&str>, _: Date) -> Vec<PartRow> {
        Vec::new()
    }

    fn publications(&self, _: &str, _: Option<&str>, _: Date) -> Vec<Published> {
        Vec::new()
    }
}
