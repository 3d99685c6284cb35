//! Who is planted with what: the sites of which the truth is known to be remarkable, and everybody's true levels.

use crate::{
    chance::{Chance, Purpose},
    number::real,
    plan::Plan,
};

/// The core metrics: the habits whose level is planted in everything that a site does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Share of working time spent in the field.
    FieldTime,
    /// Commitments kept of those due.
    LearningFollowThrough,
    /// Mean of respondents' scores of pre-start meetings.
    PrestartQuality,
}

impl Metric {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 3] = [Self::FieldTime, Self::LearningFollowThrough, Self::PrestartQuality];

    /// Its name as a query.
    pub fn name(self) -> &'static str {
        match self {
            Self::FieldTime => "field_time",
            Self::LearningFollowThrough => "learning_follow_through",
            Self::PrestartQuality => "prestart_quality",
        }
    }
}

/// What is remarkable about a site. Weeks are numbers of the plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fate {
    /// Its true level is `level`, clearly under the alarm, from week `from` on.
    Lagging { metric: Metric, from: usize, level: f64 },
    /// It loses `drop` of its level over four weeks from week `from` on.
    Falling { metric: Metric, from: usize, drop: f64 },
    /// It sends nothing from week `from` on.
    Silent { from: usize },
    /// Its crew is too small for its survey answers to be shown.
    Small,
}

/// Weeks over which a falling site loses its share.
const FALL: usize = 4;

/// True level of each metric at a site that is not remarkable: close enough to each other that none lags its peers.
pub(crate) struct Levels {
    field_time: f64,
    follow_through: f64,
    prestart: f64,
}

impl Levels {
    pub(crate) fn draw(chance: &mut Chance) -> Self {
        Self {
            field_time: chance.between(0.385, 0.445),
            follow_through: chance.between(0.78, 0.86),
            prestart: chance.between(0.715, 0.775),
        }
    }

    /// The true level in a week, with what is planted at the site.
    pub(crate) fn at(&self, metric: Metric, week: usize, fate: Option<Fate>) -> f64 {
        let usual = match metric {
            Metric::FieldTime => self.field_time,
            Metric::LearningFollowThrough => self.follow_through,
            Metric::PrestartQuality => self.prestart,
        };
        match fate {
            Some(Fate::Lagging { metric: planted, from, level }) if planted == metric && week >= from => level,
            Some(Fate::Falling { metric: planted, from, drop }) if planted == metric && week >= from => {
                usual * (1.0 - drop * (real(week - from + 1) / real(FALL)).min(1.0))
            }
            _ => usual,
        }
    }
}

/// The fate of each site, `None` for most. Small or short simulations get a smaller cast: nothing is planted that the
/// data could not show (a lag needs 13 weeks before and after it and 100 pairs of weeks over all sites).
pub(crate) fn fates(plan: &Plan) -> Vec<Option<Fate>> {
    let mut chance = Chance::of(plan.seed, Purpose::Cast, 0, 0, 0);
    let mut order: Vec<usize> = (0..plan.sites).collect();
    chance.shuffle(&mut order);
    let mut fates = vec![None; plan.sites];
    for (site, fate) in order.into_iter().zip(parts(plan, &mut chance)) {
        fates[site] = Some(fate);
    }
    fates
}

fn parts(plan: &Plan, chance: &mut Chance) -> Vec<Fate> {
    let Plan { sites, weeks, .. } = *plan;
    let telling = weeks >= 24 && sites >= 4 && sites * (weeks - 1) >= 120;
    let long = weeks >= 44;
    let mut parts = Vec::new();
    let (falls, other) = if chance.hits(0.5) {
        (Metric::FieldTime, Metric::PrestartQuality)
    } else {
        (Metric::PrestartQuality, Metric::FieldTime)
    };
    if telling {
        let metrics = [Metric::LearningFollowThrough, other, falls, other];
        for i in 0..(sites / 5).clamp(1, 8) {
            let metric = metrics[i % metrics.len()];
            let ago = if long { chance.count(20..=30) } else { weeks * chance.count(60..=70) / 100 };
            parts.push(Fate::Lagging { metric, from: plan.running() - ago, level: bad_level(metric, chance) });
        }
    }
    if sites >= 4 && weeks >= 6 {
        parts.push(Fate::Silent { from: plan.running() - chance.count(3..=5) });
    }
    if telling && sites >= 8 {
        // A fall is judged against at least 13 weeks before it, and needs to be steeper where there are few since.
        let ago = if long { chance.count(20..=24) } else { chance.count(11..=weeks - 13) };
        let drop = if long { chance.between(0.36, 0.42) } else { chance.between(0.45, 0.5) };
        parts.push(Fate::Falling { metric: falls, from: plan.running() - ago, drop });
    }
    if sites >= 10 {
        parts.push(Fate::Small);
    }
    parts
}

fn bad_level(metric: Metric, chance: &mut Chance) -> f64 {
    match metric {
        Metric::FieldTime => chance.between(0.17, 0.20),
        Metric::LearningFollowThrough => chance.between(0.24, 0.30),
        Metric::PrestartQuality => chance.between(0.43, 0.47),
    }
}
