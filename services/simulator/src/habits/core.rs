//! Pre-start meetings that were planned and not held; what else the manufacturer watched.

use super::book::Book;
use crate::{
    event::{Basis, CalendarAudit, Category, Event, Status},
    local::minutes,
    stories::Story,
    truth::{Core, Known, ONE, Sums, means},
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The metric of who answers, of those invited.
pub(crate) const RESPONSE_RATE: &str = "survey_response_rate";

pub(super) fn week(book: &mut Book<'_>) {
    let not_held = book.level(Story::MeetingsCalledOff, 0.15, 4.0);
    let (site, week) = (book.site, book.week);
    for leader in site.leaders.iter().filter(|leader| leader.in_post(week)) {
        for _ in 0..book.chance.poisson(not_held) {
            book.not_held(&leader.id);
        }
    }
}

impl Book<'_> {
    /// Planned, and called off, or not heard of again.
    fn not_held(&mut self, leader: &str) {
        let starts_at = self.working_hour();
        let entry = CalendarAudit {
            entry_id: self.next_id(),
            revision: 0,
            recorded_at: starts_at,
            leader_id: leader.to_owned(),
            site_id: self.site.id.clone(),
            basis: Basis::Planned,
            category: Category::Prestart,
            status: Status::Confirmed,
            starts_at,
            ends_at: starts_at.on_same_clock(starts_at.at + minutes(20)),
            source: Some("calendar"),
        };
        let planned = starts_at.at - minutes(self.chance.whole(1500..=9000));
        let mut history = vec![(planned, Event::CalendarAudit(entry.clone()))];
        if self.chance.hits(0.5) {
            let off = CalendarAudit { status: Status::Cancelled, ..entry };
            history.push((starts_at.at - minutes(30), Event::CalendarAudit(off)));
        }
        self.file(history);
    }
}

pub(super) fn truths(known: &Known<'_>, core: &Core) -> Vec<Sums> {
    let mut quality = Sums::new("field_time_quality");
    for (week, site, mean) in means(known, &["field_time", "field_visit"]) {
        quality.mean((week, site), mean);
    }
    vec![quality, prestarts_held(known), daily_prestarts(known), survey_response_rate(known), leader_efficacy(core)]
}

fn held(entry: &CalendarAudit) -> bool {
    entry.category == Category::Prestart && entry.basis == Basis::Actual && entry.status == Status::Confirmed
}

fn prestarts_held(known: &Known<'_>) -> Sums {
    let mut sums = Sums::new("prestarts_held");
    for entry in known.calendar.iter().filter(|entry| entry.category == Category::Prestart) {
        let week = known.week(&entry.site_id, entry.starts_at.at);
        sums.whole((week, &entry.site_id), i128::from(held(entry)), 1);
    }
    sums
}

fn daily_prestarts(known: &Known<'_>) -> Sums {
    let mut weeks: BTreeSet<(Date, &str)> = BTreeSet::new();
    let mut days: BTreeSet<(Date, &str)> = BTreeSet::new();
    for entry in &known.calendar {
        weeks.extend(known.weeks_of(entry).into_iter().map(|week| (week, entry.site_id.as_str())));
        let day = known.day(&entry.site_id, entry.starts_at.at);
        if held(entry) && known.works_on(&entry.site_id, day) {
            days.insert((day, &entry.site_id));
        }
    }
    let mut sums = Sums::new("daily_prestarts");
    for (week, site) in weeks {
        sums.whole((week, site), 0, known.working_days(site, week));
    }
    for (day, site) in days {
        sums.whole((crate::local::monday_of(day), site), 1, 0);
    }
    sums
}

fn survey_response_rate(known: &Known<'_>) -> Sums {
    let mut answers: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for answer in &known.answers {
        answers.entry(&answer.survey_id).or_default().push(*answer);
    }
    let mut sums = Sums::new(RESPONSE_RATE);
    for survey in &known.surveys {
        let (sent, closes) = (survey.sent_at.at, survey.closes_at.map(|closes| closes.at));
        let mut people = BTreeSet::new();
        for answer in answers.get(survey.survey_id.as_str()).into_iter().flatten() {
            let at = answer.submitted_at.at;
            let in_time = at >= sent && closes.is_none_or(|closes| at <= closes);
            if in_time && at.duration_since(sent) < crate::local::days(28) {
                people.insert(answer.respondent_id.as_deref().ok_or(answer.response_id.as_str()));
            }
        }
        let week = known.week(&survey.site_id, sent);
        sums.whole((week, &survey.site_id), people.len() as i128, survey.invited.into());
    }
    sums.without_faults()
}

fn leader_efficacy(core: &Core) -> Sums {
    let mut sums = Sums::new("leader_efficacy");
    for (key, time) in &core.field_time {
        let Some(meetings) = core.prestart_quality.get(key) else { continue };
        let in_the_field = 100 * time.numerator >= 40 * time.denominator;
        let good = 100 * meetings.numerator >= 70 * meetings.denominator;
        sums.add((key.0, &key.1), i128::from(in_the_field && good) * ONE, ONE);
    }
    sums
}
