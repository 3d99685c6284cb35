//! What the other sites reach in a week.

use super::super::{directory::Directory, measure::Measure};
use super::{
    bench::Bench,
    year::{Observation, WEEKS},
};
use std::collections::HashMap;

/// Fewest others of the region; with less, all others of the company are the peers.
const LEAST_OTHERS: usize = 8;

/// One week of a group of sites.
#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    sites: usize,
    numerator: i128,
    denominator: i128,
    values: f64,
}

impl Totals {
    fn add(&mut self, week: &Observation<'_>) {
        self.sites += 1;
        self.numerator = self.numerator.saturating_add(week.sums.numerator);
        self.denominator = self.denominator.saturating_add(week.sums.denominator);
        self.values += week.value;
    }

    fn without(self, week: &Observation<'_>) -> Self {
        Self {
            sites: self.sites.saturating_sub(1),
            numerator: self.numerator - week.sums.numerator,
            denominator: self.denominator - week.sums.denominator,
            values: self.values - week.value,
        }
    }
}

/// The totals of each week, by region and of the company.
#[derive(Debug)]
pub(super) struct Peers<'a> {
    regions: HashMap<&'a str, Vec<Totals>>,
    company: Vec<Totals>,
    directory: &'a Directory,
    measure: &'a Measure,
    /// Every site counts the same: a census and a number of events have no sample sizes to weigh by.
    plain: bool,
}

impl<'a> Peers<'a> {
    pub fn new(bench: &Bench<'a>, directory: &'a Directory) -> Self {
        let none = || vec![Totals::default(); WEEKS];
        let mut regions: HashMap<&str, Vec<Totals>> = HashMap::new();
        let mut company = none();
        for site in &bench.year.sites {
            let mut region = region(directory, site.place).map(|region| regions.entry(region).or_insert_with(none));
            for (index, week) in site.weeks.iter().enumerate() {
                let Some(week) = week else { continue };
                company[index].add(week);
                if let Some(region) = &mut region {
                    region[index].add(week);
                }
            }
        }
        Self { regions, company, directory, measure: bench.measure, plain: bench.measure.is_plain() }
    }

    /// The pooled value of the others in week `index`, of the region if enough of them have one; `None` without others.
    pub fn of(&self, place: usize, index: usize, own: &Observation<'_>) -> Option<f64> {
        let region = region(self.directory, place).and_then(|region| self.regions.get(region));
        let of_region = region.map(|weeks| weeks[index].without(own)).filter(|others| others.sites >= LEAST_OTHERS);
        let others = of_region.unwrap_or_else(|| self.company[index].without(own));
        match (others.sites, self.plain) {
            (0, _) => None,
            (sites, true) => Some(others.values / sites as f64),
            (_, false) => Some(self.measure.quotient(others.numerator, others.denominator)),
        }
    }
}

fn region(directory: &Directory, place: usize) -> Option<&str> {
    directory.places[place].site.region.as_deref()
}
