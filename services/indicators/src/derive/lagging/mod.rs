//! The three reasons to call a site lagging: claims about its true level, made by sequential tests.
//!
//! ```text
//!  weekly sums ─► year (52 calendar weeks × sites) ─► factor (how much noisier than sampling alone)
//!                    │                                   │
//!                    ├──► below: cumulative sum against the threshold
//!                    ├──► behind peers: the same against the others, less a tenth of the target
//!                    └──► falling: the best split of the year into before and since
//! ```
//!
//! Recomputed from nothing each time: the verdict is a function of the year alone; on a site that has gone quiet, of the
//! year up to its last value (`carried`).

mod bench;
mod carried;
mod cusum;
mod factor;
mod falling;
mod outlook;
mod peers;
mod round;
mod year;

use super::{
    measure::Measure,
    rows::{History, Weeks},
};
use round::{Alarm, Round};

pub(super) use round::Verdict;
#[cfg(test)]
pub(super) use round::factors;

/// The verdict on each listed site, in the directory's order. Quiet sites are those that give nothing to judge by at the
/// moment, by index of their places.
pub(super) fn judge(measure: &Measure, history: History<'_>, is_quiet: impl Fn(usize) -> bool) -> Vec<Verdict> {
    let History { metric, directory, rows, .. } = history;
    let Some((lagging, last)) = metric.lagging.zip(directory.listed().map(|(_, place)| place.last).max()) else {
        return directory.listed().map(|_| Verdict::none()).collect();
    };
    let alarm = Alarm { measure, lagging };
    let weeks: Vec<&Weeks> = rows.iter().map(|rows| &rows.pooled).collect();
    let now = Round::new(alarm, history, &weeks, last);
    let carried = carried::rounds(alarm, history, &now, &is_quiet);
    directory
        .listed()
        .map(|(index, place)| {
            let verdict = now.verdict(metric, index);
            if !is_quiet(index) {
                return verdict;
            }
            let then = now.end_of(index).and_then(|end| carried.get(&end));
            carried::carry(verdict, then.map(|round| round.verdict(metric, index)), place)
        })
        .collect()
}
