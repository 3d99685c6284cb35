//! The effect at each lag, with a band for each and one for all.

use super::{Band, LagEffect, Question};
use crate::effects::{Fit, Unfit};
use crate::numbers::{quantile, student_quantile};
use crate::wild::strongest;
use rand_chacha::ChaCha8Rng;

/// The fits of all lags and how wide a band about all of them is.
pub(crate) struct Curve {
    /// Lag and fit; a lag at which nothing can be estimated is not in it.
    pub(crate) fits: Vec<(usize, Fit)>,
    /// Why there is none of the other lags.
    unfit: Vec<(usize, Unfit)>,
    /// Strongest score of each draw in which nothing but chance is at work.
    sups: Vec<f64>,
}

impl Curve {
    pub(crate) fn of(question: &Question, draws: usize, rng: &mut ChaCha8Rng) -> Self {
        let (mut fits, mut unfit) = (Vec::new(), Vec::new());
        for lag in 0..=question.rule.lags {
            match question.fit(lag) {
                Ok(fit) => fits.push((lag, fit)),
                Err(why) => unfit.push((lag, why)),
            }
        }
        let influences: Vec<Vec<f64>> = fits.iter().map(|(_, fit)| fit.influence().collect()).collect();
        let sups = strongest(&influences, draws, rng);
        Self { fits, unfit, sups }
    }

    /// The fit of a lag that was looked at.
    pub(crate) fn at(&self, lag: usize) -> Result<&Fit, Unfit> {
        let fit = self.fits.iter().find(|(of, _)| *of == lag).map(|(_, fit)| fit);
        let why = || self.unfit.iter().find(|(of, _)| *of == lag).map_or(Unfit::TooFew, |(_, why)| *why);
        fit.ok_or_else(why)
    }

    /// By how many standard errors the whole curve may be off, with a probability of 1 − level at the most. The bootstrap
    /// takes the sites as equals; where some carry more, fewer degrees of freedom widen it.
    pub(crate) fn simultaneous(&self, level: f64) -> f64 {
        let pointwise = self.fits.iter().map(|(_, fit)| fit.critical(level)).fold(0.0, f64::max);
        quantile(&mut self.sups.clone(), level).max(pointwise) * self.unequal(level)
    }

    fn unequal(&self, level: f64) -> f64 {
        let p = 1.0 - (1.0 - level) / (2.0 * self.fits.len() as f64);
        let wider = |fit: &Fit| student_quantile(p, fit.freedom()) / student_quantile(p, fit.sites as f64 - 1.0);
        self.fits.iter().map(|(_, fit)| wider(fit)).fold(1.0, f64::max)
    }

    pub(crate) fn effects(&self, question: &Question) -> Vec<LagEffect> {
        let wide = self.simultaneous(0.95);
        let effect = |(lag, fit): &(usize, Fit)| LagEffect {
            lag: *lag,
            estimate: question.shown(fit.estimate),
            pointwise: band(question, fit, fit.critical(0.95)),
            simultaneous: band(question, fit, wide),
        };
        self.fits.iter().map(effect).collect()
    }
}

/// An interval of so many standard errors on either side, as it is shown.
pub(crate) fn band(question: &Question, fit: &Fit, errors: f64) -> Band {
    let half = errors * fit.error();
    Band { low: question.shown(fit.estimate - half), high: question.shown(fit.estimate + half) }
}
