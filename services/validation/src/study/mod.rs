//! How often the answer is right: organisations with a planted truth, judged as any other.

mod oracle;
mod organisation;
mod rollouts;

pub use organisation::Scenario;
pub use rollouts::{Does, Measure, Planted, ROLLOUT_HEADER, planted, rollout_study};

use crate::effects::{Sample, poisson};
use crate::leads::without_trends;
use crate::parallel::map;
use crate::{Finding, Grid, LagEffect, Pair, Request, Rule, judge};
use organisation::Made;
use std::fmt;

/// The scenarios of the table: without an effect, then with the published one.
pub fn scenarios() -> Vec<Scenario> {
    let (plain, planted) = (Scenario::PLAIN, Scenario::PLANTED);
    vec![
        plain,
        Scenario { name: "no effect, autocorrelation .8", memory: 0.8, ..plain },
        Scenario { name: "no effect, shared season", season: 1.0, ..plain },
        Scenario { name: "no effect, 12 sites, 52 weeks", sites: 12, weeks: 52, ..plain },
        Scenario { name: "no effect, 7 sites", sites: 7, ..plain },
        Scenario { name: "no effect, rare incidents (.05 a week)", per_week: 0.05, ..plain },
        Scenario { name: "no effect, one site ten times the size", dominating: 10.0, ..plain },
        Scenario { name: "no effect, shared shocks", shocks: 1.0, ..plain },
        Scenario { name: "no effect, 15 % of weeks missing", missing: 0.15, ..plain },
        Scenario { name: "no effect, sites drift in both", drift: 1.0, ..plain },
        Scenario { name: "outcome moves the habit, not the reverse", reverse: true, ..plain },
        planted,
        Scenario { name: "... shared season, autocorrelation .8", season: 1.0, memory: 0.8, ..planted },
        Scenario { name: "... 12 sites, 52 weeks", sites: 12, weeks: 52, ..planted },
        Scenario { name: "... 7 sites", sites: 7, ..planted },
        Scenario { name: "... rare incidents (.05 a week)", per_week: 0.05, ..planted },
        Scenario { name: "... 200 sites, rare incidents", sites: 200, per_week: 0.05, ..planted },
        Scenario { name: "... 15 % of weeks missing", missing: 0.15, ..planted },
        Scenario { name: "... one site ten times the size", dominating: 10.0, ..planted },
    ]
}

/// How a scenario fared; shares of its organisations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fared {
    /// The scenario.
    pub scenario: Scenario,
    /// Organisations judged.
    pub seeds: u64,
    /// "Leads" by the rule alone, whatever the checks say.
    pub by_rule: f64,
    /// "Leads", and every check holds.
    pub without_doubt: f64,
    /// By the rule, at the planted lag.
    pub exact: f64,
    /// By the rule, at most a week from it.
    pub within_a_week: f64,
    /// The 95 % interval at the planted lag holds the planted effect.
    pub interval_holds: f64,
    /// The band over all lags holds the whole curve.
    pub band_holds: f64,
    /// Of organisations that are told that an effect of the planted size would be seen, those in which it is.
    pub kept: Option<f64>,
    /// The planted effect is found by a test that knows all but whether the habit works, and when; where incidents are few.
    pub oracle: Option<f64>,
}

/// Judges `seeds` organisations of a scenario, on all cores.
pub fn study(scenario: &Scenario, seeds: u64) -> Fared {
    let all: Vec<u64> = (0..seeds).collect();
    let judged: Vec<One> = map(&all, |seed| one(scenario, *seed));
    let count = |of: &dyn Fn(&One) -> bool| judged.iter().filter(|one| of(one)).count() as f64;
    let share = |of: fn(&One) -> bool| count(&of) / seeds as f64;
    let promised = count(&|one| one.promised);
    Fared {
        scenario: *scenario,
        seeds,
        by_rule: share(|one| one.by_rule),
        without_doubt: share(|one| one.without_doubt),
        exact: share(|one| one.by_rule && one.off == Some(0)),
        within_a_week: share(|one| one.by_rule && one.off.is_some_and(|off| off <= 1)),
        interval_holds: share(|one| one.interval),
        band_holds: share(|one| one.band),
        kept: (promised > 0.0).then(|| count(&|one| one.promised && one.by_rule) / promised),
        oracle: asks_the_oracle(scenario).then(|| share(|one| one.oracle)),
    }
}

/// Incidents of all sites and weeks below which a planted effect may be more than any test can find.
const FEW: f64 = 1_000.0;

fn asks_the_oracle(scenario: &Scenario) -> bool {
    let incidents = (scenario.sites * scenario.weeks) as f64 * scenario.per_week;
    scenario.effect != 0.0 && incidents < FEW
}

#[derive(Default)]
struct One {
    by_rule: bool,
    without_doubt: bool,
    off: Option<usize>,
    interval: bool,
    band: bool,
    promised: bool,
    oracle: bool,
}

fn one(scenario: &Scenario, seed: u64) -> One {
    let made = scenario.made(seed);
    let (rule, planted) = (Rule::default(), scenario.change(&made));
    let oracle = asks_the_oracle(scenario) && oracle::finds(scenario, &made, rule.lags, seed);
    let truths = truths(scenario, &made);
    let sites = (1..=scenario.sites).map(|site| format!("site-{site}")).collect();
    let request = Request { sites, indicators: vec![made.indicator], outcomes: vec![made.outcome], rule, seed };
    let Some(pair) = judge(&request).ok().and_then(|report| report.pairs.into_iter().next()) else {
        return One { oracle, ..One::default() };
    };
    let inside = |band: crate::Band, lag: usize| band.low <= truths[lag] && truths[lag] <= band.high;
    One {
        by_rule: pair.leads_by_rule,
        without_doubt: pair.finding == Finding::Leads,
        off: pair.lag.map(|lag| lag.abs_diff(scenario.lag)),
        interval: at(&pair, scenario.lag).is_some_and(|effect| inside(effect.pointwise, effect.lag)),
        band: pair.curve.iter().all(|effect| inside(effect.simultaneous, effect.lag)),
        promised: pair.could_be_seen.is_some_and(|least| planted >= least),
        oracle,
    }
}

/// What each lag's rate ratio truly is when the habit works at the planted lag alone: what the same fit finds in these very
/// data when incidents are as expected to the last digit.
fn truths(scenario: &Scenario, made: &Made) -> Vec<f64> {
    let (_, exposure) = made.outcome.grids();
    let regressor = without_trends(&made.indicator.values);
    let expected = Grid::of(exposure.sites(), exposure.weeks(), |site, week| {
        let before = week.checked_sub(scenario.lag).map_or(f64::NAN, |before| made.habit.at(site, before));
        exposure.at(site, week) * scenario.works(before)
    });
    let told = |lag| match scenario.effect {
        0.0 => 0.0,
        _ => poisson(&Sample::lagged(&regressor, &expected, exposure, lag)).map_or(f64::NAN, |fit| fit.estimate),
    };
    (0..=Rule::default().lags).map(|lag| (made.indicator.step * told(lag)).exp()).collect()
}

fn at(pair: &Pair, lag: usize) -> Option<&LagEffect> {
    pair.curve.iter().find(|effect| effect.lag == lag)
}

/// The table's first two lines.
pub const HEADER: &str = "\
| organisation | leads (rule) | leads (no doubt) | lag exact | within a week | interval holds | band holds | said to be seen, is | best possible test |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |";

impl fmt::Display for Fared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| {} ", self.scenario.name)?;
        let shares =
            [self.by_rule, self.without_doubt, self.exact, self.within_a_week, self.interval_holds, self.band_holds];
        for share in shares.into_iter().map(Some).chain([self.kept, self.oracle]) {
            match share {
                Some(share) => write!(f, "| {:.1} % ", 100.0 * share)?,
                None => write!(f, "| ")?,
            }
        }
        write!(f, "|")
    }
}
