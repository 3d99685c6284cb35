//! Means of group-time effects by the number of sites in each group, and their influences, which count that those
//! numbers are chance too (Callaway and Sant'Anna 2021, section 3 and the package `did`).

use super::group_time::Found;

/// A mean of effects with each site's influence.
pub(super) struct Aggregate {
    pub(super) estimate: f64,
    pub(super) influence: Vec<f64>,
}

impl Aggregate {
    pub(super) fn error(&self) -> f64 {
        self.influence.iter().map(|i| i * i).sum::<f64>().sqrt() / self.influence.len() as f64
    }
}

/// The mean over all cells from the start on.
pub(super) fn simple(found: &Found) -> Aggregate {
    weighted(found, &after(found), |at| (found.cells[at].estimate, &found.influences[at]))
}

/// By how much the controls moved meanwhile, in the same cells by the same weights.
pub(super) fn untouched(found: &Found) -> Aggregate {
    weighted(found, &after(found), |at| (found.untouched[at].0, &found.untouched[at].1))
}

fn after(found: &Found) -> Vec<usize> {
    (0..found.cells.len()).filter(|at| found.cells[*at].is_after()).collect()
}

/// The mean over groups for each number of periods since the start, earliest first.
pub(super) fn by_event(found: &Found) -> Vec<(isize, Aggregate)> {
    let mut events: Vec<isize> = (0..found.cells.len()).map(|at| found.event(at)).collect();
    events.sort_unstable();
    events.dedup();
    let cells = |wanted: isize| (0..found.cells.len()).filter(|at| found.event(*at) == wanted).collect::<Vec<_>>();
    let effect = |at: usize| (found.cells[at].estimate, &found.influences[at]);
    events.into_iter().map(|wanted| (wanted, weighted(found, &cells(wanted), effect))).collect()
}

/// The plain mean of the events from the start on.
pub(super) fn dynamic(events: &[(isize, Aggregate)]) -> Aggregate {
    let after: Vec<&Aggregate> =
        events.iter().filter(|(event, _)| *event >= 0).map(|(_, aggregate)| aggregate).collect();
    let sites = after.first().map_or(0, |aggregate| aggregate.influence.len());
    let mean = |of: &dyn Fn(&Aggregate) -> f64| after.iter().map(|a| of(a)).sum::<f64>() / after.len() as f64;
    Aggregate {
        estimate: mean(&|aggregate| aggregate.estimate),
        influence: (0..sites).map(|site| mean(&|aggregate| aggregate.influence[site])).collect(),
    }
}

/// The mean of some cells' estimates, each with its influences.
fn weighted<'a>(found: &Found, cells: &[usize], of: impl Fn(usize) -> (f64, &'a Vec<f64>)) -> Aggregate {
    let shares: Vec<f64> = cells.iter().map(|at| found.share(found.cells[*at].group)).collect();
    let total: f64 = shares.iter().sum();
    let estimate = cells.iter().zip(&shares).map(|(at, share)| of(*at).0 * share / total).sum();
    let influence = |site: usize| {
        let own = |at: &usize| f64::from(found.starts[site] == Some(found.cells[*at].group));
        let all_shares: f64 = cells.iter().zip(&shares).map(|(at, share)| own(at) - share).sum();
        let part = |(at, share): (&usize, &f64)| {
            let of_share = (own(at) - share) / total - share / (total * total) * all_shares;
            let (estimate, influence) = of(*at);
            influence[site] * share / total + estimate * of_share
        };
        cells.iter().zip(&shares).map(part).sum()
    };
    Aggregate { estimate, influence: (0..found.sites).map(influence).collect() }
}
