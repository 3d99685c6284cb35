//! What to simulate: seed, size, period. Every date of a simulation follows from here, never from today.

use crate::{
    local::{days, monday_of},
    number::signed,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// Weeks that are simulated beyond the running one, so that a stream can go on after `end`.
pub(crate) const WEEKS_BEYOND: usize = 4;

/// A simulation in four numbers. Equal plans produce equal bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Decides everything that is drawn at random.
    pub seed: u64,
    /// Number of sites, 1 to [`Plan::MAX_SITES`].
    pub sites: usize,
    /// Complete weeks before the running one, 2 to [`Plan::MAX_WEEKS`].
    pub weeks: usize,
    /// The data's own last moment: what has not arrived by then is not in the files. `as_of` of the truth.
    pub end: Timestamp,
}

/// Why a plan cannot be simulated.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Too few or too many sites.
    #[error("{0} sites cannot be simulated: choose 1 to {max}", max = Plan::MAX_SITES)]
    Sites(usize),
    /// Too few or too many weeks.
    #[error("{0} weeks cannot be simulated: choose 2 to {max}", max = Plan::MAX_WEEKS)]
    Weeks(usize),
    /// The last moment leaves no room for the weeks before it or beyond.
    #[error("the end {0} is out of range: choose a moment from 2012 to 2099")]
    End(Timestamp),
    /// A time zone is missing from the time zone database.
    #[error("the time zone {name} of site {site} cannot be loaded: {source}; use a build with a time zone database")]
    Zone {
        /// The site whose zone it is.
        site: String,
        /// The IANA name.
        name: String,
        /// What the database said.
        source: jiff::Error,
    },
}

impl Default for Plan {
    /// The demonstration: 12 sites over half a year, with daylight-saving changes on three continents inside.
    fn default() -> Self {
        Self { seed: 7, sites: 12, weeks: 26, end: Self::END }
    }
}

impl Plan {
    /// The default last moment, Wednesday 17 June 2026 at noon UTC.
    pub const END: Timestamp = Timestamp::constant(1_781_697_600, 0);
    /// The most sites that one simulation holds in memory at ease.
    pub const MAX_SITES: usize = 500;
    /// Ten years.
    pub const MAX_WEEKS: usize = 520;

    pub(crate) fn check(&self) -> Result<(), PlanError> {
        if !(1..=Self::MAX_SITES).contains(&self.sites) {
            return Err(PlanError::Sites(self.sites));
        }
        if !(2..=Self::MAX_WEEKS).contains(&self.weeks) {
            return Err(PlanError::Weeks(self.weeks));
        }
        let year = self.end.to_zoned_datetime(TimeZone::UTC).year();
        if !(2012..=2099).contains(&year) {
            return Err(PlanError::End(self.end));
        }
        Ok(())
    }

    /// Number of the running week; weeks are counted from 0, the first one simulated.
    pub(crate) fn running(&self) -> usize {
        self.weeks
    }

    /// Monday of week number `week`.
    pub(crate) fn monday(&self, week: usize) -> Date {
        let running = monday_of(self.end.to_zoned_datetime(TimeZone::UTC).date());
        running + days(7 * (signed(week) - signed(self.weeks)))
    }
}
