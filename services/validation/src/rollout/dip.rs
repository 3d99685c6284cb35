//! Were the sites chosen at a low of their own? Then they return to their usual by themselves, programme or not.

use super::aggregate::Aggregate;
use super::group_time::Found;
use super::small::Spread;
use serde::{Deserialize, Serialize};

/// Blocks just before the start that are looked at.
const RECENT: usize = 2;

/// Blocks before those: the sites' usual. At the least, and at the most.
const USUAL: [usize; 2] = [2, 6];

/// p under which reached sites had been at a low.
const LEVEL: f64 = 0.05;

/// The reached sites just before the start against their own usual, less the same of the controls.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dip {
    /// How much higher than usual they were, beyond the controls, in the outcome's unit.
    pub estimate: f64,
    /// Two-sided p of none.
    pub p: f64,
}

impl Dip {
    /// Over all groups with blocks enough before their start; `None` where there is none.
    pub(super) fn of(found: &Found, value: &dyn Fn(usize, usize) -> f64, periods: usize) -> Option<Self> {
        let (mut estimate, mut shares) = (0.0, 0.0);
        let mut influence = vec![0.0; found.sites];
        for group in found.groups(periods).into_iter().filter(|group| found.compares(*group)) {
            let Some((own, of_site)) = of_group(found, value, group) else { continue };
            let share = found.share(group);
            estimate += share * own;
            shares += share;
            of_site.iter().zip(&mut influence).for_each(|(part, sum)| *sum += share * part);
        }
        if shares == 0.0 {
            return None;
        }
        influence.iter_mut().for_each(|sum| *sum /= shares);
        let spread = Spread::of(&Aggregate { estimate: estimate / shares, influence }, &found.starts);
        let p = spread.p();
        (!p.is_nan()).then_some(Self { estimate: estimate / shares, p })
    }

    /// Whether what looks like an improvement may be the return to the usual.
    pub(super) fn was_low(&self, lower_is_better: bool) -> bool {
        self.p < LEVEL && (self.estimate > 0.0) == lower_is_better
    }
}

fn of_group(found: &Found, value: &dyn Fn(usize, usize) -> f64, group: usize) -> Option<(f64, Vec<f64>)> {
    let before = group / found.width;
    if before < RECENT + USUAL[0] {
        return None;
    }
    let mean = |row: usize, blocks: std::ops::Range<usize>| {
        let values = blocks.map(|back| value(row, group - back * found.width)).filter(|value| !value.is_nan());
        let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
        sum / f64::from(count)
    };
    let until = (RECENT + USUAL[1]).min(before);
    let jump = |row: usize| mean(row, 1..RECENT + 1) - mean(row, RECENT + 1..until + 1);
    let jumps: Vec<f64> = found.rows.iter().map(|row| jump(*row)).collect();
    let side = |is_in: &dyn Fn(Option<usize>) -> bool| {
        let sites = (0..found.sites).filter(|at| is_in(found.starts[*at]) && !jumps[*at].is_nan());
        sites.collect::<Vec<usize>>()
    };
    let (reached, controls) =
        (side(&|start| start == Some(group)), side(&|start| start.is_none_or(|start| start > group)));
    if reached.len() < 2 || controls.len() < 2 {
        return None;
    }
    let average = |of: &[usize]| of.iter().map(|at| jumps[*at]).sum::<f64>() / of.len() as f64;
    let (own, other, n) = (average(&reached), average(&controls), found.sites as f64);
    let mut influence = vec![0.0; found.sites];
    reached.iter().for_each(|at| influence[*at] = n / reached.len() as f64 * (jumps[*at] - own));
    controls.iter().for_each(|at| influence[*at] = -n / controls.len() as f64 * (jumps[*at] - other));
    Some((own - other, influence))
}
