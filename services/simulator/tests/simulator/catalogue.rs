//! Every metric of the catalogue has something to measure, and the figures that were published are planted.

use crate::{forty, real};
use jiff::civil::Date;
use simulator::Part;
use std::{collections::BTreeSet, path::Path};

/// Names of the query files of a folder.
fn queries(folder: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../queries").join(folder);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|ending| ending == "sql"));
    files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn the_truth_has_parts_of_every_metric_and_of_no_other() {
    let of_truth: BTreeSet<String> = forty().truth.parts.iter().map(|part| part.metric.to_owned()).collect();
    let offered: BTreeSet<String> = queries(".").into_iter().chain(queries("catalogue")).collect();
    assert!(offered.len() >= 36, "{offered:?}");
    assert_eq!(of_truth, offered);
}

/// Sites at which something is planted in the metric, or in the time in the field that outcomes follow.
fn remarkable(metric: &str) -> BTreeSet<&'static str> {
    let states = forty().truth.states.iter().filter(|planted| [metric, "field_time"].contains(&planted.metric));
    states.map(|planted| planted.site.as_str()).collect()
}

/// Σ numerator / Σ denominator of the rows that hold, without the remarkable sites.
fn level(metric: &str, holds: impl Fn(&Part) -> bool) -> f64 {
    let remarkable = remarkable(metric);
    let number = |text: &str| text.parse::<f64>().unwrap();
    let usual = |part: &&Part| part.metric == metric && !remarkable.contains(part.site.as_str());
    let rows = forty().truth.parts.iter().filter(usual);
    let rows: Vec<_> = rows.filter(|part| holds(part)).collect();
    assert!(!rows.is_empty(), "{metric}");
    rows.iter().map(|part| number(&part.numerator)).sum::<f64>()
        / rows.iter().map(|part| number(&part.denominator)).sum::<f64>()
}

fn all(metric: &str) -> f64 {
    level(metric, |_| true)
}

fn within(range: std::ops::RangeInclusive<f64>, what: &str, value: f64) {
    assert!(range.contains(&value), "{what}: {value}, not in {range:?}");
}

/// The quarter of sites, of the usual ones, that are most in the field.
fn best() -> BTreeSet<&'static str> {
    let sites: BTreeSet<_> = forty().truth.parts.iter().map(|part| part.site.as_str()).collect();
    let remarkable = remarkable("field_time");
    let usual = sites.difference(&remarkable).copied();
    let mut by_time: Vec<(f64, &str)> =
        usual.map(|site| (level("field_time", |part| part.site == site), site)).collect();
    by_time.sort_by(|a, b| b.0.total_cmp(&a.0));
    by_time.truncate(by_time.len() / 4);
    by_time.into_iter().map(|(_, site)| site).collect()
}

#[test]
fn the_best_leaders_do_what_was_published_of_them() {
    let best = best();
    let of_best = |metric| level(metric, |part: &Part| best.contains(part.site.as_str()));
    let of_rest = |metric| level(metric, |part: &Part| !best.contains(part.site.as_str()));
    within(0.42..=0.47, "almost 45 % of their time in the field", of_best("field_time"));
    within(8.0..=14.0, "10 points above the average", of_best("culture_score") - all("culture_score"));
    within(1.05..=1.2, "customers content, by double digits", of_best("customer_score") / of_rest("customer_score"));
    // Of so few incidents the planted 37 % are seen within what chance does to them.
    within(0.4..=0.9, "incidents, 37 % fewer", of_best("trir") / of_rest("trir"));
}

#[test]
fn the_bank_halved_its_training_and_teams_meet() {
    // The weeks before the first one have a few offers and nothing else.
    let first: Date = "2025-06-16".parse().unwrap();
    let then = |part: &Part| part.week >= first && part.week < first.checked_add(jiff::Span::new().weeks(12)).unwrap();
    let now = |part: &Part| part.week > "2026-01-01".parse::<Date>().unwrap();
    within(55.0..=66.0, "60 hours a person and year", 52.0 * level("formal_training", then));
    within(20.0..=30.0, "more than 50 % fewer", 52.0 * level("formal_training", now));
    within(0.8..=0.95, "risk meetings", all("risk_meetings_held"));
    within(0.8..=0.9, "remedies closed", all("remedies_closed"));
}

#[test]
fn the_other_figures_that_were_published_are_planted() {
    within(0.77..=0.86, "80 % of commitments to peers kept", all("coaching_commitments_kept"));
    within(0.35..=0.45, "4 in 10 strongly agree", all("opportunity_to_learn"));
    within(10.0..=15.0, "10 to 15 minutes a working day", all("learning_in_flow"));
    within(0.7..=0.85, "over 70 % of roles filled by people who learnt for it", all("roles_filled_by_upskilled"));
    within(0.6..=0.7, "bands in turn: 1 − 1/3", all("trainer_rotation"));
    within(0.4..=0.8, "pairs that are new", all("pairs_rotated"));
    within(0.9..=0.99, "planned pre-starts held", all("prestarts_held"));
    assert!(real(forty().truth.parts.len()) > 50_000.0, "{} parts", forty().truth.parts.len());
}
