//! Twenty organisations of a year: every site planted long enough is found, and almost no other is called.
//!
//! From the planted parts (that the pipeline gives exactly these is what `exactness.rs` shows), so that twenty years fit
//! into a test.

use contracts::Contracts;
use end_to_end::root;
use indicators::{Activity, Metric, PartRow, Site, State, Values};
use indicators::{
    clock,
    derive::{Input, derive, to_publish},
};
use jiff::ToSpan;
use jiff::civil::Date;
use simulator::{Event, Plan, Simulation, simulate};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use workbench::load_queries;

const SITES: usize = 20;
const WEEKS: usize = 52;
const SEEDS: u64 = 20;
/// At most 1 in 200 of the site-metrics that nothing was planted at.
const RARE: usize = 200;

#[test]
fn planted_sites_are_found_and_others_are_not_called() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let contracts = Contracts::shipped().unwrap();
    let load = |folder: &str| runtime.block_on(load_queries(&root().join(folder), &contracts)).unwrap();
    let mut metrics = [load("queries"), load("queries/catalogue")].concat();
    // Of how many people is not told by its parts, and it declares no alarm.
    metrics.retain(|metric| metric.name != "leader_efficacy");
    let (mut found, mut missed, mut unplanted, mut judged) = (0, Vec::new(), Vec::new(), 0);
    for seed in 1..=SEEDS {
        let simulation = simulate(&Plan { seed, sites: SITES, weeks: WEEKS, end: Plan::END }).unwrap();
        let values = values(&metrics, &simulation);
        let planted = planted(&simulation);
        for metric in &values.metrics {
            for judgement in &metric.judgements {
                let key = (metric.metric.name.clone(), judgement.site.clone());
                let lagging = judgement.state == State::Lagging;
                let called = lagging || judgement.state == State::Silent;
                judged += 1;
                match planted.get(&key) {
                    Some(early) if *early && called => found += 1,
                    Some(early) if *early => missed.push((seed, key)),
                    None if lagging => unplanted.push((seed, key)),
                    _ => {}
                }
            }
        }
    }
    // Of one that has closed nothing is said.
    assert_eq!(judged, usize::try_from(SEEDS).unwrap() * (SITES - 1) * metrics.len());
    assert!(found >= 16 * usize::try_from(SEEDS).unwrap(), "only {found} were planted early enough to count");
    assert!(missed.is_empty(), "planted and not found: {missed:?}");
    assert!(unplanted.len() * RARE <= judged, "called without cause: {unplanted:?} of {judged}");
}

/// (metric, site) planted as lagging or silent → whether it must be found by now. A lag needs twenty weeks; silence shows
/// at once.
fn planted(simulation: &Simulation) -> BTreeMap<(String, String), bool> {
    let states = &simulation.truth.states;
    // Where leaders are hardly in the field, that time is rated worse too, by less than would have to be found.
    let follow = states.iter().filter(|state| state.metric == "field_time" && state.state != simulator::State::Silent);
    let mut planted: BTreeMap<_, _> =
        follow.map(|state| (("field_time_quality".to_owned(), state.site.clone()), false)).collect();
    let long_ago = simulation.plan.end.to_zoned_datetime(jiff::tz::TimeZone::UTC).date() - 20.weeks();
    planted.extend(states.iter().filter(|state| state.state != simulator::State::Suppressed).map(|state| {
        let early = state.state == simulator::State::Silent || state.from <= long_ago;
        ((state.metric.to_owned(), state.site.clone()), early)
    }));
    planted
}

fn values(metrics: &[Arc<Metric>], simulation: &Simulation) -> Values {
    let sites = sites(simulation);
    let parts: Vec<PartRow> = simulation.truth.parts.iter().map(part).collect();
    let publications: Vec<_> = metrics
        .iter()
        .flat_map(|metric| {
            let own: Vec<PartRow> = parts.iter().filter(|row| row.metric == metric.name).cloned().collect();
            to_publish(metric, &own, &[], &sites, simulation.truth.as_of)
        })
        .collect();
    let activity = activity(simulation, &sites);
    let as_of = simulation.truth.as_of;
    let (sites, parts, activity) = (&sites, &parts, &activity);
    derive(metrics, &Input { as_of, sites, parts, activity, publications: &publications, bad: &[] })
}

fn part(part: &simulator::Part) -> PartRow {
    let number = |text: &str| text.replace('.', "").parse::<i128>().unwrap();
    let denominator = number(&part.denominator);
    let people = part.sum_squares.is_some() || part.metric == "opportunity_to_learn";
    PartRow {
        metric: part.metric.to_owned(),
        week: part.week,
        site: part.site.clone(),
        labels: part.labels.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        numerator: number(&part.numerator),
        denominator,
        sum_squares: part.sum_squares.as_deref().map(number),
        logged: None,
        expected: None,
        respondents: people.then(|| i64::try_from(denominator / 1_000_000_000).unwrap()),
    }
}

fn sites(simulation: &Simulation) -> Vec<Site> {
    let mut sites = BTreeMap::new();
    for delivery in simulation.arrivals() {
        if let Event::Site(record) = &delivery.event {
            let site = Site {
                id: record.site_id.clone(),
                name: Some(record.name.clone()),
                region: Some(record.region.to_owned()),
                timezone: record.timezone.to_owned(),
                targets: BTreeMap::new(),
                opened_on: record.opened_on,
                closed_on: record.closed_on,
            };
            sites.insert(site.id.clone(), site);
        }
    }
    sites.into_values().collect()
}

fn activity(simulation: &Simulation, sites: &[Site]) -> Activity {
    let zones: BTreeMap<&str, _> = sites.iter().map(|site| (site.id.as_str(), clock::zone(&site.timezone))).collect();
    let mut weeks: BTreeMap<(String, String), BTreeSet<Date>> = BTreeMap::new();
    for delivery in simulation.arrivals() {
        let event = &delivery.event;
        let Some(at) = event.event_time().filter(|at| *at <= simulation.truth.as_of) else { continue };
        let day = at.to_zoned_datetime(zones[event.site()].clone()).date();
        weeks.entry((event.stream().to_owned(), event.site().to_owned())).or_default().insert(clock::week_of(day));
    }
    Activity { weeks }
}
