//! The state of a site in a metric: the first that holds, in the order of `State::ALL`; and who sends nothing while others
//! do.

use super::{
    coverage::is_insufficient,
    directory::{Directory, Place},
    lagging::Verdict,
    rows::SiteRows,
};
use crate::{clock::weeks_before, definition::Metric, parts::Activity, values::State};
use jiff::civil::Date;
use std::collections::HashSet;

/// The states of a site that gives nothing to judge by at the moment: silent, suppressed, no data, insufficient.
pub(super) fn quiet(metric: &Metric, place: &Place, rows: &SiteRows<'_>, silent: bool) -> Option<State> {
    let recent = weeks_before(place.last, 3)..=place.last;
    let has_value = rows.pooled.range(recent.clone()).next().is_some();
    if silent {
        Some(State::Silent)
    } else if !has_value && rows.suppressed.range(recent).next().is_some() {
        Some(State::Suppressed)
    } else if !has_value {
        Some(State::NoData)
    } else if is_insufficient(metric.coverage, rows.pooled.get(&place.last)) {
        Some(State::Insufficient)
    } else {
        None
    }
}

/// The states of the others.
pub(super) fn judged(verdict: &Verdict) -> State {
    if verdict.reasons.iter().any(|reason| reason.on) {
        State::Lagging
    } else if verdict.lacking.is_some() {
        State::Unjudged
    } else {
        State::Ok
    }
}

/// Who sent events of a metric's streams in the weeks that matter to silence.
#[derive(Debug)]
pub(super) struct Silence {
    sent: HashSet<(usize, Date)>,
    weeks: HashSet<Date>,
    /// So many weeks without an event are silence.
    after: u32,
}

impl Silence {
    pub fn new(metric: &Metric, activity: &Activity, directory: &Directory) -> Self {
        let mut silence = Self { sent: HashSet::new(), weeks: HashSet::new(), after: metric.silence };
        let lasts = || directory.listed().map(|(_, place)| place.last);
        let Some((first, last)) = lasts().min().zip(lasts().max()) else { return silence };
        for stream in &metric.streams {
            let of_stream =
                activity.weeks.range((stream.clone(), String::new())..).take_while(|((s, _), _)| s == stream);
            for ((_, site), weeks) in of_stream {
                let Some(index) = directory.find(site) else { continue };
                for week in weeks.range(weeks_before(first, metric.silence - 1)..=last) {
                    silence.sent.insert((index, *week));
                    silence.weeks.insert(*week);
                }
            }
        }
        silence
    }

    /// Open through so many of its last complete weeks and no event in them, while another site sent some.
    pub fn of(&self, index: usize, place: &Place) -> bool {
        let weeks: Vec<Date> = (0..self.after).map(|ago| weeks_before(place.last, ago)).collect();
        let open =
            place.open && place.site.opened_on.is_none_or(|first| weeks.last().is_some_and(|week| first <= *week));
        open && weeks.iter().all(|week| !self.sent.contains(&(index, *week)))
            && weeks.iter().any(|week| self.weeks.contains(week))
    }
}
