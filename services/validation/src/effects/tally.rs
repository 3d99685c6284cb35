use crate::numbers::{add_scaled, sum};

/// How many cells, and how much of the outcome, each site and each week of a sample has.
pub(crate) struct Tally {
    /// Cells of each site.
    site_cells: Vec<usize>,
    /// Cells of each week.
    week_cells: Vec<f64>,
    /// The outcome of each site.
    pub(crate) site_sums: Vec<f64>,
    /// The outcome of each week.
    pub(crate) week_sums: Vec<f64>,
}

impl Tally {
    /// Of each site's outcomes and weights; a cell of weight 0 is none.
    pub(crate) fn of<'a>(sites: impl Iterator<Item = (&'a [f64], &'a [f64])>, weeks: usize) -> Self {
        let (mut week_cells, mut week_sums) = (vec![0.0; weeks], vec![0.0; weeks]);
        let (mut site_cells, mut site_sums) = (Vec::new(), Vec::new());
        for (y, w) in sites {
            week_cells.iter_mut().zip(w).for_each(|(cells, w)| *cells += if *w > 0.0 { 1.0 } else { 0.0 });
            add_scaled(&mut week_sums, 1.0, y);
            site_cells.push(w.iter().filter(|w| **w > 0.0).count());
            site_sums.push(sum(y));
        }
        Self { site_cells, week_cells, site_sums, week_sums }
    }

    pub(crate) fn sites_with_cells(&self) -> Vec<bool> {
        self.site_cells.iter().map(|cells| *cells > 0).collect()
    }

    /// Sites, weeks and cells.
    pub(crate) fn size(&self) -> (usize, usize, usize) {
        let sites = self.site_cells.iter().filter(|cells| **cells > 0).count();
        let weeks = self.week_cells.iter().filter(|cells| **cells > 0.0).count();
        (sites, weeks, self.site_cells.iter().sum())
    }

    /// Which sites and which weeks have one cell alone, or with `events` cells without an event; `None` when none does.
    pub(crate) fn idle(&self, events: bool) -> Option<(Vec<bool>, Vec<bool>)> {
        let idle = |cells: f64, sum: f64| cells == 1.0 || (events && cells > 0.0 && sum == 0.0);
        let sites = self.site_cells.iter().zip(&self.site_sums).map(|(cells, sum)| idle(*cells as f64, *sum));
        let weeks = self.week_cells.iter().zip(&self.week_sums).map(|(cells, sum)| idle(*cells, *sum));
        let (sites, weeks): (Vec<bool>, Vec<bool>) = (sites.collect(), weeks.collect());
        sites.iter().chain(&weeks).any(|idle| *idle).then_some((sites, weeks))
    }
}
