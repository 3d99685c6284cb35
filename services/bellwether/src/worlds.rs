//! Organisations by chance, derived from parts without an engine: sites that begin to lag, recover, fall silent, are heard
//! again, answer too little, or are fine.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "small numbers that stand here"
)]

use indicators::{
    Activity, Direction, Kind, Lagging, Metric, PartRow, Privacy, Reason, Site, Uncertainty, Values, clock,
    derive::{Input, Nothing, derive_with_changes, to_publish},
};
use jiff::{
    Timestamp,
    civil::{Date, date},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

const LAST: Date = date(2026, 6, 22);
/// A Tuesday morning: the week of `LAST` is complete everywhere.
const AS_OF: &str = "2026-07-01T09:00:00Z";
const WEEKS: u32 = 60;
const SITES: usize = 10;

/// SplitMix64: the same for a seed, everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
    /// From 0 to below this.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
    /// From -1 to 1, mostly near 0.
    fn noise(&mut self) -> f64 {
        let one = |chance: &mut Self| chance.below(2_001) as f64 / 1_000.0 - 1.0;
        (one(self) + one(self) + one(self)) / 3.0
    }
}

fn metric(name: &str, kind: Kind, uncertainty: Uncertainty, target: f64, below: f64) -> Metric {
    Metric {
        help: "What it is".to_owned(),
        target: Some(target),
        uncertainty,
        lagging: Some(Lagging { below, weeks: 3 }),
        owner: format!("{name} people"),
        talk: Reason::ALL.map(|reason| (reason, format!("What of {name}, being {}?", reason.as_str()))).into(),
        streams: BTreeSet::from([format!("{name}_events")]),
        fingerprint: 1,
        ..Metric::new(name, kind, Direction::Higher)
    }
}

fn metrics() -> Vec<Metric> {
    let grouped = |metric: Metric| Metric { group: Some("learning".to_owned()), ..metric };
    vec![
        metric("field_time", Kind::Ratio, Uncertainty::None, 0.45, 0.30),
        grouped(Metric { direction: Direction::Lower, ..metric("idle", Kind::Ratio, Uncertainty::None, 0.2, 0.4) }),
        metric("kept", Kind::Ratio, Uncertainty::Wilson, 0.80, 0.60),
        Metric {
            privacy: Some(Privacy { minimum: 5 }),
            ..metric("quality", Kind::Mean, Uncertainty::Normal, 0.75, 0.60)
        },
    ]
}

/// How a site does in a metric, week by week before `LAST`: its level, and whether anything is sent.
struct Life {
    good: f64,
    bad: f64,
    /// Bad in these weeks.
    bad_from: u32,
    bad_to: u32,
    /// Weeks ago in which nothing was sent: up to the last, or until then.
    unsent: Range<u32>,
    respondents: i64,
}

impl Life {
    fn of(metric: &Metric, chance: &mut Chance) -> Self {
        let target = metric.target.unwrap_or_default();
        let worse = if metric.direction == Direction::Higher { -1.0 } else { 1.0 };
        let begun = 2 + chance.below(20) as u32;
        let (bad_from, bad_to) = match chance.below(5) {
            0 => (begun, 0),
            1 => (begun + 6, begun / 3),
            _ => (0, 1), // never
        };
        let unsent = match chance.below(8) {
            0 => 0..1 + chance.below(4) as u32,
            1 => 1..4,
            _ => 0..0,
        };
        let respondents = if chance.below(5) == 0 { 3 } else { 12 };
        Self { good: target, bad: target + worse * 0.45 * target.max(0.4), bad_from, bad_to, unsent, respondents }
    }

    fn level(&self, ago: u32) -> f64 {
        if ago <= self.bad_from && ago >= self.bad_to { self.bad } else { self.good }
    }
}

fn row(metric: &Metric, site: &str, ago: u32, life: &Life, chance: &mut Chance) -> PartRow {
    let value = (life.level(ago) + 0.05 * chance.noise()).clamp(0.0, 1.0);
    let denominator: i128 = if metric.privacy.is_some() { life.respondents.into() } else { 40 };
    let billion = 1_000_000_000_i128;
    let numerator = match metric.uncertainty {
        Uncertainty::Wilson => (value * denominator as f64).round() as i128 * billion,
        _ => (value * denominator as f64 * 1e9).round() as i128,
    };
    // Respondents who differ by a tenth from their mean.
    let squares = (value * value + 0.01) * denominator as f64;
    PartRow {
        metric: metric.name.clone(),
        week: clock::weeks_before(LAST, ago),
        site: site.to_owned(),
        labels: BTreeMap::new(),
        numerator,
        denominator: denominator * billion,
        sum_squares: metric.privacy.map(|_| (squares * 1e18).round() as i128),
        logged: None,
        expected: None,
        respondents: metric.privacy.map(|_| life.respondents),
    }
}

fn site(at: usize) -> Site {
    let name = match at {
        3 => Some("<b>Ayr</b> & [Bute](https://evil.example)".to_owned()),
        9 => None,
        _ => Some(format!("Works {at}")),
    };
    Site {
        id: format!("s-{at}"),
        name,
        region: (at != 9).then(|| if at.is_multiple_of(2) { "North" } else { "South" }.to_owned()),
        timezone: "UTC".to_owned(),
        targets: BTreeMap::new(),
        opened_on: None,
        closed_on: None,
    }
}

/// The values of the organisation of a seed.
pub fn values(seed: u64) -> Values {
    let mut chance = Chance(seed);
    let (metrics, sites): (Vec<Metric>, Vec<Site>) = (metrics(), (0..SITES).map(site).collect());
    let (mut parts, mut activity) = (Vec::new(), Activity::default());
    // Some sites are silent in everything.
    let gone: Vec<u32> = sites.iter().map(|_| if chance.below(8) == 0 { 3 } else { 0 }).collect();
    for metric in &metrics {
        for (site, gone) in sites.iter().zip(&gone) {
            let life = Life::of(metric, &mut chance);
            for ago in (*gone..WEEKS).filter(|ago| !life.unsent.contains(ago)) {
                let row = row(metric, &site.id, ago, &life, &mut chance);
                let sent = activity.weeks.entry((format!("{}_events", metric.name), site.id.clone())).or_default();
                sent.insert(row.week);
                parts.push(row);
            }
        }
    }
    parts.sort();
    let as_of: Timestamp = AS_OF.parse().unwrap();
    let of = |metric: &Metric| {
        let own: Vec<PartRow> = parts.iter().filter(|row| row.metric == metric.name).cloned().collect();
        to_publish(metric, &own, &[], &sites, as_of)
    };
    let publications: Vec<_> = metrics.iter().filter(|metric| metric.privacy.is_some()).flat_map(of).collect();
    let metrics: Vec<Arc<Metric>> = metrics.into_iter().map(Arc::new).collect();
    let input =
        Input { as_of, sites: &sites, parts: &parts, activity: &activity, publications: &publications, bad: &[] };
    derive_with_changes(&metrics, &input, &Nothing)
}
