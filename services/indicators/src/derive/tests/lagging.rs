//! The rule of lagging against what its reference implementation in numpy prints. A fixture holds the series that it was
//! given (by site and week, null where there is no value) and, as `expected`, what it printed.

use super::*;
use crate::reason::{Reason, ReasonValue};
use crate::values::State;
use serde_json::Value;

const FIXTURES: [(&str, &str); 10] = [
    ("none_mixed", include_str!("../fixtures/none_mixed.json")),
    ("none_quiet", include_str!("../fixtures/none_quiet.json")),
    ("none_region_of_four", include_str!("../fixtures/none_region_of_four.json")),
    ("wilson_mixed", include_str!("../fixtures/wilson_mixed.json")),
    ("wilson_few_due", include_str!("../fixtures/wilson_few_due.json")),
    ("wilson_extremes", include_str!("../fixtures/wilson_extremes.json")),
    ("normal_mixed", include_str!("../fixtures/normal_mixed.json")),
    ("normal_long", include_str!("../fixtures/normal_long.json")),
    ("too_few_pairs", include_str!("../fixtures/too_few_pairs.json")),
    ("single_site", include_str!("../fixtures/single_site.json")),
];

/// Measured seconds of a census week: any number, the rule looks at values only.
const SECONDS: f64 = 144_000.0;

struct Fixture {
    metric: Metric,
    values: Vec<Vec<Option<f64>>>,
    sizes: Vec<Vec<f64>>,
    variance: f64,
    expected: Option<Value>,
}

impl Fixture {
    fn load(json: &str) -> Self {
        let v: Value = serde_json::from_str(json).unwrap();
        let number = |key: &str| v[key].as_f64().unwrap();
        let rows = |key: &str| -> Vec<Vec<Option<f64>>> { serde_json::from_value(v[key].clone()).unwrap() };
        let (kind, uncertainty) = match v["kind"].as_str().unwrap() {
            "none" => (Kind::Ratio, Uncertainty::None),
            "wilson" => (Kind::Ratio, Uncertainty::Wilson),
            _ => (Kind::Mean, Uncertainty::Normal),
        };
        let lagging = Some(Lagging { below: number("below"), weeks: v["weeks"].as_u64().unwrap() as u32 });
        Self {
            metric: Metric { kind, uncertainty, lagging, target: Some(number("target")), ..metric() },
            values: rows("values"),
            sizes: rows("n").into_iter().map(|site| site.into_iter().map(|n| n.unwrap_or(0.0)).collect()).collect(),
            variance: number("score_variance"),
            expected: Some(v["expected"].clone()).filter(|expected| !expected.is_null()),
        }
    }

    /// The same in the mirror: what was kept is now what was missed, and less is better.
    fn mirrored(mut self) -> Self {
        self.metric.direction = Direction::Lower;
        self.metric.lagging = self.metric.lagging.map(|l| Lagging { below: 1.0 - l.below, ..l });
        for value in self.values.iter_mut().flatten().flatten() {
            *value = 1.0 - *value;
        }
        self
    }

    /// Index of the first week that the rule looks at.
    fn first(&self) -> usize {
        self.values[0].len().saturating_sub(52)
    }

    fn week(&self, index: usize) -> Date {
        week((self.values[0].len() - 1 - index) as u32)
    }

    fn row(&self, site: usize, index: usize) -> Option<PartRow> {
        let (value, size) = (self.values[site][index]?, self.sizes[site][index]);
        let n = if self.metric.uncertainty == Uncertainty::None { SECONDS } else { size };
        let about_zero = value * value * n + (n - 1.0) * self.variance;
        let row = row(&name(site), self.week(index), value * n, n);
        Some(PartRow { sum_squares: Some((about_zero * 1e18).round() as i128), ..row })
    }

    fn world(&self) -> World {
        let sites = 0..self.values.len();
        let rows = sites.clone().flat_map(|site| (0..self.values[site].len()).map(move |index| (site, index)));
        World {
            parts: rows.filter_map(|(site, index)| self.row(site, index)).collect(),
            sites: sites.map(|site| super::site(&name(site), "UTC")).collect(),
            ..World::default()
        }
    }

    fn judged(&self, site: usize) -> bool {
        self.values[site][self.first()..].iter().flatten().count() >= 13
    }

    fn check(&self, name_of_fixture: &str) {
        let values = self.world().derive(&self.metric);
        for site in 0..self.values.len() {
            let judgement = judgement(&values, &name(site));
            assert_eq!(judgement.reasons.len(), 3);
            for found in &judgement.reasons {
                self.check_reason(found, site, &format!("{name_of_fixture}, {}, {:?}", name(site), found.reason));
            }
            let lagging = judgement.reasons.iter().any(|reason| reason.on);
            assert_eq!(judgement.state == State::Lagging, lagging, "{name_of_fixture}, {}", name(site));
        }
    }

    fn check_reason(&self, found: &ReasonValue, site: usize, place: &str) {
        let expected = self.expected.as_ref().filter(|_| self.judged(site));
        let expected = expected.map_or(&Value::Null, |all| &all[found.reason.as_str()][site]);
        match (found.score, expected["score"].as_f64()) {
            (Some(a), Some(b)) => assert!((a - b).abs() < 1e-9, "{place}: {a} for {b}"),
            (a, b) => assert_eq!(a, b, "{place}"),
        }
        assert_eq!(found.on, expected["on"].as_bool().unwrap_or(false), "{place}");
        let since = expected["since"].as_u64().map(|index| self.week(index as usize + self.first()));
        assert_eq!(found.since, since, "{place}");
    }
}

fn name(site: usize) -> String {
    format!("s{site:02}")
}

#[test]
fn scores_alarms_and_onsets_are_those_of_the_reference() {
    for (name, json) in FIXTURES {
        Fixture::load(json).check(name);
    }
}

#[test]
fn where_less_is_better_everything_is_mirrored() {
    for (name, json) in FIXTURES {
        Fixture::load(json).mirrored().check(name);
    }
}

#[test]
fn factors_are_those_of_the_reference() {
    for (name, json) in FIXTURES {
        let fixture = Fixture::load(json);
        let found = factors_of(&fixture.metric, &fixture.world());
        let expected: Option<Vec<f64>> =
            fixture.expected.map(|all| serde_json::from_value(all["factor"].clone()).unwrap());
        match (found, expected) {
            (Some(a), Some(b)) => {
                assert!(a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| close(*a, *b)), "{name}: {a:?} for {b:?}");
            }
            (a, b) => assert_eq!(a, b, "{name}"),
        }
    }
}

/// The factors alone.
pub(super) fn factors_of(metric: &Metric, world: &World) -> Option<Vec<f64>> {
    let input = Input {
        as_of: as_of(),
        sites: &world.sites,
        parts: &world.parts,
        activity: &world.activity,
        publications: &[],
        bad: &[],
    };
    let directory = Directory::new(&input);
    let parts: Vec<&PartRow> = world.parts.iter().collect();
    crate::derive::lagging::factors(metric, &rows::of_parts(&parts, &directory), &directory)
}

#[test]
fn the_fixtures_have_something_to_find() {
    let mut on = BTreeMap::new();
    for (_, json) in FIXTURES {
        for (reason, sites) in Fixture::load(json).expected.iter().flat_map(|all| all.as_object().unwrap()) {
            let alarms = sites.as_array().unwrap().iter().filter(|site| site["on"] == true).count();
            *on.entry(reason.clone()).or_insert(0) += alarms;
        }
    }
    for reason in Reason::ALL {
        assert!(on[reason.as_str()] >= 3, "{on:?}");
    }
}

fn half_hearted(sites: usize, weeks: u32, level: impl Fn(usize, u32) -> f64) -> World {
    let noise = |site: usize, ago: u32| f64::from((site as u32 * 7 + ago * 13) % 11) / 500.0;
    let parts = (0..sites).flat_map(|site| (0..weeks).map(move |ago| (site, ago)));
    let parts = parts.map(|(site, ago)| row(&name(site), week(ago), level(site, ago) + noise(site, ago), 1.0));
    World { parts: parts.collect(), sites: (0..sites).map(|i| site(&name(i), "UTC")).collect(), ..World::default() }
}

#[test]
fn without_a_target_only_below_and_without_an_alarm_nothing() {
    let world = half_hearted(6, 52, |site, _| if site == 0 { 0.1 } else { 0.4 });
    let aimless = world.derive(&Metric { target: None, ..metric() });
    let reasons: Vec<_> = judgement(&aimless, "s00").reasons.iter().map(|r| (r.reason, r.on)).collect();
    assert_eq!(reasons, [(Reason::Below, true)]);
    let calm = world.derive(&Metric { lagging: None, ..metric() });
    assert!(judgement(&calm, "s00").reasons.is_empty());
    assert_eq!(judgement(&calm, "s00").state, State::Unjudged);
}

#[test]
fn an_onset_at_the_edge_of_the_year_may_be_earlier() {
    let world = half_hearted(6, 60, |site, ago| match site {
        0 => 0.1,
        1 if ago < 20 => 0.1,
        _ => 0.4,
    });
    let values = world.derive(&metric());
    let below = |site| *judgement(&values, site).reason(Reason::Below).unwrap();
    assert_eq!((below("s00").since, below("s00").since_at_least), (Some(week(51)), true));
    assert_eq!((below("s01").since, below("s01").since_at_least), (Some(week(19)), false));
}

/// Nine sites of a good region, one of them merely as good as the other, poor region of three.
#[test]
fn peers_are_the_region_only_where_eight_others_have_a_value() {
    let mut world = half_hearted(12, 52, |site, _| if site < 9 { 0.6 } else { 0.4 });
    for site in &mut world.sites[9..] {
        site.region = Some("south".to_owned());
    }
    let behind =
        |world: &World, site: &str| judgement(&world.derive(&metric()), site).reason(Reason::BehindPeers).unwrap().on;
    assert!(behind(&world, "s10"), "two others in the region: measured against the company");
    for more in 12..20 {
        let like = |row: &PartRow| PartRow { site: name(more), ..row.clone() };
        let rows: Vec<_> = world.parts.iter().filter(|row| row.site == "s11").map(like).collect();
        world.parts.extend(rows);
        world.sites.push(Site { region: Some("south".to_owned()), ..site(&name(more), "UTC") });
    }
    assert!(!behind(&world, "s10"), "ten others in the region, none better");
}

#[test]
fn weeks_that_are_hardly_logged_are_no_evidence() {
    let mut world = half_hearted(6, 52, |_, _| 0.4);
    for row in &mut world.parts {
        (row.logged, row.expected) = (Some(decimal(0.9)), Some(decimal(1.0)));
    }
    for ago in 1..12 {
        let poor = world.parts.iter_mut().find(|row| row.site == "s00" && row.week == week(ago)).unwrap();
        (poor.numerator, poor.logged) = (0, Some(decimal(0.2)));
    }
    let metric = Metric { coverage: Some(0.6), ..metric() };
    assert_eq!(judgement(&world.derive(&metric), "s00").state, State::Ok);
    let trusting = Metric { coverage: None, ..metric };
    assert_eq!(judgement(&world.derive(&trusting), "s00").state, State::Lagging);
}

/// In Auckland the newest week is complete, in Los Angeles not yet: there it has no value, wherever else it has one.
#[test]
fn weeks_of_different_zones_align_by_their_mondays() {
    let mut world = half_hearted(6, 52, |site, ago| if site == 0 && ago > 0 && ago < 10 { 0.1 } else { 0.4 });
    for (index, site) in world.sites.iter_mut().enumerate() {
        site.timezone = if index < 3 { "America/Los_Angeles" } else { "Pacific/Auckland" }.to_owned();
    }
    let below = |world: &World, at: &str| {
        let values = world.derive_at(&metric(), at.parse().unwrap());
        *judgement(&values, "s00").reason(Reason::Below).unwrap()
    };
    let (early, late) = ("2025-06-09T12:00:00Z", "2025-06-10T12:00:00Z");
    assert!(below(&world, early).on);
    assert_eq!(below(&world, early).since, Some(week(9)));
    assert_ne!(below(&world, early).score, below(&world, late).score);
    let mut changed = world.clone();
    changed.parts.iter_mut().filter(|row| row.site == "s00" && row.week == WEEK).for_each(|row| row.numerator = 0);
    assert_eq!(below(&world, early), below(&changed, early));
    assert_ne!(below(&world, late), below(&changed, late));
}
