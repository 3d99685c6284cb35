//! A programme that started somewhere in some week, and one metric that it may have moved.

use crate::leads::{Measured, Outcome};

/// A programme and what it may have moved.
#[derive(Clone, Debug)]
pub struct Programme {
    /// Its name in the report.
    pub name: String,
    /// What a leader calls it: "coaching in the field".
    pub title: String,
    /// What is looked at, site × week.
    pub outcome: Outcome,
    /// True where less of it is better.
    pub lower_is_better: bool,
    /// What a number of it is, after the number: "points", "per 200,000 hours".
    pub unit: String,
    /// Names of the weeks: the dates of their Mondays.
    pub weeks: Vec<String>,
    /// The week in which each site was reached; `None` if never. 0 stands for the first week and all before it, a week beyond
    /// the last is still to come.
    pub starts: Vec<Option<usize>>,
    /// Weeks looked at together, counted from each site's own start: single weeks are noise.
    pub width: usize,
    /// Draws of the bootstrap behind the event study's simultaneous band.
    pub draws: usize,
    /// Makes the draws repeatable.
    pub seed: u64,
}

/// What cannot be a programme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmeasurable {
    /// Shapes that do not fit.
    #[error(
        "{programme}, {metric}: {starts} starts and {weeks} weeks for {sites} sites × {cells} weeks: give one start for \
         each site, none where it was never reached, and one name for each week"
    )]
    Shape {
        /// The programme.
        programme: String,
        /// The metric.
        metric: String,
        /// Starts given.
        starts: usize,
        /// Names of weeks given.
        weeks: usize,
        /// Rows of the values.
        sites: usize,
        /// Columns of the values.
        cells: usize,
    },
    /// Blocks of no week.
    #[error("{0}: a block of 0 weeks: give 1 or more")]
    Width(String),
}

impl Programme {
    pub(super) fn check(&self) -> Result<(), Unmeasurable> {
        if self.width == 0 {
            return Err(Unmeasurable::Width(self.name.clone()));
        }
        let (values, weights) = self.outcome.grids();
        let (sites, cells) = (values.sites(), values.weeks());
        let shape = |starts, weeks| Unmeasurable::Shape {
            programme: self.name.clone(),
            metric: self.outcome.name.clone(),
            starts,
            weeks,
            sites,
            cells,
        };
        if (weights.sites(), weights.weeks()) != (sites, cells) {
            return Err(shape(weights.sites(), weights.weeks()));
        }
        match (self.starts.len(), self.weeks.len()) {
            (starts, weeks) if (starts, weeks) != (sites, cells) => Err(shape(starts, weeks)),
            _ => Ok(()),
        }
    }

    /// The pooled value of a site in the block that begins with a week; NaN without any.
    pub(super) fn value(&self, site: usize, first: usize) -> f64 {
        let (values, weights) = self.outcome.grids();
        let cells = (first..first + self.width).map(|week| (values.at(site, week), weights.at(site, week)));
        let whole = cells.filter(|(value, weight)| !value.is_nan() && *weight > 0.0);
        match self.outcome.measured {
            Measured::Count { .. } => {
                let (events, exposure) = whole.fold((0.0, 0.0), |(y, w), (value, weight)| (y + value, w + weight));
                events / exposure
            }
            Measured::Score { points, .. } => {
                let (sum, all) = whole.fold((0.0, 0.0), |(y, w), (value, weight)| (y + value * weight, w + weight));
                points * sum / all
            }
        }
    }
}
