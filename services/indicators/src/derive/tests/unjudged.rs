//! Where nothing can be judged nothing is called on track.

use super::{
    states::{own, world},
    *,
};
use crate::{lacking::Lacking, reason::Reason, tally::Tally, values::State};

fn company(sites: usize, weeks: u32) -> World {
    let value = |site: usize, ago: u32| if site == 0 { 0.05 } else { 0.4 + f64::from(ago % 5) / 50.0 };
    let ids: Vec<String> = (0..sites).map(|site| format!("s{site}")).collect();
    let rows = ids.iter().enumerate().flat_map(|(site, id)| (0..weeks).map(move |ago| (site, id, ago)));
    World {
        parts: rows.map(|(site, id, ago)| row(id, week(ago), value(site, ago), 1.0)).collect(),
        sites: ids.iter().map(|id| site(id, "UTC")).collect(),
        ..World::default()
    }
}

/// Three sites for 30 weeks, one of them at 5 % where the alarm is at 30 %: "ok", "none lags".
#[test]
fn three_sites_of_half_a_year_are_not_called_on_track() {
    let values = company(3, 30).derive(&metric());
    let lacking = Lacking::Weeks { site_weeks: 13, weeks: 0 };
    for judgement in &values.metric("m").unwrap().judgements {
        assert_eq!((judgement.state, judgement.lacking), (State::Unjudged, Some(lacking)));
    }
    assert_eq!(lacking.to_string(), "judged from 13 more site-weeks on");
    assert_eq!(Tally::of(&values), Tally { sites: 3, unjudged: 3, ..Tally::default() });
    // 34 pairs a site: enough.
    let later = company(3, 35).derive(&metric());
    assert_eq!(judgement(&later, "s0").state, State::Lagging);
    assert_eq!((judgement(&later, "s1").state, judgement(&later, "s1").lacking), (State::Ok, None));
    assert_eq!(Tally::of(&later), Tally { sites: 3, lagging: 1, judged: 3, ..Tally::default() });
}

#[test]
fn what_is_lacking_is_said() {
    let weeks = |site_weeks, weeks| Some(Lacking::Weeks { site_weeks, weeks });
    let lacking = |world: &World, metric: &Metric, site: &str| {
        let values = world.derive(metric);
        (judgement(&values, site).state, judgement(&values, site).lacking)
    };
    assert_eq!(lacking(&company(12, 8), &metric(), "s1"), (State::Unjudged, weeks(16, 5)));
    assert_eq!(lacking(&world(own(0.1, 1.0, 0..5), &[0]), &metric(), "a"), (State::Unjudged, weeks(0, 8)));
    assert_eq!(lacking(&world(Vec::new(), &[0]), &metric(), "a"), (State::NoData, weeks(0, 13)));
    let calm = Metric { lagging: None, ..metric() };
    assert_eq!(lacking(&company(12, 52), &calm, "s0"), (State::Unjudged, Some(Lacking::Alarm)));
}

/// A reason that cannot be judged yet was exported as 0, "not lagging".
#[test]
fn a_reason_is_judged_when_it_can_be_on() {
    let world = |young: u32| {
        let mut world = company(12, 52);
        world.parts.retain(|row| row.site != "s1" || row.week > week(young));
        world.derive(&metric())
    };
    let judged = |values: &Values, site: &str| Reason::ALL.map(|of| judgement(values, site).reason(of).unwrap().judged);
    assert_eq!(judged(&world(12), "s1"), [false, false, false], "12 values");
    assert_eq!(judged(&world(13), "s1"), [true, true, false]);
    assert_eq!(judged(&world(16), "s1"), [true, true, false]);
    assert_eq!(judged(&world(17), "s1"), [true, true, true], "4 since and 13 before");
    let steady = world(17);
    let falling = judgement(&steady, "s1").reason(Reason::Falling).unwrap();
    assert_eq!((falling.on, falling.score), (false, None), "judged, and no split drops by a tenth of the target");
    assert_eq!(judged(&steady, "s2"), [true, true, true]);
}

/// Everybody gives the same answer: the variance is 0, and no difference can be weighed.
#[test]
fn answers_that_are_all_the_same_cannot_be_judged() {
    let rows = (0..40).flat_map(|ago| ["a", "b", "c"].map(|id| published(answers(id, week(ago), &[0.5; 6]), 1)));
    let sites = ["a", "b", "c"].map(|id| site(id, "UTC")).to_vec();
    let world = World { sites, publications: rows.collect(), ..World::default() };
    let values = world.derive(&survey());
    assert_eq!(judgement(&values, "a").lacking, Some(Lacking::Variation));
    assert_eq!(judgement(&values, "a").state, State::Unjudged);
}

/// The board counted a site as silent when all its metrics were, the dashboard when any was.
#[test]
fn a_site_counts_as_silent_and_as_lagging_by_any_metric() {
    let silent = world(own(0.1, 1.0, 2..52), &[2]);
    let other = Metric { name: "n".to_owned(), streams: BTreeSet::new(), ..metric() };
    let World { sites, parts, activity, publications, bad } = &silent;
    let input = Input { as_of: as_of(), sites, parts, activity, publications, bad };
    let values = derive(&[Arc::new(metric()), Arc::new(other)], &input);
    assert_eq!(values.metric("n").unwrap().judgement("a").unwrap().state, State::NoData);
    let expected = Tally { sites: 12, lagging: 1, silent: 1, judged: 12, ..Tally::default() };
    assert_eq!(Tally::of(&values), expected);
}
