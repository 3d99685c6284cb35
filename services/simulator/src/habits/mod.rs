//! What an organisation does beside the three core habits, so that every metric of the catalogue has something to measure.
//! A file for each group of the catalogue: what people there do in a week, and beside it what its metrics truly are,
//! counted from the events one by one by the words of `queries/CATALOGUE.md`.
//!
//! Each habit draws from streams of its own: a new one moves no event of the others.

mod audit;
mod cast;
mod coaching;
mod core;
mod hierarchy;
mod inclusion;
mod lagging;
mod learning;
mod mobility;
mod risk;

pub(crate) use cast::{Stories, Story};
pub(crate) use mobility::learnt_for;

use crate::{
    chance::{Chance, Purpose},
    event::{Event, TrainingEvent, Verb},
    local::{Moment, at, days, minutes},
    number::real,
    organisation::{Organisation, Site},
    record::Record,
    truth::{Core, Known, Sums},
};
use jiff::Timestamp;

/// Metrics of streams in which a site may have nothing to say for a quarter: one that has just gone silent cannot be told by
/// them.
pub(crate) const SELDOM: [&str; 5] =
    ["audits_recording_practice", "practices_taken_up", "remedies_closed", "remedies_named", "risk_meetings_held"];

/// The metric of commitments made to peers: nearly all that there are.
pub(crate) const TO_PEERS: &str = "coaching_commitments_kept";

/// Metrics that show nothing of a crew of fewer than five.
pub(crate) const OF_ANSWERS: [&str; 2] = ["leader_efficacy", "psychological_safety"];

/// Writes the events of a habit, and their truth.
type Writes = fn(&mut Book<'_>);

/// What is done in a week, by habit. The order decides the streams of draws.
const HABITS: [(&str, Writes); 9] = [
    ("prestart", core::week),
    ("risk", risk::week),
    ("audit", audit::week),
    ("coaching", coaching::week),
    ("hierarchy", hierarchy::week),
    ("learning", learning::week),
    ("inclusion", inclusion::week),
    ("mobility", mobility::week),
    ("lagging", lagging::week),
];

/// Everything of a site in a week.
pub(crate) fn site_week(org: &Organisation, site: &Site, week: usize, records: &mut Vec<Record>) {
    for (number, (habit, done)) in HABITS.into_iter().enumerate() {
        let chance = Chance::of(org.plan.seed, Purpose::Habits, site.number, number, week);
        done(&mut Book { org, site, week, habit, chance, records, events: 0 });
    }
}

/// The parts of every metric of the catalogue.
pub(crate) fn truths(known: &Known<'_>, core: &Core) -> Vec<Sums> {
    let mut truths = core::truths(known, core);
    for of_group in [
        risk::truths,
        audit::truths,
        coaching::truths,
        hierarchy::truths,
        learning::truths,
        inclusion::truths,
        mobility::truths,
        lagging::truths,
    ] {
        truths.extend(of_group(known));
    }
    truths
}

/// The book in which a habit of a site in a week is kept.
struct Book<'a> {
    org: &'a Organisation,
    site: &'a Site,
    week: usize,
    habit: &'static str,
    chance: Chance,
    records: &'a mut Vec<Record>,
    events: usize,
}

impl Book<'_> {
    /// A level of this week: the usual one, or the bad one as far as the story has come here.
    fn level(&self, story: Story, usual: f64, bad: f64) -> f64 {
        usual + (bad - usual) * self.org.stories.told(self.site.number, story, self.week)
    }

    /// How often something happens of which a person does so much a week.
    fn times(&mut self, a_person: f64) -> usize {
        self.chance.poisson(a_person * real(self.site.crew.len()))
    }

    /// An id that no other event has.
    fn next_id(&mut self) -> String {
        self.events += 1;
        format!("{}/{}/{}/{:03}", self.habit, self.site.id, self.org.plan.monday(self.week), self.events)
    }

    /// A moment of a working day of the week.
    fn working_hour(&mut self) -> Moment {
        let day = self.org.plan.monday(self.week) + days(self.chance.whole(0..=4));
        at(&self.site.zone, day, 15 * self.chance.whole(28..=66))
    }

    /// Now and then the first or the last moment of a week, else a working hour.
    fn any_hour(&mut self) -> Moment {
        let monday = self.org.plan.monday(self.week);
        match self.chance.whole(1..=50) {
            1 => at(&self.site.zone, monday, 0),
            2 => at(&self.site.zone, monday + days(6), 1439),
            _ => self.working_hour(),
        }
    }

    /// One of the crew.
    fn person(&mut self) -> usize {
        self.chance.count(0..=self.site.crew.len() - 1)
    }

    /// Whoever comes to learn in their place: of a night shift that is left out hardly anybody does.
    fn reached(&mut self, person: usize) -> usize {
        let left_out = self.level(Story::NightShiftLeftOut, 0.0, 0.97);
        if person % 2 == 1 && self.chance.hits(left_out) { person - 1 } else { person }
    }

    /// Something that one of the crew took part in: chosen by somebody, often after it was offered.
    fn attended(&mut self, person: usize, program: &'static str, format: &'static str, length: i64) -> TrainingEvent {
        let happened = self.any_hour();
        let mut event = self.training(person, "learner", Verb::Attended, happened);
        event.program_id = program;
        event.format = Some(format);
        event.minutes = Some(length);
        event.skill_path =
            self.chance.pick(&[Some("upskilling"), Some("reskilling"), Some("newskilling"), Some("compliance")]);
        let own_choice = self.level(Story::ChoiceTakenAway, 0.68, 0.25);
        event.chosen_by = if self.chance.hits(own_choice) {
            Some("employee")
        } else {
            self.chance.pick(&[Some("manager"), Some("mandate")])
        };
        if self.chance.hits(0.15) {
            // From ten hours before to a day too early to be an answer to it; now and then to the second.
            let before = if self.chance.hits(0.1) { 28 * 1440 } else { self.chance.whole(600..=29 * 1440) };
            let mut offer = TrainingEvent { event_id: self.next_id(), verb: Verb::Assigned, ..event.clone() };
            offer.occurred_at = happened.on_same_clock(happened.at - minutes(before));
            offer.minutes = None;
            self.file_training(offer);
        }
        self.file_training(event.clone());
        event
    }

    /// A training event of one of the crew, with the tenure and the group that they are of.
    fn training(&mut self, person: usize, role: &'static str, verb: Verb, occurred_at: Moment) -> TrainingEvent {
        TrainingEvent {
            event_id: self.next_id(),
            revision: 0,
            recorded_at: occurred_at,
            person_id: self.site.crew[person].clone(),
            role,
            site_id: self.site.id.clone(),
            team_id: Some(self.site.team()),
            program_id: "team-practice",
            activity_id: None,
            verb,
            occurred_at,
            minutes: None,
            commitment_id: None,
            due_at: None,
            skill_path: None,
            chosen_by: None,
            format: None,
            tenure_band: Some(hierarchy::band(person)),
            staff_group: Some(inclusion::group(person)),
            partner_id: None,
        }
    }

    /// Files it, now and then with its minutes wrong at first.
    fn file_training(&mut self, event: TrainingEvent) {
        let recorded = event.occurred_at.at + minutes(self.chance.whole(2..=600));
        let mut history = Vec::new();
        if self.chance.hits(0.03) {
            let hasty = TrainingEvent { minutes: event.minutes.map(|length| length + 5), ..event.clone() };
            history.push((recorded - minutes(1), Event::TrainingEvent(hasty)));
        }
        history.push((recorded, Event::TrainingEvent(event)));
        self.file(history);
    }

    fn file(&mut self, history: Vec<(Timestamp, Event)>) {
        self.records.push(Record::of(history, &mut self.chance));
    }
}
