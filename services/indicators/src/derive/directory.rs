//! All sites that a lake knows of, each with its weeks at the clock.

use super::input::Input;
use crate::{clock, parts::Site};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::collections::{BTreeMap, BTreeSet};

/// Weeks of the year that lagging looks at, to each site's last complete one. Windows are shorter.
pub const YEAR: u32 = 52;

/// A site at the clock.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub site: Site,
    /// Monday of its last complete week.
    pub last: Date,
    /// Monday of its running week.
    pub running: Date,
    /// Has opened and has not closed yet.
    pub open: bool,
    /// Shown: from its first day until the week after that of its last is complete.
    pub listed: bool,
}

impl Place {
    fn new(site: Site, as_of: Timestamp) -> Self {
        let zone = clock::zone(&site.timezone);
        let (today, running) = (clock::today(as_of, &zone), clock::running_week(as_of, &zone));
        let opened = site.opened_on.is_none_or(|first| first <= today);
        let last = clock::last_complete_week(as_of, &zone);
        Self {
            last,
            running,
            open: opened && site.closed_on.is_none_or(|last| today <= last),
            listed: opened && site.closed_on.is_none_or(|closed| last <= clock::week_of(closed)),
            site,
        }
    }
}

/// The places, by site id.
#[derive(Debug)]
pub(super) struct Directory {
    pub places: Vec<Place>,
}

impl Directory {
    /// Sites of the reference records, and those that only events name.
    pub fn new(input: &Input<'_>) -> Self {
        let mut sites: BTreeMap<&str, Site> = input.sites.iter().map(|site| (site.id.as_str(), site.clone())).collect();
        for id in named(input) {
            sites.entry(id).or_insert_with(|| Site::unknown(id));
        }
        Self { places: sites.into_values().map(|site| Place::new(site, input.as_of)).collect() }
    }

    /// The earliest week that anything but a streak looks at; `None` without sites.
    pub fn first_of_year(&self) -> Option<Date> {
        let earliest = self.places.iter().map(|place| place.last).min()?;
        Some(clock::weeks_before(earliest, YEAR - 1))
    }

    /// The index of a site's place.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.places.binary_search_by(|place| place.site.id.as_str().cmp(id)).ok()
    }

    /// Those that are shown, with their indices.
    pub fn listed(&self) -> impl Iterator<Item = (usize, &Place)> {
        self.places.iter().enumerate().filter(|(_, place)| place.listed)
    }
}

/// Sites that rows and activity name, up to the running week of UTC (where unknown sites live).
fn named<'a>(input: &Input<'a>) -> BTreeSet<&'a str> {
    let running = clock::running_week(input.as_of, &TimeZone::UTC);
    let parts = input.parts.iter().chain(input.publications.iter().map(|published| &published.row));
    let of_parts = parts.filter(|row| row.week <= running).map(|row| row.site.as_str());
    let active = input.activity.weeks.iter().filter(|(_, weeks)| weeks.first().is_some_and(|week| *week <= running));
    let bad = input.bad.iter().filter(|row| row.week <= running).map(|row| row.site.as_str());
    of_parts.chain(bad).chain(active.map(|((_, site), _)| site.as_str())).collect()
}
