//! Ways to be fooled, each tried on several organisations: none of them is told as a lead without reservation, but for
//! what chance alone may do (4 % of organisations).

use super::{SEEDS, changed, count, judged, pair, planted, with_events};
use validation::study::Scenario;
use validation::{CheckName, Contrast, Finding, Indicator, Outcome, Verdict};

/// Organisations of a scenario, and how many of them chance may have told as leads.
const MANY: u64 = 200;
const CHANCE: usize = 8;

#[track_caller]
fn hardly_ever_leads(scenario: Scenario) {
    let told = (0..MANY).filter(|seed| planted(scenario, *seed).finding == Finding::Leads).collect::<Vec<_>>();
    assert!(told.len() <= CHANCE, "{} of {MANY} organisations: seeds {told:?}", told.len());
}

#[test]
fn nothing_is_no_lead() {
    hardly_ever_leads(Scenario::PLAIN);
}

#[test]
fn a_season_that_both_follow_is_no_lead() {
    hardly_ever_leads(Scenario { season: 1.0, ..Scenario::PLAIN });
}

#[test]
fn sites_that_get_better_at_everything_are_no_lead() {
    hardly_ever_leads(Scenario { drift: 1.0, ..Scenario::PLAIN });
}

#[test]
fn shocks_that_hit_all_sites_are_no_lead() {
    hardly_ever_leads(Scenario { shocks: 1.0, ..Scenario::PLAIN });
}

#[test]
fn attention_after_incidents_is_no_lead() {
    hardly_ever_leads(Scenario { reverse: true, ..Scenario::PLAIN });
}

#[test]
fn moving_together_in_the_same_week_is_no_lead() {
    hardly_ever_leads(Scenario { lag: 0, ..Scenario::PLANTED });
}

#[test]
fn a_handful_of_incidents_is_no_lead() {
    hardly_ever_leads(Scenario { per_week: 0.005, ..Scenario::PLANTED });
}

#[test]
fn one_huge_site_is_no_lead() {
    for seed in SEEDS {
        let (habit, incidents) = Scenario { dominating: 40.0, ..Scenario::PLAIN }.organisation(seed);
        let led = |site: usize, week: usize, events: f64| {
            if site > 0 || week < 2 {
                events
            } else {
                (events * (1.0 - 2.0 * (habit.values.at(0, week - 2) - 0.35))).round()
            }
        };
        let incidents = with_events(&incidents, changed(count(&incidents).0, led));
        let found = pair(habit, incidents, seed);
        assert_ne!(found.finding, Finding::Leads, "seed {seed}: {}", found.sentence);
    }
}

/// The habit was counted otherwise from week 50 on, and incidents were reported otherwise too.
#[test]
fn a_changed_definition_is_no_lead() {
    for seed in SEEDS {
        let (habit, incidents) = Scenario::PLAIN.organisation(seed);
        let values = changed(&habit.values, |_, week, value| value + if week < 50 { 0.0 } else { 0.2 });
        let halved =
            |site: usize, week: usize, n: f64| if week < 53 || site.is_multiple_of(2) { n } else { (n / 2.0).floor() };
        let incidents = with_events(&incidents, changed(count(&incidents).0, halved));
        let found = pair(Indicator { values, ..habit }, incidents, seed);
        assert_ne!(found.finding, Finding::Leads, "seed {seed}: {}", found.sentence);
    }
}

/// Site 1 was merged into site 2 in week 60: its habit logged there, its incidents too.
#[test]
fn a_merged_site_is_no_lead() {
    for seed in SEEDS {
        let (habit, incidents) = Scenario::PLAIN.organisation(seed);
        let merged = |site: usize, week: usize, value: f64| match (site, week) {
            (0, 60..) => f64::NAN,
            (1, 60..) => value + 0.15,
            _ => value,
        };
        let (events, values) = (count(&incidents).0.clone(), changed(&habit.values, merged));
        let moved = |site: usize, week: usize, n: f64| match (site, week) {
            (0, 60..) => 0.0,
            (1, 60..) => n + events.at(0, week) + 1.0,
            _ => n,
        };
        let found = pair(Indicator { values, ..habit }, with_events(&incidents, changed(&events, moved)), seed);
        assert_ne!(found.finding, Finding::Leads, "seed {seed}: {}", found.sentence);
    }
}

/// Ninety pairs of nothing: by p < 0.05 alone, four or five of them would be told.
#[test]
fn looking_at_many_pairs_is_no_lead() {
    let habits: Vec<Indicator> = (0..30)
        .map(|n| Indicator {
            name: format!("habit-{n}"),
            ..Scenario { sites: 20, weeks: 60, ..Scenario::PLAIN }.organisation(100 + n).0
        })
        .collect();
    let outcomes: Vec<Outcome> = (0..3)
        .map(|n| Outcome {
            name: format!("outcome-{n}"),
            ..Scenario { sites: 20, weeks: 60, ..Scenario::PLAIN }.organisation(50 + n).1
        })
        .collect();
    let report = judged(habits, outcomes, 1);
    assert_eq!(report.tested, 90);
    assert!(report.pairs.iter().any(|pair| pair.p < 0.05));
    assert!(report.pairs.iter().all(|pair| !pair.leads_by_rule));
}

/// The sites with the worst first year get a visit; their second is better, as the worst always is.
#[test]
fn regression_to_the_mean_is_not_told_apart() {
    for seed in SEEDS {
        let (habit, incidents) = Scenario::PLAIN.organisation(seed);
        let events = count(&incidents).0.clone();
        let first_year = |site: usize| (0..52).map(|week| events.at(site, week)).sum::<f64>();
        let values =
            changed(&habit.values, |site, week, _| first_year(site) / 100.0 + if week < 52 { 0.0 } else { 0.01 });
        let visits = Indicator { values, ..habit };
        let found = pair(visits, incidents, seed);
        assert_ne!(found.finding, Finding::Leads);
        let Some(Contrast::Count { compared, .. }) = found.contrast else { panic!() };
        assert!(compared.high.is_none_or(|high| high > 1.0), "fewer incidents after the visits: {compared:?}");
    }
}

#[test]
fn a_habit_that_also_moves_the_placebo_is_in_doubt() {
    let (habit, incidents) = Scenario::PLANTED.organisation(1);
    let placebo =
        Outcome { name: "lottery".to_owned(), title: "lottery wins".to_owned(), placebo: true, ..incidents.clone() };
    let found = judged(vec![habit], vec![incidents, placebo], 1).pairs.remove(0);
    assert_eq!(found.finding, Finding::Doubtful);
    assert!(found.sentence.contains("it also moves lottery wins, which it cannot move"), "{}", found.sentence);
}

/// Nobody logged the habit in the weeks that ended badly.
#[test]
fn weeks_that_nobody_logged_because_of_what_came_are_in_doubt() {
    let (habit, incidents) = Scenario::PLANTED.organisation(1);
    let events = count(&incidents).0.clone();
    let silent = |site: usize, week: usize, value: f64| {
        if week + 3 < 104 && events.at(site, week + 3) > 1.0 { f64::NAN } else { value }
    };
    let values = changed(&habit.values, silent);
    let found = pair(Indicator { values, ..habit }, incidents, 1);
    let check = found.checks.iter().find(|check| check.name == CheckName::MissingWeeks).unwrap();
    assert_eq!(check.verdict, Verdict::Fails, "{}", check.said);
    assert_ne!(found.finding, Finding::Leads);
}

#[test]
fn a_habit_that_never_changes_cannot_be_judged() {
    let (habit, incidents) = Scenario::PLAIN.organisation(1);
    let values = changed(&habit.values, |site, _, _| f64::from(u32::try_from(site).unwrap()) / 100.0);
    let found = pair(Indicator { values, ..habit }, incidents, 1);
    assert_eq!(found.finding, Finding::CannotTell);
    let why = "the habit: it never differs from its site's and its week's usual level";
    assert_eq!(found.sentence, format!("The data cannot tell whether the habit leads incidents: {why}."));
}
