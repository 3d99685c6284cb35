//! Every kind, uncertainty and direction against scipy, statsmodels and numpy: windows, bounds, sample sizes, trend, streak,
//! factor, and scores, alarms and onsets of the three reasons. `fixtures/reference.py` makes the worlds and what is expected
//! of them; a world has two regions, teams, gaps, a running week and more weeks than the rule remembers.

use super::*;
use crate::reason::{Reason, ReasonValue};
use crate::values::{State, Window, WindowKind};
use serde_json::Value;

const WORLDS: [&str; 18] = [
    include_str!("../fixtures/world_ratio_none_higher.json"),
    include_str!("../fixtures/world_ratio_none_lower.json"),
    include_str!("../fixtures/world_ratio_wilson_higher.json"),
    include_str!("../fixtures/world_ratio_wilson_lower.json"),
    include_str!("../fixtures/world_mean_none_higher.json"),
    include_str!("../fixtures/world_mean_none_lower.json"),
    include_str!("../fixtures/world_mean_normal_higher.json"),
    include_str!("../fixtures/world_mean_normal_lower.json"),
    include_str!("../fixtures/world_count_none_higher.json"),
    include_str!("../fixtures/world_count_none_lower.json"),
    include_str!("../fixtures/world_count_poisson_higher.json"),
    include_str!("../fixtures/world_count_poisson_lower.json"),
    include_str!("../fixtures/world_rate_none_higher.json"),
    include_str!("../fixtures/world_rate_none_lower.json"),
    include_str!("../fixtures/world_rate_normal_higher.json"),
    include_str!("../fixtures/world_rate_normal_lower.json"),
    include_str!("../fixtures/world_rate_poisson_higher.json"),
    include_str!("../fixtures/world_rate_poisson_lower.json"),
];

struct Reference {
    name: String,
    metric: Metric,
    world: World,
    expected: Value,
}

/// All of them.
fn references() -> impl Iterator<Item = Reference> {
    WORLDS.into_iter().map(Reference::load)
}

impl Reference {
    fn load(json: &str) -> Self {
        let v: Value = serde_json::from_str(json).unwrap();
        let word = |key: &str| v[key].as_str().unwrap();
        let number = |key: &str| v[key].as_f64().unwrap();
        let metric = Metric {
            kind: match word("kind") {
                "ratio" => Kind::Ratio,
                "mean" => Kind::Mean,
                "rate" => Kind::Rate,
                _ => Kind::Count,
            },
            per: v["per"].as_u64().unwrap_or(1) as u32,
            uncertainty: match word("uncertainty") {
                "wilson" => Uncertainty::Wilson,
                "normal" => Uncertainty::Normal,
                "poisson" => Uncertainty::Poisson,
                _ => Uncertainty::None,
            },
            direction: if word("direction") == "lower" { Direction::Lower } else { Direction::Higher },
            lagging: Some(Lagging { below: number("below"), weeks: v["weeks"].as_u64().unwrap() as u32 }),
            target: Some(number("target")),
            ..metric()
        };
        let texts = |key: &str| -> Vec<String> { serde_json::from_value(v[key].clone()).unwrap() };
        let sites = texts("regions").into_iter().enumerate();
        let sites = sites.map(|(i, region)| Site { region: Some(region), ..site(&name(i), "UTC") }).collect();
        let parts = texts("cells").iter().enumerate().flat_map(|(site, cells)| rows(site, cells)).collect();
        Self {
            name: format!("{} {} {}", word("kind"), word("uncertainty"), word("direction")),
            metric,
            world: World { sites, parts, ..World::default() },
            expected: v["expected"].clone(),
        }
    }

    fn derive(&self) -> MetricValues {
        self.world.derive(&self.metric).metrics.remove(0)
    }
}

fn name(site: usize) -> String {
    format!("s{site:02}")
}

/// A line of cells → the rows of a site.
fn rows(site: usize, cells: &str) -> Vec<PartRow> {
    let cells: Vec<&str> = cells.split(' ').collect();
    let weeks = cells.len();
    let of_cell = |(index, cell): (usize, &&str)| -> Vec<PartRow> {
        let week = clock::weeks_after(week(weeks as u32 - 2), index as u32);
        let rows = cell.split('+').filter(|row| *row != "-").zip(["a", "b"]);
        rows.map(|(row, team)| labelled(part(site, week, row), team)).collect()
    };
    cells.iter().enumerate().flat_map(of_cell).collect()
}

fn part(site: usize, week: Date, text: &str) -> PartRow {
    let mut numbers = text.split('/');
    PartRow {
        numerator: unscaled(numbers.next().unwrap(), 9),
        denominator: numbers.next().map_or(1_000_000_000, |text| unscaled(text, 9)),
        sum_squares: numbers.next().map(|text| unscaled(text, 18)),
        ..row(&name(site), week, 0.0, 1.0)
    }
}

/// A decimal, exactly.
fn unscaled(text: &str, scale: usize) -> i128 {
    let (whole, digits) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{digits:0<scale$}").parse().unwrap()
}

fn check(found: Option<f64>, expected: &Value, place: &str) {
    match (found, expected.as_f64()) {
        (Some(a), Some(b)) => assert!(close(a, b), "{place}: {a} for {b}"),
        (a, b) => assert_eq!(a, b, "{place}"),
    }
}

fn check_windows(found: &BTreeMap<WindowKind, Window>, expected: &Value, place: &str) {
    for kind in WindowKind::ALL {
        let (found, expected) = (found.get(&kind), &expected[kind.as_str()]);
        let place = format!("{place}, {}", kind.as_str());
        check(found.map(|window| window.value), &expected["value"], &place);
        check(found.and_then(|window| window.lower), &expected["lower"], &format!("{place}, lower"));
        check(found.and_then(|window| window.upper), &expected["upper"], &format!("{place}, upper"));
        check(found.and_then(|window| window.sample_size), &expected["sample_size"], &format!("{place}, size"));
    }
}

#[test]
fn windows_bounds_and_sizes_are_those_of_the_reference() {
    for reference in references() {
        let values = reference.derive();
        for (judgement, expected) in values.judgements.iter().zip(reference.expected["sites"].as_array().unwrap()) {
            check_windows(&judgement.windows, &expected["windows"], &format!("{}, {}", reference.name, judgement.site));
        }
        for series in &values.series {
            let expected = match &series.scope {
                Scope::Site(_) => continue,
                Scope::Region(region) => &reference.expected["regions"][region],
                Scope::Company => &reference.expected["company"],
            };
            let expected = &expected[usize::from(series.labels["team"] == "b")];
            check_windows(&series.windows, expected, &format!("{}, {:?}", reference.name, series.scope));
        }
    }
}

#[test]
fn trends_and_streaks_are_those_of_the_reference() {
    for reference in references() {
        let values = reference.derive();
        // Without an alarm no site lags, and every trend is that of 13 weeks.
        let calm = reference.world.derive(&Metric { lagging: None, ..reference.metric.clone() });
        for (judgement, expected) in values.judgements.iter().zip(reference.expected["sites"].as_array().unwrap()) {
            let place = format!("{}, {}", reference.name, judgement.site);
            check(super::judgement(&calm, &judgement.site).trend_per_week, &expected["trend"], &place);
            assert_eq!(judgement.streak.map(u64::from), expected["streak"].as_u64(), "{place}");
        }
    }
}

fn check_reason(found: &ReasonValue, expected: &Value, place: &str) {
    check(found.score, &expected["score"], place);
    assert_eq!(found.on, expected["on"].as_bool().unwrap_or(false), "{place}");
    let since = expected["since"].as_u64();
    assert_eq!(found.since, since.map(|index| week(51 - index as u32)), "{place}");
    assert_eq!(found.since_at_least, since == Some(0) && found.reason != Reason::Falling, "{place}");
}

#[test]
fn the_three_reasons_are_those_of_the_reference() {
    for reference in references() {
        let values = reference.derive();
        for (judgement, expected) in values.judgements.iter().zip(reference.expected["sites"].as_array().unwrap()) {
            assert_eq!(judgement.reasons.len(), 3);
            for found in &judgement.reasons {
                let place = format!("{}, {}, {:?}", reference.name, judgement.site, found.reason);
                check_reason(found, &expected["reasons"][found.reason.as_str()], &place);
            }
            let lagging = judgement.reasons.iter().any(|reason| reason.on);
            assert_eq!(judgement.state == State::Lagging, lagging, "{}, {}", reference.name, judgement.site);
        }
    }
}

#[test]
fn the_factors_are_those_of_the_reference() {
    for reference in references() {
        let found = super::lagging::factors_of(&reference.metric, &reference.world).unwrap();
        let expected = reference.expected["sites"].as_array().unwrap();
        assert_eq!(found.len(), expected.len());
        for (factor, site) in found.iter().zip(expected) {
            check(Some(*factor), &site["factor"], &reference.name);
        }
    }
}

#[test]
fn the_worlds_have_something_to_find_and_to_spare() {
    for reason in Reason::ALL {
        for direction in [Direction::Higher, Direction::Lower] {
            let worlds = references().filter(|reference| reference.metric.direction == direction);
            let found: Vec<ReasonValue> = worlds
                .flat_map(|reference| reference.derive().judgements)
                .filter_map(|judgement| judgement.reason(reason).copied())
                .collect();
            let count = |test: fn(&ReasonValue) -> bool| found.iter().filter(|found| test(found)).count();
            assert!(count(|found| found.on) >= 8, "{reason:?}, {direction:?}");
            assert!(count(|found| !found.on && found.score.is_some_and(|score| score > 0.0)) >= 4, "{reason:?}");
            assert!(count(|found| found.score.is_none()) >= 6, "{reason:?}");
        }
    }
}
