//! Leaders' calendars: about 45 rows a leader and week.

use super::who::{DAY, HOUR, MINUTE, Organisation, Site, Week};
use crate::chance::{Chance, Id};

#[derive(Clone, Copy)]
pub struct Entry {
    pub id: Id,
    pub revision: i64,
    pub recorded: i64,
    pub leader: Id,
    pub site: usize,
    pub basis: &'static str,
    pub category: &'static str,
    pub status: &'static str,
    pub starts: i64,
    pub ends: i64,
    pub source: Option<&'static str>,
}

const INDOORS: [&str; 10] =
    ["meeting", "meeting", "meeting", "admin", "admin", "coaching", "coaching", "training", "travel", "other"];

/// All rows about a leader's week, in the order in which they were recorded; `salt` makes another week of the same kind.
pub fn week(org: &Organisation, leader: usize, week: &Week, salt: u64, rows: &mut Vec<Entry>) {
    let who = &org.leaders[leader];
    let chance = Chance::of(&[2, week.number.cast_unsigned(), leader as u64, salt]);
    let mut diary = Diary { leader: who.id, number: who.site, site: &org.sites[who.site], week, chance, rows };
    if diary.chance.hits(40) {
        // Begins before Monday: cut at the week.
        let entry = diary.entry("leave", 0, -360, 5 * 24 * 60);
        return diary.file(Entry { recorded: entry.starts - 20 * DAY, ..entry });
    }
    for day in 0..5 {
        diary.day(day);
    }
    if diary.chance.hits(20) {
        // A night shift, from Sunday into the next week.
        let entry = diary.entry("field", 6, 1290, 300);
        diary.block(entry);
    }
}

struct Diary<'a> {
    leader: Id,
    number: usize,
    site: &'a Site,
    week: &'a Week,
    chance: Chance,
    rows: &'a mut Vec<Entry>,
}

impl Diary<'_> {
    fn day(&mut self, day: usize) {
        let mut minute = 15 * self.chance.whole(25, 30);
        let end = minute + 15 * self.chance.whole(32, 40);
        let first = self.entry("prestart", day, minute, 20);
        self.block(first);
        minute += 20;
        while minute < end {
            let length = self.chance.pick(&[45, 60, 60, 90, 120]);
            let category = if self.chance.hits(400) { "field" } else { self.chance.pick(&INDOORS) };
            let entry = self.entry(category, day, minute, length);
            self.block(entry);
            if self.chance.hits(40) {
                // Booked twice: the union counts it once.
                let other = self.chance.pick(&INDOORS);
                let again = self.entry(other, day, minute + 15, length);
                self.block(again);
            }
            minute += length + self.chance.pick(&[0, 0, 0, 10, 30]);
        }
    }

    fn entry(&mut self, category: &'static str, day: usize, minute: i64, length: i64) -> Entry {
        // A third is measured by a phone, to the millisecond.
        let jitter = if self.chance.hits(330) { 1000 * self.chance.whole(-200_000, 200_000) } else { 0 };
        let starts = self.week.at(self.site, day, minute) + jitter;
        let ends = starts + length * MINUTE;
        let status = if self.chance.hits(20) { "cancelled" } else { "confirmed" };
        let recorded = ends + 1000 * self.chance.whole(60_000, 20_000_000);
        let source = self.chance.pick(&[Some("exchange"), Some("exchange"), Some("phone"), None]);
        let (id, leader, site) = (self.chance.id(), self.leader, self.number);
        Entry { id, revision: 0, recorded, leader, site, basis: "actual", category, status, starts, ends, source }
    }

    /// Some entries were planned before (also for another day or week), some are corrected, some delivered twice.
    fn block(&mut self, mut entry: Entry) {
        if self.chance.hits(120) {
            let moved = if self.chance.hits(150) { DAY * self.chance.pick(&[-7, -2, -1, 1, 2, 7]) } else { 0 };
            let recorded = entry.starts - HOUR * self.chance.whole(24, 240);
            let (starts, ends) = (entry.starts + moved, entry.ends + moved);
            self.rows.push(Entry { basis: "planned", status: "confirmed", recorded, starts, ends, ..entry });
            entry.revision = 1;
        }
        if self.chance.hits(50) {
            self.rows.push(Entry { category: self.chance.pick(&INDOORS), ends: entry.ends + 15 * MINUTE, ..entry });
            entry.revision += 1;
            entry.recorded += HOUR * self.chance.whole(1, 72);
        }
        self.file(entry);
    }

    fn file(&mut self, entry: Entry) {
        self.rows.push(entry);
        if self.chance.hits(20) {
            self.rows.push(entry);
        }
    }
}
