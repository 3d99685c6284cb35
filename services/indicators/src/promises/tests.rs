//! Raising holds for all weeks, lowering for those that have not begun, whatever files are renamed, deleted or changed to.

use super::*;
use crate::{
    Direction, Kind, Why,
    clock::weeks_after,
    derive::{Input, derive},
    parts::Activity,
    values::State,
};
use std::sync::Arc;

/// A Monday.
const WEEK: Date = date(2026, 6, 1);
/// Monday of the first week that has not begun.
const NEXT: Date = date(2026, 6, 22);

fn at(number: i64) -> Timestamp {
    Timestamp::from_second(1_781_000_000 + number).unwrap()
}

fn metric(name: &str, minimum: u32) -> Metric {
    Metric {
        privacy: Some(Privacy { minimum }),
        streams: BTreeSet::from(["answers".to_owned()]),
        ..Metric::new(name, Kind::Ratio, Direction::Higher)
    }
}

fn reading(instruments: &[Option<&str>]) -> Answers {
    let survey =
        |instrument: &Option<&str>| Survey { stream: "answers".to_owned(), instrument: instrument.map(str::to_owned) };
    Answers { of: instruments.iter().map(survey).collect(), week_by_week: true }
}

/// A lake over which one evaluation after the other makes its promises.
#[derive(Default)]
struct Lake {
    promises: Promises,
    evaluations: i64,
}

impl Lake {
    /// Evaluates these files in a week before that Monday; how many promises came of it.
    fn evaluate(&mut self, files: &[(&str, u32, Answers)], next: Date) -> usize {
        let metrics: Vec<Metric> = files.iter().map(|(name, minimum, _)| metric(name, *minimum)).collect();
        let declared: Vec<Declared<'_>> = metrics
            .iter()
            .zip(files)
            .map(|(metric, (_, _, answers))| Declared { metric, answers: answers.clone() })
            .collect();
        self.evaluations += 1;
        let due = self.promises.due(&declared, Some(next), at(self.evaluations));
        let count = due.len();
        due.into_iter().for_each(|promise| self.promises.add(promise));
        assert_eq!(self.promises.due(&declared, Some(next), at(0)), [], "what is promised once is not promised again");
        count
    }

    fn one(&mut self, name: &str, minimum: u32) -> usize {
        self.evaluate(&[(name, minimum, reading(&[Some("prestart")]))], NEXT)
    }

    fn of(&self, metric: &str) -> [u32; 3] {
        [ALWAYS, WEEK, NEXT].map(|week| self.promises.of(metric, week))
    }
}

#[test]
fn a_first_promise_is_on_all_weeks_and_a_lower_one_on_those_that_have_not_begun() {
    let mut lake = Lake::default();
    assert_eq!((lake.one("a", 10), lake.of("a")), (2, [10; 3]));
    assert_eq!((lake.one("a", 5), lake.of("a")), (2, [10, 10, 5]));
    let told = lake.promises.refused(&metric("a", 5)).unwrap();
    assert_eq!((told.declared, told.promised, told.before, told.since), (5, 10, Some(NEXT), at(1)));
    for words in
        ["privacy.minimum = 5 is refused of weeks before 2026-06-22", "10 were promised", "works council", "to 10"]
    {
        assert!(told.to_string().contains(words), "{told}");
    }
    assert_eq!(lake.promises.refused(&metric("a", 10)), None);
}

#[test]
fn a_higher_one_is_on_all_weeks_and_going_back_takes_nothing_back() {
    let mut lake = Lake::default();
    lake.one("a", 5);
    lake.one("a", 12);
    assert_eq!(lake.of("a"), [12; 3]);
    lake.one("a", 5);
    assert_eq!(lake.of("a"), [12, 12, 5]);
    lake.one("a", 7);
    assert_eq!(lake.of("a"), [12, 12, 7], "raised again, from the week on that was to be lower");
    lake.one("a", 5);
    assert_eq!(lake.of("a"), [12, 12, 7], "the week for which 7 was promised keeps it");
    let after = weeks_after(NEXT, 1);
    lake.evaluate(&[("a", 5, reading(&[Some("prestart")]))], after);
    assert_eq!((lake.of("a"), lake.promises.of("a", after)), ([12, 12, 7], 5));
}

#[test]
fn another_name_for_the_same_answers_is_held_to_the_same_promise() {
    let mut lake = Lake::default();
    lake.one("a", 10);
    lake.one("b", 5); // a is gone
    assert_eq!(lake.of("b"), [10, 10, 5]);
    let told = lake.promises.refused(&metric("b", 5)).unwrap();
    assert_eq!((told.by.as_str(), told.since), ("a", at(1)));
    // Beside it: who answers hears of one promise, the highest.
    let mut lake = Lake::default();
    lake.one("a", 10);
    let prestart = || reading(&[Some("prestart")]);
    lake.evaluate(&[("a", 10, prestart()), ("b", 5, prestart())], NEXT);
    assert_eq!((lake.of("a"), lake.of("b")), ([10; 3], [10; 3]));
    assert_eq!(lake.promises.refused(&metric("b", 5)).unwrap().before, None);
}

/// The file was away for a while: what was answered meanwhile was answered under the promise that had stood before.
#[test]
fn weeks_in_which_no_file_promised_anything_keep_what_was_promised_before() {
    let mut lake = Lake::default();
    lake.one("a", 10);
    lake.evaluate(&[], NEXT);
    let back = weeks_after(NEXT, 9);
    lake.evaluate(&[("a", 5, reading(&[Some("prestart")]))], back);
    assert_eq!((lake.of("a"), lake.promises.of("a", back)), ([10; 3], 5));
}

#[test]
fn a_changed_query_is_held_to_what_its_answers_and_its_name_were_promised() {
    let (all, two) = (reading(&[None]), reading(&[Some("culture"), Some("prestart")]));
    for wider in [all, two] {
        let mut lake = Lake::default();
        lake.one("a", 10);
        lake.evaluate(&[("b", 5, wider)], NEXT);
        assert_eq!(lake.of("b")[..2], [10, 10]);
    }
    // Answers of the week before, say, under the date of a later week.
    let mut lake = Lake::default();
    lake.one("a", 10);
    lake.evaluate(&[("b", 5, Answers { week_by_week: false, ..reading(&[Some("prestart")]) })], NEXT);
    assert_eq!(lake.of("b"), [10; 3]);
    // Other answers under the old name: what was published under it stays published.
    let mut lake = Lake::default();
    lake.one("a", 10);
    lake.evaluate(&[("a", 5, reading(&[Some("culture")])), ("c", 5, reading(&[Some("culture")]))], NEXT);
    assert_eq!((lake.of("a"), lake.of("c")), ([10, 10, 5], [5; 3]), "others are not touched");
}

#[test]
fn nothing_is_lowered_while_not_every_file_is_known() {
    let mut lake = Lake::default();
    lake.one("a", 10);
    let lower = metric("a", 5);
    let declared = [Declared { metric: &lower, answers: reading(&[Some("prestart")]) }];
    assert_eq!(lake.promises.due(&declared, None, at(9)), []);
}

#[test]
fn of_two_programs_that_promise_at_once_the_higher_promise_stands() {
    let promise = |minimum, second| Promise {
        subject: Subject::Metric("a".to_owned()),
        from: WEEK,
        minimum,
        by: "a".to_owned(),
        at: at(second),
    };
    for order in [[(5, 1), (10, 2)], [(10, 1), (5, 2)]] {
        let both: Promises = order.into_iter().map(|(minimum, second)| promise(minimum, second)).collect();
        assert_eq!([both.of("a", NEXT), both.of("a", date(2026, 5, 25))], [10, 0]);
    }
}

fn row(site: &str, week: Date, people: i64) -> PartRow {
    PartRow {
        metric: "a".to_owned(),
        week,
        site: site.to_owned(),
        labels: BTreeMap::new(),
        numerator: i128::from(people) * 500_000_000,
        denominator: i128::from(people) * 1_000_000_000,
        sum_squares: None,
        logged: None,
        expected: None,
        respondents: Some(people),
    }
}

#[test]
fn what_is_published_and_shown_of_a_week_goes_by_its_promise() {
    let mut lake = Lake::default();
    lake.one("a", 10);
    lake.one("a", 5);
    let (lower, as_of) = (metric("a", 5), "2026-07-02T00:00:00Z".parse().unwrap());
    let sites = [Site::unknown("few"), Site::unknown("many")];
    let parts = [row("few", WEEK, 7), row("few", NEXT, 7), row("many", WEEK, 12), row("many", NEXT, 12)];
    let first = lake.promises.to_publish(&lower, &parts, &[], &sites, as_of);
    assert_eq!(first.iter().map(|one| one.row.respondents.unwrap()).collect::<Vec<_>>(), [7, 12, 7, 12]);
    // Six more people are enough further ones only where 5 were promised.
    let more = [row("many", WEEK, 18), row("many", NEXT, 18)];
    let again = lake.promises.to_publish(&lower, &more, &first, &sites, as_of);
    assert_eq!(again.iter().map(|one| (one.row.week, one.version)).collect::<Vec<_>>(), [(NEXT, 2)]);

    let shown: Vec<Published> = first.into_iter().map(|one| lake.promises.show(one)).collect();
    let known: Vec<Option<i64>> = shown.iter().map(|one| one.row.respondents).collect();
    assert_eq!((known, shown[0].row.numerator), (vec![None, Some(12), Some(7), Some(12)], 0));
    let activity = Activity::default();
    let at = |as_of: &str, publications: &[Published]| {
        let as_of = as_of.parse().unwrap();
        let input = Input { as_of, sites: &sites, parts: &[], activity: &activity, publications, bad: &[] };
        let values = derive(&[Arc::new(lower.clone())], &input);
        values.metric("a").unwrap().judgement("few").unwrap().state
    };
    assert_eq!(at("2026-06-10T00:00:00Z", &shown), State::Suppressed);
    assert_eq!(at("2026-07-02T00:00:00Z", &shown), State::Unjudged);
}

#[test]
fn a_file_is_refused_as_long_as_a_week_that_was_promised_more_is_shown() {
    let mut lake = Lake::default();
    lake.one("a", 10);
    lake.one("a", 5);
    let declared = [Arc::new(metric("a", 5)), Arc::new(metric("b", 5))];
    let published = |week, site: &str| Published { row: row(site, week, 7), version: 1, at: at(0) };
    let rows = [
        published(WEEK, "few"),
        published(WEEK, "many"),
        published(weeks_after(WEEK, 1), "few"),
        published(NEXT, "few"),
    ];
    let told = |rows: &[Published], as_of: &str| lake.promises.refusals(declared.iter(), rows, as_of.parse().unwrap());
    let all = told(&rows, "2026-07-02T00:00:00Z");
    assert_eq!(all.iter().map(|refused| (refused.metric.as_str(), refused.weeks)).collect::<Vec<_>>(), [("a", 2)]);
    assert_eq!(told(&rows[3..], "2026-07-02T00:00:00Z"), [], "nothing that is shown is touched");
    assert_eq!(told(&rows, "2027-07-02T00:00:00Z"), [], "a year later");
    let first = told(&rows, "2026-06-10T00:00:00Z");
    assert!(first[0].weeks == 1 && first != all && first[0].says_as(&all[0]), "told once, though weeks pass");
}

#[test]
fn that_a_row_of_too_few_is_bad_is_not_told_either() {
    let mut lake = Lake::default();
    lake.one("a", 10);
    lake.one("a", 5);
    let bad = |week| BadRow {
        metric: "a".to_owned(),
        week,
        site: "few".to_owned(),
        labels: BTreeMap::new(),
        why: Why::NoDenominator,
        respondents: Some(7),
    };
    let told = |week| lake.promises.show_bad(bad(week)).told(&metric("a", 5)).is_some();
    assert_eq!([told(WEEK), told(NEXT)], [false, true]);
}
