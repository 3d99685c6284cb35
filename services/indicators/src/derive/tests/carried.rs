//! A lagging site that goes quiet: what was said of it stays said.

use super::{
    states::{own, world},
    *,
};
use crate::{
    lacking::Lacking,
    reason::{Reason, ReasonValue},
    values::State,
};
use jiff::SignedDuration;

fn below(world: &World, metric: &Metric) -> (State, ReasonValue) {
    let values = world.derive(metric);
    let judgement = judgement(&values, "a");
    (judgement.state, *judgement.reason(Reason::Below).unwrap())
}

/// A site at a tenth where the alarm is at 30 % stopped answering: its reasons vanished and the alert resolved.
#[test]
fn a_site_that_goes_quiet_has_not_recovered() {
    let metric = Metric { coverage: Some(0.6), ..metric() };
    let covered = |row| PartRow { logged: Some(decimal(0.1)), expected: Some(decimal(1.0)), ..row };
    let hardly_logged = vec![covered(row("a", week(0), 0.4, 1.0))];
    let table = [
        (State::Silent, own(0.1, 1.0, 2..52), &[2_u32][..], 2),
        (State::NoData, own(0.1, 1.0, 4..52), &[0], 4),
        (State::Insufficient, [hardly_logged, own(0.1, 1.0, 1..52)].concat(), &[0], 1),
    ];
    for (expected, rows, sent, ago) in table {
        let (state, reason) = below(&world(rows, sent), &metric);
        assert_eq!((state, reason.on, reason.since), (expected, true, Some(week(51))), "{expected:?}");
        assert_eq!(reason.last_week, Some(week(ago)), "{expected:?}");
    }
}

#[test]
fn a_survey_with_too_few_answers_to_be_shown_has_not_recovered() {
    let means = [0.1, 0.2, 0.3, 0.2, 0.4, 0.1];
    let of = |site: &str, ago: u32, up: f64, people: usize| {
        let spread: Vec<f64> = means[..people].iter().map(|mean| mean + up + f64::from(ago % 3) / 50.0).collect();
        published(answers(site, week(ago), &spread), 1)
    };
    let others = (0..52).flat_map(|ago| ["b", "c", "d"].map(|site| of(site, ago, 0.5, 6)));
    let own = (0..52).map(|ago| of("a", ago, 0.0, if ago < 4 { 4 } else { 6 }));
    let sites = ["a", "b", "c", "d"].map(|id| site(id, "UTC")).to_vec();
    let world = World { sites, publications: others.chain(own).collect(), ..World::default() };
    let (state, reason) = below(&world, &survey());
    assert_eq!((state, reason.on, reason.last_week), (State::Suppressed, true, Some(week(4))));
}

/// However long it is quiet, and though the weeks before its fall leave the year, it is what it was when last heard of.
#[test]
fn what_is_carried_is_what_was_said_of_the_last_week_with_a_value() {
    let always: Vec<u32> = (0..60).collect();
    for quiet in 4..=39 {
        let healthy = own(0.45, 1.0, quiet + 10..quiet + 52);
        let world = world([own(0.3, 1.0, quiet..quiet + 10), healthy].concat(), &always);
        let then = as_of() - SignedDuration::from_hours(i64::from(quiet) * 7 * 24);
        let then = judgement(&world.derive_at(&metric(), then), "a").clone();
        let now = judgement(&world.derive(&metric()), "a").clone();
        assert_eq!((then.state, now.state), (State::Lagging, State::NoData), "{quiet}");
        assert_eq!(then.on().collect::<Vec<_>>(), now.on().collect::<Vec<_>>(), "{quiet}");
        let falling = now.reason(Reason::Falling).unwrap();
        assert!(falling.on && falling.since == Some(week(quiet + 9)), "{quiet}: {falling:?}");
        assert_eq!(now.lacking, None);
    }
}

#[test]
fn it_ends_when_fewer_than_13_values_are_left_in_the_year() {
    let at = |quiet| {
        let values = world(own(0.1, 1.0, quiet..quiet + 60), &[0]).derive(&metric());
        let judgement = judgement(&values, "a");
        (judgement.state, judgement.on().count() > 0, judgement.lacking)
    };
    assert_eq!(at(39), (State::NoData, true, None));
    assert_eq!(at(40), (State::NoData, false, Some(Lacking::Weeks { site_weeks: 0, weeks: 1 })));
}

#[test]
fn it_ends_when_a_later_week_turns_it_off_and_when_the_site_closes() {
    let back = |weeks| [own(0.6, 1.0, 0..weeks), own(0.1, 1.0, 10..52)].concat();
    let (state, reason) = below(&world(back(8), &[0]), &metric());
    assert_eq!((state, reason.on), (State::Ok, false));
    let mut closed = world(own(0.1, 1.0, 4..52), &[0]);
    let site = closed.sites.iter_mut().find(|site| site.id == "a").unwrap();
    site.closed_on = Some(date(2025, 6, 10));
    let (state, reason) = below(&closed, &metric());
    assert_eq!((state, reason.on), (State::NoData, false));
    closed.sites.iter_mut().for_each(|site| site.closed_on = None);
    assert!(below(&closed, &metric()).1.on);
}

#[test]
fn it_says_nothing_of_reasons_that_were_not_on() {
    let values = world(own(0.4, 1.0, 4..52), &[0]).derive(&metric());
    let judgement = judgement(&values, "a");
    assert_eq!((judgement.state, judgement.on().count(), judgement.lacking), (State::NoData, 0, None));
}

/// The rows that an input of a year leaves out.
struct Rest(Vec<PartRow>);

impl Older for Rest {
    fn parts(&self, _: &str, site: Option<&str>, first: Date) -> Vec<PartRow> {
        let asked = |row: &&PartRow| site.is_none_or(|site| row.site == site) && row.week >= first;
        self.0.iter().filter(asked).cloned().collect()
    }

    fn publications(&self, _: &str, _: Option<&str>, _: Date) -> Vec<Published> {
        Vec::new()
    }
}

#[test]
fn weeks_that_the_input_leaves_out_are_asked_for() {
    let mut world = world([own(0.3, 1.0, 30..40), own(0.45, 1.0, 40..82)].concat(), &[0]);
    let expected = world.derive(&metric());
    assert!(judgement(&expected, "a").reason(Reason::Falling).unwrap().on);
    let (recent, older) = world.parts.into_iter().partition(|row| row.week >= week(51));
    world.parts = recent;
    let World { sites, parts, activity, publications, bad } = &world;
    let input = Input { as_of: as_of(), sites, parts, activity, publications, bad };
    assert_eq!(derive_with(&[Arc::new(metric())], &input, &Rest(older)), expected);
}

/// "falling, very sure" stood beside an arrow up: the trend of a quarter that began before the fall.
#[test]
fn the_trend_of_a_lagging_site_is_that_since_its_onset() {
    let fell = |ago: u32| if ago < 5 { 0.2 - f64::from(ago) / 100.0 } else { 0.45 };
    let rows = (0..52).map(|ago| row("a", week(ago), fell(ago), 1.0)).collect();
    let trend = |rows: Vec<PartRow>| {
        let values = world(rows, &[0]).derive(&metric());
        let judgement = judgement(&values, "a");
        (judgement.state, judgement.trend_per_week.map(|slope| (slope * 1e6).round() / 1e6))
    };
    assert_eq!(trend(rows), (State::Lagging, Some(0.01)));
    let (state, slope) =
        trend((0..52).map(|ago| row("a", week(ago), 0.45 + f64::from(ago % 2) / 100.0, 1.0)).collect());
    assert_eq!((state, slope), (State::Ok, Some(0.0)));
}

#[test]
fn a_trend_since_an_onset_needs_three_values() {
    let measure = Measure::of(&metric());
    let weeks =
        |values: u32| (0..values).map(|ago| (week(ago), sums::Sums::of(&row("a", week(ago), 0.1, 1.0)))).collect();
    assert_eq!(trend::since(&measure, &weeks(2), week(9), WEEK), None);
    assert_eq!(trend::since(&measure, &weeks(3), week(9), WEEK), Some(0.0));
    assert_eq!(trend::since(&measure, &weeks(9), week(1), WEEK), None, "two of them since");
}
