use crate::Grid;

/// The cells of a fit, sites × weeks, row after row. A cell without all three values has weight 0 and zeros.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub(crate) sites: usize,
    pub(crate) weeks: usize,
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
    pub(crate) w: Vec<f64>,
}

impl Sample {
    /// The regressor `lag` weeks before each week of the outcome; `weights` are its exposure (counts) or precision
    /// (scores), and a cell where they are not above 0 is a hole. All grids have the same shape.
    pub fn lagged(regressor: &Grid, outcome: &Grid, weights: &Grid, lag: usize) -> Self {
        let (sites, weeks) = (outcome.sites(), outcome.weeks().saturating_sub(lag));
        let mut sample = Self { sites, weeks, x: Vec::new(), y: Vec::new(), w: Vec::new() };
        for site in 0..sites {
            for week in 0..weeks {
                let cell = (regressor.at(site, week), outcome.at(site, week + lag), weights.at(site, week + lag));
                sample.push(cell);
            }
        }
        sample
    }

    fn push(&mut self, (x, y, w): (f64, f64, f64)) {
        let whole = !x.is_nan() && !y.is_nan() && w > 0.0;
        let (x, y, w) = if whole { (x, y, w) } else { (0.0, 0.0, 0.0) };
        self.x.push(x);
        self.y.push(y);
        self.w.push(w);
    }

    /// The same without one site.
    pub fn without(&self, site: usize) -> Self {
        let mut less = self.clone();
        less.clear_site(site);
        less
    }

    /// The sum of `cell` over each site's weeks.
    pub(crate) fn by_site(&self, cell: impl Fn(usize) -> f64) -> Vec<f64> {
        (0..self.sites).map(|site| self.row(site).map(&cell).sum()).collect()
    }

    fn row(&self, site: usize) -> std::ops::Range<usize> {
        site * self.weeks..(site + 1) * self.weeks
    }

    fn clear_site(&mut self, site: usize) {
        self.row(site).for_each(|at| self.clear(at));
    }

    fn clear(&mut self, at: usize) {
        (self.x[at], self.y[at], self.w[at]) = (0.0, 0.0, 0.0);
    }

    /// Takes out sites and weeks that say nothing about the effect, until none is left: those with one cell alone, and
    /// with `events` those without a single event (their effect is -∞). Returns the sites that had cells and lost all.
    pub(crate) fn shed(&mut self, events: bool) -> Vec<usize> {
        let before = self.sites_with_cells();
        while self.shed_once(events) {}
        let after = self.sites_with_cells();
        (0..self.sites).filter(|site| before[*site] && !after[*site]).collect()
    }

    fn shed_once(&mut self, events: bool) -> bool {
        let idle = |cells: usize, sum: f64| cells == 1 || (events && cells > 0 && sum == 0.0);
        let sites: Vec<bool> = (0..self.sites)
            .map(|site| {
                let (w, y) = (&self.w[self.row(site)], &self.y[self.row(site)]);
                idle(w.iter().filter(|w| **w > 0.0).count(), y.iter().sum())
            })
            .collect();
        let (mut cells, mut sums) = (vec![0; self.weeks], vec![0.0; self.weeks]);
        for at in 0..self.w.len() {
            cells[at % self.weeks] += usize::from(self.w[at] > 0.0);
            sums[at % self.weeks] += self.y[at];
        }
        let weeks: Vec<bool> = cells.iter().zip(&sums).map(|(cells, sum)| idle(*cells, *sum)).collect();
        for at in 0..self.w.len() {
            if sites[at / self.weeks] || weeks[at % self.weeks] {
                self.clear(at);
            }
        }
        sites.iter().chain(&weeks).any(|idle| *idle)
    }

    fn sites_with_cells(&self) -> Vec<bool> {
        (0..self.sites).map(|site| self.w[self.row(site)].iter().any(|w| *w > 0.0)).collect()
    }

    /// Sites, weeks and cells in it.
    pub(crate) fn size(&self) -> (usize, usize, usize) {
        let sites = self.sites_with_cells().into_iter().filter(|has| *has).count();
        let weeks = (0..self.weeks).filter(|week| (0..self.sites).any(|s| self.w[s * self.weeks + week] > 0.0)).count();
        (sites, weeks, self.w.iter().filter(|w| **w > 0.0).count())
    }
}
