//! The bank's month of risk a quarter: two meetings a team, what they name and what comes of it; and the training away from
//! work that it gave up, 60 hours a person and year until then.

use super::book::Book;
use crate::{
    event::{Event, Remedy, TeamMeeting, Verb},
    local::{at, days, minutes},
    stories::Story,
    truth::{Known, ONE, Sums, quotient},
};
use std::collections::BTreeMap;

/// Sessions of training away from work, a person and week: as ever, and since the company gave up most of it.
const AS_EVER: f64 = 0.43;
const NOWADAYS: f64 = 0.10;

/// Days of the quarter's last month by whose end the two meetings are due.
const DUE: [i8; 2] = [14, 28];

pub(super) fn week(book: &mut Book<'_>) {
    let monday = book.org.plan.monday(book.week);
    for day in (0..7).map(|day| monday + days(day)) {
        if day.month() % 3 == 0 && DUE.contains(&day.day()) {
            book.meeting(at(&book.site.zone, day, 1439));
        }
    }
    for _ in 0..book.chance.poisson(3.0) {
        book.remedy();
    }
    book.training_away_from_work();
}

impl Book<'_> {
    /// Mostly held in time; else late, called off, or not heard of again.
    fn meeting(&mut self, due_at: crate::local::Moment) {
        let due = TeamMeeting {
            meeting_id: self.next_id(),
            revision: 0,
            recorded_at: due_at,
            site_id: self.site.id.clone(),
            team_id: self.site.team(),
            due_at,
            programme: "risk_month",
            status: "due",
            held_at: None,
            material: None,
        };
        let mut history = vec![(due_at.at - days(14), Event::TeamMeeting(due.clone()))];
        match self.chance.whole(1..=100) {
            1..=4 => {
                let off = TeamMeeting { status: "cancelled", ..due };
                history.push((due_at.at - days(2), Event::TeamMeeting(off)));
            }
            5..=8 => {}
            drawn => {
                let before = match drawn {
                    9..=12 => -600, // late
                    13..=15 => 0,
                    _ => self.chance.whole(30..=12 * 1440),
                };
                let held = due_at.at - minutes(before);
                let material = Some(self.chance.pick(&["prompt", "case", "video"]));
                let meeting =
                    TeamMeeting { status: "held", held_at: Some(due_at.on_same_clock(held)), material, ..due };
                history.push((held + minutes(60), Event::TeamMeeting(meeting)));
            }
        }
        self.file(history);
    }

    fn remedy(&mut self) {
        let named_at = self.any_hour();
        let open = self.chance.whole(10..=30);
        let due_at = named_at.on_same_clock(named_at.at + days(open));
        let remedy = Remedy {
            remedy_id: self.next_id(),
            revision: 0,
            recorded_at: named_at,
            site_id: self.site.id.clone(),
            named_at,
            due_at,
            team_id: self.site.team(),
            closed_at: None,
        };
        // Counted is the week in which it falls due, so that is when a site has to be bad at it.
        let weeks_open = usize::try_from(open / 7).unwrap_or_default();
        let left_open = self.org.stories.told(self.site.number, Story::RemediesLeftOpen, self.week + weeks_open);
        let mut history = vec![(named_at.at + minutes(30), Event::Remedy(remedy.clone()))];
        let day = self.site.zone.to_datetime(due_at.at).date();
        let reviewed = self.org.programme.adds(self.site.number, day);
        let closed = match self.chance.hits(0.85 - 0.65 * left_open + reviewed) {
            true if self.chance.hits(0.03) => Some(due_at.at),
            true => Some(due_at.at - minutes(self.chance.whole(60..=9 * 1440))),
            false if self.chance.hits(0.5) => Some(due_at.at + minutes(self.chance.whole(1..=9000))),
            false => None,
        };
        if let Some(closed) = closed {
            let done = Remedy { closed_at: Some(due_at.on_same_clock(closed)), ..remedy };
            history.push((closed + minutes(10), Event::Remedy(done)));
        }
        self.file(history);
    }

    /// Classrooms, and e-learning that mostly ends with a test; at one site tests alone have taken its place.
    fn training_away_from_work(&mut self) {
        let usual = if self.org.stories.trains_as_ever(self.week) { AS_EVER } else { NOWADAYS };
        let sessions = self.level(Story::BackToClassrooms, usual, 2.0 * AS_EVER);
        for _ in 0..self.times(sessions) {
            let person = self.person();
            let person = self.reached(person);
            let classrooms = self.level(Story::BackToClassrooms, 0.5, 1.0);
            let format = if self.chance.hits(classrooms) { "classroom" } else { "elearning" };
            let length = 15 * self.chance.whole(5..=11);
            let event = self.attended(person, "rules-and-risks", format, length);
            if format == "elearning" && self.chance.hits(0.7) {
                self.test(person, event.occurred_at.at + minutes(length));
            }
        }
        let tests = self.level(Story::ScreensForPractice, 0.0, 1.5);
        for _ in 0..self.times(tests) {
            let (person, at) = (self.person(), self.working_hour());
            self.test(person, at.at);
        }
    }

    fn test(&mut self, person: usize, over: jiff::Timestamp) {
        let verb = self.chance.weighted(&[(Verb::Passed, 8), (Verb::Failed, 1)]);
        let clock = self.working_hour();
        let mut test = self.training(person, "learner", verb, clock.on_same_clock(over));
        test.program_id = "rules-and-risks";
        test.format = Some("elearning");
        self.file_training(test);
    }
}

pub(super) fn truths(known: &Known<'_>) -> Vec<Sums> {
    let (named, closed) = remedies(known);
    vec![risk_meetings_held(known), named, closed, formal_training(known), passfail_elearning(known)]
}

fn risk_meetings_held(known: &Known<'_>) -> Sums {
    let mut sums = Sums::new("risk_meetings_held");
    for meeting in known.meetings.iter().filter(|meeting| meeting.programme == "risk_month") {
        let due = meeting.due_at.at;
        let in_time = meeting.status == "held" && meeting.held_at.is_some_and(|held| held.at <= due);
        sums.whole((known.week(&meeting.site_id, due), &meeting.site_id), in_time.into(), 1);
    }
    sums
}

/// Named, by the week of that; closed in time, by the week in which they were due.
fn remedies(known: &Known<'_>) -> (Sums, Sums) {
    let (mut named, mut closed) = (Sums::new("remedies_named"), Sums::new("remedies_closed"));
    for meeting in &known.meetings {
        named.events((known.week(&meeting.site_id, meeting.due_at.at), &meeting.site_id), 0);
    }
    for remedy in &known.remedies {
        named.events((known.week(&remedy.site_id, remedy.named_at.at), &remedy.site_id), 1);
        let due = remedy.due_at.at;
        if due <= known.as_of {
            let in_time = remedy.closed_at.is_some_and(|closed| closed.at <= due);
            closed.whole((known.week(&remedy.site_id, due), &remedy.site_id), in_time.into(), 1);
        }
    }
    (named, closed)
}

fn formal_training(known: &Known<'_>) -> Sums {
    let mut minutes: BTreeMap<_, i128> = known.weeks_of_learning().into_iter().map(|at| (at, 0)).collect();
    for event in known.attended_to_learn() {
        if matches!(event.format, Some("elearning" | "classroom")) {
            let at = (known.week(&event.site_id, event.occurred_at.at), event.site_id.as_str());
            *minutes.entry(at).or_default() += i128::from(event.minutes.unwrap_or(0));
        }
    }
    let mut sums = Sums::new("formal_training");
    for (at, minutes) in minutes {
        sums.add(at, quotient(minutes * ONE, 60), known.headcount(at.1) * ONE);
    }
    sums
}

fn passfail_elearning(known: &Known<'_>) -> Sums {
    let mut sums = Sums::new("passfail_elearning");
    for event in known.training.iter().filter(|event| event.role == "learner") {
        let screen = event.format == Some("elearning");
        let together = matches!(event.format, Some("peer" | "coaching" | "on_the_job" | "team_meeting"));
        let test = screen && matches!(event.verb, Verb::Passed | Verb::Failed);
        if test || (together && event.verb == Verb::Attended) {
            let week = known.week(&event.site_id, event.occurred_at.at);
            sums.whole((week, &event.site_id), test.into(), 1);
        }
    }
    sums
}
