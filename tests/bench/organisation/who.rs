//! Sites, their leaders and their time zones.

use crate::chance::{Chance, Id};
use jiff::{
    Timestamp,
    civil::{Date, date},
    tz::TimeZone,
};

pub const HOUR: i64 = 3_600_000_000;
pub const DAY: i64 = 24 * HOUR;
pub const MINUTE: i64 = HOUR / 60;

/// Monday of the running week of every benchmark; the clock stands at noon of its Wednesday.
const RUNNING: Date = date(2026, 6, 29);
const SITES: usize = 306;
const ZONES: [&str; 8] = [
    "Europe/London",
    "America/New_York",
    "Australia/Perth",
    "Europe/Berlin",
    "America/Denver",
    "Australia/Sydney",
    "Asia/Kolkata",
    "America/Santiago",
];

pub struct Organisation {
    pub sites: Vec<Site>,
    pub leaders: Vec<Leader>,
    zones: Vec<TimeZone>,
}

pub struct Site {
    pub id: String,
    pub zone: usize,
    pub region: String,
    pub crew: Vec<Id>,
    pub respondents: Vec<Id>,
}

pub struct Leader {
    pub id: Id,
    pub site: usize,
    pub weekly_hours: f64,
}

/// A calendar week: where its local days begin in every zone.
pub struct Week {
    /// Counted from the running week, which is 0; the one before it is -1.
    pub number: i64,
    /// Microseconds of local midnight of seven days, by zone.
    midnights: Vec<[i64; 7]>,
}

impl Organisation {
    pub fn new() -> Self {
        let (mut sites, mut leaders) = (Vec::new(), Vec::new());
        for number in 0..SITES {
            let chance = &mut Chance::of(&[1, number as u64]);
            for _ in 0..chance.pick(&[3, 4, 5, 5, 5, 7]) {
                let weekly_hours = chance.pick(&[38.0, 40.0, 40.0, 45.0]);
                leaders.push(Leader { id: chance.id(), site: number, weekly_hours });
            }
            sites.push(Site {
                id: format!("site-{number:03}"),
                zone: number % ZONES.len(),
                region: format!("region-{}", number % 12),
                crew: (0..chance.whole(14, 20)).map(|_| chance.id()).collect(),
                respondents: (0..chance.whole(12, 16)).map(|_| chance.id()).collect(),
            });
        }
        let zones = ZONES.iter().map(|name| TimeZone::get(name).unwrap()).collect();
        Self { sites, leaders, zones }
    }

    pub fn zone_name(&self, site: &Site) -> &'static str {
        ZONES[site.zone]
    }

    pub fn week(&self, number: i64) -> Week {
        let monday = RUNNING.checked_add(jiff::Span::new().weeks(number)).unwrap();
        let midnight = |zone: &TimeZone, day: i8| {
            let date = monday.checked_add(jiff::Span::new().days(day)).unwrap();
            zone.to_zoned_datetime(date.at(0, 0, 0, 0)).unwrap().timestamp().as_microsecond()
        };
        let days = |zone| std::array::from_fn(|day| midnight(zone, i8::try_from(day).unwrap()));
        Week { number, midnights: self.zones.iter().map(days).collect() }
    }
}

impl Week {
    /// Microseconds of a minute after local midnight of a day (0 is Monday; minutes may lie outside of the day).
    pub fn at(&self, site: &Site, day: usize, minute: i64) -> i64 {
        self.midnights[site.zone][day] + minute * MINUTE
    }
}

/// The clock of every benchmark.
pub fn as_of() -> Timestamp {
    RUNNING.at(12, 0, 0, 0).to_zoned_datetime(TimeZone::UTC).unwrap().timestamp() + jiff::SignedDuration::from_hours(48)
}
