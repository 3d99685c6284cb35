//! The book in which a site's habits are kept, and what several of them write alike.

use super::crew::{band, group};
use crate::{
    chance::Chance,
    event::{Event, TrainingEvent, Verb},
    local::{Moment, at, days, minutes},
    number::real,
    organisation::{Organisation, Site},
    record::Record,
    stories::Story,
};
use jiff::Timestamp;

/// The book in which a habit of a site in a week is kept.
pub(super) struct Book<'a> {
    pub(super) org: &'a Organisation,
    pub(super) site: &'a Site,
    pub(super) week: usize,
    pub(super) habit: &'static str,
    pub(super) chance: Chance,
    pub(super) records: &'a mut Vec<Record>,
    pub(super) events: usize,
}

impl Book<'_> {
    /// A level of this week: the usual one, or the bad one as far as the story has come here.
    pub(super) fn level(&self, story: Story, usual: f64, bad: f64) -> f64 {
        usual + (bad - usual) * self.org.stories.told(self.site.number, story, self.week)
    }

    /// How often something happens of which a person does so much a week.
    pub(super) fn times(&mut self, a_person: f64) -> usize {
        self.chance.poisson(a_person * real(self.site.crew.len()))
    }

    /// An id that no other event has.
    pub(super) fn next_id(&mut self) -> String {
        self.events += 1;
        format!("{}/{}/{}/{:03}", self.habit, self.site.id, self.org.plan.monday(self.week), self.events)
    }

    /// A moment of a working day of the week.
    pub(super) fn working_hour(&mut self) -> Moment {
        let day = self.org.plan.monday(self.week) + days(self.chance.whole(0..=4));
        at(&self.site.zone, day, 15 * self.chance.whole(28..=66))
    }

    /// Now and then the first or the last moment of a week, else a working hour.
    pub(super) fn any_hour(&mut self) -> Moment {
        let monday = self.org.plan.monday(self.week);
        match self.chance.whole(1..=50) {
            1 => at(&self.site.zone, monday, 0),
            2 => at(&self.site.zone, monday + days(6), 1439),
            _ => self.working_hour(),
        }
    }

    /// One of the crew.
    pub(super) fn person(&mut self) -> usize {
        self.chance.count(0..=self.site.crew.len() - 1)
    }

    /// Whoever comes to learn in their place: of a night shift that is left out hardly anybody does.
    pub(super) fn reached(&mut self, person: usize) -> usize {
        let left_out = self.level(Story::NightShiftLeftOut, 0.0, 0.97);
        if person % 2 == 1 && self.chance.hits(left_out) { person - 1 } else { person }
    }

    /// Something that one of the crew took part in: chosen by somebody, often after it was offered.
    pub(super) fn attended(
        &mut self,
        person: usize,
        program: &'static str,
        format: &'static str,
        length: i64,
    ) -> TrainingEvent {
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
    pub(super) fn training(
        &mut self,
        person: usize,
        role: &'static str,
        verb: Verb,
        occurred_at: Moment,
    ) -> TrainingEvent {
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
            tenure_band: Some(band(person)),
            staff_group: Some(group(person)),
            partner_id: None,
        }
    }

    /// Files it, now and then with its minutes wrong at first.
    pub(super) fn file_training(&mut self, event: TrainingEvent) {
        let recorded = event.occurred_at.at + minutes(self.chance.whole(2..=600));
        let mut history = Vec::new();
        if self.chance.hits(0.03) {
            let hasty = TrainingEvent { minutes: event.minutes.map(|length| length + 5), ..event.clone() };
            history.push((recorded - minutes(1), Event::TrainingEvent(hasty)));
        }
        history.push((recorded, Event::TrainingEvent(event)));
        self.file(history);
    }

    pub(super) fn file(&mut self, history: Vec<(Timestamp, Event)>) {
        self.records.push(Record::of(history, &mut self.chance));
    }
}
