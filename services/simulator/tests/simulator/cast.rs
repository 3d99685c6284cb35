//! Who is planted.

use crate::{small, twenty};
use simulator::{Metric, Plan, PlantedState, Reason, State, Truth, simulate};
use std::{collections::BTreeSet, sync::OnceLock};

/// Years of twenty sites; simulated once.
fn years() -> [&'static Truth; 2] {
    static OTHER: OnceLock<Truth> = OnceLock::new();
    let other = || simulate(&Plan { seed: 1, sites: 20, weeks: 52, ..Plan::default() }).unwrap().truth;
    [OTHER.get_or_init(other), &twenty().truth]
}

/// What is planted in a state, in the core metrics or in the others.
fn of(truth: &Truth, state: State, core: bool) -> Vec<&PlantedState> {
    let names = Metric::ALL.map(Metric::name);
    let planted = truth.states.iter().filter(|planted| names.contains(&planted.metric) == core);
    planted.filter(|planted| planted.state == state).collect()
}

fn metrics(planted: &[&PlantedState]) -> BTreeSet<&'static str> {
    planted.iter().map(|planted| planted.metric).collect()
}

fn sites<'a>(planted: &[&'a PlantedState]) -> BTreeSet<&'a str> {
    planted.iter().map(|planted| planted.site.as_str()).collect()
}

#[test]
fn a_year_of_twenty_sites_has_its_cast() {
    for truth in years() {
        let lagging = of(truth, State::Lagging, true);
        assert_eq!(lagging.len(), 5);
        assert_eq!(lagging.iter().filter(|planted| planted.reasons == [Reason::Falling]).count(), 1);
        assert_eq!(metrics(&lagging), Metric::ALL.map(Metric::name).into());
        assert_eq!(sites(&lagging).len(), 5);
        let silent = of(truth, State::Silent, true);
        assert_eq!((silent.len(), sites(&silent).len()), (3, 1));
        assert_eq!(of(truth, State::Suppressed, true).len(), 1);
        let latest = "2026-01-26".parse().unwrap();
        assert!(lagging.iter().all(|planted| planted.from <= latest), "20 weeks before the end or earlier");
    }
}

#[test]
fn a_year_of_twenty_sites_has_a_story_for_eleven_metrics_of_the_catalogue() {
    for truth in years() {
        let lagging = of(truth, State::Lagging, false);
        assert_eq!((metrics(&lagging).len(), sites(&lagging).len()), (11, 10));
        assert_eq!(lagging.iter().filter(|planted| planted.reasons == [Reason::Falling]).count(), 1);
        let latest = "2026-01-26".parse().unwrap();
        assert!(lagging.iter().all(|planted| planted.from <= latest), "20 weeks before the end or earlier");
        let silent = of(truth, State::Silent, false);
        assert_eq!((silent.len(), sites(&silent).len()), (28, 1), "all but those of streams that are seldom used");
        assert_eq!(metrics(&of(truth, State::Suppressed, false)).len(), 2);
        let remarkable: BTreeSet<_> = truth.states.iter().map(|planted| &planted.site).collect();
        assert_eq!(remarkable.len(), 7 + 9, "one story a site; commitments to peers follow from a core one");
    }
}

#[test]
fn the_silent_site_is_silent() {
    let simulation = small();
    let silent = simulation.truth.states.iter().find(|planted| planted.state == State::Silent).unwrap();
    let of_site = |at: &jiff::Timestamp| *at > "2026-06-01T00:00:00Z".parse().unwrap();
    let sent =
        simulation.arrivals().iter().chain(simulation.afterwards()).filter(|sent| sent.event.site() == silent.site);
    let sent: Vec<_> = sent.collect();
    assert!(sent.len() > 500);
    assert!(!sent.iter().any(|sent| of_site(&sent.arrives) || sent.event.event_time().as_ref().is_some_and(of_site)));
}

#[test]
fn the_small_crew_is_never_five() {
    let simulation = small();
    let small = simulation.truth.states.iter().find(|planted| planted.state == State::Suppressed).unwrap();
    let of_site = |part: &&simulator::Part| part.site == small.site && part.metric == Metric::PrestartQuality.name();
    let parts: Vec<_> = simulation.truth.parts.iter().filter(of_site).collect();
    assert!(parts.len() > 20);
    assert!(parts.iter().all(|part| part.denominator.as_str() < "5" && part.denominator.len() == 11));
}

#[test]
fn tiny_plans_are_simulated_without_a_cast_and_impossible_ones_refused() {
    let tiny = Plan { sites: 1, weeks: 2, ..Plan::default() };
    let simulation = simulate(&tiny).unwrap();
    assert!(simulation.truth.states.is_empty() && !simulation.truth.parts.is_empty());
    for plan in
        [Plan { sites: 0, ..tiny }, Plan { weeks: 1, ..tiny }, Plan { end: jiff::Timestamp::UNIX_EPOCH, ..tiny }]
    {
        assert!(simulate(&plan).is_err(), "{plan:?}");
    }
}
