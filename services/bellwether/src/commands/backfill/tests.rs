//! The past against what an evaluation in each of its hours would have given.

use super::past::{Past, Span};
use evaluation::Stored;
use exporter::backfill::Hour;
use indicators::{
    Activity, BadRow, Direction, Kind, Lagging, Metric, PartRow, Privacy, Published, Scope, Site, State, Uncertainty,
    Values, Why, WindowKind, clock,
    derive::{Input, derive},
};
use jiff::{
    Timestamp,
    civil::{Date, date},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    sync::Arc,
};

const FIRST: Date = date(2026, 1, 5);
const WEEKS: u32 = 30;
const BILLION: i128 = 1_000_000_000;

fn week(number: u32) -> Date {
    clock::weeks_after(FIRST, number)
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn metric(name: &str, privacy: Option<Privacy>) -> Arc<Metric> {
    Arc::new(Metric {
        help: "Share of something".to_owned(),
        target: Some(0.8),
        uncertainty: Uncertainty::Wilson,
        lagging: Some(Lagging { below: 0.65, weeks: 3 }),
        privacy,
        owner: "tests".to_owned(),
        streams: BTreeSet::from(["training_events".to_owned()]),
        ..Metric::new(name, Kind::Ratio, Direction::Higher)
    })
}

fn metrics() -> Vec<Arc<Metric>> {
    vec![metric("kept", None), metric("asked", Some(Privacy { minimum: 5 }))]
}

fn site(id: &str, timezone: &str, opened_on: Option<Date>, closed_on: Option<Date>) -> Site {
    let (name, region) = (Some(id.to_uppercase()), Some("everywhere".to_owned()));
    Site { name, region, timezone: timezone.to_owned(), opened_on, closed_on, ..Site::unknown(id) }
}

/// Sites around the world, on half hours too; one opens and one closes in the middle of a week, a ghost has rows from the
/// 20th week on, and one that lags is not heard of after the 16th.
fn sites() -> Vec<Site> {
    vec![
        site("auckland", "Pacific/Auckland", None, None),
        site("berlin", "Europe/Berlin", None, None),
        site("closing", "America/Los_Angeles", None, Some(date(2026, 6, 3))),
        Site::unknown("ghost"),
        site("hushed", "America/New_York", None, None),
        site("opening", "Europe/Berlin", Some(date(2026, 6, 10)), None),
        site("pune", "Asia/Kolkata", None, None),
        site("st_johns", "America/St_Johns", None, None),
        site("turin", "Europe/Rome", None, None),
        site("ufa", "Asia/Yekaterinburg", None, None),
    ]
}

/// Those of them that reference records name.
fn known() -> Vec<Site> {
    sites().into_iter().filter(|site| site.id != "ghost").collect()
}

fn row(metric: &str, site: &str, number: u32, kept: i128, due: i128) -> PartRow {
    PartRow {
        metric: metric.to_owned(),
        week: week(number),
        site: site.to_owned(),
        labels: BTreeMap::new(),
        numerator: kept * BILLION,
        denominator: due * BILLION,
        sum_squares: None,
        logged: None,
        expected: None,
        respondents: i64::try_from(due).ok().filter(|_| metric == "asked"),
    }
}

fn stored() -> Stored {
    let (mut parts, mut activity) = (Vec::new(), Activity::default());
    for (index, site) in (0..).zip(sites()) {
        for number in 0..WEEKS {
            let there = match site.id.as_str() {
                "ghost" => number >= 20,
                "opening" => number >= 22,
                "closing" => number <= 21,
                "hushed" => number <= 16,
                _ => true,
            };
            if there {
                let kept = if site.id == "hushed" { 1 } else { 5 + i128::from((number * 7 + index * 3) % 5) };
                parts.push(row("kept", &site.id, number, kept, 10));
                let stream = ("training_events".to_owned(), site.id.clone());
                activity.weeks.entry(stream).or_default().insert(week(number));
            }
        }
    }
    Stored {
        evaluation: 1,
        as_of: moment("2026-08-05T12:00:00Z"),
        parts,
        bad: bad_rows(),
        activity,
        publications: publications(),
        sites: known(),
        computed_at: BTreeMap::new(),
        promises: Default::default(),
    }
}

/// One at each of two sites in every third week.
fn bad_rows() -> Vec<BadRow> {
    let bad = |site: &str, number| BadRow {
        metric: "kept".to_owned(),
        week: week(number),
        site: site.to_owned(),
        labels: BTreeMap::from([("team".to_owned(), "bad".to_owned())]),
        why: Why::AboveDenominator,
        respondents: None,
    };
    (0..WEEKS).step_by(3).flat_map(|number| ["berlin", "pune"].map(|site| bad(site, number))).collect()
}

/// Berlin's 20th week is shown once five more have answered; Pune's only long after it was complete.
fn publications() -> Vec<Published> {
    let published = |row, version, at: &str| Published { row, version, at: moment(at) };
    let mut all: Vec<Published> = (0..WEEKS)
        .filter(|number| *number != 20)
        .map(|number| published(row("asked", "berlin", number, 6, 8), 1, "2026-07-30T08:00:00Z"))
        .collect();
    all.push(published(row("asked", "berlin", 20, 3, 4), 1, "2026-06-01T22:00:30Z"));
    all.push(published(row("asked", "berlin", 20, 7, 9), 2, "2026-06-04T07:20:00Z"));
    let mut late = row("asked", "berlin", 21, 5, 6);
    late.labels.insert("team".to_owned(), "late".to_owned());
    all.push(published(late, 1, "2026-07-31T08:00:00Z"));
    all.push(published(row("asked", "pune", 21, 5, 7), 1, "2026-07-30T08:00:00Z"));
    all.push(published(row("asked", "pune", 21, 8, 12), 2, "2026-07-31T08:00:00Z"));
    all
}

fn past(weeks: RangeInclusive<Date>) -> Past {
    Past::new(stored(), metrics(), weeks)
}

/// An evaluation at that hour, told by the rules and not by spans.
fn evaluated(at: Timestamp, weeks: &RangeInclusive<Date>) -> Values {
    let stored = stored();
    let visible: Vec<Published> =
        stored.publications.into_iter().filter(|p| (p.version == 1 && p.row.labels.is_empty()) || p.at <= at).collect();
    let known = known();
    let input = Input {
        as_of: at,
        sites: &known,
        parts: &stored.parts,
        activity: &stored.activity,
        publications: &visible,
        bad: &stored.bad,
    };
    let mut values = derive(&metrics(), &input);
    let last = |site: &Site| clock::last_complete_week(at, &clock::zone(&site.timezone));
    values.sites.retain(|site| weeks.contains(&last(site)));
    values.bad_rows.retain(|row| known.iter().any(|site| site.id == row.site && row.week <= last(site)));
    for metric in &mut values.metrics {
        metric.judgements.retain(|j| weeks.contains(&j.last_week));
        metric.series.retain(|s| weeks.contains(&s.last_week));
        let windows = metric.judgements.iter_mut().map(|j| &mut j.windows);
        windows.chain(metric.series.iter_mut().map(|s| &mut s.windows)).for_each(|windows| {
            windows.remove(&WindowKind::WeekToDate);
        });
        metric.series.retain(|s| !s.windows.is_empty());
    }
    values
}

fn hours_between(from: &str, to: &str) -> impl Iterator<Item = Hour> {
    let (from, to) = (Hour::up_to(moment(from)), Hour::up_to(moment(to)));
    std::iter::successors(Some(from), |hour| Some(hour.next())).take_while(move |hour| *hour <= to)
}

/// Whether the site that is not heard of any more is still said to lag.
fn carries(values: &Values) -> bool {
    let hushed = values.metric("kept").and_then(|metric| metric.judgement("hushed"));
    hushed.is_some_and(|judgement| judgement.state == State::Silent && judgement.on().next().is_some())
}

fn scores(values: &Values) -> bool {
    let judgements = values.metrics.iter().flat_map(|metric| &metric.judgements);
    judgements.flat_map(|judgement| &judgement.reasons).any(|reason| reason.score.is_some())
}

fn covering(spans: &[Span], hour: Hour) -> Vec<&Span> {
    spans.iter().filter(|span| span.hours.first <= hour && hour <= span.hours.last).collect()
}

/// Five weeks in which sites open, close and appear, and publications come.
#[test]
fn every_hour_of_a_span_gives_what_an_evaluation_in_that_hour_gives() {
    let weeks = week(18)..=week(22);
    let past = past(weeks.clone());
    let spans = past.spans(Hour::up_to(moment("2026-08-01T00:00:00Z")));
    assert!(spans.len() > 20 && spans.iter().all(|span| weeks.contains(&span.week)), "{spans:#?}");
    let (mut covered, mut scored, mut carried, mut got) = (0, false, false, Values::default());
    for hour in hours_between("2026-05-16T00:00:00Z", "2026-06-24T12:00:00Z") {
        let expected = evaluated(hour.start(), &weeks);
        let nothing = expected.metrics.iter().all(|m| m.judgements.is_empty() && m.series.is_empty());
        match covering(&spans, hour)[..] {
            [] => assert!(nothing && expected.sites.is_empty(), "{hour} is in no span"),
            [span] => {
                covered += 1;
                if hour == span.hours.first {
                    got = past.values(hour.start());
                }
                got.as_of = hour.start();
                assert!(got == expected, "{hour} in {span:?}");
                scored |= scores(&got);
                carried |= carries(&got);
            }
            _ => panic!("{hour} is in two spans"),
        }
    }
    assert!(covered > 5 * 7 * 24 && scored && carried, "{covered}");
}

#[test]
fn a_site_is_stamped_from_its_weeks_completion_to_the_next_ones() {
    let past = past(week(10)..=week(10));
    let spans = past.spans(Hour::up_to(moment("2026-08-01T00:00:00Z")));
    let hours = |site: &str| {
        let has =
            |span: &&Span| past.values(span.hours.first.start()).metric("kept").unwrap().judgement(site).is_some();
        let of: Vec<&Span> = spans.iter().filter(has).collect();
        (of[0].hours.first.to_string(), of[of.len() - 1].hours.last.to_string())
    };
    let of = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    // Tuesday 24 March 2026 00:00 there to the next one; Berlin's clocks go forward on the 29th.
    assert_eq!(hours("berlin"), of("2026-03-23T23:00Z", "2026-03-30T21:00Z"));
    assert_eq!(hours("auckland"), of("2026-03-23T11:00Z", "2026-03-30T10:00Z"));
    assert_eq!(hours("pune"), of("2026-03-23T19:00Z", "2026-03-30T18:00Z")); // from 18:30 on: full hours
    assert_eq!(hours("st_johns"), of("2026-03-24T03:00Z", "2026-03-31T02:00Z")); // 02:30
}

#[test]
fn roll_ups_are_stamped_from_the_completion_of_theirs() {
    let past = past(week(10)..=week(10));
    let spans = past.spans(Hour::up_to(moment("2026-08-01T00:00:00Z")));
    let company = |span: &&Span| {
        let values = past.values(span.hours.first.start());
        values.metric("kept").unwrap().series.iter().any(|series| series.scope == Scope::Company)
    };
    let of: Vec<&Span> = spans.iter().filter(company).collect();
    let (first, last) = (of[0].hours.first, of[of.len() - 1].hours.last);
    // Los Angeles is the last of the open sites: 07:00 UTC in summer time.
    assert_eq!((first.to_string(), last.to_string()), ("2026-03-24T07:00Z".into(), "2026-03-31T06:00Z".into()));
}

#[test]
fn nothing_is_stamped_after_the_end() {
    let past = past(week(10)..=week(29));
    let until = Hour::up_to(moment("2026-03-26T05:10:00Z"));
    let spans = past.spans(until);
    assert_eq!(spans.last().map(|span| span.hours.last), Some(until));
    assert!(past.spans(Hour::up_to(moment("2026-03-01T00:00:00Z"))).is_empty());
}

/// What was suppressed then stays so, and an answer that came later is not in what was shown before it was published.
#[test]
fn publications_count_in_the_version_of_their_time() {
    let past = past(week(19)..=week(25));
    let at = |text: &str, site: &str| {
        let values = past.values(moment(text));
        let asked = values.metric("asked").unwrap();
        let week = asked.judgement(site).unwrap().windows.get(&WindowKind::Week).map(|w| (w.value, w.sample_size));
        (asked.judgement(site).unwrap().state, week)
    };
    // Berlin's week 20 (from 25 May), complete on 1 June 22:00 UTC.
    assert_eq!(at("2026-06-02T00:00:00Z", "berlin").1, None);
    assert_eq!(at("2026-06-04T07:00:00Z", "berlin").1, None);
    assert_eq!(at("2026-06-04T08:00:00Z", "berlin").1, Some((7.0 / 9.0, Some(9.0))));
    // A team of its week 21 whose answers were first published in July is not in June's.
    assert_eq!(at("2026-06-09T00:00:00Z", "berlin").1, Some((6.0 / 8.0, Some(8.0))));
    // Pune's week 21 (from 1 June), complete on 8 June 18:30 UTC: its first version, though published in July.
    assert_eq!(at("2026-06-08T18:00:00Z", "pune"), (State::NoData, None));
    assert_eq!(at("2026-06-08T19:00:00Z", "pune").1, Some((5.0 / 7.0, Some(7.0))));
}

/// A site that only rows name comes with the week of its first row.
#[test]
fn a_site_that_nobody_knew_is_not_there_before_its_first_row() {
    let past = past(week(10)..=week(25));
    let there = |text: &str| past.values(moment(text)).site("ghost").is_some();
    assert!(!there("2026-05-24T23:00:00Z") && there("2026-05-25T00:00:00Z"));
}
