//! The seven states, the first that holds.

use super::*;
use crate::values::State;

/// Twelve sites of which `a` is the one looked at; all but `a` send events every week and are fine.
pub(super) fn world(own: Vec<PartRow>, sent: &[u32]) -> World {
    let ids: Vec<String> = (0..11).map(|index| format!("other{index:02}")).collect();
    let noise = |index: usize, ago: u32| 0.4 + f64::from((index as u32 * 7 + ago * 13) % 11) / 500.0;
    let others = ids.iter().enumerate().flat_map(|(index, id)| {
        (0..52).map(move |ago| PartRow {
            logged: Some(decimal(1.0)),
            expected: Some(decimal(1.0)),
            ..row(id, week(ago), noise(index, ago), 1.0)
        })
    });
    let mut parts: Vec<PartRow> = others.collect();
    parts.extend(own);
    let key = |id: &str| ("events".to_owned(), id.to_owned());
    let mut weeks: BTreeMap<_, _> = ids.iter().map(|id| (key(id), (0..52).map(week).collect())).collect();
    weeks.insert(key("a"), sent.iter().map(|ago| week(*ago)).collect());
    let sites = ids.iter().map(String::as_str).chain(["a"]).map(|id| site(id, "UTC")).collect();
    World { sites, parts, activity: Activity { weeks }, ..World::default() }
}

pub(super) fn own(value: f64, logged: f64, weeks: std::ops::Range<u32>) -> Vec<PartRow> {
    let covered = |row| PartRow { logged: Some(decimal(logged)), expected: Some(decimal(1.0)), ..row };
    weeks.map(|ago| covered(row("a", week(ago), value + f64::from(ago % 3) / 100.0, 1.0))).collect()
}

fn state(metric: &Metric, world: &World) -> State {
    judgement(&world.derive(metric), "a").state
}

#[test]
fn the_first_state_that_holds_wins() {
    let metric = Metric { coverage: Some(0.6), ..metric() };
    let table = [
        ("silent although lagging and hardly logged", own(0.1, 0.1, 0..52), &[2, 3][..], State::Silent),
        ("silent although it has no values", vec![], &[2], State::Silent),
        ("all on leave", own(0.4, 1.0, 4..52), &[0], State::NoData),
        ("a value four weeks back is enough", own(0.4, 1.0, 3..52), &[0], State::Ok),
        (
            "hardly logged although lagging",
            [own(0.1, 0.1, 0..1), own(0.1, 1.0, 1..52)].concat(),
            &[1],
            State::Insufficient,
        ),
        (
            "only the last week's coverage counts",
            [own(0.4, 1.0, 0..20), own(0.4, 0.1, 20..52)].concat(),
            &[0],
            State::Ok,
        ),
        ("lagging", own(0.1, 1.0, 0..52), &[0], State::Lagging),
        ("lagging at its last week with a value", own(0.1, 1.0, 2..52), &[0], State::Lagging),
        ("fine", own(0.4, 1.0, 0..52), &[0], State::Ok),
        ("new and too young to judge", own(0.1, 1.0, 0..5), &[0], State::Unjudged),
    ];
    for (what, rows, sent, expected) in table {
        assert_eq!(state(&metric, &world(rows, sent)), expected, "{what}");
    }
}

#[test]
fn unknown_coverage_is_not_insufficient() {
    let metric = Metric { coverage: Some(0.6), ..metric() };
    let mut world = world(own(0.4, 0.1, 0..52), &[0]);
    assert_eq!(state(&metric, &world), State::Insufficient);
    assert_eq!(judgement(&world.derive(&metric), "a").coverage, Some(0.1));
    world.parts.iter_mut().for_each(|row| row.expected = None);
    assert_eq!(state(&metric, &world), State::Ok);
    assert_eq!(judgement(&world.derive(&metric), "a").coverage, None);
}

#[test]
fn silence_is_the_sites_own_and_of_the_querys_streams() {
    let silent = |change: fn(&mut World)| {
        let mut world = world(own(0.4, 1.0, 0..52), &[2]);
        change(&mut world);
        state(&metric(), &world) == State::Silent
    };
    let place =
        |world: &mut World, change: fn(&mut Site)| world.sites.iter_mut().filter(|s| s.id == "a").for_each(change);
    assert!(silent(|_| ()));
    assert!(!silent(|world| world.activity.weeks.retain(|(_, site), _| site == "a")), "nobody sends");
    assert!(!silent(|world| drop(world.activity.weeks.insert(("events".into(), "a".into()), [week(1)].into()))));
    assert!(silent(|world| drop(world.activity.weeks.insert(("others".into(), "a".into()), [week(0)].into()))));
    assert!(
        !silent(|world| {
            world.sites.iter_mut().filter(|s| s.id == "a").for_each(|site| site.closed_on = Some(date(2025, 6, 10)));
        }),
        "closed yesterday"
    );
    let mut young = world(Vec::new(), &[]);
    place(&mut young, |site| site.opened_on = Some(date(2025, 6, 3)));
    assert_eq!(state(&metric(), &young), State::NoData, "opened in the last two weeks");
}

/// Audits come a few times a year, and every site that had none for a fortnight was called silent.
#[test]
fn where_events_are_rare_silence_takes_as_many_weeks_as_declared() {
    let rare = |weeks| Metric { silence: weeks, ..metric() };
    let world = |sent: &[u32]| world(own(0.4, 1.0, 5..52), sent);
    assert_eq!(state(&metric(), &world(&[5])), State::Silent);
    assert_eq!(state(&rare(6), &world(&[5])), State::NoData);
    assert_eq!(state(&rare(5), &world(&[5])), State::Silent);
    let mut young = world(&[]);
    young.sites.iter_mut().filter(|site| site.id == "a").for_each(|site| site.opened_on = Some(week(4)));
    assert_eq!(state(&rare(6), &young), State::NoData, "open for five weeks");
    assert_eq!(state(&rare(5), &young), State::Silent);
}

#[test]
fn suppressed_only_when_nothing_of_the_last_four_weeks_is_shown() {
    let few = |ago| published(answers("a", week(ago), &[0.5; 4]), 1);
    let many = |ago| published(answers("a", week(ago), &[0.5; 5]), 1);
    let with = |publications| World { sites: vec![site("a", "UTC")], publications, ..World::default() };
    assert_eq!(state(&survey(), &with(vec![few(0), few(3)])), State::Suppressed);
    assert_eq!(state(&survey(), &with(vec![few(0), many(3)])), State::Unjudged);
    assert_eq!(state(&survey(), &with(vec![few(4), many(5)])), State::NoData);
}
