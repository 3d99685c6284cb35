//! How often the answer is right: organisations with a planted truth, judged as any other.

mod organisation;

pub use organisation::Scenario;

use crate::effects::{Sample, linear};
use crate::leads::without_trends;
use crate::parallel::map;
use crate::{Finding, Grid, Indicator, LagEffect, Pair, Request, Rule, judge};
use std::fmt;

/// The scenarios of the table: without an effect, then with the published one.
pub fn scenarios() -> Vec<Scenario> {
    let (plain, planted) = (Scenario::PLAIN, Scenario::PLANTED);
    vec![
        plain,
        Scenario { name: "no effect, autocorrelation .8", memory: 0.8, ..plain },
        Scenario { name: "no effect, shared season", season: 1.0, ..plain },
        Scenario { name: "no effect, 12 sites, 52 weeks", sites: 12, weeks: 52, ..plain },
        Scenario { name: "no effect, rare incidents (.05 a week)", per_week: 0.05, ..plain },
        Scenario { name: "no effect, one site ten times the size", dominating: 10.0, ..plain },
        Scenario { name: "no effect, shared shocks", shocks: 1.0, ..plain },
        Scenario { name: "no effect, 15 % of weeks missing", missing: 0.15, ..plain },
        Scenario { name: "no effect, sites drift in both", drift: 1.0, ..plain },
        Scenario { name: "outcome moves the habit, not the reverse", reverse: true, ..plain },
        planted,
        Scenario { name: "... shared season, autocorrelation .8", season: 1.0, memory: 0.8, ..planted },
        Scenario { name: "... 12 sites, 52 weeks", sites: 12, weeks: 52, ..planted },
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
}

/// Judges `seeds` organisations of a scenario, on all cores.
pub fn study(scenario: &Scenario, seeds: u64) -> Fared {
    let all: Vec<u64> = (0..seeds).collect();
    let judged: Vec<One> = map(&all, |seed| one(scenario, *seed));
    let share = |of: fn(&One) -> bool| judged.iter().filter(|one| of(one)).count() as f64 / seeds as f64;
    Fared {
        scenario: *scenario,
        seeds,
        by_rule: share(|one| one.by_rule),
        without_doubt: share(|one| one.without_doubt),
        exact: share(|one| one.by_rule && one.off == Some(0)),
        within_a_week: share(|one| one.by_rule && one.off.is_some_and(|off| off <= 1)),
        interval_holds: share(|one| one.interval),
        band_holds: share(|one| one.band),
    }
}

struct One {
    by_rule: bool,
    without_doubt: bool,
    off: Option<usize>,
    interval: bool,
    band: bool,
}

fn one(scenario: &Scenario, seed: u64) -> One {
    let (indicator, outcome) = scenario.organisation(seed);
    let sites = (1..=scenario.sites).map(|site| format!("site-{site}")).collect();
    let truths = truths(scenario, &indicator);
    let request = Request { sites, indicators: vec![indicator], outcomes: vec![outcome], rule: Rule::default(), seed };
    let pair = judge(&request).ok().and_then(|report| report.pairs.into_iter().next());
    let Some(pair) = pair else {
        return One { by_rule: false, without_doubt: false, off: None, interval: false, band: false };
    };
    let truth = |lag: usize| truths[lag];
    let inside = |effect: &LagEffect| {
        effect.simultaneous.low <= truth(effect.lag) && truth(effect.lag) <= effect.simultaneous.high
    };
    One {
        by_rule: pair.leads_by_rule,
        without_doubt: pair.finding == Finding::Leads,
        off: pair.lag.map(|lag| lag.abs_diff(scenario.lag)),
        interval: at(&pair, scenario.lag).is_some_and(|effect| {
            effect.pointwise.low <= truth(effect.lag) && truth(effect.lag) <= effect.pointwise.high
        }),
        band: pair.curve.iter().all(inside),
    }
}

/// What each lag's rate ratio truly is when the indicator works at the planted lag alone: its effect there, times how far
/// the indicator of one week, less all that is taken out of it, tells that of the other in these very data.
fn truths(scenario: &Scenario, indicator: &Indicator) -> Vec<f64> {
    let (sites, weeks) = (indicator.values.sites(), indicator.values.weeks());
    let regressor = without_trends(&indicator.values);
    let before = |site: usize, week: usize| week.checked_sub(scenario.lag).map(|week| indicator.values.at(site, week));
    let working = Grid::of(sites, weeks, |site, week| before(site, week).unwrap_or(f64::NAN));
    let ones = Grid::of(sites, weeks, |_, _| 1.0);
    let told = |lag| linear(&Sample::lagged(&regressor, &working, &ones, lag)).map_or(f64::NAN, |fit| fit.estimate);
    (0..=Rule::default().lags).map(|lag| (indicator.step * scenario.effect * told(lag)).exp()).collect()
}

fn at(pair: &Pair, lag: usize) -> Option<&LagEffect> {
    pair.curve.iter().find(|effect| effect.lag == lag)
}

/// The table's first two lines.
pub const HEADER: &str = "\
| organisation | leads (rule) | leads (no doubt) | lag exact | within a week | interval holds | band holds |
| --- | --- | --- | --- | --- | --- | --- |";

impl fmt::Display for Fared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| {} ", self.scenario.name)?;
        let shares =
            [self.by_rule, self.without_doubt, self.exact, self.within_a_week, self.interval_holds, self.band_holds];
        shares.iter().try_for_each(|share| write!(f, "| {:.1} % ", 100.0 * share))?;
        write!(f, "|")
    }
}
