use crate::Grid;
use serde::{Deserialize, Serialize};

/// Sites that a group, and the controls of a period, have to have.
pub(super) const SITES: usize = 5;

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

/// What effects are measured in: blocks of `width` periods, counted from each group's own start, so that none is half
/// before it and half after.
pub(super) struct Blocks<'a> {
    /// Sites in rows.
    pub(super) starts: &'a [Option<usize>],
    /// Periods there are.
    pub(super) periods: usize,
    /// Periods of a block.
    pub(super) width: usize,
    /// The value of a site in the block that begins at a period; NaN is a hole.
    pub(super) value: &'a dyn Fn(usize, usize) -> f64,
    /// Whom a group is compared with.
    pub(super) controls: Controls,
    /// Sites that each side of a comparison has, at the least.
    pub(super) least: usize,
}

impl Blocks<'_> {
    /// Blocks of one period each.
    pub(super) fn single<'a>(
        values: &'a Grid,
        starts: &'a [Option<usize>],
        controls: Controls,
        value: &'a dyn Fn(usize, usize) -> f64,
    ) -> Blocks<'a> {
        Blocks { starts, periods: values.weeks(), width: 1, value, controls, least: 1 }
    }

    /// Whether a site serves a group as a control up to the end of a block.
    fn is_control(&self, start: Option<usize>, group: usize, block: usize) -> bool {
        match (self.controls, start) {
            (_, None) => true,
            (Controls::NeverReached, Some(_)) => false,
            (Controls::NotYetReached, Some(start)) => start >= block + self.width && start != group,
        }
    }

    /// The blocks of a group with the block that each is compared with: before the start the one before it, from the start
    /// on the last before the start.
    fn compared(&self, group: usize) -> impl Iterator<Item = (usize, usize)> {
        let width = self.width;
        let before = (1..group / width).rev().map(move |back| group - back * width);
        let after = (0..self.periods.saturating_sub(group) / width).map(move |since| group + since * width);
        before.map(move |block| (block, block - width)).chain(after.map(move |block| (block, group - width)))
    }
}

/// All group-time effects and each site's influence on them.
pub(super) struct Found {
    pub(super) cells: Vec<GroupTime>,
    /// A cell's influences: mean 0, error √(Σ²)/n.
    pub(super) influences: Vec<Vec<f64>>,
    /// The change of the controls alone, of each cell, with its influences.
    pub(super) untouched: Vec<(f64, Vec<f64>)>,
    /// Mean of the group's sites in the block that each cell is compared with.
    pub(super) bases: Vec<f64>,
    /// Comparisons that had too few sites on a side: group, block, sites of the group, controls.
    pub(super) thin: Vec<[usize; 4]>,
    /// The start of each site compared.
    pub(super) starts: Vec<Option<usize>>,
    /// Their rows.
    pub(super) rows: Vec<usize>,
    pub(super) sites: usize,
    pub(super) width: usize,
}

/// Sites reached before a whole block is over have no before, and are left out. A cell without group or controls is not in
/// it.
pub(super) fn group_times(blocks: &Blocks) -> Found {
    let has_before = |row: &usize| blocks.starts[*row].is_none_or(|start| start >= blocks.width);
    let rows: Vec<usize> = (0..blocks.starts.len()).filter(has_before).collect();
    let starts: Vec<Option<usize>> = rows.iter().map(|row| blocks.starts[*row]).collect();
    let mut found = Found {
        cells: Vec::new(),
        influences: Vec::new(),
        untouched: Vec::new(),
        bases: Vec::new(),
        thin: Vec::new(),
        sites: rows.len(),
        rows,
        starts,
        width: blocks.width,
    };
    for group in found.groups(blocks.periods) {
        for (block, base) in blocks.compared(group) {
            found.add(blocks, group, block, base);
        }
    }
    found
}

impl Found {
    /// The periods in which sites were reached, in order.
    pub(super) fn groups(&self, periods: usize) -> Vec<usize> {
        let mut groups: Vec<usize> = self.starts.iter().flatten().copied().filter(|start| *start < periods).collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    fn add(&mut self, blocks: &Blocks, group: usize, block: usize, base: usize) {
        let value = |at: usize, block: usize| (blocks.value)(self.rows[at], block);
        let changes: Vec<f64> = (0..self.sites).map(|at| value(at, block) - value(at, base)).collect();
        let whole = |at: &usize| !changes[*at].is_nan();
        let reached: Vec<usize> = (0..self.sites).filter(|at| self.starts[*at] == Some(group)).filter(whole).collect();
        let is_control = |at: &usize| blocks.is_control(self.starts[*at], group, block);
        let controls: Vec<usize> = (0..self.sites).filter(is_control).filter(whole).collect();
        if reached.len() < blocks.least || controls.len() < blocks.least {
            self.thin.push([group, block, reached.len(), controls.len()]);
            return;
        }
        let n = self.sites as f64;
        let mean = |of: &[usize]| of.iter().map(|at| changes[*at]).sum::<f64>() / of.len() as f64;
        let (own, other) = (mean(&reached), mean(&controls));
        let mut influence = vec![0.0; self.sites];
        reached.iter().for_each(|at| influence[*at] = n / reached.len() as f64 * (changes[*at] - own));
        controls.iter().for_each(|at| influence[*at] = -n / controls.len() as f64 * (changes[*at] - other));
        let mut untouched = vec![0.0; self.sites];
        controls.iter().for_each(|at| untouched[*at] = -influence[*at]);
        let base_mean = reached.iter().map(|at| value(*at, base)).sum::<f64>() / reached.len() as f64;
        let (estimate, error) = (own - other, influence.iter().map(|i| i * i).sum::<f64>().sqrt() / n);
        let (reached, controls) = (reached.len(), controls.len());
        self.cells.push(GroupTime { group, period: block, estimate, error, reached, controls });
        self.influences.push(influence);
        self.untouched.push((other, untouched));
        self.bases.push(base_mean);
    }

    /// Share of sites that were reached in that period.
    pub(super) fn share(&self, group: usize) -> f64 {
        self.starts.iter().filter(|start| **start == Some(group)).count() as f64 / self.sites as f64
    }

    /// Whether an effect of that group is known from its start on.
    pub(super) fn compares(&self, group: usize) -> bool {
        self.cells.iter().any(|cell| cell.group == group && cell.is_after())
    }

    /// Blocks since the start, of a cell; negative before it.
    pub(super) fn event(&self, cell: usize) -> isize {
        let GroupTime { group, period, .. } = self.cells[cell];
        (period.cast_signed() - group.cast_signed()) / self.width.cast_signed()
    }

    /// The same with the cells that `keeps` keeps.
    pub(super) fn only(mut self, keeps: impl Fn(&Self, usize) -> bool) -> Self {
        let kept: Vec<usize> = (0..self.cells.len()).filter(|at| keeps(&self, *at)).collect();
        self.cells = kept.iter().map(|at| self.cells[*at]).collect();
        self.influences = kept.iter().map(|at| std::mem::take(&mut self.influences[*at])).collect();
        self.untouched = kept.iter().map(|at| std::mem::take(&mut self.untouched[*at])).collect();
        self.bases = kept.iter().map(|at| self.bases[*at]).collect();
        self
    }
}
