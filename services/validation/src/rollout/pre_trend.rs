use super::aggregate::Aggregate;
use super::group_time::Found;
use crate::numbers::{chi_squared_upper, fisher_upper};
use serde::{Deserialize, Serialize};

/// p of equal trends before the start under which nothing is claimed.
pub(super) const LEVEL: f64 = 0.05;

/// Sites for each effect tested jointly, at the least: with fewer, the test cries wolf.
const SITES_EACH: usize = 10;

/// Events before the start that are tested where all group-time effects are too many.
const EVENTS: usize = 4;

/// The test that all effects before the start are 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreTrend {
    /// Wald's statistic.
    pub statistic: f64,
    /// Effects tested, its degrees of freedom.
    pub effects: usize,
    /// p by χ² where all group-time effects are tested, by Hotelling's F where sites are few.
    pub p: f64,
}

/// Of all group-time effects before the start; `None` when they are too many for the sites, or none.
pub(super) fn of_cells(found: &Found) -> Option<PreTrend> {
    let before = || found.cells.iter().zip(&found.influences).filter(|(cell, _)| !cell.is_after());
    let estimates: Vec<f64> = before().map(|(cell, _)| cell.estimate).collect();
    let influences: Vec<&[f64]> = before().map(|(_, influence)| influence.as_slice()).collect();
    wald(&estimates, &influences, found.sites, false)
}

/// Of the periods nearest before the start, groups together, as many as the sites allow.
pub(super) fn of_events(events: &[(isize, Aggregate)], sites: usize) -> Option<PreTrend> {
    let before: Vec<&Aggregate> =
        events.iter().filter(|(event, _)| *event < 0).map(|(_, aggregate)| aggregate).collect();
    let nearest = &before[before.len().saturating_sub(EVENTS.min(sites / SITES_EACH))..];
    let estimates: Vec<f64> = nearest.iter().map(|aggregate| aggregate.estimate).collect();
    let influences: Vec<&[f64]> = nearest.iter().map(|aggregate| aggregate.influence.as_slice()).collect();
    wald(&estimates, &influences, sites, true)
}

/// W = n · effects' V⁻¹ effects with V = ψ'ψ / n: χ² with as many degrees of freedom as effects; with `few` sites
/// W (n − q) / (q (n − 1)) is F with q and n − q (Hotelling 1931).
fn wald(estimates: &[f64], influences: &[&[f64]], sites: usize, few: bool) -> Option<PreTrend> {
    if estimates.is_empty() || estimates.len() * SITES_EACH > sites {
        return None;
    }
    let n = sites as f64;
    let v = |a: usize, b: usize| influences[a].iter().zip(influences[b]).map(|(x, y)| x * y).sum::<f64>() / n;
    let statistic = n * squared_length(&lower_root(estimates.len(), v)?, estimates);
    let q = estimates.len() as f64;
    let p = match few {
        true => fisher_upper(statistic * (n - q) / (q * (n - 1.0)), q, n - q),
        false => chi_squared_upper(statistic, q),
    };
    Some(PreTrend { statistic, effects: estimates.len(), p })
}

/// Cholesky's root of a covariance matrix, row after row; `None` when it is singular.
fn lower_root(size: usize, v: impl Fn(usize, usize) -> f64) -> Option<Vec<Vec<f64>>> {
    let mut root: Vec<Vec<f64>> = Vec::with_capacity(size);
    for row in 0..size {
        let mut line = vec![0.0; size];
        for column in 0..=row {
            let known: f64 = (0..column).map(|k| line[k] * if column == row { line[k] } else { root[column][k] }).sum();
            let rest = v(row, column) - known;
            line[column] = if column < row { rest / root[column][column] } else { rest.sqrt() };
        }
        if line[row].is_nan() || line[row] * line[row] <= 1e-12 * v(row, row) {
            return None;
        }
        root.push(line);
    }
    Some(root)
}

/// |L⁻¹ x|².
fn squared_length(root: &[Vec<f64>], x: &[f64]) -> f64 {
    let mut solved: Vec<f64> = Vec::with_capacity(x.len());
    for (row, line) in root.iter().enumerate() {
        let known: f64 = line.iter().zip(&solved).map(|(a, b)| a * b).sum();
        solved.push((x[row] - known) / line[row]);
    }
    solved.iter().map(|value| value * value).sum()
}
