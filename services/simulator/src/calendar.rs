//! A leader's working week in the calendar: what was done, and how the calendar came to say so.

use crate::{
    cast::Metric,
    chance::{Chance, Purpose},
    event::{Basis, CalendarAudit, Category, Event, Status},
    local::{Moment, at, clock_changes, days, minutes, seconds},
    number::real,
    organisation::{Leader, Organisation, Site},
    record::Record,
};
use jiff::{Timestamp, civil::Date};

/// Noise of a site's share of field time from week to week, and of its leaders around it.
const WEEK_NOISE: f64 = 0.042;
const LEADER_NOISE: f64 = 0.03;

/// Probability that a leader takes a whole week off.
const WEEK_OFF: f64 = 0.04;

/// Every calendar entry of a site's leaders that belongs to a week.
pub(crate) fn site_week(org: &Organisation, site: &Site, week: usize, records: &mut Vec<Record>) {
    let seed = org.plan.seed;
    let mut levels = Chance::of(seed, Purpose::WeekLevels, site.number, 0, week);
    let level = levels.normal(site.level(Metric::FieldTime, week), WEEK_NOISE);
    for (who, leader) in site.leaders.iter().enumerate().filter(|(_, leader)| leader.in_post(week)) {
        let leave_in = |week| Chance::of(seed, Purpose::Leave, site.number, who, week);
        let works_on = leader.in_post(week + 1) && !leave_in(week + 1).hits(WEEK_OFF);
        let mut leave = leave_in(week);
        let chance = Chance::of(seed, Purpose::Calendar, site.number, who, week);
        let mut diary = Diary { org, site, leader, monday: org.plan.monday(week), chance, records, entries: 0 };
        if leave.hits(WEEK_OFF) {
            diary.week_off(leave.hits(0.3));
        } else {
            let share = diary.chance.normal(level, LEADER_NOISE).clamp(0.04, 0.9);
            let day_off = leave.hits(0.06).then(|| leave.whole(0..=4));
            diary.working_week(share, day_off, works_on);
        }
    }
}

/// One leader's week while it is written.
struct Diary<'a> {
    org: &'a Organisation,
    site: &'a Site,
    leader: &'a Leader,
    monday: Date,
    chance: Chance,
    records: &'a mut Vec<Record>,
    entries: usize,
}

/// Minutes of the week so far, in the field and in all.
#[derive(Default)]
struct Balance {
    field: f64,
    worked: f64,
}

impl Diary<'_> {
    fn week_off(&mut self, from_sunday: bool) {
        let from = if from_sunday { -360 } else { 0 };
        let entry = self.entry(Category::Leave, self.clock(0, from), self.clock(5, 0));
        let asked = entry.starts_at.at - days(self.chance.whole(10..=60));
        self.file(vec![(asked, entry)]);
    }

    fn working_week(&mut self, share: f64, day_off: Option<i64>, works_on: bool) {
        let mut balance = Balance::default();
        for (number, day) in (0..).zip(self.site.particulars.days()) {
            if day_off == Some(number) {
                let entry = self.entry(Category::Leave, self.clock(day, 480), self.clock(day, 960));
                let asked = entry.starts_at.at - days(self.chance.whole(1..=20));
                self.file(vec![(asked, entry)]);
            } else {
                self.working_day(day, share, &mut balance);
            }
        }
        self.nights(works_on);
    }

    fn working_day(&mut self, day: i64, share: f64, balance: &mut Balance) {
        let mut minute = self.leader.begins;
        let end = minute + self.leader.weekly_hours * 12 + 15 * self.chance.whole(-2..=2);
        let prestart = self.chance.pick(&[15, 20, 30]);
        self.block(Category::Prestart, day, minute, prestart);
        balance.worked += real(prestart);
        minute += prestart;
        while minute < end {
            let length = self.chance.pick(&[45, 60, 60, 90, 120, 150]).min((end - minute).max(15));
            let missing = share * (balance.worked + real(length)) - balance.field;
            let category = if missing > real(length) * self.chance.between(0.25, 0.75) {
                balance.field += real(length);
                Category::Field
            } else {
                self.indoors()
            };
            balance.worked += real(length);
            self.block(category, day, minute, length);
            minute += length + self.chance.pick(&[0, 0, 0, 10, 30]);
        }
    }

    fn indoors(&mut self) -> Category {
        self.chance.weighted(&[
            (Category::Meeting, 30),
            (Category::Admin, 25),
            (Category::Coaching, 15),
            (Category::Training, 6),
            (Category::Travel, 8),
            (Category::Other, 8),
        ])
    }

    /// Work at night: over the hour at which the clocks change, and into the next week if that is worked.
    fn nights(&mut self, works_on: bool) {
        if clock_changes(&self.site.zone, self.monday) && self.chance.hits(0.3) {
            let category = self.chance.pick(&[Category::Field, Category::Other]);
            self.block(category, 5, 1320, 480);
        }
        if works_on && self.chance.hits(0.02) {
            let category = self.chance.pick(&[Category::Field, Category::Travel, Category::Other]);
            let length = 15 * self.chance.whole(11..=20);
            self.block(category, 6, 1290, length);
        }
    }

    /// One block of work that was done, how the calendar came to know it, and what else stood there.
    fn block(&mut self, category: Category, day: i64, minute: i64, length: i64) {
        let (mut starts, mut ends) = (self.clock(day, minute), self.clock(day, minute + length));
        if self.chance.hits(0.3) {
            // Measured by a phone, not rounded by a person.
            starts = starts.on_same_clock(starts.at + self.jitter());
            ends = ends.on_same_clock(ends.at + self.jitter());
        }
        let mut entry = self.entry(category, starts, ends);
        if self.chance.hits(0.002) {
            entry.site_id = self.elsewhere();
        }
        let mut history = self.beforehand(&entry, day, minute, length);
        self.logged(&entry, &mut history);
        self.file(history);
        self.double_booking(day, minute, length);
    }

    fn jitter(&mut self) -> jiff::SignedDuration {
        seconds(self.chance.whole(-200..=200)) + jiff::SignedDuration::from_millis(self.chance.pick(&[0, 0, 250, 125]))
    }

    /// Another site of the company, of which nothing is planted, so that a visit cannot blur what is, and with leaders
    /// enough that a visit is never all that happens there in a week.
    fn elsewhere(&mut self) -> String {
        let fit = |site: &&Site| site.fate.is_none() && site.leaders.len() > 1 && site.particulars.always_open();
        let hosts: Vec<&Site> = self.org.sites.iter().filter(fit).collect();
        let welcome = self.site.fate.is_none() && !hosts.is_empty();
        if welcome { self.chance.pick(&hosts).id.clone() } else { self.site.id.clone() }
    }

    /// What the calendar said before the time came: planned, moved (also from another week), tentative.
    fn beforehand(
        &mut self,
        entry: &CalendarAudit,
        day: i64,
        minute: i64,
        length: i64,
    ) -> Vec<(Timestamp, CalendarAudit)> {
        if !self.chance.hits(0.33) {
            return Vec::new();
        }
        let planned_at = entry.starts_at.at - minutes(self.chance.whole(1500..=17_000));
        let mut planned = CalendarAudit { basis: Basis::Planned, ..entry.clone() };
        planned.starts_at = self.clock(day, minute);
        planned.ends_at = self.clock(day, minute + length);
        if self.chance.hits(0.2) {
            planned.status = Status::Tentative;
        }
        let mut history = Vec::new();
        if self.chance.hits(0.15) {
            let away = self.chance.pick(&[-7, -6, -2, -1, 1, 2, 7, 8]);
            let was = CalendarAudit {
                starts_at: self.clock(day + away, minute + 15),
                ends_at: self.clock(day + away, minute + length + 15),
                ..planned.clone()
            };
            history.push((planned_at - minutes(self.chance.whole(30..=3000)), was));
        }
        history.push((planned_at, planned));
        history
    }

    /// How what was done came to be logged: mostly the same evening; sometimes begun before it is over, or corrected.
    fn logged(&mut self, entry: &CalendarAudit, history: &mut Vec<(Timestamp, CalendarAudit)>) {
        let after = match self.chance.whole(1..=100) {
            1..=4 => self.chance.whole(1440..=5000),
            5..=60 => self.chance.whole(60..=360),
            _ => self.chance.whole(1..=30),
        };
        let logged_at = entry.ends_at.at + minutes(after);
        match self.chance.whole(1..=100) {
            1..=8 => {
                let expected = entry.ends_at.on_same_clock(entry.ends_at.at + minutes(15));
                let begun = CalendarAudit { ends_at: expected, ..entry.clone() };
                history.push((entry.starts_at.at + seconds(self.chance.whole(5..=90)), begun));
                history.push((logged_at, entry.clone()));
            }
            9 => {
                let ahead = entry.starts_at.at - minutes(self.chance.whole(30..=300));
                history.push((ahead, entry.clone()));
            }
            10..=14 => {
                let wrong = self.mistaken(entry);
                history.push((logged_at, wrong));
                history.push((logged_at + minutes(self.chance.whole(60..=4000)), entry.clone()));
            }
            _ => history.push((logged_at, entry.clone())),
        }
    }

    fn mistaken(&mut self, entry: &CalendarAudit) -> CalendarAudit {
        let mut wrong = entry.clone();
        match self.chance.whole(0..=3) {
            0 => wrong.category = self.indoors(),
            1 => wrong.ends_at = wrong.ends_at.on_same_clock(wrong.ends_at.at + minutes(60)),
            2 => {
                wrong.starts_at = wrong.starts_at.on_same_clock(wrong.starts_at.at - days(7));
                wrong.ends_at = wrong.ends_at.on_same_clock(wrong.ends_at.at - days(7));
            }
            _ => wrong.status = Status::Tentative,
        }
        wrong
    }

    /// What else stood in the calendar at that time: held as well, never confirmed, or called off.
    fn double_booking(&mut self, day: i64, minute: i64, length: i64) {
        let drawn = self.chance.whole(1..=100);
        if drawn > 13 {
            return;
        }
        let from = minute + self.chance.pick(&[-10, 0, 0, 15]);
        let category = self.indoors();
        let mut entry = self.entry(category, self.clock(day, from), self.clock(day, from + length.min(60)));
        let before = entry.starts_at.at - minutes(self.chance.whole(600..=9000));
        let after = entry.ends_at.at + minutes(self.chance.whole(5..=400));
        match drawn {
            1..=5 => self.file(vec![(after, entry)]),
            6..=8 => {
                entry.status = Status::Tentative;
                self.file(vec![(after, entry)]);
            }
            9..=12 => {
                entry.basis = Basis::Planned;
                let off = CalendarAudit { status: Status::Cancelled, ..entry.clone() };
                let called_off = entry.starts_at.at - minutes(self.chance.whole(20..=500));
                self.file(vec![(before, entry), (called_off, off)]);
            }
            _ => {
                let off = CalendarAudit { status: Status::Cancelled, ..entry.clone() };
                let noticed = after + minutes(self.chance.whole(60..=3000));
                self.file(vec![(after, entry), (noticed, off)]);
            }
        }
    }

    fn clock(&self, day: i64, minute: i64) -> Moment {
        at(&self.site.zone, self.monday + days(day), minute)
    }

    /// A confirmed entry of something done.
    fn entry(&mut self, category: Category, starts_at: Moment, ends_at: Moment) -> CalendarAudit {
        self.entries += 1;
        CalendarAudit {
            entry_id: format!("{}/{}/{:02}", self.leader.id, self.monday, self.entries),
            revision: 0,
            recorded_at: starts_at,
            leader_id: self.leader.id.clone(),
            site_id: self.site.id.clone(),
            basis: Basis::Actual,
            category,
            status: Status::Confirmed,
            starts_at,
            ends_at,
            source: self.chance.pick(&[Some("calendar"), Some("calendar"), Some("phone"), None]),
        }
    }

    fn file(&mut self, history: Vec<(Timestamp, CalendarAudit)>) {
        let history = history.into_iter().map(|(at, entry)| (at, Event::CalendarAudit(entry))).collect();
        self.records.push(Record::of(history, &mut self.chance));
    }
}
