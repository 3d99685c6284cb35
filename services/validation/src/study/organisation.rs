//! Organisations whose truth is known.

use crate::leads::gap;
use crate::{Grid, Indicator, Measured, Outcome};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson, StandardNormal};

/// Weeks that are thrown away before the first that counts, so that memory has built up.
const BEFORE: usize = 30;

/// The usual level of the habit.
const LEVEL: f64 = 0.35;

/// Weeks of a year, for seasons.
const YEAR: f64 = 52.0;

/// What is planted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scenario {
    /// What it is called in the table.
    pub name: &'static str,
    /// Number of sites.
    pub sites: usize,
    /// Number of weeks.
    pub weeks: usize,
    /// Incidents a week at a site, on average.
    pub per_week: f64,
    /// Log rate ratio per whole of the habit; 0 is no effect.
    pub effect: f64,
    /// Weeks until it shows.
    pub lag: usize,
    /// Correlation of a week's habit with the week before.
    pub memory: f64,
    /// Strength of a season that habit and outcome share.
    pub season: f64,
    /// Standard deviation of the outcome's own ups and downs (log).
    pub frailty: f64,
    /// The outcome moves the habit: attention after incidents.
    pub reverse: bool,
    /// Hours of the first site, as a multiple.
    pub dominating: f64,
    /// Strength of shocks to habit, and others to the outcome, that hit all sites but some more than others.
    pub shocks: f64,
    /// Share of weeks that nobody logged, twice as often in weeks with incidents.
    pub missing: f64,
    /// Drift of habit and outcome over all weeks, each site's own, the same sites in both.
    pub drift: f64,
}

impl Scenario {
    /// 40 sites, 104 weeks, an incident every second week a site, no effect.
    pub const PLAIN: Self = Self {
        name: "no effect",
        sites: 40,
        weeks: 104,
        per_week: 0.5,
        effect: 0.0,
        lag: 3,
        memory: 0.5,
        season: 0.0,
        frailty: 0.2,
        reverse: false,
        dominating: 1.0,
        shocks: 0.0,
        missing: 0.0,
        drift: 0.0,
    };

    /// The published effect: 37 % fewer incidents for 15 points more, three weeks later.
    pub const PLANTED: Self = Self { name: "37 % safer, a lead of 3 weeks", effect: -3.08, ..Self::PLAIN };

    /// Habit and incidents of that organisation.
    pub fn organisation(&self, seed: u64) -> (Indicator, Outcome) {
        let Made { indicator, outcome, .. } = self.made(seed);
        (indicator, outcome)
    }

    /// The same, and what only its maker knows.
    pub(super) fn made(&self, seed: u64) -> Made {
        let mut made = Making { rng: ChaCha8Rng::seed_from_u64(seed), of: self, weeks: self.weeks + BEFORE };
        let Rolled { mut habit, events, hours, without } = made.all();
        let truly = habit.clone();
        let incident = |site: usize, week: usize| events[site][week] > 0.0;
        for (site, row) in habit.iter_mut().enumerate() {
            for (week, value) in row.iter_mut().enumerate() {
                let often = if incident(site, week) { 2.0 } else { 1.0 };
                if made.rng.random::<f64>() < often * self.missing {
                    *value = f64::NAN;
                }
            }
        }
        let grid = |rows: &[Vec<f64>]| Grid::of(self.sites, self.weeks, |site, week| rows[site][week + BEFORE]);
        let ones = Grid::of(self.sites, self.weeks, |_, _| 1.0);
        let indicator = Indicator {
            name: "habit".to_owned(),
            title: "the habit".to_owned(),
            values: grid(&habit),
            weights: ones,
            step: 0.1,
            step_said: "10 points".to_owned(),
            lower_is_better: false,
        };
        let measured = Measured::Count { events: grid(&events), exposure: grid(&hours) };
        let outcome = Outcome { name: "incidents".to_owned(), title: "incidents".to_owned(), placebo: false, measured };
        Made { indicator, outcome, habit: grid(&truly), without: grid(&without) }
    }

    /// The planted change between the best quarter of site-weeks and the rest.
    pub(super) fn change(&self, made: &Made) -> f64 {
        1.0 - (-self.effect.abs() * gap(&made.indicator)).exp()
    }

    /// What the habit multiplies a rate by.
    pub(super) fn works(&self, habit: f64) -> f64 {
        (self.effect * (habit - LEVEL)).exp()
    }
}

/// An organisation and what only its maker knows.
pub(super) struct Made {
    pub(super) indicator: Indicator,
    pub(super) outcome: Outcome,
    /// The habit without holes.
    pub(super) habit: Grid,
    /// Incidents expected in each site and week, ups and downs known, had the habit no effect.
    pub(super) without: Grid,
}

struct Making<'a> {
    rng: ChaCha8Rng,
    of: &'a Scenario,
    weeks: usize,
}

type Rows = Vec<Vec<f64>>;

struct Rolled {
    habit: Rows,
    events: Rows,
    hours: Rows,
    without: Rows,
}

impl Making<'_> {
    fn all(&mut self) -> Rolled {
        let of = self.of;
        let (habit_shocks, outcome_shocks) = (self.memory(1.0, 0.8), self.memory(1.0, 0.8));
        let (mut habit, mut events, mut hours, mut without) = (Rows::new(), Rows::new(), Rows::new(), Rows::new());
        for site in 0..of.sites {
            let (level, drift, loads) =
                (LEVEL + 0.05 * self.normal(), of.drift * self.normal(), (self.normal(), self.normal()));
            let (own, frailty) = (self.memory(0.06, of.memory), self.memory(of.frailty, 0.5));
            // A good site is good at both.
            let site_level = 0.3 * self.normal() - 2.0 * (level - LEVEL);
            let size = self.rng.random_range(0.5..1.5) * if site == 0 { of.dominating } else { 1.0 };
            let share = |week: usize| {
                let slow = of.season * 0.04 * season(week) + drift * 0.1 * self.along(week);
                (level + own[week] + slow + of.shocks * 0.05 * loads.0 * habit_shocks[week]).clamp(0.01, 0.95)
            };
            let row: Vec<f64> = (0..self.weeks).map(share).collect();
            let worked: Vec<f64> = (0..self.weeks).map(|_| size * self.rng.random_range(0.9..1.1)).collect();
            let (mut counts, mut usual) = (Vec::with_capacity(self.weeks), Vec::with_capacity(self.weeks));
            for week in 0..self.weeks {
                let led = week.checked_sub(of.lag).map_or(0.0, |before| of.effect * (row[before] - LEVEL));
                let slow = -of.season * 0.3 * season(week) - drift * 0.5 * self.along(week);
                let shock = of.shocks * 0.3 * loads.1 * outcome_shocks[week];
                let log = (of.per_week * worked[week]).ln() + site_level + slow + shock + frailty[week];
                usual.push(log.exp());
                counts.push(self.poisson((log + led).exp()));
            }
            habit.push(if of.reverse { attended(row, &counts) } else { row });
            events.push(counts);
            hours.push(worked);
            without.push(usual);
        }
        Rolled { habit, events, hours, without }
    }

    fn along(&self, week: usize) -> f64 {
        2.0 * week as f64 / self.weeks as f64 - 1.0
    }

    fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.rng)
    }

    fn poisson(&mut self, mean: f64) -> f64 {
        Poisson::new(mean).map_or(0.0, |poisson| poisson.sample(&mut self.rng))
    }

    /// An autoregressive series of that standard deviation.
    fn memory(&mut self, deviation: f64, memory: f64) -> Vec<f64> {
        let mut last = self.normal();
        let fresh = (1.0 - memory * memory).sqrt();
        (0..self.weeks)
            .map(|_| {
                last = memory * last + fresh * self.normal();
                deviation * last
            })
            .collect()
    }
}

/// The habit with more attention two weeks after incidents.
fn attended(mut habit: Vec<f64>, counts: &[f64]) -> Vec<f64> {
    for week in 2..habit.len() {
        habit[week] += 0.03 * counts[week - 2].min(3.0);
    }
    habit
}

fn season(week: usize) -> f64 {
    (week as f64 / YEAR * std::f64::consts::TAU).sin()
}
