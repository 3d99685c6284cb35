use super::{SEEDS, changed, count, judged, pair, planted, request};
use validation::study::Scenario;
use validation::{CheckName, Finding, Grid, Measured, Outcome, Unaskable, Verdict, judge};

#[test]
fn a_planted_lead_is_found_at_its_lag_and_said_in_words() {
    let mut exact = 0;
    for seed in SEEDS {
        let found = planted(Scenario::PLANTED, seed);
        assert!(found.leads_by_rule, "{}", found.sentence);
        assert!(found.strength.unwrap().interval.high < 1.0);
        assert_eq!((found.sites, found.curve.len()), (40, 13));
        exact += usize::from(found.lag == Some(3));
    }
    assert!(exact >= 5, "{exact} of 6 at the planted lag");
    let found = planted(Scenario::PLANTED, 1);
    assert_eq!(found.finding, Finding::Leads, "{:?}", found.checks);
    assert!(found.sentence.starts_with("Where the habit is 10 points higher than a site's usual, incidents are "));
    assert!(found.sentence.contains(" lower (95 % interval: "), "{}", found.sentence);
    assert!(found.sentence.contains(" 3 weeks later; 40 sites, "), "{}", found.sentence);
}

#[test]
fn the_simultaneous_band_is_wider_than_each_lags_own() {
    for effect in planted(Scenario::PLANTED, 0).curve {
        assert!(effect.simultaneous.low < effect.pointwise.low && effect.pointwise.low < effect.estimate);
        assert!(effect.simultaneous.high > effect.pointwise.high && effect.pointwise.high > effect.estimate);
    }
}

/// Threads, and the other pairs of a report, took no part in a pair's random numbers.
#[test]
fn a_pair_is_judged_alike_whatever_stands_beside_it() {
    let (habit, incidents) = Scenario::PLANTED.organisation(0);
    let (other, _) = Scenario::PLAIN.organisation(9);
    let other = validation::Indicator { name: "other".to_owned(), ..other };
    let alone = pair(habit.clone(), incidents.clone(), 5);
    let beside = judged(vec![other, habit], vec![incidents], 5).pairs.remove(1);
    assert_eq!((alone.curve, alone.checks, alone.score), (beside.curve, beside.checks, beside.score));
}

#[test]
fn the_same_request_gets_the_same_report() {
    let (habit, incidents) = Scenario::PLANTED.organisation(2);
    let request = request(vec![habit], vec![incidents], 7);
    assert_eq!(judge(&request), judge(&request));
}

#[test]
fn a_score_that_follows_is_found_in_points() {
    let (habit, incidents) = Scenario::PLAIN.organisation(3);
    let noise = count(&incidents).0;
    let score = Grid::of(40, 104, |site, week| {
        let led = if week < 2 { 0.0 } else { 0.8 * habit.values.at(site, week - 2) };
        0.3 + led + 0.05 * noise.at(site, week)
    });
    let measured = Measured::Score { values: score, weights: Grid::of(40, 104, |_, _| 1.0), points: 100.0 };
    let outcome = Outcome { name: "culture".to_owned(), title: "culture scores".to_owned(), placebo: false, measured };
    let found = pair(habit, outcome, 1);
    assert_eq!((found.finding, found.lag), (Finding::Leads, Some(2)), "{:?}", found.checks);
    let strength = found.strength.unwrap();
    assert!((strength.estimate - 8.0).abs() < 1.0, "{strength:?}");
    assert!(found.sentence.contains("points higher (95 % interval: +"), "{}", found.sentence);
}

#[test]
fn the_best_quarter_of_planted_sites_is_told_apart_with_its_exact_interval() {
    let found = planted(Scenario { sites: 60, weeks: 208, per_week: 2.0, ..Scenario::PLANTED }, 1);
    let Some(validation::Contrast::Count { best, rest, compared, told_apart, could_be_seen, .. }) = found.contrast
    else {
        panic!("{:?}", found.contrast)
    };
    assert_eq!((best.sites, rest.sites), (15, 45));
    assert!(best.level > rest.level && could_be_seen < 1.0);
    assert!(compared.low < compared.ratio.unwrap() && compared.ratio.unwrap() < compared.high.unwrap());
    assert_eq!(told_apart, compared.high.unwrap() < 1.0);
}

#[test]
fn few_data_say_how_many_more_would_do() {
    let found = planted(Scenario { sites: 8, weeks: 40, per_week: 0.1, ..Scenario::PLANTED }, 0);
    assert_eq!(found.finding, Finding::CannotTell);
    let [small, published] = found.power[..] else { panic!("{:?}", found.power) };
    assert!(small.more_weeks > published.more_weeks && published.more_weeks > 0 && published.more_sites > 0);
    assert!(found.sentence.contains("a difference of 37 % would be seen with "), "{}", found.sentence);
}

#[test]
fn enough_data_without_a_lead_say_that_it_would_have_been_seen() {
    let found = planted(Scenario { per_week: 3.0, frailty: 0.05, ..Scenario::PLAIN }, 2);
    assert_eq!(found.finding, Finding::NotShown, "{}", found.sentence);
    assert!(found.sentence.contains("would most likely have been seen"));
}

#[test]
fn what_a_site_without_logs_lacks_is_left_out_and_told() {
    let (habit, incidents) = Scenario::PLANTED.organisation(1);
    let values = changed(&habit.values, |site, week, value| if site < 10 || week % 9 == 0 { f64::NAN } else { value });
    let found = pair(validation::Indicator { values, ..habit }, incidents, 1);
    assert_eq!(found.sites, 30);
    let missing = found.checks.iter().find(|check| check.name == CheckName::MissingWeeks).unwrap();
    assert_eq!((missing.verdict, missing.said.split(' ').next().unwrap()), (Verdict::Caution, "34"));
}

#[test]
fn what_cannot_be_asked_is_refused_with_its_place() {
    let (habit, incidents) = Scenario::PLAIN.organisation(1);
    let bad =
        super::with_events(&incidents, changed(count(&incidents).0, |s, w, n| if (s, w) == (2, 7) { 0.5 } else { n }));
    let told = judge(&request(vec![habit.clone()], vec![bad], 1)).unwrap_err().to_string();
    assert_eq!(told, "incidents: 0.5 events at site site-3 in week 7; a count is a whole number from 0 on");
    let placebo = Outcome { placebo: true, ..incidents.clone() };
    assert_eq!(judge(&request(vec![habit.clone()], vec![placebo], 1)), Err(Unaskable::Nothing("outcome")));
    let short = validation::Indicator { weights: Grid::of(40, 3, |_, _| 1.0), ..habit };
    let told = judge(&request(vec![short], vec![incidents], 1)).unwrap_err().to_string();
    assert_eq!(told, "habit: 40 sites × 3 weeks of weights, where 40 × 104 are expected");
}
