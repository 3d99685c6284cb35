//! Standard errors that hold when the weeks of a site depend on each other.

use super::{Fit, Model, Sample};
use crate::numbers::{add_scaled, dot, student_quantile};

/// Up to so many sites each is left out by a fit of its own; beyond, by one Newton step from the whole fit.
const REFITS: usize = 30;

impl Fit {
    /// CRV1: √(G/(G − 1) · (N − 1)/(N − K) · Σ score²) / information, with G sites, N cells and K = weeks + 1
    /// coefficients that do not lie within one site (Liang and Zeger 1986; the small-sample factors are pyfixest's and
    /// fixest's defaults).
    pub fn crv1(&self) -> f64 {
        let (g, n, k) = (self.sites as f64, self.observations as f64, self.weeks as f64 + 1.0);
        let squares: f64 = self.scores.iter().map(|score| score * score).sum();
        let degrees = if n > k { (n - 1.0) / (n - k) } else { f64::NAN };
        (g / (g - 1.0) * degrees * squares).sqrt() / self.information()
    }

    /// The jackknife's error (CRV3) with each site left out by one Newton step from the whole fit, the weeks' effects
    /// fitted anew: as cheap as CRV1, and wider where few sites, or one of them, carry the information. Never below CRV1.
    pub fn error(&self) -> f64 {
        let squares: f64 = self.steps.iter().map(|step| step * step).sum();
        self.crv1().max(((self.sites as f64 - 1.0) / self.sites as f64 * squares).sqrt())
    }

    /// Degrees of freedom of the jackknife's variance: sites − 1 when all carry the same information, fewer when some carry
    /// more (Satterthwaite's approximation where weeks do not depend on each other: Bell and McCaffrey 2002; Imbens and
    /// Kolesár 2016, Review of Economics and Statistics 98).
    pub fn freedom(&self) -> f64 {
        let whole = self.information();
        let (mut mean, mut own, mut shared, mut same) = (0.0, 0.0, 0.0, 0.0);
        for share in self.informations.iter().map(|own| own / whole) {
            let weight = (1.0 - share).powi(-2);
            mean += weight * share * (1.0 - share);
            own += (weight * share * (1.0 - share)).powi(2);
            shared += weight * share * share;
            same += (weight * share * share).powi(2);
        }
        mean * mean / (own + shared * shared - same)
    }

    /// Student's t for an interval at `level` (0.95) with sites − 1 degrees of freedom (Bester, Conley and Hansen 2011).
    pub fn critical(&self, level: f64) -> f64 {
        student_quantile(0.5 + level / 2.0, self.sites as f64 - 1.0)
    }
}

/// What the estimate is without each site.
#[derive(Clone, Debug, PartialEq)]
pub struct Jackknife {
    /// Site left out, and the estimate without it; sites without which nothing can be estimated are not in it.
    pub without: Vec<(usize, f64)>,
    /// CRV3: √((G − 1)/G · Σ (estimate without the site − estimate)²) (Bell and McCaffrey 2002; MacKinnon, Nielsen and
    /// Webb 2023, "Fast and reliable jackknife and bootstrap methods for cluster-robust inference").
    pub error: f64,
}

/// Leaves out one site after the other. Up to 30 sites each refit starts from nothing; with more, the estimate without a
/// site is one Newton step away from the whole one ([`Fit::steps`]).
pub fn jackknife(model: Model, sample: &Sample, fit: &Fit) -> Jackknife {
    let present: Vec<usize> = sites_of(sample).filter(|site| !fit.left_out.contains(site)).collect();
    let exact = present.len() <= REFITS;
    let without: Vec<(usize, f64)> = if exact {
        let refit = |site: usize| model.fit(&sample.without(site)).ok().map(|fit| (site, fit.estimate));
        present.iter().filter_map(|site| refit(*site)).collect()
    } else {
        let step = |site: usize| fit.estimate + fit.steps[site];
        present.iter().map(|site| (*site, step(*site))).filter(|(_, estimate)| estimate.is_finite()).collect()
    };
    let g = fit.sites as f64;
    let squares: f64 = without.iter().map(|(_, estimate)| (estimate - fit.estimate).powi(2)).sum();
    Jackknife { without, error: ((g - 1.0) / g * squares).sqrt() }
}

/// By how much the estimate changes when each site is left out, by one Newton step from the whole fit. Without the site a
/// week's effect rests on the others alone, which lends each of its cells more weight: all of the week's over the others'
/// (the block inverse of Cook and Weisberg 1982 for a site's cells, that the site's own effect moves with the weeks' left
/// out). `weight` is the fit's of each cell, `rest` the regressor less its effects, `left` what the fit leaves of the
/// outcome, weighted.
pub(crate) fn steps(sample: &Sample, weight: &[f64], rest: &[f64], left: &[f64]) -> Vec<f64> {
    let weeks = sample.weeks;
    let mut all = vec![0.0; weeks];
    weight.chunks(weeks.max(1)).for_each(|row| add_scaled(&mut all, 1.0, row));
    let information: f64 = (0..sample.sites)
        .map(|site| sample.row(site))
        .map(|row| weighted_square(&weight[row.clone()], &rest[row]))
        .sum();
    let (mut lends, mut lent) = (vec![0.0; weeks], vec![0.0; weeks]);
    let step = |site: usize| {
        let (weight, rest, left) = (&weight[sample.row(site)], &rest[sample.row(site)], &left[sample.row(site)]);
        for ((lends, all), weight) in lends.iter_mut().zip(&all).zip(weight) {
            *lends = if all > weight { all / (all - weight) } else { 0.0 };
        }
        lent.iter_mut().zip(&lends).zip(rest).for_each(|((lent, lends), rest)| *lent = lends * rest);
        let score = dot(&lent, left);
        lent.iter_mut().zip(weight).for_each(|(lent, weight)| *lent *= weight);
        let lost = dot(&lent, rest);
        if score == 0.0 { 0.0 } else { -score / (information - lost).max(0.0) }
    };
    (0..sample.sites).map(step).collect()
}

/// Σ weight · value².
fn weighted_square(weights: &[f64], values: &[f64]) -> f64 {
    weights.iter().zip(values).map(|(weight, value)| weight * value * value).sum()
}

fn sites_of(sample: &Sample) -> impl Iterator<Item = usize> + '_ {
    (0..sample.sites).filter(|site| sample.w[site * sample.weeks..(site + 1) * sample.weeks].iter().any(|w| *w > 0.0))
}
