//! Learning within the work, 10 to 15 minutes a person and working day; and whether people have opportunities to.

use super::book::Book;
use crate::{
    stories::Story,
    truth::{Known, ONE, Sums, giver},
};
use std::collections::BTreeMap;

/// Sessions a person and week, beside coaching and what courses bring.
const SESSIONS: f64 = 0.52;
const PROGRAMS: [&str; 3] = ["team-practice", "line-walks", "handover-rounds"];

pub(super) fn week(book: &mut Book<'_>) {
    let sessions = book.level(Story::ScreensForPractice, SESSIONS, 0.03);
    for _ in 0..book.times(sessions) {
        let person = book.person();
        let person = book.reached(person);
        let program = book.chance.pick(&PROGRAMS);
        let format = book.chance.weighted(&[("on_the_job", 6), ("team_meeting", 3), ("peer", 1)]);
        let length = 15 * book.chance.whole(2..=8);
        book.attended(person, program, format, length);
    }
}

pub(super) fn truths(known: &Known<'_>) -> Vec<Sums> {
    vec![opportunity_to_learn(known), learning_in_flow(known)]
}

/// Everyone who answered the item, and whether all their answers to it are the highest there is.
fn opportunity_to_learn(known: &Known<'_>) -> Sums {
    let mut agree: BTreeMap<_, bool> = BTreeMap::new();
    for answer in known.answers.iter().filter(|answer| answer.instrument == "opportunity_to_learn") {
        let week = known.week(&answer.site_id, answer.submitted_at.at);
        for item in answer.items.iter().filter(|item| item.item == "learn_and_grow") {
            let strongly = item.score >= item.max;
            let all = agree.entry((week, answer.site_id.as_str(), giver(answer))).or_insert(true);
            *all &= strongly;
        }
    }
    let mut sums = Sums::new("opportunity_to_learn");
    for ((week, site, _), strongly) in agree {
        sums.whole((week, site), strongly.into(), 1);
    }
    sums
}

fn learning_in_flow(known: &Known<'_>) -> Sums {
    let mut sums = Sums::new("learning_in_flow");
    for at in known.weeks_of_learning() {
        sums.add(at, 0, known.headcount(at.1) * known.working_days(at.1, at.0) * ONE);
    }
    for event in known.attended_to_learn() {
        if matches!(event.format, Some("on_the_job" | "peer" | "coaching" | "team_meeting")) {
            let week = known.week(&event.site_id, event.occurred_at.at);
            sums.whole((week, &event.site_id), event.minutes.unwrap_or(0).into(), 0);
        }
    }
    sums
}
