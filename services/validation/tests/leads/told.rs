//! What may fool a reader is told in words, whether or not the rule was fooled: each of these organisations shows something
//! that looks like a lead or hides one, and the report says what.

use super::{SEEDS, changed, count, judged, pair, with_events};
use validation::study::Scenario;
use validation::{CheckName, Finding, Grid, Indicator, Measured, Outcome, Pair, Verdict};

#[track_caller]
fn told(pair: &Pair, name: CheckName) -> (Verdict, &str) {
    let check = pair.checks.iter().find(|check| check.name == name);
    check.map(|check| (check.verdict, check.said.as_str())).unwrap_or_else(|| panic!("no {name:?}: {}", pair.sentence))
}

/// A large exposure is no evidence from many sites: half of all incidents are those of one.
#[test]
fn a_site_that_is_most_of_the_data_is_named() {
    for seed in SEEDS {
        let (habit, incidents) = Scenario { dominating: 60.0, ..Scenario::PLANTED }.organisation(seed);
        let found = pair(habit, incidents, seed);
        let (verdict, said) = told(&found, CheckName::DominatingSite);
        assert_eq!(verdict, Verdict::Fails, "{said}");
        assert!(said.starts_with("the largest site, site-1, is ") && said.ends_with(" % of the data"), "{said}");
        assert_ne!(found.finding, Finding::Leads);
    }
}

#[test]
fn among_equals_no_site_is_most_of_the_data() {
    let (habit, incidents) = Scenario::PLANTED.organisation(1);
    assert_eq!(told(&pair(habit, incidents, 1), CheckName::DominatingSite).0, Verdict::Holds);
}

/// Sites of both hemispheres: outdoor work, and slips on ice, each in its own half of the year.
#[test]
fn seasons_of_two_hemispheres_are_no_lead() {
    for seed in SEEDS {
        let (habit, incidents) = Scenario { per_week: 2.0, ..Scenario::PLAIN }.organisation(seed);
        let season = |site: usize, week: usize| {
            let way = if site.is_multiple_of(2) { 1.0 } else { -1.0 };
            way * (week as f64 / 52.0 * std::f64::consts::TAU).sin()
        };
        let values = changed(&habit.values, |s, w, value| value + 0.05 * season(s, w));
        let colder = |s: usize, w: usize, n: f64| (n * (1.0 - 0.4 * season(s, w.saturating_sub(4)))).round();
        let incidents = with_events(&incidents, changed(count(&incidents).0, colder));
        let found = pair(Indicator { values, ..habit }, incidents, seed);
        assert_eq!(found.finding, Finding::Doubtful, "seed {seed}: {}", found.sentence);
        assert_eq!(told(&found, CheckName::SlowMoves).0, Verdict::Fails);
        assert!(found.sentence.contains("in doubt: ") && found.sentence.contains("a season, or a drift"));
    }
}

/// From week 51 on a longer list of meetings counted as time in the field.
#[test]
fn a_definition_that_changed_midway_is_told_with_its_week() {
    for seed in SEEDS {
        let (habit, incidents) = Scenario::PLANTED.organisation(seed);
        let values = changed(&habit.values, |_, week, value| value + if week < 50 { 0.0 } else { 0.2 });
        let found = pair(Indicator { values, ..habit }, incidents, seed);
        let (verdict, said) = told(&found, CheckName::ChangedDefinition);
        assert_ne!(verdict, Verdict::Holds);
        assert!(said.starts_with("its level jumps at all sites in week 51 by "), "{said}");
    }
}

/// Site 1 became part of site 2 in week 60: its people, hours and incidents are counted there.
#[test]
fn two_sites_that_became_one_are_told() {
    let (habit, incidents) = Scenario::PLANTED.organisation(1);
    let (events, exposure) = (count(&incidents).0.clone(), count(&incidents).1.clone());
    let values = changed(&habit.values, |s, w, value| if (s, w >= 60) == (0, true) { f64::NAN } else { value });
    let merged = |grid: &Grid, gone: f64| {
        changed(grid, |s, w, value| match (s, w) {
            (0, 60..) => gone,
            (1, 60..) => value + grid.at(0, w),
            _ => value,
        })
    };
    let measured = Measured::Count { events: merged(&events, 0.0), exposure: merged(&exposure, f64::NAN) };
    let found = pair(Indicator { values, ..habit }, Outcome { measured, ..incidents }, 1);
    let (verdict, said) = told(&found, CheckName::ChangedSites);
    assert_eq!(verdict, Verdict::Caution);
    assert_eq!(
        said,
        "of 40 sites 1 stopped earlier (site-1), 1 changed size with them (site-2); without these it stands"
    );
}

/// The five sites with most incidents were closed: what is left looks safer.
#[test]
fn closed_sites_are_told_and_their_leaving_is_no_lead() {
    for seed in SEEDS {
        let (habit, incidents) = Scenario::PLAIN.organisation(seed);
        let events = count(&incidents).0.clone();
        let mut worst: Vec<usize> = (0..40).collect();
        let all = |site: &usize| events.row(*site)[..60].iter().sum::<f64>();
        worst.sort_by(|a, b| all(b).total_cmp(&all(a)));
        let closed = |site: usize, week: usize| worst[..5].contains(&site) && week >= 60;
        let values =
            changed(&habit.values, |s, w, v| if closed(s, w) { f64::NAN } else { v + if w < 60 { 0.0 } else { 0.03 } });
        let left = changed(&events, |s, w, n| if closed(s, w) { f64::NAN } else { n });
        let found = pair(Indicator { values, ..habit }, with_events(&incidents, left), seed);
        let (verdict, said) = told(&found, CheckName::ChangedSites);
        assert_ne!(verdict, Verdict::Holds);
        assert!(said.starts_with("of 40 sites 5 stopped earlier (site-"), "{said}");
        assert_ne!(found.finding, Finding::Leads, "seed {seed}: {}", found.sentence);
    }
}

/// The ten sites with the worst first year were coached in the second, and had a usual year again.
#[test]
fn sites_chosen_for_their_worst_year_are_told() {
    for seed in SEEDS {
        let (habit, incidents) = Scenario::PLAIN.organisation(seed);
        let events = count(&incidents).0.clone();
        let rate = |site: usize| {
            let worked: f64 = count(&incidents).1.row(site)[..52].iter().sum();
            events.row(site)[..52].iter().sum::<f64>() / worked
        };
        let mut worst: Vec<usize> = (0..40).collect();
        worst.sort_by(|a, b| rate(*b).total_cmp(&rate(*a)));
        let coached = |site: usize, week: usize| worst[..10].contains(&site) && week >= 52;
        let values = changed(&habit.values, |s, w, value| value + if coached(s, w) { 0.15 } else { 0.0 });
        let found = pair(Indicator { values, ..habit }, incidents, seed);
        let (verdict, said) = told(&found, CheckName::ChosenSites);
        assert_ne!(verdict, Verdict::Holds, "{said}");
        assert!(said.starts_with("it rose most where incidents had been highest before (p = 0.0"), "{said}");
        assert_ne!(found.finding, Finding::Leads, "seed {seed}: {}", found.sentence);
    }
}

/// Sites learned everything in the same slow bend, each in its own time: no straight line takes that out.
#[test]
fn a_bend_in_both_is_no_lead() {
    let leads = |seed: u64| {
        let (habit, incidents) = Scenario { per_week: 2.0, ..Scenario::PLAIN }.organisation(seed);
        let learned = |site: usize, week: usize| {
            let own = 25.0 + (site * 17 % 40) as f64 * 54.0 / 40.0;
            1.0 / (1.0 + (-(week as f64 - own) / 12.0).exp())
        };
        let values = changed(&habit.values, |s, w, value| value + 0.2 * learned(s, w));
        let fewer = |s: usize, w: usize, n: f64| (n * (1.0 - 0.5 * learned(s, w))).round();
        let incidents = with_events(&incidents, changed(count(&incidents).0, fewer));
        let found = pair(Indicator { values, ..habit }, incidents, seed);
        found.finding == Finding::Leads
    };
    let told = (0..40).filter(|seed| leads(*seed)).count();
    assert!(told <= 3, "{told} of 40, where chance alone makes one or two");
}

#[test]
fn what_runs_the_other_way_is_said_to() {
    let scenario = Scenario { reverse: true, per_week: 1.5, ..Scenario::PLAIN };
    for seed in SEEDS {
        let (habit, incidents) = scenario.organisation(seed);
        let found = pair(habit, incidents, seed);
        assert!(!found.leads_by_rule);
        assert!(found.reverse_score.abs() > found.score.abs());
    }
}

/// One of ninety pairs of nothing looks like a lead when it is looked at alone.
#[test]
fn the_luckiest_of_many_pairs_is_said_to_be_that() {
    let small = Scenario { sites: 20, weeks: 60, ..Scenario::PLAIN };
    let habits = (0..60).map(|n| Indicator { name: format!("habit-{n}"), ..small.organisation(n).0 }).collect();
    let report = judged(habits, vec![small.organisation(77).1], 1);
    let lucky: Vec<&Pair> =
        report.pairs.iter().filter(|pair| pair.sentence.contains("alone it would look like a lead")).collect();
    assert!(!lucky.is_empty());
    for pair in lucky {
        assert!(pair.p < 0.02 && pair.finding != Finding::Leads);
        assert!(pair.sentence.ends_with("but of 60 pairs tested some do by chance."), "{}", pair.sentence);
    }
}

#[test]
fn few_sites_are_not_promised_what_they_cannot_show() {
    let found: Vec<Pair> = (0..40)
        .map(|seed| {
            let (habit, incidents) = Scenario { sites: 7, ..Scenario::PLANTED }.organisation(seed);
            pair(habit, incidents, seed)
        })
        .collect();
    let reassured = found.iter().filter(|pair| pair.finding == Finding::NotShown).count();
    assert!(reassured <= 1, "{reassured} of 40 were told that a planted lead would have been seen");
    let short = found.iter().find(|pair| pair.finding == Finding::CannotTell).unwrap();
    assert!(short.sentence.contains("; by now one of "), "{}", short.sentence);
}
