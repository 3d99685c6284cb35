//! Training: commitments that people make to each other and what becomes of them, and the courses around them.

use crate::{
    cast::Metric,
    chance::{Chance, Purpose},
    event::{Event, TrainingEvent, Verb},
    local::{Moment, at, days, minutes, seconds},
    number::real,
    organisation::{Organisation, Site},
    record::Record,
};
use jiff::Timestamp;

/// Commitments due at a site in a week, on average.
const DUE: f64 = 7.6;
const PROGRAMS: [&str; 4] = ["peer-coaching", "safe-lifting", "line-leadership", "quality-basics"];

/// Commitments that fall due at a site in a week, with what became of them.
pub(crate) fn commitments(org: &Organisation, site: &Site, week: usize, records: &mut Vec<Record>) {
    let chance = Chance::of(org.plan.seed, Purpose::Training, site.number, 0, week);
    let mut book = Book { org, site, week, chance, records, events: 0 };
    let level = site.level(Metric::LearningFollowThrough, week);
    for number in 0..book.chance.poisson(DUE).max(2) {
        let kept = book.chance.hits(level);
        book.commitment(number, kept);
    }
}

/// Courses of a week: assigned, attended, completed, taught.
pub(crate) fn courses(org: &Organisation, site: &Site, week: usize, records: &mut Vec<Record>) {
    let chance = Chance::of(org.plan.seed, Purpose::Learning, site.number, 0, week);
    let mut book = Book { org, site, week, chance, records, events: 500 };
    // As many as a crew of the usual size has time for.
    for _ in 0..book.chance.poisson((0.34 * real(site.crew.len())).min(5.0)) {
        book.course();
    }
}

/// The book in which a site's learning of a week is kept.
struct Book<'a> {
    org: &'a Organisation,
    site: &'a Site,
    week: usize,
    chance: Chance,
    records: &'a mut Vec<Record>,
    events: usize,
}

impl Book<'_> {
    fn commitment(&mut self, number: usize, kept: bool) {
        let due = self.due();
        let Some(committed) = self.committed_before(due.at) else { return };
        let person = self.chance.pick(&self.site.crew.iter().collect::<Vec<_>>()).clone();
        let id = format!("{person}/{}/{number}", self.org.plan.monday(self.week));
        let promise = TrainingEvent {
            commitment_id: Some(id),
            due_at: Some(due),
            format: Some("peer"),
            chosen_by: Some("employee"),
            ..self.event(person, Verb::Committed, due.on_same_clock(committed))
        };
        self.promise(&promise, due);
        if self.chance.hits(0.04) {
            self.withdraw(&promise, due.at, committed);
            return;
        }
        if kept { self.kept(&promise, due.at, committed) } else { self.broken(&promise, due.at) }
    }

    /// End of a working day mostly; now and then the last or first moment of a week.
    fn due(&mut self) -> Moment {
        let monday = self.org.plan.monday(self.week);
        let (day, minute) = match self.chance.whole(1..=100) {
            1..=4 => (0, 0),
            5..=8 => (6, 1439),
            9..=30 => (4, 1320),
            _ => (self.chance.whole(0..=4), 1020),
        };
        at(&self.site.zone, monday + days(day), minute)
    }

    /// One to six weeks before the due time, though not before the period begins.
    fn committed_before(&mut self, due: Timestamp) -> Option<Timestamp> {
        let begins = at(&self.site.zone, self.org.plan.monday(0), 480).at;
        let wanted = due - minutes(self.chance.whole(7 * 1440..=42 * 1440));
        let room = due.duration_since(begins).as_secs();
        if wanted >= begins {
            return Some(wanted);
        }
        (room > 7200).then(|| begins + seconds(self.chance.whole(0..=room - 7200)))
    }

    /// The promise itself: with another date at first, or promised again later with a later date, now and then.
    fn promise(&mut self, promise: &TrainingEvent, due: Moment) {
        let recorded = promise.occurred_at.at + minutes(self.chance.whole(1..=120));
        let mut history = Vec::new();
        if self.chance.hits(0.04) {
            let mut first = promise.clone();
            first.due_at = Some(due.on_same_clock(due.at + days(self.chance.pick(&[2, 7, 10]))));
            history.push((recorded - minutes(1), first));
        }
        history.push((recorded, promise.clone()));
        self.file(history);
        if self.chance.hits(0.04) {
            let left = due.at.duration_since(promise.occurred_at.at).as_secs() / 60;
            let mut again = self.event(promise.person_id.clone(), Verb::Committed, due);
            let later = promise.occurred_at.at + minutes(1 + self.chance.whole(60..=left.max(61) + 4000));
            again.occurred_at = due.on_same_clock(later);
            again.commitment_id = promise.commitment_id.clone();
            again.due_at = Some(due.on_same_clock(later.max(due.at) + days(self.chance.whole(5..=20))));
            self.file(vec![(later + minutes(3), again)]);
        }
    }

    fn withdraw(&mut self, promise: &TrainingEvent, due: Timestamp, committed: Timestamp) {
        let left = due.duration_since(committed).as_secs();
        let at = if self.chance.hits(0.8) {
            committed + seconds(self.chance.whole(60..=(left - 60).max(61)))
        } else {
            due + minutes(self.chance.whole(0..=3000))
        };
        self.follow(promise, Verb::Withdrawn, at);
    }

    fn kept(&mut self, promise: &TrainingEvent, due: Timestamp, committed: Timestamp) {
        let left = due.duration_since(committed).as_secs();
        let at = match self.chance.whole(1..=100) {
            1..=2 => due,
            3..=4 => committed - minutes(self.chance.whole(10..=3000)),
            _ => committed + seconds(self.chance.whole(30..=left.max(31) - 1)),
        };
        self.follow(promise, Verb::Applied, at);
        if self.chance.hits(0.04) {
            // A reminder that did not know.
            self.follow(promise, Verb::Missed, due + minutes(5));
        }
    }

    fn broken(&mut self, promise: &TrainingEvent, due: Timestamp) {
        match self.chance.whole(1..=100) {
            1..=35 => {
                let late = due + minutes(self.chance.whole(1..=20_000));
                self.follow(promise, Verb::Applied, late);
            }
            36..=75 => {
                let noticed = due + minutes(self.chance.whole(5..=1440));
                self.follow(promise, Verb::Missed, noticed);
            }
            _ => {}
        }
    }

    fn follow(&mut self, promise: &TrainingEvent, verb: Verb, at: Timestamp) {
        let mut event = self.event(promise.person_id.clone(), verb, promise.occurred_at.on_same_clock(at));
        event.commitment_id = promise.commitment_id.clone();
        event.program_id = promise.program_id;
        let recorded = at + minutes(self.chance.whole(0..=90));
        let mut history = Vec::new();
        if verb == Verb::Applied && self.chance.hits(0.03) {
            let mistaken = TrainingEvent { verb: Verb::Missed, ..event.clone() };
            history.push((recorded, mistaken));
        }
        history.push((recorded + minutes(2), event));
        self.file(history);
    }

    fn course(&mut self) {
        let day = self.org.plan.monday(self.week) + days(self.chance.whole(0..=4));
        let starts = at(&self.site.zone, day, 15 * self.chance.whole(32..=64));
        let learner = self.chance.pick(&self.site.crew.iter().collect::<Vec<_>>()).clone();
        let mut event = self.event(learner, Verb::Attended, starts);
        event.format =
            self.chance.weighted(&[(Some("elearning"), 4), (Some("classroom"), 2), (Some("on_the_job"), 3), (None, 1)]);
        event.minutes = Some(15 * self.chance.whole(1..=12));
        let mut story = vec![
            TrainingEvent {
                verb: self.chance.pick(&[Verb::Assigned, Verb::Enrolled]),
                minutes: None,
                occurred_at: starts.on_same_clock(starts.at - minutes(self.chance.whole(1440..=20_000))),
                ..event.clone()
            },
            event.clone(),
        ];
        if self.chance.hits(0.6) {
            let over = starts.on_same_clock(starts.at + minutes(event.minutes.unwrap_or(30)));
            let verb = self.chance.weighted(&[(Verb::Completed, 6), (Verb::Passed, 3), (Verb::Failed, 1)]);
            story.push(TrainingEvent { verb, occurred_at: over, ..event.clone() });
        }
        if self.chance.hits(0.3) {
            let teacher = self.chance.pick(&self.site.crew.iter().collect::<Vec<_>>()).clone();
            let role = self.chance.pick(&["trainer", "coach"]);
            story.push(TrainingEvent { person_id: teacher, role, verb: Verb::Taught, ..event });
        }
        for mut event in story {
            event.event_id = self.next_id();
            let recorded = event.occurred_at.at + minutes(self.chance.whole(1..=600));
            self.file(vec![(recorded, event)]);
        }
    }

    fn event(&mut self, person_id: String, verb: Verb, occurred_at: Moment) -> TrainingEvent {
        TrainingEvent {
            event_id: self.next_id(),
            revision: 0,
            recorded_at: occurred_at,
            person_id,
            role: "learner",
            site_id: self.site.id.clone(),
            team_id: self.chance.hits(0.8).then(|| self.site.team()),
            program_id: self.chance.pick(&PROGRAMS),
            activity_id: self.chance.pick(&[Some("one-to-one"), Some("walk-through"), None]),
            verb,
            occurred_at,
            minutes: None,
            commitment_id: None,
            due_at: None,
            skill_path: self.chance.pick(&[Some("upskilling"), Some("reskilling"), Some("newskilling"), None]),
            chosen_by: None,
            format: None,
            tenure_band: self.chance.pick(&[Some("under 2 years"), Some("2 to 10 years"), Some("over 10 years")]),
            staff_group: None,
            partner_id: None,
        }
    }

    fn next_id(&mut self) -> String {
        self.events += 1;
        format!("{}/{}/{:03}", self.site.team(), self.org.plan.monday(self.week), self.events)
    }

    fn file(&mut self, history: Vec<(Timestamp, TrainingEvent)>) {
        let history = history.into_iter().map(|(at, event)| (at, Event::TrainingEvent(event))).collect();
        self.records.push(Record::of(history, &mut self.chance));
    }
}
