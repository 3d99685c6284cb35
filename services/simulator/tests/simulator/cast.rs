//! Who is planted.

use crate::small;
use simulator::{Metric, Plan, Reason, State, simulate};
use std::collections::BTreeSet;

#[test]
fn a_year_of_twenty_sites_has_its_cast() {
    for seed in [1, 7] {
        let truth = simulate(&Plan { seed, sites: 20, weeks: 52, ..Plan::default() }).unwrap().truth;
        let of = |state: State| truth.states.iter().filter(move |planted| planted.state == state);
        assert_eq!(of(State::Lagging).count(), 5);
        assert_eq!(of(State::Lagging).filter(|planted| planted.reasons == [Reason::Falling]).count(), 1);
        assert_eq!(of(State::Lagging).map(|planted| planted.metric).collect::<BTreeSet<_>>(), Metric::ALL.into());
        assert_eq!(of(State::Lagging).map(|planted| &planted.site).collect::<BTreeSet<_>>().len(), 5);
        assert_eq!(of(State::Silent).count(), 3);
        assert_eq!(of(State::Silent).map(|planted| &planted.site).collect::<BTreeSet<_>>().len(), 1);
        assert_eq!(of(State::Suppressed).count(), 1);
        let latest = "2026-01-26".parse().unwrap();
        assert!(of(State::Lagging).all(|planted| planted.from <= latest), "20 weeks before the end or earlier");
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
    let of_site = |part: &&simulator::Part| part.site == small.site && part.metric == Metric::PrestartQuality;
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
