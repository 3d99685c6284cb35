use crate::Grid;
use serde::{Deserialize, Serialize};

/// Whom the sites of a group are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Controls {
    /// Sites that are not reached by the period looked at, those never reached among them.
    NotYetReached,
    /// Sites that are never reached.
    NeverReached,
}

/// The effect on the sites that were reached in one period, in one period.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupTime {
    /// The period in which they were reached.
    pub group: usize,
    /// The period looked at.
    pub period: usize,
    /// The change of the group less that of the controls.
    pub estimate: f64,
    /// Its standard error.
    pub error: f64,
    /// Sites of the group with values in both periods.
    pub reached: usize,
    /// Controls with values in both periods.
    pub controls: usize,
}

impl GroupTime {
    /// True from the start on; before it, the effect should be 0.
    pub fn is_after(&self) -> bool {
        self.period >= self.group
    }
}

/// All group-time effects and each site's influence on them.
pub(super) struct Found {
    pub(super) cells: Vec<GroupTime>,
    /// A cell's influences: mean 0, error √(Σ²)/n.
    pub(super) influences: Vec<Vec<f64>>,
    /// The start of each site compared.
    pub(super) starts: Vec<Option<usize>>,
    pub(super) sites: usize,
}

/// Sites reached by the first period have no before, and are left out. A cell without group or controls is not in it.
pub(super) fn group_times(values: &Grid, starts: &[Option<usize>], controls: Controls) -> Found {
    let kept: Vec<usize> = (0..starts.len()).filter(|site| starts[*site] != Some(0)).collect();
    let starts: Vec<Option<usize>> = kept.iter().map(|site| starts[*site]).collect();
    let mut found = Found { cells: Vec::new(), influences: Vec::new(), sites: kept.len(), starts };
    let mut groups: Vec<usize> =
        found.starts.iter().flatten().copied().filter(|start| *start < values.weeks()).collect();
    groups.sort_unstable();
    groups.dedup();
    for group in groups {
        for period in 1..values.weeks() {
            let base = if period < group { period - 1 } else { group - 1 };
            let change = |at: usize| values.at(kept[at], period) - values.at(kept[at], base);
            let is_control = |start: Option<usize>| match (controls, start) {
                (_, None) => true,
                (Controls::NeverReached, Some(_)) => false,
                (Controls::NotYetReached, Some(start)) => start > period && start != group,
            };
            found.add(group, period, change, is_control);
        }
    }
    found
}

impl Found {
    fn add(
        &mut self,
        group: usize,
        period: usize,
        change: impl Fn(usize) -> f64,
        is_control: impl Fn(Option<usize>) -> bool,
    ) {
        let whole = |at: &usize| !change(*at).is_nan();
        let reached: Vec<usize> = (0..self.sites).filter(|at| self.starts[*at] == Some(group)).filter(whole).collect();
        let controls: Vec<usize> = (0..self.sites).filter(|at| is_control(self.starts[*at])).filter(whole).collect();
        if reached.is_empty() || controls.is_empty() {
            return;
        }
        let mean = |of: &[usize]| of.iter().map(|at| change(*at)).sum::<f64>() / of.len() as f64;
        let (own, other, n) = (mean(&reached), mean(&controls), self.sites as f64);
        let mut influence = vec![0.0; self.sites];
        reached.iter().for_each(|at| influence[*at] = n / reached.len() as f64 * (change(*at) - own));
        controls.iter().for_each(|at| influence[*at] = -n / controls.len() as f64 * (change(*at) - other));
        let (estimate, error) = (own - other, influence.iter().map(|i| i * i).sum::<f64>().sqrt() / n);
        self.cells.push(GroupTime { group, period, estimate, error, reached: reached.len(), controls: controls.len() });
        self.influences.push(influence);
    }

    /// Share of sites that were reached in that period.
    pub(super) fn share(&self, group: usize) -> f64 {
        self.starts.iter().filter(|start| **start == Some(group)).count() as f64 / self.sites as f64
    }
}
