//! The day and the night shift, whom learning reaches, and whether it is safe to speak up.

use super::{
    book::Book,
    crew::{GROUPS, group},
};
use crate::{
    event::{Event, Headcount},
    local::{at, days, minutes},
    stories::Story,
    truth::{Known, ONE, Sums, means, quotient},
};
use std::collections::{BTreeMap, BTreeSet};

/// Groups of fewer people are left out.
const FEWEST: i128 = 5;

pub(super) fn week(book: &mut Book<'_>) {
    for staff_group in GROUPS {
        book.count(staff_group);
    }
    let level = book.level(Story::AfraidToSpeak, 0.76, 0.45);
    crate::survey::safety(book.org, book.site, book.week, level, book.records);
}

impl Book<'_> {
    fn count(&mut self, staff_group: &'static str) {
        let counted_at = at(&self.site.zone, self.org.plan.monday(self.week) + days(2), 720);
        let members = (0..self.site.crew.len()).filter(|person| group(*person) == staff_group);
        let count = Headcount {
            headcount_id: self.next_id(),
            revision: 0,
            recorded_at: counted_at,
            site_id: self.site.id.clone(),
            counted_at,
            staff_group,
            people: crate::number::signed(members.count()),
        };
        let mut history = vec![(counted_at.at + minutes(30), Event::Headcount(count.clone()))];
        if self.chance.hits(0.05) {
            let corrected = Headcount { people: count.people + 1, ..count };
            history.push((counted_at.at + days(1), Event::Headcount(corrected)));
        }
        self.file(history);
    }
}

pub(super) fn truths(known: &Known<'_>) -> Vec<Sums> {
    let (participation, gap) = participation(known);
    let mut safety = Sums::new("psychological_safety");
    for (week, site, mean) in means(known, &["psychological_safety"]) {
        safety.mean((week, site), mean);
    }
    vec![participation, gap, safety]
}

/// Whom learning reached of each group, and how far apart the groups of a site are.
fn participation(known: &Known<'_>) -> (Sums, Sums) {
    let mut learners: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    for event in known.attended_to_learn() {
        if let Some(group) = event.staff_group {
            let week = known.week(&event.site_id, event.occurred_at.at);
            learners.entry((week, event.site_id.as_str(), group)).or_default().insert(&event.person_id);
        }
    }
    let mut people: BTreeMap<_, i128> = BTreeMap::new();
    for count in &known.headcounts {
        let week = known.week(&count.site_id, count.counted_at.at);
        *people.entry((week, count.site_id.as_str(), count.staff_group)).or_default() += i128::from(count.people);
    }
    let mut sums = Sums::new("learning_participation");
    let mut shares: BTreeMap<_, Vec<i128>> = BTreeMap::new();
    for ((week, site, group), people) in people.into_iter().filter(|(_, people)| *people >= FEWEST) {
        let reached = learners.get(&(week, site, group)).map_or(0, |learners| learners.len() as i128);
        sums.labelled((week, site), ("staff_group", group), reached, people);
        shares.entry((week, site)).or_default().push(quotient(reached.min(people) * ONE, people));
    }
    let mut gaps = Sums::new("participation_gap");
    for (at, mut shares) in shares.into_iter().filter(|(_, shares)| shares.len() > 1) {
        shares.sort_unstable();
        gaps.add(at, shares[shares.len() - 1] - shares[0], ONE);
    }
    (sums.without_faults(), gaps)
}
