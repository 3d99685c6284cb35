//! Who teaches whom, who chooses, what is offered and tried out: learning over workplace hierarchies.

use super::{
    book::Book,
    crew::{BANDS, band},
};
use crate::{
    event::{Event, Pilot, Verb},
    local::{Moment, days, minutes},
    stories::Story,
    truth::{Known, Sums},
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

const PATHS: [&str; 3] = ["upskilling", "reskilling", "newskilling"];

pub(super) fn week(book: &mut Book<'_>) {
    let juniors_teach = book.level(Story::JuniorsTeach, 0.0, 1.0) > 0.0;
    for turn in 0..if juniors_teach { 8 } else { BANDS.len() } {
        let (teacher, at) = (if juniors_teach { 0 } else { turn }, book.any_hour());
        book.taught(teacher, at);
    }
    // What is offered and never taken up: those who came last turn less of it down.
    for _ in 0..book.times(0.05) {
        let person = book.person();
        if !(band(person) == BANDS[0] && book.chance.hits(0.5)) {
            let at = book.working_hour();
            let mut offer = book.training(person, "learner", Verb::Assigned, at);
            offer.program_id = "evening-classes";
            book.file_training(offer);
        }
    }
    if book.chance.hits(0.1) {
        // For newcomers alone.
        let newcomer = BANDS.len() * book.chance.count(0..=1);
        book.attended(newcomer, "introduction", "classroom", 60);
    }
    if book.chance.hits(0.06) {
        book.pilot();
    }
}

impl Book<'_> {
    fn taught(&mut self, person: usize, at: Moment) {
        let mut event = self.training(person, "trainer", Verb::Taught, at);
        event.format = Some("on_the_job");
        event.minutes = Some(60);
        self.file_training(event);
    }

    fn pilot(&mut self) {
        let started_at = self.any_hour();
        let pilot = Pilot {
            pilot_id: self.next_id(),
            revision: 0,
            recorded_at: started_at,
            site_id: self.site.id.clone(),
            started_at,
        };
        self.file(vec![(started_at.at + minutes(45), Event::Pilot(pilot))]);
    }
}

pub(super) fn truths(known: &Known<'_>) -> Vec<Sums> {
    vec![
        trainer_rotation(known),
        junior_only_training(known),
        learner_choice(known),
        skill_mix(known),
        pilots_run(known),
        training_acceptance(known),
    ]
}

fn trainer_rotation(known: &Known<'_>) -> Sums {
    let mut taught: BTreeMap<&str, Vec<(Timestamp, &str)>> = BTreeMap::new();
    for event in known.training.iter().filter(|event| event.verb == Verb::Taught) {
        if let Some(band) = event.tenure_band {
            taught.entry(&event.site_id).or_default().push((event.occurred_at.at, band));
        }
    }
    let mut sums = Sums::new("trainer_rotation");
    for (site, mut trainings) in taught {
        trainings.sort_unstable();
        for (number, (later, band)) in trainings.iter().enumerate() {
            let quarter = trainings[..number].iter().rev().take_while(|(earlier, _)| *earlier >= *later - days(91));
            let (mut pairs, mut mixed) = (0, 0);
            for (earlier, other) in quarter {
                // Two of the same moment are no pair: neither is the later one.
                if earlier < later {
                    pairs += 1;
                    mixed += i128::from(other != band);
                }
            }
            sums.whole((known.week(site, *later), site), mixed, pairs);
        }
    }
    sums
}

fn junior_only_training(known: &Known<'_>) -> Sums {
    let mut programmes: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    for event in known.attended_to_learn() {
        if let Some(band) = event.tenure_band {
            let week = known.week(&event.site_id, event.occurred_at.at);
            programmes.entry((week, &event.site_id, event.program_id)).or_default().insert(band);
        }
    }
    let mut sums = Sums::new("junior_only_training");
    for ((week, site, _), bands) in programmes {
        sums.whole((week, site), i128::from(bands.into_iter().eq([BANDS[0]])), 1);
    }
    sums
}

fn learner_choice(known: &Known<'_>) -> Sums {
    let mut sums = Sums::new("learner_choice");
    for event in known.attended_to_learn() {
        if let Some(chosen_by) = event.chosen_by {
            let week = known.week(&event.site_id, event.occurred_at.at);
            sums.whole((week, &event.site_id), i128::from(chosen_by == "employee"), 1);
        }
    }
    sums
}

/// Of each path its share, where nobody took it too.
fn skill_mix(known: &Known<'_>) -> Sums {
    let mut sums = Sums::new("skill_mix");
    for event in known.attended_to_learn() {
        let Some(taken) = event.skill_path.filter(|path| PATHS.contains(path)) else { continue };
        let week = known.week(&event.site_id, event.occurred_at.at);
        for path in PATHS {
            sums.labelled((week, &event.site_id), ("skill_path", path), i128::from(path == taken), 1);
        }
    }
    sums
}

fn pilots_run(known: &Known<'_>) -> Sums {
    let mut sums = Sums::new("pilots_run");
    for at in known.weeks_of_learning() {
        sums.events(at, 0);
    }
    for pilot in &known.pilots {
        sums.events((known.week(&pilot.site_id, pilot.started_at.at), &pilot.site_id), 1);
    }
    sums
}

fn training_acceptance(known: &Known<'_>) -> Sums {
    let mut attended: BTreeMap<(&str, &str), Vec<Timestamp>> = BTreeMap::new();
    for event in known.training.iter().filter(|event| event.verb == Verb::Attended) {
        attended.entry((&event.person_id, event.program_id)).or_default().push(event.occurred_at.at);
    }
    let mut sums = Sums::new("training_acceptance");
    let offers = known.training.iter().filter(|event| event.verb == Verb::Assigned);
    for (offer, band) in offers.filter_map(|offer| Some((offer, offer.tenure_band?))) {
        let (from, over) = (offer.occurred_at.at, offer.occurred_at.at + days(28));
        if over > known.as_of {
            continue;
        }
        let times = attended.get(&(offer.person_id.as_str(), offer.program_id));
        let taken = times.is_some_and(|times| times.iter().any(|at| (from..=over).contains(at)));
        sums.labelled((known.week(&offer.site_id, over), &offer.site_id), ("tenure_band", band), taken.into(), 1);
    }
    sums
}
