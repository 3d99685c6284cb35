//! A planted programme is measured without bias, and one that cannot be measured is refused with its reason.

#![expect(clippy::cast_precision_loss, reason = "a test has few sites, periods and rounds")]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use validation::Grid;
use validation::rollout::{Controls, NoRollout, Rollout, rollout};

const SITES: usize = 60;
const PERIODS: usize = 12;
const EFFECT: f64 = -0.5;

/// 60 sites of their own level in a common season; those reached in period 5 or 8 drop by 0.5 at once, and had drifted by
/// `drift` a period already.
fn programme(seed: u64, drift: f64) -> Rollout {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let starts: Vec<Option<usize>> = (0..SITES).map(|site| [None, Some(5), Some(8)][site % 3]).collect();
    let level: Vec<f64> = (0..SITES).map(|_| rng.random_range(0.0..4.0)).collect();
    let noise: Vec<f64> =
        (0..SITES * PERIODS).map(|_| 0.3 * Distribution::<f64>::sample(&StandardNormal, &mut rng)).collect();
    let values = Grid::of(SITES, PERIODS, |site, period| {
        let worked = if starts[site].is_some_and(|start| period >= start) { EFFECT } else { 0.0 };
        let drifted = if starts[site].is_some() { drift * period as f64 } else { 0.0 };
        level[site] + (period as f64).sin() + worked + drifted + noise[site * PERIODS + period]
    });
    Rollout { values, starts, controls: Controls::NotYetReached, draws: 199, seed }
}

#[test]
fn a_planted_effect_is_found_without_bias_and_its_interval_holds() {
    let found: Vec<_> = (0..200).filter_map(|seed| rollout(&programme(seed, 0.0)).unwrap().overall).collect();
    assert!(found.len() >= 180, "{} of 200 not refused", found.len());
    let mean = found.iter().map(|effect| effect.estimate).sum::<f64>() / found.len() as f64;
    assert!((mean / EFFECT - 1.0).abs() < 0.05, "{mean}");
    let holds = found.iter().filter(|effect| effect.interval.low <= EFFECT && EFFECT <= effect.interval.high).count();
    let share = holds as f64 / found.len() as f64;
    assert!((0.91..=0.98).contains(&share), "{share}");
}

/// Sites that were getting better anyway were chosen for the programme.
#[test]
fn sites_that_were_better_before_are_refused() {
    let report = rollout(&programme(1, -0.4)).unwrap();
    assert_eq!((report.overall, report.by_length), (None, None));
    assert!(report.refused[0].starts_with("reached and other sites differed in trend before the start already"));
    assert!(!report.events.is_empty());
}

#[test]
fn too_few_sites_reached_are_refused_with_their_number() {
    let mut asked = programme(1, 0.0);
    asked.starts = (0..SITES).map(|site| (site < 3).then_some(6)).collect();
    let report = rollout(&asked).unwrap();
    assert_eq!(report.overall, None);
    assert_eq!(report.refused[0], "3 sites reached in period 6 against 57 not reached: 5 of each are needed");
}

#[test]
fn sites_reached_from_the_first_period_on_have_no_before_and_are_counted() {
    let mut asked = programme(2, 0.0);
    asked.starts[0] = Some(0);
    let report = rollout(&asked).unwrap();
    assert_eq!((report.sites, report.reached_before), (SITES - 1, 1));
}

#[test]
fn without_anybody_to_compare_with_there_is_no_rollout() {
    let mut asked = programme(1, 0.0);
    asked.starts = vec![Some(5); SITES];
    assert_eq!(rollout(&asked), Err(NoRollout::NothingToCompare));
    asked.starts.pop();
    assert_eq!(rollout(&asked), Err(NoRollout::Starts { starts: 59, sites: 60 }));
}

#[test]
fn a_hole_takes_a_site_out_of_the_periods_that_need_it_alone() {
    let whole = programme(3, 0.0);
    let values = Grid::of(SITES, PERIODS, |s, p| if (s, p) == (1, 9) { f64::NAN } else { whole.values.at(s, p) });
    let report = rollout(&Rollout { values, ..whole }).unwrap();
    let reached =
        |period: usize| report.cells.iter().find(|cell| (cell.group, cell.period) == (5, period)).unwrap().reached;
    assert_eq!((reached(8), reached(9), reached(10)), (20, 19, 20));
}
