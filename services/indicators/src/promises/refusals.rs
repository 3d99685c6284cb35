//! Which query files ask for fewer people than were promised.

use super::{Promises, Refused, standing};
use crate::{clock, definition::Metric, derive::YEAR, parts::Published};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::{cmp::Reverse, collections::BTreeSet, sync::Arc};

impl Promises {
    /// Metrics that declare less than was promised in any of the last 52 weeks of which something was published.
    pub fn refusals<'a>(
        &self,
        metrics: impl Iterator<Item = &'a Arc<Metric>>,
        published: &[Published],
        as_of: Timestamp,
    ) -> Vec<Refused> {
        let running = clock::running_week(as_of, &TimeZone::UTC);
        let year = clock::weeks_before(running, YEAR)..running;
        let counted = |refused: Refused| {
            let own = published.iter().map(|published| &published.row).filter(|row| row.metric == refused.metric);
            let weeks: BTreeSet<Date> =
                own.map(|row| row.week).filter(|week| year.contains(week) && refused.reaches(*week)).collect();
            Refused { weeks: weeks.len(), ..refused }
        };
        let refused = metrics.filter_map(|metric| self.refused(metric)).map(counted);
        refused.filter(|refused| refused.weeks > 0).collect()
    }

    /// Where a metric declares less than was promised; no week is looked at.
    pub fn refused(&self, metric: &Metric) -> Option<Refused> {
        let declared = metric.privacy?.minimum;
        let made = self.metrics.get(&metric.name)?;
        let begins: BTreeSet<Date> = made.iter().map(|promise| promise.from).collect();
        let more = |week: &Date| standing(made, *week).filter(|promise| promise.minimum > declared);
        let last = begins.iter().rfind(|week| more(week).is_some())?;
        let highest = begins.iter().filter_map(more).max_by_key(|promise| (promise.minimum, Reverse(promise.at)))?;
        Some(Refused {
            metric: metric.name.clone(),
            declared,
            promised: highest.minimum,
            before: begins.range(last..).nth(1).copied(),
            by: highest.by.clone(),
            since: highest.at,
            weeks: 0,
        })
    }
}
