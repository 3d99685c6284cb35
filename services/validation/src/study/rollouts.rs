//! Programmes whose effect is known, measured as any other.

use super::organisation::{Made, Scenario};
use crate::parallel::map;
use crate::rollout::{Effect, Programme, ProgrammeFinding, ProgrammeReport, programmes, whole_effect};
use crate::{Grid, Measured, Outcome};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson};
use std::fmt;

/// The weeks in which a quarter of the sites each is reached; the first quarter never is.
const WAVES: [Option<usize>; 4] = [None, Some(45), Some(58), Some(71)];

/// Weeks looked at together.
const WIDTH: usize = 4;

/// A programme in an organisation that nothing but the programme sets apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Planted {
    /// What it is called in the table.
    pub name: &'static str,
    /// The organisation; the habit in it moves nothing.
    pub organisation: Scenario,
    /// What the programme does.
    pub does: Does,
}

/// What a programme does from its start on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Does {
    /// It moves the habit, by so much.
    Habit(f64),
    /// It multiplies the incidents' rate by so much.
    Incidents(f64),
}

/// The programmes of the table: with a published effect, then without one.
pub fn planted() -> Vec<Planted> {
    let (plain, habit, incidents) = (Scenario::PLAIN, Does::Habit(0.1), Does::Incidents(0.63));
    vec![
        Planted { name: "10 points more", organisation: plain, does: habit },
        Planted {
            name: "... shared season, autocorrelation .8",
            organisation: Scenario { season: 1.0, memory: 0.8, ..plain },
            does: habit,
        },
        Planted { name: "... 24 sites", organisation: Scenario { sites: 24, ..plain }, does: habit },
        Planted { name: "... 200 sites", organisation: Scenario { sites: 200, ..plain }, does: habit },
        Planted { name: "... 15 % of weeks missing", organisation: Scenario { missing: 0.15, ..plain }, does: habit },
        Planted { name: "37 % fewer incidents", organisation: plain, does: incidents },
        Planted {
            name: "... 200 sites, rare incidents (.05 a week)",
            organisation: Scenario { sites: 200, per_week: 0.05, ..plain },
            does: incidents,
        },
        Planted { name: "no effect, on the habit", organisation: plain, does: Does::Habit(0.0) },
        Planted { name: "no effect, on incidents", organisation: plain, does: Does::Incidents(1.0) },
    ]
}

/// How a programme fared; shares are of the organisations in which it is not refused, but for that of those refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    /// The programme.
    pub planted: Planted,
    /// Organisations it was planted in.
    pub seeds: u64,
    /// Refused, with a reason.
    pub refused: f64,
    /// Mean of the effects found over that of those planted, less 1; none where none is planted.
    pub bias: Option<f64>,
    /// The 95 % interval holds what is planted.
    pub interval_holds: f64,
    /// Said to have moved what it was to move the right way.
    pub better: f64,
    /// The wrong way.
    pub worse: f64,
}

/// Measures a programme in `seeds` organisations, on all cores.
pub fn rollout_study(planted: &Planted, seeds: u64) -> Measure {
    let all: Vec<u64> = (0..seeds).collect();
    let measured = map(&all, |seed| planted.measured(*seed));
    let effects: Vec<_> =
        measured.iter().filter_map(|(report, truth)| Some((report.as_ref()?.effect?, *truth))).collect();
    let told = effects.len() as f64;
    let holds = |(effect, truth): &&(Effect, f64)| (effect.interval.low..=effect.interval.high).contains(truth);
    let said = |finding: ProgrammeFinding| {
        let so = |(report, _): &&(Option<ProgrammeReport>, f64)| report.as_ref().is_some_and(|r| r.finding == finding);
        measured.iter().filter(so).count() as f64 / told
    };
    let (found, truth) = effects.iter().fold((0.0, 0.0), |(f, t), (effect, truth)| (f + effect.estimate, t + truth));
    Measure {
        planted: *planted,
        seeds,
        refused: 1.0 - told / seeds as f64,
        bias: (truth != 0.0).then_some(found / truth - 1.0),
        interval_holds: effects.iter().filter(holds).count() as f64 / told,
        better: said(ProgrammeFinding::Better),
        worse: said(ProgrammeFinding::Worse),
    }
}

impl Planted {
    /// What is found, and what is there to be found.
    fn measured(&self, seed: u64) -> (Option<ProgrammeReport>, f64) {
        let made = self.organisation.made(seed);
        let (asked, truth) = match self.does {
            Does::Habit(more) => (self.on_habit(&made, more), 100.0 * more),
            Does::Incidents(times) => {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                rng.set_stream(2);
                let happen = |mean: f64| Poisson::new(mean).map_or(0.0, |poisson| poisson.sample(&mut rng));
                let (with, without) = (expected(&made, times), &made.without);
                let difference: Vec<f64> =
                    with.iter().zip(without.cells()).map(|(with, without)| with - without).collect();
                let events = with.iter().copied().map(happen).collect();
                (self.on_incidents(&made, events), whole_effect(&self.on_incidents(&made, difference)))
            }
        };
        (programmes(&[asked]).ok().and_then(|reports| reports.into_iter().next()), truth)
    }

    fn on_habit(&self, made: &Made, more: f64) -> Programme {
        let values = &made.indicator.values;
        let moved = Grid::of(values.sites(), values.weeks(), |site, week| {
            values.at(site, week) + if is_reached(site, week) { more } else { 0.0 }
        });
        let measured = Measured::Score { values: moved, weights: made.indicator.weights.clone(), points: 100.0 };
        self.programme(measured, false)
    }

    /// With these events in the place of those that happened.
    fn on_incidents(&self, made: &Made, events: Vec<f64>) -> Programme {
        let (_, exposure) = made.outcome.grids();
        let weeks = exposure.weeks();
        let events = Grid::of(exposure.sites(), weeks, |site, week| events[site * weeks + week]);
        self.programme(Measured::Count { events, exposure: exposure.clone() }, true)
    }

    fn programme(&self, measured: Measured, lower_is_better: bool) -> Programme {
        let named = self.name.to_owned();
        let outcome = Outcome { name: named.clone(), title: named.clone(), placebo: false, measured };
        Programme {
            name: named.clone(),
            title: named,
            outcome,
            lower_is_better,
            unit: String::new(),
            weeks: (0..self.organisation.weeks).map(|week| format!("week {week}")).collect(),
            starts: (0..self.organisation.sites).map(start).collect(),
            width: WIDTH,
            draws: 0,
            seed: 0,
        }
    }
}

fn start(site: usize) -> Option<usize> {
    WAVES[site % WAVES.len()]
}

fn is_reached(site: usize, week: usize) -> bool {
    start(site).is_some_and(|start| week >= start)
}

/// Incidents expected in each cell when the programme multiplies their rate.
fn expected(made: &Made, times: f64) -> Vec<f64> {
    let weeks = made.without.weeks();
    let works = |at: usize| if is_reached(at / weeks, at % weeks) { times } else { 1.0 };
    made.without.cells().iter().enumerate().map(|(at, usual)| usual * works(at)).collect()
}

/// The table's first two lines.
pub const ROLLOUT_HEADER: &str = "\
| programme | refused | found over planted | interval holds | said to be better | said to be worse |
| --- | --- | --- | --- | --- | --- |";

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| {} | {:.1} % ", self.planted.name, 100.0 * self.refused)?;
        match self.bias {
            Some(bias) => write!(f, "| {:+.1} % ", 100.0 * bias)?,
            None => write!(f, "| ")?,
        }
        for share in [self.interval_holds, self.better, self.worse] {
            write!(f, "| {:.1} % ", 100.0 * share)?;
        }
        write!(f, "|")
    }
}
