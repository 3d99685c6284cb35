use super::tally::Tally;
use crate::Grid;
use std::borrow::Cow;

/// The cells of a fit, sites × weeks, row after row. A cell without all three values has weight 0 and zeros.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub(crate) sites: usize,
    pub(crate) weeks: usize,
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
    pub(crate) w: Vec<f64>,
}

/// A sample without the sites and weeks that say nothing.
pub(crate) struct Shed<'a> {
    pub(crate) sample: Cow<'a, Sample>,
    pub(crate) tally: Tally,
    /// The sites that had cells and lost all.
    pub(crate) left_out: Vec<usize>,
}

impl Sample {
    /// The regressor `lag` weeks before each week of the outcome; `weights` are its exposure (counts) or precision
    /// (scores), and a cell where they are not above 0 is a hole. All grids have the same shape.
    pub fn lagged(regressor: &Grid, outcome: &Grid, weights: &Grid, lag: usize) -> Self {
        let (sites, weeks) = (outcome.sites(), outcome.weeks().saturating_sub(lag));
        let none = || vec![0.0; sites * weeks];
        let mut sample = Self { sites, weeks, x: none(), y: none(), w: none() };
        for site in 0..sites {
            let first = outcome.weeks() - weeks;
            let (x, y, w) = (&regressor.row(site)[..weeks], &outcome.row(site)[first..], &weights.row(site)[first..]);
            sample.fill(site, x, y, w);
        }
        sample
    }

    fn fill(&mut self, site: usize, x: &[f64], y: &[f64], w: &[f64]) {
        let row = self.row(site);
        let into = self.x[row.clone()].iter_mut().zip(&mut self.y[row.clone()]).zip(&mut self.w[row]);
        for (((to_x, to_y), to_w), ((x, y), w)) in into.zip(x.iter().zip(y).zip(w)) {
            // Without branches, so that it is vectorised.
            let whole = !x.is_nan() & !y.is_nan() & (*w > 0.0);
            *to_x = if whole { *x } else { 0.0 };
            *to_y = if whole { *y } else { 0.0 };
            *to_w = if whole { *w } else { 0.0 };
        }
    }

    /// The same without one site.
    pub fn without(&self, site: usize) -> Self {
        let mut less = self.clone();
        less.row(site).for_each(|at| less.clear(at));
        less
    }

    /// The sum of `cell` over each site's weeks.
    pub(crate) fn by_site(&self, cell: impl Fn(usize) -> f64) -> Vec<f64> {
        (0..self.sites).map(|site| self.row(site).map(&cell).sum()).collect()
    }

    pub(crate) fn row(&self, site: usize) -> std::ops::Range<usize> {
        site * self.weeks..(site + 1) * self.weeks
    }

    fn clear(&mut self, at: usize) {
        (self.x[at], self.y[at], self.w[at]) = (0.0, 0.0, 0.0);
    }

    /// Takes out sites and weeks that say nothing about the effect, until none is left: those with one cell alone, and
    /// with `events` those without a single event (their effect is -∞).
    pub(crate) fn shed(&self, events: bool) -> Shed<'_> {
        let (mut sample, mut tally) = (Cow::Borrowed(self), self.tally());
        let had = tally.sites_with_cells();
        while let Some((sites, weeks)) = tally.idle(events) {
            sample.to_mut().clear_all(&sites, &weeks);
            tally = sample.tally();
        }
        let has = tally.sites_with_cells();
        let left_out = (0..self.sites).filter(|site| had[*site] && !has[*site]).collect();
        Shed { sample, tally, left_out }
    }

    pub(crate) fn tally(&self) -> Tally {
        let row = |site: usize| (&self.y[self.row(site)], &self.w[self.row(site)]);
        Tally::of((0..self.sites).map(row), self.weeks)
    }

    fn clear_all(&mut self, sites: &[bool], weeks: &[bool]) {
        for (site, idle) in sites.iter().enumerate() {
            let cells = self.row(site).zip(weeks).filter(|(_, week)| *idle || **week);
            cells.for_each(|(at, _)| self.clear(at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effects::{Model, Unfit};

    #[test]
    fn a_lag_as_long_as_the_weeks_leaves_nothing_to_fit() {
        let grid = Grid::of(3, 4, |site, week| (site + week % 3) as f64);
        for lag in [4, 9] {
            let sample = Sample::lagged(&grid, &grid, &grid, lag);
            for model in [Model::Poisson, Model::Linear] {
                assert_eq!(model.fit(&sample), Err(Unfit::TooFew), "{lag}");
            }
        }
    }

    #[test]
    fn a_site_that_says_nothing_once_another_is_gone_goes_too() {
        // The second week has an event at the first site alone, whose other weeks are holes.
        let weights = Grid::of(3, 2, |site, week| f64::from((site, week) != (0, 0)));
        let events = Grid::of(3, 2, |site, week| f64::from(week == 0 || site == 0));
        let sample = Sample::lagged(&events, &events, &weights, 0);
        let shed = sample.shed(true);
        assert_eq!(shed.left_out, [0, 1, 2]);
        assert_eq!(shed.tally.size(), (0, 0, 0));
        assert!(shed.sample.w.iter().all(|w| *w == 0.0));
    }
}
