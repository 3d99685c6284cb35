//! Sites that send nothing while others do.

use super::{
    clock::weeks_before,
    directory::{Directory, Place},
};
use crate::{definition::Metric, parts::Activity};
use jiff::civil::Date;
use std::collections::HashSet;

/// Who sent events of a metric's streams in the weeks that matter to silence.
#[derive(Debug)]
pub(super) struct Silence {
    sent: HashSet<(usize, Date)>,
    weeks: HashSet<Date>,
}

impl Silence {
    pub fn new(metric: &Metric, activity: &Activity, directory: &Directory) -> Self {
        let mut silence = Self { sent: HashSet::new(), weeks: HashSet::new() };
        let lasts = || directory.listed().map(|(_, place)| place.last);
        let Some((first, last)) = lasts().min().zip(lasts().max()) else { return silence };
        for stream in &metric.streams {
            let of_stream =
                activity.weeks.range((stream.clone(), String::new())..).take_while(|((s, _), _)| s == stream);
            for ((_, site), weeks) in of_stream {
                let Some(index) = directory.find(site) else { continue };
                for week in weeks.range(weeks_before(first, 1)..=last) {
                    silence.sent.insert((index, *week));
                    silence.weeks.insert(*week);
                }
            }
        }
        silence
    }

    /// Open through its last 2 complete weeks and no event in them, while another site sent some.
    pub fn of(&self, index: usize, place: &Place) -> bool {
        let weeks = [weeks_before(place.last, 1), place.last];
        let open = place.open && place.site.opened_on.is_none_or(|first| first <= weeks[0]);
        open && weeks.iter().all(|week| !self.sent.contains(&(index, *week)))
            && weeks.iter().any(|week| self.weeks.contains(week))
    }
}
