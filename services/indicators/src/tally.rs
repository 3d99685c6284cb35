//! How many sites are how: one rule for the board's headline, the page at `/` and the dashboard.
//!
//! Sites are counted, not pairs of site and metric; a site may be in several of the numbers.

use crate::values::{Judgement, State, Values};
use serde::Serialize;

/// Sites of an evaluation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// All that are shown.
    pub sites: usize,
    /// A reason is on in one metric or more, carried ones too: as many as alerts are raised for.
    pub lagging: usize,
    /// Silent in one metric or more.
    pub silent: usize,
    /// Judged in one metric or more, now or when last heard of.
    pub judged: usize,
    /// Of the others: with a value in one metric or more.
    pub unjudged: usize,
    /// Not silent, and without a value in any metric.
    pub without_value: usize,
}

impl Tally {
    /// Counts an evaluation.
    pub fn of(values: &Values) -> Self {
        let own = |site: &str| {
            let own: Vec<&Judgement> = values.metrics.iter().filter_map(|metric| metric.judgement(site)).collect();
            own.into_iter().map(|judgement| (judgement.state, judgement.on().next().is_some())).collect()
        };
        Self::count(values.sites.iter().map(|site| own(&site.id)))
    }

    /// Counts sites, of each metric of which state and whether a reason is on are given.
    pub(crate) fn count(sites: impl Iterator<Item = Vec<(State, bool)>>) -> Self {
        let mut tally = Self::default();
        for own in sites {
            tally.sites += 1;
            let any = |states: &[State]| own.iter().any(|(state, _)| states.contains(state));
            let lagging = own.iter().any(|(_, on)| *on);
            let (silent, judged) = (any(&[State::Silent]), lagging || any(&[State::Lagging, State::Ok]));
            let valued = judged || any(&[State::Insufficient, State::Unjudged]);
            let counted = [
                (&mut tally.lagging, lagging),
                (&mut tally.silent, silent),
                (&mut tally.judged, judged),
                (&mut tally.unjudged, valued && !judged),
                (&mut tally.without_value, !valued && !silent),
            ];
            counted.into_iter().for_each(|(count, holds)| *count += usize::from(holds));
        }
        tally
    }
}
