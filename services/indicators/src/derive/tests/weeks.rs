//! Which week is complete and which one runs, round a Monday, on both sides of the date line.

use super::*;
use crate::values::{Scope, WindowKind};

const AUCKLAND: &str = "Pacific/Auckland"; // UTC+12 in June
const ANGELES: &str = "America/Los_Angeles"; // UTC-7 in June

fn last(zone: &str, at: &str) -> Date {
    clock::last_complete_week(at.parse().unwrap(), &clock::zone(zone))
}

fn running(zone: &str, at: &str) -> Date {
    clock::running_week(at.parse().unwrap(), &clock::zone(zone))
}

#[test]
fn a_week_is_complete_a_day_after_its_end_in_the_sites_zone() {
    // The week of Monday 2 June ends in Auckland on 8 June 12:00 UTC, in Los Angeles on 9 June 07:00 UTC.
    assert_eq!(last(AUCKLAND, "2025-06-09T11:59:59.999999Z"), week(1));
    assert_eq!(last(AUCKLAND, "2025-06-09T12:00:00Z"), WEEK);
    assert_eq!(last(ANGELES, "2025-06-10T06:59:59.999999Z"), week(1));
    assert_eq!(last(ANGELES, "2025-06-10T07:00:00Z"), WEEK);
}

#[test]
fn in_its_grace_day_a_week_is_neither_complete_nor_running() {
    let next = clock::weeks_after(WEEK, 1);
    assert_eq!(running(AUCKLAND, "2025-06-08T11:59:59Z"), WEEK);
    assert_eq!(running(AUCKLAND, "2025-06-08T12:00:00Z"), next);
    assert_eq!(last(AUCKLAND, "2025-06-08T12:00:00Z"), week(1));
    let world = World {
        sites: vec![site("a", AUCKLAND)],
        parts: vec![row("a", week(1), 1.0, 10.0), row("a", WEEK, 2.0, 10.0), row("a", next, 3.0, 10.0)],
        ..World::default()
    };
    let windows = judgement(&world.derive_at(&metric(), "2025-06-09T00:00:00Z".parse().unwrap()), "a").windows.clone();
    assert_eq!(windows[&WindowKind::Week].value, 0.1);
    assert_eq!(windows[&WindowKind::WeekToDate].value, 0.3);
}

#[test]
fn the_day_after_is_24_hours_also_where_the_clocks_change() {
    // New York goes to summer time on Sunday 9 March 2025: the week is an hour shorter, its grace is not.
    assert_eq!(last("America/New_York", "2025-03-11T03:59:59Z"), date(2025, 2, 24));
    assert_eq!(last("America/New_York", "2025-03-11T04:00:00Z"), date(2025, 3, 3));
    // Havana changes at midnight; Monday still begins once.
    assert_eq!(running("America/Havana", "2025-11-03T05:00:00Z"), date(2025, 11, 3));
}

#[test]
fn weeks_begin_at_local_midnight() {
    let begins = |zone| clock::starts_at(WEEK, &clock::zone(zone)).unwrap().to_string();
    assert_eq!(begins(AUCKLAND), "2025-06-01T12:00:00Z");
    assert_eq!(begins(ANGELES), "2025-06-02T07:00:00Z");
    assert_eq!(begins("Nowhere/Known"), "2025-06-02T00:00:00Z");
}

#[test]
fn a_roll_up_waits_for_its_last_site() {
    let next = clock::weeks_after(WEEK, 1);
    let south = Site { region: Some("south".to_owned()), ..site("b", ANGELES) };
    let parts = ["a", "b"]
        .into_iter()
        .flat_map(|id| [row(id, week(1), 1.0, 10.0), row(id, WEEK, 2.0, 10.0), row(id, next, 3.0, 10.0)]);
    let world = World { sites: vec![site("a", AUCKLAND), south], parts: parts.collect(), ..World::default() };
    let at = |at: &str| {
        let values = world.derive_at(&metric(), at.parse().unwrap());
        let series = values.metrics[0].series.clone();
        let week = |scope| series.iter().find(|series| series.scope == scope).unwrap().last_week;
        [Scope::Site("a".into()), Scope::Site("b".into()), Scope::Region("north".into()), Scope::Company].map(week)
    };
    assert_eq!(at("2025-06-09T11:00:00Z"), [week(1); 4]);
    assert_eq!(at("2025-06-09T12:00:00Z"), [WEEK, week(1), WEEK, week(1)]);
    assert_eq!(at("2025-06-10T07:00:00Z"), [WEEK; 4]);
}

#[test]
fn a_roll_up_does_not_wait_for_a_site_that_has_closed() {
    // Tuesday 00:30 on Kiritimati is Sunday 23:30 in Pago Pago, whose site closed on Saturday and is listed to Sunday.
    let at: Timestamp = "2025-06-09T10:30:00Z".parse().unwrap();
    let closed = Site { closed_on: Some(date(2025, 6, 7)), ..site("b", "Pacific/Pago_Pago") };
    let parts = vec![row("a", WEEK, 1.0, 10.0), row("b", WEEK, 3.0, 10.0), row("b", week(1), 3.0, 10.0)];
    let mut world = World { sites: vec![site("a", "Pacific/Kiritimati"), closed], parts, ..World::default() };
    let company = |world: &World| {
        let values = world.derive_at(&metric(), at);
        assert!(values.site("b").is_some());
        values.metrics[0].series.last().unwrap().last_week
    };
    assert_eq!(company(&world), WEEK);
    world.sites.remove(0);
    world.parts.remove(0);
    assert_eq!(company(&world), week(1), "where all have closed, the listed ones count");
}

#[test]
fn the_running_week_of_a_roll_up_is_the_earliest_that_still_runs() {
    let next = clock::weeks_after(WEEK, 1);
    let parts = vec![row("a", WEEK, 2.0, 10.0), row("b", WEEK, 4.0, 10.0), row("a", next, 10.0, 10.0)];
    let world = World { sites: vec![site("a", AUCKLAND), site("b", ANGELES)], parts, ..World::default() };
    let to_date = |at: &str| {
        let values = world.derive_at(&metric(), at.parse().unwrap());
        values.metrics[0].series.last().unwrap().windows[&WindowKind::WeekToDate].value
    };
    assert_eq!(to_date("2025-06-08T13:00:00Z"), 0.3); // Sunday in Los Angeles, Monday in Auckland
    assert_eq!(to_date("2025-06-09T08:00:00Z"), 1.0);
}

#[test]
fn weeks_of_a_closed_site_stay_in_its_region() {
    let closed = Site { closed_on: Some(week(2)), ..site("b", "UTC") };
    let parts = vec![row("a", WEEK, 2.0, 10.0), row("a", week(2), 2.0, 10.0), row("b", week(2), 8.0, 10.0)];
    let world = World { sites: vec![site("a", "UTC"), closed], parts, ..World::default() };
    let values = world.derive(&metric());
    assert_eq!(values.sites.iter().map(|site| site.id.as_str()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(values.metrics[0].judgements.len(), 1);
    let company = values.metrics[0].series.last().unwrap();
    assert_eq!(company.windows[&WindowKind::FourWeeks].value, 0.4);
}

#[test]
fn sites_are_listed_from_their_first_day_until_a_week_after_their_last_week_was_complete() {
    let (wednesday, tuesday) = (date(2025, 6, 11), date(2025, 6, 10));
    let listed = |opened_on, closed_on| {
        let world = World { sites: vec![Site { opened_on, closed_on, ..site("a", "UTC") }], ..World::default() };
        !world.derive(&metric()).sites.is_empty()
    };
    assert!(listed(Some(wednesday), None));
    assert!(!listed(Some(date(2025, 6, 12)), None));
    assert!(listed(None, Some(tuesday)), "closed this week");
    assert!(listed(None, Some(date(2025, 6, 8))), "closed last week, which was complete yesterday");
    assert!(!listed(None, Some(date(2025, 6, 1))), "closed the week before");
}

/// The week in which a site closed was never shown: the site was gone before it was complete.
#[test]
fn a_closed_sites_last_week_is_shown_for_a_week() {
    let closed = Site { closed_on: Some(date(2025, 6, 4)), ..site("b", "Europe/Berlin") };
    let parts = vec![row("a", WEEK, 1.0, 10.0), row("b", WEEK, 2.0, 10.0)];
    let world = World { sites: vec![site("a", "UTC"), closed], parts, ..World::default() };
    let shown = |at: &str| {
        let values = world.derive_at(&metric(), at.parse().unwrap());
        let judgement = values.metric("m").unwrap().judgement("b");
        judgement.map(|judgement| judgement.windows.get(&WindowKind::Week).map(|window| window.value))
    };
    assert_eq!(shown("2025-06-09T21:59:59Z"), Some(None)); // Tuesday 00:00 in Berlin
    assert_eq!(shown("2025-06-09T22:00:00Z"), Some(Some(0.2)));
    assert_eq!(shown("2025-06-16T21:59:59Z"), Some(Some(0.2)));
    assert_eq!(shown("2025-06-16T22:00:00Z"), None);
}

#[test]
fn a_site_that_no_reference_record_names_is_listed_without_name_and_region() {
    let world = World {
        sites: vec![site("a", "UTC")],
        parts: vec![row("stray", WEEK, 1.0, 2.0), row("future", clock::weeks_after(WEEK, 2), 1.0, 2.0)],
        activity: Activity { weeks: BTreeMap::from([(("events".into(), "quiet".into()), BTreeSet::from([week(9)]))]) },
        ..World::default()
    };
    let values = world.derive(&metric());
    assert_eq!(values.sites.iter().map(|site| site.id.as_str()).collect::<Vec<_>>(), ["a", "quiet", "stray"]);
    let stray = values.site("stray").unwrap();
    assert_eq!((&stray.name, &stray.region, stray.timezone.as_str()), (&None, &None, "UTC"));
    assert_eq!(judgement(&values, "stray").windows[&WindowKind::Week].value, 0.5);
}
