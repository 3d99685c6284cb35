//! Courses, and commitments with what became of them: about 20 rows a site and week.

use super::who::{DAY, HOUR, MINUTE, Organisation, Site, Week};
use crate::chance::{Chance, Id};

#[derive(Clone, Copy)]
pub struct Training {
    pub id: Id,
    pub revision: i64,
    pub recorded: i64,
    pub person: Id,
    pub role: &'static str,
    pub site: usize,
    pub program: &'static str,
    pub verb: &'static str,
    pub occurred: i64,
    pub minutes: Option<f64>,
    pub commitment: Option<Id>,
    pub due: Option<i64>,
    pub path: Option<&'static str>,
    pub format: Option<&'static str>,
}

/// All rows that a site's week sets off; what becomes of a commitment lies up to ten weeks later.
pub fn week(org: &Organisation, site: usize, week: &Week, salt: u64, rows: &mut Vec<Training>) {
    let chance = Chance::of(&[3, week.number.cast_unsigned(), site as u64, salt]);
    let mut school = School { number: site, site: &org.sites[site], week, chance, rows };
    for _ in 0..4 + i64::from(school.chance.hits(500)) {
        school.commitment();
    }
    for _ in 0..4 {
        school.course();
    }
}

struct School<'a> {
    number: usize,
    site: &'a Site,
    week: &'a Week,
    chance: Chance,
    rows: &'a mut Vec<Training>,
}

impl School<'_> {
    fn commitment(&mut self) {
        let (id, due_in) = (self.chance.id(), DAY * self.chance.whole(14, 56));
        let made = self.event("committed");
        let due = made.occurred + due_in;
        self.file(Training { commitment: Some(id), due: Some(due), format: Some("peer"), ..made });
        let follow = |verb, occurred: i64, event: Training| {
            let recorded = occurred + 40 * MINUTE;
            Training { verb, occurred, recorded, commitment: Some(id), ..event }
        };
        let event = Training { id: self.chance.id(), ..made };
        let (share, days) = (self.chance.whole(20, 99), self.chance.whole(1, 10));
        match self.chance.whole(1, 100) {
            1..=72 => self.file(follow("applied", made.occurred + due_in * share / 100, event)),
            73..=80 => self.file(follow("applied", due + DAY * days, event)),
            81..=83 => self.file(follow("withdrawn", made.occurred + due_in / 2, event)),
            84..=95 => self.file(follow("missed", due + HOUR, event)),
            _ => {}
        }
    }

    fn course(&mut self) {
        let mut event = self.event("enrolled");
        self.file(event);
        event = Training { id: self.chance.id(), verb: "attended", minutes: Some(60.0), ..event };
        event.occurred += DAY;
        event.recorded += DAY;
        self.file(event);
        if self.chance.hits(700) {
            let id = self.chance.id();
            self.file(Training { id, verb: "completed", ..event });
        }
    }

    fn event(&mut self, verb: &'static str) -> Training {
        let (day, minute) = (self.chance.place(0, 4), 15 * self.chance.whole(28, 64));
        let occurred = self.week.at(self.site, day, minute);
        Training {
            id: self.chance.id(),
            revision: 0,
            recorded: occurred + 1000 * self.chance.whole(1_000, 5_000_000),
            person: self.chance.pick(&self.site.crew),
            role: "learner",
            site: self.number,
            program: self.chance.pick(&["safe-start", "peer-coaching", "lean-basics", "supervisor-1"]),
            verb,
            occurred,
            minutes: None,
            commitment: None,
            due: None,
            path: self.chance.pick(&[Some("upskilling"), Some("reskilling"), Some("compliance"), None]),
            format: self.chance.pick(&[Some("classroom"), Some("elearning"), None]),
        }
    }

    fn file(&mut self, event: Training) {
        if self.chance.hits(20) {
            // First booked as missed, by mistake.
            let verb = if event.verb == "applied" { "missed" } else { event.verb };
            self.rows.push(Training { verb, ..event });
            self.rows.push(Training { revision: 1, recorded: event.recorded + HOUR, ..event });
        } else {
            self.rows.push(event);
        }
        if self.chance.hits(20) {
            self.rows.push(event);
        }
    }
}
