//! Answers to pulse surveys: about 18 rows a site and week.

use super::who::{HOUR, MINUTE, Organisation, Week};
use crate::chance::{Chance, Id};

#[derive(Clone, Copy)]
pub struct Response {
    pub id: Id,
    pub revision: i64,
    pub recorded: i64,
    pub survey: Id,
    pub instrument: &'static str,
    pub site: usize,
    pub leader: Option<Id>,
    pub respondent: Option<Id>,
    pub submitted: i64,
    /// Marks from 1 to 5, of the first `items` questions.
    pub marks: [u8; 4],
    pub items: usize,
}

pub const QUESTIONS: [&str; 4] = ["engaging", "social", "clear", "safe_to_speak_up"];

/// All rows about a site's surveys of a week.
pub fn week(org: &Organisation, number: usize, week: &Week, salt: u64, rows: &mut Vec<Response>) {
    let chance = &mut Chance::of(&[4, week.number.cast_unsigned(), number as u64, salt]);
    let site = &org.sites[number];
    let leaders: Vec<Id> = org.leaders.iter().filter(|l| l.site == number).map(|l| l.id).collect();
    for day in [chance.place(0, 2), chance.place(3, 4)] {
        let (survey, sent) = (chance.id(), week.at(site, day, 420));
        let instrument = if chance.hits(900) { "prestart" } else { "field_visit" };
        let leader = chance.hits(900).then(|| leaders[0]);
        for respondent in &site.respondents {
            if !chance.hits(610) {
                continue;
            }
            let submitted = sent + 1000 * chance.whole(60_000, 9_000_000);
            let mut response = Response {
                id: chance.id(),
                revision: 0,
                recorded: submitted + 1000 * chance.whole(10, 4_000),
                survey,
                instrument,
                site: number,
                leader,
                respondent: (!chance.hits(3)).then_some(*respondent),
                submitted,
                marks: std::array::from_fn(|_| mark(chance, 2)),
                items: if chance.hits(40) { 3 } else { 4 },
            };
            if chance.hits(30) {
                rows.push(response);
                response.marks[0] = mark(chance, 1);
                response.revision = 1;
                response.recorded += MINUTE * chance.whole(1, 240);
            }
            rows.push(response);
            if chance.hits(20) {
                rows.push(Response { recorded: response.recorded, ..response });
            }
            if chance.hits(10) {
                // The same person once more, from another device.
                rows.push(Response { id: chance.id(), submitted: submitted + HOUR, ..response });
            }
        }
    }
}

/// A mark up to 5.
fn mark(chance: &mut Chance, least: i64) -> u8 {
    u8::try_from(chance.whole(least, 5)).unwrap()
}
