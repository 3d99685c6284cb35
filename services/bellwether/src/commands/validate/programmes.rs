//! Rollouts and stored parts as what is measured.

use super::{
    panel::{Frame, sums},
    rollouts::Rollouts,
};
use crate::failure::Failure;
use evaluation::Stored;
use indicators::{Direction, Metric, clock};
use jiff::civil::Date;
use std::{collections::BTreeSet, sync::Arc};
use validation::rollout::Programme;

/// Draws of the bootstrap behind the event study's band.
const DRAWS: usize = 999;

/// Each of the named rollouts with each of the metrics.
///
/// # Errors
/// A rollout or site that there is not, and a metric of which nothing is stored.
pub(super) fn programmes(
    stored: &Stored,
    (rollouts, names): (&Rollouts, &[String]),
    metrics: &[Arc<Metric>],
    (width, seed): (usize, u64),
) -> Result<Vec<Programme>, Failure> {
    rollouts.check_sites(&known_sites(stored))?;
    let named = rollouts.named(names)?;
    let mut programmes = Vec::new();
    for metric in metrics {
        let sums = sums(stored, metric)?;
        let frame = Frame::of([&sums].into_iter());
        for (name, starts) in &named {
            programmes.push(Programme {
                name: (*name).to_owned(),
                title: name.replace('_', " "),
                outcome: frame.outcome(metric, &sums, false),
                lower_is_better: metric.direction == Direction::Lower,
                unit: unit(metric),
                weeks: frame.weeks.iter().map(Date::to_string).collect(),
                starts: frame.sites.iter().map(|site| starts.get(site.as_str()).map(|week| frame.at(*week))).collect(),
                width,
                draws: DRAWS,
                seed,
            });
        }
    }
    Ok(programmes)
}

/// With a reference record, or with a value.
fn known_sites(stored: &Stored) -> BTreeSet<&str> {
    let named = stored.sites.iter().map(|site| site.id.as_str());
    named.chain(stored.parts.iter().map(|row| row.site.as_str())).collect()
}

/// What follows a number of it.
fn unit(metric: &Metric) -> String {
    if metric.kind.is_share() { "points".to_owned() } else { metric.said_per().unwrap_or_default() }
}

impl Frame {
    /// The index of a week: 0 for the first and all before it, beyond the last for what is still to come.
    fn at(&self, week: Date) -> usize {
        let first = self.weeks.first().copied().unwrap_or_default();
        usize::try_from(clock::weeks_between(first, week)).unwrap_or(0)
    }
}
