//! The last 52 calendar weeks of all sites, aligned by their Mondays.

use super::super::{
    coverage::is_insufficient,
    directory::Directory,
    measure::{Measure, Within},
    rows::Weeks,
    sums::Sums,
    trend::median,
};
use crate::{
    clock::{weeks_before, weeks_between},
    definition::Uncertainty,
};
use jiff::civil::Date;

/// Weeks that the rule remembers.
pub(super) const WEEKS: usize = 52;

/// Monday of the first week of the year that ends with the week `last`.
pub(super) fn first_of_year(last: Date) -> Date {
    weeks_before(last, weeks_of(WEEKS) - 1)
}

/// A number of weeks as the calendar counts them.
pub(super) fn weeks_of(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A site's week with a value: complete, shown, sufficiently covered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Observation<'a> {
    pub value: f64,
    /// Observations behind it: 1 for a census and a number of events; exposure for a rate of events.
    pub size: f64,
    pub sums: &'a Sums,
}

/// One site's year, oldest week first.
#[derive(Debug)]
pub(super) struct SiteYear<'a> {
    /// Index of the directory's places.
    pub place: usize,
    pub weeks: Vec<Option<Observation<'a>>>,
    /// The least level of events that the variance is taken at, however low the level.
    pub least: f64,
}

impl SiteYear<'_> {
    /// The same year as it was before its last `values` weeks with a value.
    pub fn before_last(&self, values: usize) -> Option<Self> {
        let mut valued = self.weeks.iter().enumerate().rev().filter(|(_, week)| week.is_some());
        let (end, _) = valued.nth(values)?;
        Some(Self { place: self.place, weeks: self.weeks[..=end].to_vec(), least: self.least })
    }

    /// How many weeks have a value.
    pub fn values(&self) -> usize {
        self.weeks.iter().flatten().count()
    }

    /// How many of them have one in the week before, too.
    pub fn pairs(&self) -> usize {
        self.weeks.windows(2).filter(|pair| pair.iter().all(Option::is_some)).count()
    }

    /// Index of the last week with a value.
    pub fn last(&self) -> Option<usize> {
        self.weeks.iter().rposition(Option::is_some)
    }
}

/// The sites that have a value in the year, closed ones too, by site id.
#[derive(Debug)]
pub(super) struct Year<'a> {
    pub sites: Vec<SiteYear<'a>>,
}

impl<'a> Year<'a> {
    /// The year that ends with the week `last`. `weeks` are the weeks with a value, by index of the directory's places; a
    /// site whose own last complete week is earlier has no value after that.
    pub fn new(
        minimum: Option<f64>,
        measure: &Measure,
        weeks: &[&'a Weeks],
        directory: &Directory,
        last: Date,
    ) -> Self {
        let first = first_of_year(last);
        let site = |(place, all): (usize, &&'a Weeks)| {
            let until = directory.places[place].last.min(last);
            let mut weeks = vec![None; WEEKS];
            for (week, sums) in all.range(first.min(until)..=until) {
                let slot = usize::try_from(weeks_between(first, *week)).ok().and_then(|index| weeks.get_mut(index));
                if let Some(slot) = slot.filter(|_| !is_insufficient(minimum, Some(sums))) {
                    *slot = Some(Observation { value: measure.value(sums), size: measure.size(sums), sums });
                }
            }
            SiteYear { place, least: least(measure, &weeks), weeks }
        };
        Self { sites: weeks.iter().enumerate().map(site).filter(|site| site.values() > 0).collect() }
    }

    /// The nominal variance; `None` where there is none to be had (`normal` without respondents who differ).
    pub fn nominal(&self, measure: &Measure) -> Option<Nominal> {
        match measure.uncertainty {
            Uncertainty::None => Some(Nominal::Constant(1.0)),
            Uncertainty::Wilson => Some(Nominal::Proportion),
            Uncertainty::Poisson => Some(Nominal::Events),
            Uncertainty::Normal => {
                let mut within = Within::new();
                self.sites.iter().flat_map(|site| &site.weeks).flatten().for_each(|week| within.add(week.sums));
                measure.variance(&within).filter(|variance| *variance > 0.0).map(Nominal::Constant)
            }
        }
    }
}

/// Least level, in events a week, whose variance is the level.
///
/// A site whose median week has no event may still have up to ln 2 ≈ 0.69 of them a week. A variance of 0 would make its
/// first event infinitely surprising, and one near 0 would take chance for noise that is far above the nominal.
const LEAST_EVENTS: f64 = 0.5;

/// The same as a level of the metric: of a rate by the exposure of the site's median week.
fn least(measure: &Measure, weeks: &[Option<Observation<'_>>]) -> f64 {
    let median = median(weeks.iter().flatten().map(|week| week.size).collect());
    if measure.is_rate_of_events() { median.map_or(0.0, |exposure| LEAST_EVENTS / exposure) } else { LEAST_EVENTS }
}

/// Variance of one observation (a commitment, a respondent, a week of measured time or of events) at a level.
#[derive(Debug, Clone, Copy)]
pub(super) enum Nominal {
    /// p(1 − p), p held to 0.05-0.95.
    Proportion,
    /// The same at every level.
    Constant(f64),
    /// The level, held to half an event a week or more.
    Events,
}

impl Nominal {
    /// `least` is that of the site.
    pub fn variance(self, level: f64, least: f64) -> f64 {
        match self {
            Self::Constant(variance) => variance,
            Self::Events => level.max(least),
            Self::Proportion => {
                let p = level.clamp(0.05, 0.95);
                p * (1.0 - p)
            }
        }
    }
}
