//! Coaching in pairs. The commitments that peers make to each other are those of [`crate::training`].

use super::book::Book;
use crate::{
    event::{TrainingEvent, Verb},
    local::days,
    organisation::Site,
    stories::Story,
    truth::{Known, ONE, Sums, promises},
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The metric of commitments made to peers: nearly all that there are.
pub(crate) const TO_PEERS: &str = "coaching_commitments_kept";

/// Sessions a person and week: about one in four weeks.
const SESSIONS: f64 = 0.27;
/// How long one takes, in minutes.
const LENGTH: i64 = 45;

pub(super) fn week(book: &mut Book<'_>) {
    let sessions = book.level(Story::PairsBrokenUp, SESSIONS, 0.01);
    let sessions = book.level(Story::ScreensForPractice, sessions, 0.01);
    for _ in 0..book.times(sessions) {
        book.session();
    }
}

impl Book<'_> {
    /// What its coach did, and whom they coached. Most pairs change every quarter of a year, some never do.
    fn session(&mut self) {
        let (coach, at, people) = (self.person(), self.any_hour(), self.site.crew.len());
        let distance = if self.chance.hits(0.35) { 0 } else { self.week / 13 % (people - 1) };
        let mut partner = self.reached((coach + 1 + distance) % people);
        if partner == coach {
            partner = (coach + 2) % people;
        }
        let format = Some(self.chance.pick(&["peer", "coaching"]));
        let mut held = self.training(coach, "coach", Verb::Attended, at);
        held.format = format;
        held.minutes = Some(LENGTH);
        // Who the other one was is not always told.
        held.partner_id = (!self.chance.hits(0.03)).then(|| self.site.crew[partner].clone());
        let mut coached = self.training(partner, "learner", Verb::Attended, at);
        coached.format = format;
        coached.minutes = Some(LENGTH);
        self.file_training(held);
        self.file_training(coached);
    }
}

/// Now and then one of the crew coaches somebody of another site, which then has the learner's event. Pairs stay what they are,
/// whichever of the two does the coaching: after a quarter none of them is new at either site.
pub(super) fn with_another_site(mut book: Book<'_>, other: &Site) {
    if !book.chance.hits(0.5) {
        return;
    }
    // The so-manieth coaches the so-manieth there, and is coached by them in turn.
    let (person, at) = (book.chance.count(0..=3), book.any_hour());
    let partner = &other.crew[person];
    let mut held = book.training(person, "coach", Verb::Attended, at);
    held.format = Some("coaching");
    held.minutes = Some(LENGTH);
    let mut coached = TrainingEvent { event_id: book.next_id(), role: "learner", ..held.clone() };
    held.partner_id = Some(partner.clone());
    coached.person_id.clone_from(partner);
    (coached.site_id, coached.team_id) = (other.id.clone(), Some(other.team()));
    book.file_training(held);
    book.file_training(coached);
}

pub(super) fn truths(known: &Known<'_>) -> Vec<Sums> {
    let mut kept = Sums::new(TO_PEERS);
    for (week, site, was_kept) in promises(known, |promise| in_pairs(promise.format)) {
        kept.whole((week, site), was_kept.into(), 1);
    }
    vec![sessions_held(known), kept, pairs_rotated(known)]
}

fn in_pairs(format: Option<&str>) -> bool {
    matches!(format, Some("peer" | "coaching"))
}

/// One event a session: that of its coach.
fn sessions<'a>(known: &'a Known<'_>) -> impl Iterator<Item = &'a TrainingEvent> {
    let held = |e: &&TrainingEvent| e.verb == Verb::Attended && e.role == "coach" && in_pairs(e.format);
    known.training.iter().copied().filter(held)
}

fn sessions_held(known: &Known<'_>) -> Sums {
    let mut sums = Sums::new("peer_coaching_sessions");
    for at in known.weeks_of_learning() {
        sums.add(at, 0, known.headcount(at.1) * ONE);
    }
    for session in sessions(known) {
        sums.whole((known.week(&session.site_id, session.occurred_at.at), &session.site_id), 1, 0);
    }
    sums
}

fn pairs_rotated(known: &Known<'_>) -> Sums {
    let mut met: BTreeMap<[&str; 2], Vec<(Timestamp, &str)>> = BTreeMap::new();
    for session in sessions(known) {
        let Some(partner) = &session.partner_id else { continue };
        let mut pair = [session.person_id.as_str(), partner.as_str()];
        pair.sort_unstable();
        met.entry(pair).or_default().push((session.occurred_at.at, &session.site_id));
    }
    let mut sums = Sums::new("pairs_rotated");
    for sessions in met.values() {
        for (now, site) in sessions {
            let long_ago = |(before, _): &(Timestamp, &str)| *before < *now - days(91) && *before >= *now - days(364);
            sums.whole((known.week(site, *now), site), i128::from(!sessions.iter().any(long_ago)), 1);
        }
    }
    sums
}
