//! What is known at the clock, by stream: the latest revision of everything that has arrived and happened by then.

use crate::{
    event::{
        CalendarAudit, Event, Headcount, InternalAudit, Outcome, Pilot, PulseResponse, PulseSurvey, Remedy, SiteRecord,
        TeamMeeting, TrainingEvent, Verb,
    },
    local::{at, days, week_of},
    organisation::Organisation,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::collections::{BTreeMap, BTreeSet};

/// The events that count, and what is known of the sites.
pub(crate) struct Known<'a> {
    pub as_of: Timestamp,
    pub calendar: Vec<&'a CalendarAudit>,
    pub surveys: Vec<&'a PulseSurvey>,
    pub answers: Vec<&'a PulseResponse>,
    pub training: Vec<&'a TrainingEvent>,
    pub outcomes: Vec<&'a Outcome>,
    pub meetings: Vec<&'a TeamMeeting>,
    pub remedies: Vec<&'a Remedy>,
    pub audits: Vec<&'a InternalAudit>,
    pub pilots: Vec<&'a Pilot>,
    pub headcounts: Vec<&'a Headcount>,
    sites: BTreeMap<&'a str, &'a SiteRecord>,
    zones: BTreeMap<&'a str, &'a TimeZone>,
}

impl<'a> Known<'a> {
    /// Sorts what holds at `as_of`.
    pub(super) fn of(org: &'a Organisation, events: &[&'a Event], as_of: Timestamp) -> Self {
        let mut known = Self {
            as_of,
            calendar: Vec::new(),
            surveys: Vec::new(),
            answers: Vec::new(),
            training: Vec::new(),
            outcomes: Vec::new(),
            meetings: Vec::new(),
            remedies: Vec::new(),
            audits: Vec::new(),
            pilots: Vec::new(),
            headcounts: Vec::new(),
            sites: BTreeMap::new(),
            zones: org.sites.iter().map(|site| (site.id.as_str(), &site.zone)).collect(),
        };
        for event in events.iter().filter(|event| event.event_time().is_none_or(|at| at <= as_of)) {
            match event {
                // Cut at the clock, an entry that begins with it is not there yet.
                Event::CalendarAudit(event) if event.starts_at.at == as_of => {}
                Event::CalendarAudit(event) => known.calendar.push(event),
                Event::PulseSurvey(event) => known.surveys.push(event),
                Event::PulseResponse(event) => known.answers.push(event),
                Event::TrainingEvent(event) => known.training.push(event),
                Event::Outcome(event) => known.outcomes.push(event),
                Event::TeamMeeting(event) => known.meetings.push(event),
                Event::Remedy(event) => known.remedies.push(event),
                Event::InternalAudit(event) => known.audits.push(event),
                Event::Pilot(event) => known.pilots.push(event),
                Event::Headcount(event) => known.headcounts.push(event),
                Event::Site(record) => drop(known.sites.insert(&record.site_id, record)),
                Event::Leader(_) => {}
            }
        }
        known
    }

    /// The day that it is at a site.
    pub(crate) fn day(&self, site: &str, at: Timestamp) -> Date {
        self.zone(site).to_datetime(at).date()
    }

    fn zone(&self, site: &str) -> TimeZone {
        self.zones.get(site).map_or(TimeZone::UTC, |zone| (*zone).clone())
    }

    /// Monday of the week that it is at a site.
    pub(crate) fn week(&self, site: &str, at: Timestamp) -> Date {
        week_of(&self.zone(site), at)
    }

    /// The weeks that an entry lies in, as far as they have come.
    pub(crate) fn weeks_of(&self, entry: &CalendarAudit) -> Vec<Date> {
        let ends = entry.ends_at.at.min(self.as_of);
        let zone = self.zone(&entry.site_id);
        let (mut from, mut weeks) = (entry.starts_at.at, Vec::new());
        while from < ends {
            let week = self.week(&entry.site_id, from);
            weeks.push(week);
            from = at(&zone, week + days(7), 0).at;
        }
        weeks
    }

    /// The people of a site, by its latest record; 0 where it says nothing.
    pub(crate) fn headcount(&self, site: &str) -> i128 {
        self.sites.get(site).and_then(|record| record.headcount).unwrap_or(0).into()
    }

    /// Does the site work on that day?
    pub(crate) fn works_on(&self, site: &str, day: Date) -> bool {
        let record = self.sites.get(site).copied();
        works_on(record, day) && is_open(record, day)
    }

    /// Days of a week on which the site works.
    pub(crate) fn working_days(&self, site: &str, week: Date) -> i128 {
        (0..7).map(|day| i128::from(self.works_on(site, week + days(day)))).sum()
    }

    /// What people attended to learn something.
    pub(crate) fn attended_to_learn(&self) -> impl Iterator<Item = &'a TrainingEvent> {
        let attended = |event: &&TrainingEvent| event.verb == Verb::Attended && event.role == "learner";
        self.training.iter().copied().filter(attended)
    }

    /// Weeks and sites with any event of learning.
    pub(crate) fn weeks_of_learning(&self) -> BTreeSet<(Date, &'a str)> {
        let at = |event: &&'a TrainingEvent| (self.week(&event.site_id, event.occurred_at.at), event.site_id.as_str());
        self.training.iter().map(at).collect()
    }
}

/// Is it one of the site's days of work: those that it names, else Monday to Friday?
pub(super) fn works_on(site: Option<&SiteRecord>, day: Date) -> bool {
    let number = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or_default();
    match site.and_then(|record| record.working_days.as_ref()) {
        Some(named) => named.contains(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"][number]),
        None => number < 5,
    }
}

/// Is the site open on that day, its first and its last one included?
pub(super) fn is_open(site: Option<&SiteRecord>, day: Date) -> bool {
    let begun = site.and_then(|record| record.opened_on).is_none_or(|opened| opened <= day);
    begun && site.and_then(|record| record.closed_on).is_none_or(|closed| day <= closed)
}
