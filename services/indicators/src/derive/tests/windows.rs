//! Windows, roll-ups and bounds; trend and streak.

use super::*;
use crate::values::{Scope, Window, WindowKind};
use WindowKind::{FourWeeks, ThirteenWeeks, Week, WeekToDate};

fn windows(metric: &Metric, parts: Vec<PartRow>) -> BTreeMap<WindowKind, Window> {
    let world = World { sites: vec![site("a", "UTC")], parts, ..World::default() };
    judgement(&world.derive(metric), "a").windows.clone()
}

/// As `windows`, of a metric with privacy.
fn shown(metric: &Metric, rows: Vec<PartRow>) -> BTreeMap<WindowKind, Window> {
    let publications = rows.into_iter().map(|row| published(row, 1)).collect();
    let world = World { sites: vec![site("a", "UTC")], publications, ..World::default() };
    judgement(&world.derive(metric), "a").windows.clone()
}

#[test]
fn windows_sum_calendar_weeks_and_leave_out_those_without_a_value() {
    let weeks = [0, 3, 4, 12, 13].map(|ago| row("a", week(ago), f64::from(ago) + 1.0, 10.0));
    let found = windows(&metric(), weeks.into());
    assert_eq!(found[&Week].value, 0.1);
    assert_eq!(found[&FourWeeks].value, 0.25);
    assert_eq!(found[&ThirteenWeeks].value, (1.0 + 4.0 + 5.0 + 13.0) / 40.0);
    assert!(!found.contains_key(&WeekToDate), "no value is none, never 0");
    assert_eq!(found[&Week], Window { value: 0.1, lower: None, upper: None, sample_size: None });
}

#[test]
fn a_count_adds_up() {
    let metric = Metric { kind: Kind::Count, target: None, lagging: None, ..metric() };
    let found = windows(&metric, vec![row("a", WEEK, 3.0, 1.0), row("a", week(2), 4.0, 1.0)]);
    assert_eq!((found[&Week].value, found[&FourWeeks].value), (3.0, 7.0));
}

#[test]
fn sums_are_exact_where_floats_are_not() {
    let tenths = (0..10).map(|ago| row("a", week(ago), 0.1, 0.1)).collect();
    assert_eq!(windows(&metric(), tenths)[&ThirteenWeeks].value, 1.0);
}

#[test]
fn bounds_of_a_proportion_are_wilsons_on_the_summed_parts() {
    let metric = Metric { uncertainty: Uncertainty::Wilson, ..metric() };
    let found = windows(&metric, vec![row("a", WEEK, 3.0, 8.0), row("a", week(1), 58.0, 92.0)]);
    // statsmodels.stats.proportion.proportion_confint(61, 100, method="wilson")
    let window = found[&FourWeeks];
    assert!(close(window.lower.unwrap(), 0.512_030_170_458_407_3), "{window:?}");
    assert!(close(window.upper.unwrap(), 0.699_831_259_936_055_8), "{window:?}");
    assert_eq!(window.sample_size, Some(100.0));
    assert_eq!(found[&Week].sample_size, Some(8.0));
}

#[test]
fn bounds_of_a_mean_are_students_of_the_respondents() {
    // scipy.stats.t.interval(0.95, 6, loc=mean, scale=std(ddof=1)/sqrt(7))
    let found = shown(&survey(), vec![answers("a", WEEK, &[0.2, 0.4, 0.35, 0.8, 0.75, 0.6, 0.9])]);
    let window = found[&Week];
    assert!(close(window.value, 4.0 / 7.0) && window.sample_size == Some(7.0));
    assert!(close(window.lower.unwrap(), 0.329_878_610_083_130_6), "{window:?}");
    assert!(close(window.upper.unwrap(), 0.812_978_532_774_012_2), "{window:?}");
}

#[test]
fn the_same_people_answer_every_week_so_weeks_do_not_add_to_the_sample() {
    let (six, five) = ([0.5, 0.5, 0.7, 0.7, 0.9, 0.9], [0.1, 0.1, 0.3, 0.5, 0.5]);
    let window = shown(&survey(), vec![answers("a", WEEK, &six), answers("a", week(3), &five)])[&FourWeeks];
    let spread = |means: &[f64]| {
        let mean = means.iter().sum::<f64>() / means.len() as f64;
        means.iter().map(|m| (m - mean) * (m - mean)).sum::<f64>()
    };
    let variance = (spread(&six) + spread(&five)) / 9.0; // within weeks: the drop between them is not noise
    let half = 2.570_581_835_636_314 * (variance / 6.0).sqrt(); // scipy.stats.t.ppf(0.975, 5)
    assert_eq!(window.sample_size, Some(6.0));
    assert!(close(window.upper.unwrap() - window.value, half), "{window:?}");
}

#[test]
fn pooled_rows_of_a_survey_count_as_their_largest() {
    let rows = vec![
        labelled(answers("a", WEEK, &[0.2, 0.4, 0.6, 0.8, 1.0]), "one"),
        labelled(answers("a", WEEK, &[0.2, 0.4, 0.6, 0.8, 1.0, 0.6, 0.6]), "two"),
    ];
    assert_eq!(shown(&survey(), rows.clone())[&Week].sample_size, Some(7.0));
    let share = Metric { kind: Kind::Ratio, uncertainty: Uncertainty::Wilson, ..survey() };
    assert_eq!(shown(&share, rows.clone())[&Week].sample_size, Some(7.0));
    let open = Metric { privacy: None, ..survey() };
    assert_eq!(windows(&open, rows)[&Week].sample_size, Some(12.0));
}

#[test]
fn one_respondent_has_no_bounds() {
    let open = Metric { privacy: None, ..survey() };
    let window = windows(&open, vec![answers("a", WEEK, &[0.5])])[&Week];
    assert_eq!(window, Window { value: 0.5, lower: None, upper: None, sample_size: Some(1.0) });
}

#[test]
fn roll_ups_sum_parts_by_label_set() {
    let parts = vec![
        labelled(row("a", WEEK, 1.0, 10.0), "x"),
        labelled(row("a", WEEK, 9.0, 10.0), "y"),
        labelled(row("b", WEEK, 5.0, 30.0), "x"),
    ];
    let elsewhere = Site { region: None, ..site("b", "UTC") };
    let world = World { sites: vec![site("a", "UTC"), elsewhere], parts, ..World::default() };
    let values = world.derive(&metric());
    let found: Vec<_> = values.metrics[0]
        .series
        .iter()
        .map(|series| (series.scope.clone(), series.labels["team"].clone(), series.windows[&Week].value))
        .collect();
    let (a, b, north) = (Scope::Site("a".into()), Scope::Site("b".into()), Scope::Region("north".into()));
    let expected = [
        (a.clone(), "x", 0.1),
        (a, "y", 0.9),
        (b, "x", 5.0 / 30.0),
        (north.clone(), "x", 0.1),
        (north, "y", 0.9),
        (Scope::Company, "x", 0.15),
        (Scope::Company, "y", 0.9),
    ];
    assert_eq!(found, expected.map(|(scope, team, value)| (scope, team.to_owned(), value)));
    assert_eq!(judgement(&values, "a").windows[&Week].value, 0.5);
}

#[test]
fn the_sites_own_target_is_shown() {
    let mut own = site("a", "UTC");
    own.targets.insert("m".to_owned(), 0.5);
    let world = World { sites: vec![own, site("b", "UTC")], ..World::default() };
    let values = world.derive(&metric());
    assert_eq!((judgement(&values, "a").target, judgement(&values, "b").target), (Some(0.5), Some(0.45)));
}

fn trend(points: &[(u32, f64)]) -> Option<f64> {
    let parts = points.iter().map(|(index, value)| row("a", week(12 - index), *value, 1.0)).collect();
    let world = World { sites: vec![site("a", "UTC")], parts, ..World::default() };
    judgement(&world.derive(&metric()), "a").trend_per_week
}

#[test]
fn the_trend_is_theil_and_sens_slope() {
    // scipy.stats.theilslopes(values, weeks).slope
    let falling = [0, 1, 2, 4, 5, 7, 8, 9, 12].into_iter().zip([0.41, 0.38, 0.44, 0.35, 0.30, 0.36, 0.31, 0.25, 0.29]);
    assert!(close(trend(&falling.collect::<Vec<_>>()).unwrap(), -0.013_25));
    let rising: Vec<_> = [0, 3, 4, 5, 8, 12].into_iter().zip([0.41, 0.58, 0.44, 0.65, 0.70, 0.66]).collect();
    assert!(close(trend(&rising).unwrap(), 0.024));
    assert_eq!(trend(&rising[1..]), None, "five values");
}

fn streak(direction: Direction, values: &[(u32, f64)]) -> Option<u32> {
    let parts = values.iter().map(|(ago, value)| row("a", week(*ago), *value, 1.0)).collect();
    let world = World { sites: vec![site("a", "UTC")], parts, ..World::default() };
    judgement(&world.derive(&Metric { direction, ..metric() }), "a").streak
}

#[test]
fn a_streak_counts_back_to_the_first_week_that_was_good_enough() {
    let higher = |values: &[(u32, f64)]| streak(Direction::Higher, values);
    assert_eq!(higher(&[(0, 0.2), (1, 0.1), (2, 0.3), (3, 0.1)]), Some(2));
    assert_eq!(higher(&[(0, 0.3), (1, 0.1)]), Some(0));
    assert_eq!(streak(Direction::Lower, &[(0, 0.4), (1, 0.31), (2, 0.3)]), Some(2));
    assert_eq!(higher(&[(0, 0.1), (5, 0.1), (10, 0.1)]), Some(3), "four weeks without a value break nothing");
    assert_eq!(higher(&[(0, 0.1), (6, 0.1)]), Some(1), "five end it");
    assert_eq!(higher(&[(4, 0.1), (5, 0.1)]), Some(2), "at its end too");
    assert_eq!(higher(&[(5, 0.1)]), None);
    assert_eq!(higher(&[]), None);
    let years: Vec<(u32, f64)> = (0..150).map(|ago| (ago, if ago == 130 { 0.3 } else { 0.1 })).collect();
    assert_eq!(higher(&years), Some(130), "also before the year that everything else looks at");
    assert_eq!(higher(&years[48..]), None);
    assert_eq!(higher(&[&years[..50], &years[55..60]].concat()), Some(50), "a gap across the year's edge ends it");
    assert_eq!(higher(&[&years[..50], &years[54..60]].concat()), Some(56), "a shorter one does not");
}

/// A company's sum once stopped at the largest number of its type, which looks like any other.
#[test]
fn a_metric_whose_parts_cannot_be_summed_has_no_values_rather_than_wrong_ones() {
    let huge = |site: &str| PartRow { numerator: i128::MAX / 2 + 1, ..row(site, WEEK, 0.0, 1.0) };
    let sites = vec![site("a", "UTC"), site("b", "UTC")];
    let count = Metric { kind: Kind::Count, ..metric() };
    let world = World { sites, parts: vec![huge("a"), huge("b")], ..World::default() };
    assert!(world.derive(&count).metrics.is_empty());
    let shown = world.parts.iter().map(|row| published(PartRow { respondents: Some(9), ..row.clone() }, 1)).collect();
    let world = World { publications: shown, ..world };
    assert!(world.derive(&Metric { privacy: Some(Privacy { minimum: 5 }), ..count }).metrics.is_empty());
}
