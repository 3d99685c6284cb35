//! A programme in blocks of weeks: measured without bias where it worked, and refused, with the reason, where nothing can
//! be said.

#![expect(
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    reason = "a test has few sites, periods and rounds, and fails"
)]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson, StandardNormal};
use validation::rollout::{
    Controls, Programme, ProgrammeFinding, ProgrammeReport, Rollout, Unmeasurable, programmes, rollout,
};
use validation::{Grid, Measured, Outcome};

const SITES: usize = 40;
const WEEKS: usize = 104;
const WAVES: [Option<usize>; 4] = [None, Some(45), Some(58), Some(71)];

fn weeks() -> Vec<String> {
    (0..WEEKS).map(|week| format!("W{week}")).collect()
}

fn programme(measured: Measured, starts: Vec<Option<usize>>) -> Programme {
    Programme {
        name: "coaching".to_owned(),
        title: "coaching".to_owned(),
        outcome: Outcome { name: "field_time".to_owned(), title: "field time".to_owned(), placebo: false, measured },
        lower_is_better: false,
        unit: "points".to_owned(),
        weeks: weeks(),
        starts,
        width: 4,
        draws: 199,
        seed: 1,
    }
}

fn waves() -> Vec<Option<usize>> {
    (0..SITES).map(|site| WAVES[site % 4]).collect()
}

/// A share at each site: its own level, a season of all, noise that lasts (autocorrelation .5), and `effect` from its start.
fn shares(seed: u64, starts: &[Option<usize>], effect: f64) -> Measured {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut noise = || Distribution::<f64>::sample(&StandardNormal, &mut rng);
    let mut cells = Vec::new();
    for start in starts {
        let level = 0.35 + 0.05 * noise();
        let mut lasting = noise();
        for week in 0..WEEKS {
            lasting = 0.5 * lasting + 0.75_f64.sqrt() * noise();
            let season = 0.03 * (week as f64 / 52.0 * std::f64::consts::TAU).sin();
            let worked = if start.is_some_and(|start| week >= start) { effect } else { 0.0 };
            cells.push(level + season + worked + 0.05 * lasting);
        }
    }
    let values = Grid::new(starts.len(), WEEKS, cells).unwrap();
    Measured::Score { weights: Grid::of(starts.len(), WEEKS, |_, _| 1.0), values, points: 100.0 }
}

fn measured(programme: Programme) -> ProgrammeReport {
    programmes(&[programme]).unwrap().remove(0)
}

#[test]
fn a_planted_programme_is_measured_without_bias_and_its_interval_holds() {
    let report = |seed| {
        let programme = Programme { draws: 0, ..programme(shares(seed, &waves(), 0.06), waves()) };
        measured(programme)
    };
    let found: Vec<_> = (0..400).filter_map(|seed| report(seed).effect).collect();
    assert!(found.len() >= 360, "{} of 400 not refused", found.len());
    let n = found.len() as f64;
    let mean = found.iter().map(|effect| effect.estimate).sum::<f64>() / n;
    assert!((mean / 6.0 - 1.0).abs() < 0.05, "{mean}");
    let holds = found.iter().filter(|effect| effect.interval.low <= 6.0 && 6.0 <= effect.interval.high).count();
    assert!((0.93..=0.97).contains(&(holds as f64 / n)), "{holds} of {n}");
}

#[test]
fn a_programme_that_did_nothing_is_seldom_said_to_have_worked() {
    let claims = |seed| measured(Programme { draws: 0, ..programme(shares(seed, &waves(), 0.0), waves()) }).finding;
    let wrong = (0..200).map(claims).filter(|finding| matches!(finding, ProgrammeFinding::Better)).count();
    assert!(wrong <= 8, "{wrong} of 200");
}

#[test]
fn a_leader_reads_what_it_did_and_that_the_others_did_not_move() {
    let report = measured(programme(shares(3, &waves(), 0.06), waves()));
    assert_eq!(report.finding, ProgrammeFinding::Better);
    let told = &report.sentence;
    assert!(told.starts_with("Where coaching began, field time rose by "), "{told}");
    assert!(told.contains(" points (95 % interval: ") && told.contains(" in the first 52 weeks, from 3"), "{told}");
    assert!(told.contains("against sites not reached yet; those did not move measurably ("), "{told}");
    let [first, start] = [0, 6].map(|at| (report.events[at].from_week, report.events[at].to_week));
    assert_eq!((first, start), ((-24, -21), (0, 3)));
    assert!(report.events.iter().all(|event| event.simultaneous.low <= event.interval.low));
}

/// With every start at the border of a block, blocks of weeks are periods of their own.
#[test]
fn blocks_of_weeks_are_the_published_estimator_on_longer_periods() {
    let starts: Vec<Option<usize>> = (0..SITES).map(|site| [None, Some(44), Some(60)][site % 3]).collect();
    let weekly = shares(5, &starts, 0.04);
    let Measured::Score { values, .. } = &weekly else { panic!("a score") };
    let mean =
        |site: usize, block: usize| (0..4).map(|week| 100.0 * values.at(site, 4 * block + week)).sum::<f64>() / 4.0;
    let longer = Rollout {
        values: Grid::of(SITES, WEEKS / 4, mean),
        starts: starts.iter().map(|start| start.map(|start| start / 4)).collect(),
        controls: Controls::NotYetReached,
        draws: 9,
        seed: 1,
    };
    let (longer, blocks) = (rollout(&longer).unwrap(), measured(programme(weekly, starts)));
    assert!(blocks.cells.len() > 30);
    for cell in &blocks.cells {
        let [group, period] = [&cell.start, &cell.week].map(|week| week[1..].parse::<usize>().unwrap() / 4);
        let same = longer.cells.iter().find(|other| (other.group, other.period) == (group, period)).unwrap();
        assert!((same.estimate - cell.estimate).abs() < 1e-9 && (same.error - cell.error).abs() < 1e-9);
        assert_eq!((same.reached, same.controls), (cell.reached, cell.controls));
    }
}

/// A start within a week of another made a block that was half before and half after.
#[test]
fn a_start_at_any_week_dilutes_nothing() {
    let starts: Vec<Option<usize>> = (0..SITES).map(|site| [None, Some(46), Some(49)][site % 3]).collect();
    let values = Grid::of(SITES, WEEKS, |site, week| {
        let noise = ((site * 31 + week * 17) % 7) as f64 / 1e4;
        f64::from(u8::from(starts[site].is_some_and(|start| week >= start))) + noise
    });
    let weights = Grid::of(SITES, WEEKS, |_, _| 1.0);
    let report = measured(programme(Measured::Score { values, weights, points: 1.0 }, starts));
    for event in report.events.iter() {
        let planted = if event.from_week >= 0 { 1.0 } else { 0.0 };
        assert!((event.estimate - planted).abs() < 1e-2, "{event:?}");
    }
}

#[test]
fn incidents_are_told_per_hours_and_less_of_them_is_better() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let starts: Vec<Option<usize>> = (0..80).map(|site| [None, Some(52)][site % 2]).collect();
    let events: Vec<f64> = (0..80 * WEEKS)
        .map(|at| {
            let reached = starts[at / WEEKS].is_some_and(|start| at % WEEKS >= start);
            Poisson::new(if reached { 0.3 } else { 1.0 }).unwrap().sample(&mut rng)
        })
        .collect();
    let exposure = Grid::of(80, WEEKS, |_, _| 0.1);
    let counts = Measured::Count { events: Grid::new(80, WEEKS, events).unwrap(), exposure };
    let mut asked = programme(counts, starts);
    (asked.lower_is_better, asked.unit) = (true, "per 200,000 hours".to_owned());
    let report = measured(asked);
    assert_eq!(report.finding, ProgrammeFinding::Better);
    let effect = report.effect.unwrap();
    assert!(effect.interval.low < -7.0 && -7.0 < effect.interval.high, "{effect:?}");
    assert!(report.sentence.contains(" fell by ") && report.sentence.contains(" per 200,000 hours (95 % interval: "));
}

/// The worst quarter got the programme, and was back at its usual without it.
#[test]
fn sites_chosen_at_their_worst_are_refused() {
    let (mut refused, mut better) = (0, 0);
    for seed in 0..100 {
        let nobody = vec![None; SITES];
        let weekly = shares(seed, &nobody, 0.0);
        let Measured::Score { values, .. } = &weekly else { panic!("a score") };
        let recent = |site: usize| (44..52).map(|week| values.at(site, week)).sum::<f64>();
        let usual = |site: usize| (0..44).map(|week| values.at(site, week)).sum::<f64>() / 44.0 * 8.0;
        let mut worst: Vec<usize> = (0..SITES).collect();
        worst.sort_by(|a, b| (recent(*a) - usual(*a)).total_cmp(&(recent(*b) - usual(*b))));
        let starts: Vec<Option<usize>> = (0..SITES).map(|site| worst[..10].contains(&site).then_some(52)).collect();
        let report = measured(Programme { draws: 0, ..programme(weekly, starts) });
        refused += usize::from(report.finding == ProgrammeFinding::Refused);
        better += usize::from(report.finding == ProgrammeFinding::Better);
    }
    assert!(refused >= 90, "{refused} refused, {better} said to be better");
}

#[test]
fn sites_that_were_getting_better_already_are_refused() {
    let Measured::Score { values, weights, points } = shares(2, &waves(), 0.0) else { panic!("a score") };
    let drift = |site: usize, week: usize| if site.is_multiple_of(4) { 0.0 } else { 0.004 * week as f64 };
    let values = Grid::of(SITES, WEEKS, |site, week| values.at(site, week) + drift(site, week));
    let report = measured(programme(Measured::Score { values, weights, points }, waves()));
    assert_eq!((report.finding, report.effect), (ProgrammeFinding::Refused, None));
    assert!(report.refused[0].starts_with("reached and other sites moved apart before the start already"));
    let told = report.sentence;
    assert!(told.starts_with("The data cannot tell whether coaching moved field time: reached and other"), "{told}");
    assert!(!report.events.is_empty(), "the picture is shown all the same");
}

#[test]
fn each_group_that_cannot_be_compared_says_why() {
    // Three pilots, three waves, and one to come; in the end nobody is left to compare with.
    let start = |site| match site {
        0..3 => Some(30),
        3..13 => Some(40),
        13..23 => Some(60),
        23..33 => Some(80),
        33..36 => Some(0),
        36..38 => Some(103),
        _ => Some(WEEKS + 2),
    };
    let starts: Vec<Option<usize>> = (0..SITES).map(start).collect();
    let report = measured(programme(shares(4, &starts, 0.06), starts));
    let why: Vec<&str> = report.groups.iter().map(|group| group.why_not.as_deref().unwrap_or("compared")).collect();
    let few = "3 of its 3 sites have values before and after: 5 are needed";
    let controls = "4 sites are left to compare with: 5 are needed";
    let begun = "1 of the 4 weeks needed since then are over";
    let before = "it began there before 4 weeks were measured";
    assert_eq!(why, [before, few, "compared", "compared", controls, begun, "it has not begun there yet"]);
    // The second wave is compared until the third begins.
    assert_eq!(report.groups[3].weeks, 20);
    assert_eq!(report.groups[0].start, None);
}

#[test]
fn what_cannot_be_compared_at_all_is_refused_group_by_group() {
    let starts: Vec<Option<usize>> = (0..SITES).map(|site| (site < 3).then_some(40)).collect();
    let report = measured(programme(shares(1, &starts, 0.06), starts));
    let why = "3 sites from the week of W40 on: 3 of its 3 sites have values before and after: 5 are needed";
    assert_eq!(report.refused, [why]);
    let report = measured(programme(shares(1, &[None; SITES], 0.06), vec![None; SITES]));
    assert_eq!(report.refused, ["no site with values was reached"]);
    let all = measured(programme(shares(1, &[Some(40); SITES], 0.06), vec![Some(40); SITES]));
    assert!(all.refused[0].ends_with("no site is left to compare with: all others were reached by then"));
}

#[test]
fn many_metrics_share_one_error() {
    let nothing = |seed| Programme { seed, ..programme(shares(seed, &waves(), 0.0), waves()) };
    let reports = programmes(&(0..12).map(nothing).collect::<Vec<_>>()).unwrap();
    assert!(reports.iter().all(|report| report.adjusted >= report.p));
    assert!(reports.iter().any(|report| report.adjusted > report.p));
}

#[test]
fn shapes_that_do_not_fit_are_refused_with_their_sizes() {
    let mut asked = programme(shares(1, &waves(), 0.0), waves());
    asked.starts.pop();
    let told = programmes(&[asked.clone()]).unwrap_err().to_string();
    assert!(told.starts_with("coaching, field_time: 39 starts and 104 weeks for 40 sites × 104 weeks"), "{told}");
    asked.width = 0;
    assert_eq!(programmes(&[asked]), Err(Unmeasurable::Width("coaching".to_owned())));
}

/// The same request gives the same report, whatever stands beside it.
#[test]
fn a_report_does_not_depend_on_the_others() {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let asked: Vec<Programme> = (0..6).map(|_| programme(shares(rng.random(), &waves(), 0.06), waves())).collect();
    let together = programmes(&asked).unwrap();
    let alone = measured(asked[4].clone());
    assert_eq!((&together[4].events, together[4].p), (&alone.events, alone.p));
}
