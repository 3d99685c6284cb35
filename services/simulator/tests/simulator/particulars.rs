//! What is particular about some sites, and a programme that works: there where there are sites to spare, and nowhere else.

use crate::{forty, real, small, twenty};
use jiff::{Timestamp, civil::Date, civil::Weekday, tz::TimeZone};
use simulator::{Category, Event, Part, Simulation, SiteRecord, TrainingEvent, Verb};
use std::collections::{BTreeMap, BTreeSet};

/// The last record of each site.
fn sites(simulation: &Simulation) -> BTreeMap<&str, &SiteRecord> {
    let records = simulation.arrivals().iter().filter_map(|sent| match &sent.event {
        Event::Site(record) => Some((record.site_id.as_str(), record)),
        _ => None,
    });
    records.collect()
}

fn day(site: &SiteRecord, at: Timestamp) -> Date {
    TimeZone::get(site.timezone).unwrap().to_datetime(at).date()
}

fn only<'a>(fits: impl Fn(&SiteRecord) -> bool) -> &'a SiteRecord {
    let found: Vec<_> = sites(twenty()).into_values().filter(|site| fits(site)).collect();
    let [site] = found.as_slice() else { panic!("{found:?}") };
    site
}

fn parts<'a>(simulation: &'a Simulation, metric: &'a str, site: &'a str) -> impl Iterator<Item = &'a Part> {
    simulation.truth.parts.iter().filter(move |part| part.metric == metric && part.site == site)
}

#[test]
fn the_demonstration_has_no_particulars() {
    assert!(small().truth.faults.is_empty() && small().truth.rollouts.is_empty());
    for site in sites(small()).values() {
        assert!(site.working_days.is_none() && site.closed_on.is_none(), "{site:?}");
        assert!(site.opened_on.is_some_and(|opened| opened < "2025-12-15".parse().unwrap()), "{site:?}");
    }
}

#[test]
fn a_site_works_from_sunday_to_thursday_and_its_meetings_are_then() {
    let site = only(|site| site.working_days.is_some());
    assert_eq!(site.working_days.as_ref().unwrap().len(), 5);
    let mut days = [0; 7];
    for sent in twenty().arrivals() {
        if let Event::CalendarAudit(entry) = &sent.event
            && entry.site_id == site.site_id
            && entry.category == Category::Prestart
        {
            days[usize::try_from(day(site, entry.starts_at.at).weekday().to_monday_zero_offset()).unwrap()] += 1;
        }
    }
    let [.., friday, _, sunday] = days;
    assert!(sunday > 40 && sunday > 3 * friday, "{days:?}");
    let number = |text: &str| text.parse::<f64>().unwrap();
    let (held, due) = parts(twenty(), "daily_prestarts", &site.site_id)
        .fold((0.0, 0.0), |(held, due), part| (held + number(&part.numerator), due + number(&part.denominator)));
    assert!(held / due > 0.85, "{held} of {due}: on Fridays nobody is expected");
}

#[test]
fn nothing_happens_at_a_site_before_it_opens_or_after_it_has_closed() {
    let begins = twenty().plan.end - jiff::SignedDuration::from_hours(24 * 7 * 51);
    let opens = only(|site| site.opened_on.is_some_and(|opened| opened > day(site, begins)));
    let closes = only(|site| site.closed_on.is_some());
    let (first, last) = (opens.opened_on.unwrap(), closes.closed_on.unwrap());
    assert_eq!((first.weekday(), last.weekday()), (Weekday::Wednesday, Weekday::Thursday), "in the middle of a week");
    let days = |site: &SiteRecord| -> BTreeSet<Date> {
        let sent =
            twenty().arrivals().iter().chain(twenty().afterwards()).filter(|sent| sent.event.site() == site.site_id);
        sent.filter_map(|sent| Some(day(site, sent.event.event_time()?))).collect()
    };
    let (of_opening, of_closing) = (days(opens), days(closes));
    assert!(of_opening.len() > 50 && of_opening.first() >= Some(&first), "{first} and {:?}", of_opening.first());
    assert!(of_closing.len() > 150 && of_closing.last() <= Some(&last), "{last} and {:?}", of_closing.last());
    for (site, week) in [(opens, first), (closes, last)] {
        let monday =
            week.checked_sub(jiff::Span::new().days(i64::from(week.weekday().to_monday_zero_offset()))).unwrap();
        let weeks: Vec<&Part> = parts(twenty(), "field_time", &site.site_id).collect();
        let expected = |week: Date| -> f64 {
            let part = weeks.iter().find(|part| part.week == week).unwrap();
            part.expected.as_ref().unwrap().parse().unwrap()
        };
        let other = if site.closed_on.is_some() { -1 } else { 1 };
        let whole = expected(monday.checked_add(jiff::Span::new().weeks(other)).unwrap());
        let share = expected(monday) / whole;
        let days = if site.closed_on.is_some() { 4.0 } else { 3.0 };
        assert!((share - days / 5.0).abs() < 1e-9, "{}: {share} of a week", site.site_id);
    }
}

#[test]
fn more_answers_than_invitations_are_a_fault_and_no_value() {
    let [fault] = twenty().truth.faults.as_slice() else { panic!("{:?}", twenty().truth.faults) };
    let weeks: Vec<Date> = parts(twenty(), fault.metric, &fault.site).map(|part| part.week).collect();
    assert!(weeks.len() > 45 && !weeks.contains(&fault.week), "{fault:?}");
    let site = sites(twenty())[fault.site.as_str()];
    let of_week = |at: Timestamp| (0..7).contains(&day(site, at).duration_since(fault.week).as_hours().div_euclid(24));
    let mut answers: BTreeMap<&str, (i64, BTreeSet<&str>)> = BTreeMap::new();
    for sent in twenty().arrivals().iter().filter(|sent| sent.event.site() == fault.site) {
        match &sent.event {
            Event::PulseSurvey(survey) if of_week(survey.sent_at.at) => {
                answers.entry(&survey.survey_id).or_default().0 = survey.invited;
            }
            Event::PulseResponse(answer) => {
                let who = answer.respondent_id.as_ref().unwrap_or(&answer.response_id);
                answers.entry(&answer.survey_id).or_default().1.insert(who);
            }
            _ => {}
        }
    }
    answers.retain(|_, (invited, _)| *invited > 0);
    assert!(
        answers.len() >= 2
            && answers
                .values()
                .all(|(invited, people)| real(people.len()) > 2.0 * f64::from(i32::try_from(*invited).unwrap())),
        "{answers:?}"
    );
}

#[test]
fn two_sites_coach_each_other_in_pairs_that_stay() {
    let mut sessions: BTreeMap<&str, &TrainingEvent> = BTreeMap::new();
    let mut homes: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for sent in twenty().arrivals() {
        if let Event::TrainingEvent(event) = &sent.event {
            *homes.entry(&event.person_id).or_default().entry(&event.site_id).or_default() += 1;
            if event.role == "coach" && event.verb == Verb::Attended && event.partner_id.is_some() {
                sessions.insert(&event.event_id, event);
            }
        }
    }
    let home = |person: &str| *homes[person].iter().max_by_key(|(_, events)| **events).unwrap().0;
    let across: Vec<_> =
        sessions.into_values().filter(|event| home(event.partner_id.as_ref().unwrap()) != event.site_id).collect();
    let coached_at: BTreeSet<&str> = across.iter().map(|event| event.site_id.as_str()).collect();
    assert!(across.len() > 30 && coached_at.len() == 2, "{} at {coached_at:?}", across.len());
    let pairs: BTreeSet<[&str; 2]> = across
        .iter()
        .map(|event| {
            let mut pair = [event.person_id.as_str(), event.partner_id.as_deref().unwrap()];
            pair.sort_unstable();
            pair
        })
        .collect();
    assert_eq!(pairs.len(), 4, "the same pairs from both sides");
}

#[test]
fn a_programme_closes_more_remedies_where_it_began_and_says_where_that_was() {
    let simulation = forty();
    let [rollout] = simulation.truth.rollouts.as_slice() else { panic!("{:?}", simulation.truth.rollouts) };
    let waves: BTreeSet<Date> = rollout.starts.iter().map(|start| start.week).collect();
    assert_eq!((rollout.metric, waves.len()), ("remedies_closed", 3));
    let starts: BTreeMap<&str, Date> = rollout.starts.iter().map(|start| (start.site.as_str(), start.week)).collect();
    assert_eq!(starts.len(), rollout.starts.len(), "a site is reached once");
    let mut sums = [(0.0, 0.0); 2];
    for part in simulation.truth.parts.iter().filter(|part| part.metric == rollout.metric) {
        if let Some(start) = starts.get(part.site.as_str()) {
            let sums = &mut sums[usize::from(part.week >= *start)];
            sums.0 += part.numerator.parse::<f64>().unwrap();
            sums.1 += part.denominator.parse::<f64>().unwrap();
        }
    }
    let [before, after] = sums.map(|(closed, due)| closed / due);
    assert!((after - before - rollout.effect).abs() < 0.03, "{before} and {after}");
    let folder = std::env::temp_dir().join(format!("bellwether-programme-{}", std::process::id()));
    simulation.write(&folder, 0).unwrap();
    let lines = std::fs::read_to_string(folder.join("rollouts.csv")).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let first = &rollout.starts[0];
    assert!(
        lines.starts_with(&format!("rollout,site,week\nremedy_reviews,{},{}\n", first.site, first.week)),
        "{lines}"
    );
    assert_eq!(lines.lines().count(), 1 + rollout.starts.len());
}
