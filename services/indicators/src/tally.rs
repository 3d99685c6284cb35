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
        let mut tally = Self { sites: values.sites.len(), ..Self::default() };
        for site in &values.sites {
            let own: Vec<&Judgement> = values.metrics.iter().filter_map(|metric| metric.judgement(&site.id)).collect();
            let any = |states: &[State]| own.iter().any(|judgement| states.contains(&judgement.state));
            let lagging = own.iter().any(|judgement| judgement.on().next().is_some());
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
