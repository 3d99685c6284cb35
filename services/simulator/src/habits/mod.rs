//! What an organisation does beside the three core habits, so that every metric of the catalogue has something to measure.
//! A file for each group of the catalogue: what people there do in a week, and beside it what its metrics truly are,
//! counted from the events one by one by the words of `queries/CATALOGUE.md`.
//!
//! Each habit draws from streams of its own: a new one moves no event of the others.

mod audit;
mod book;
mod coaching;
mod core;
mod crew;
mod hierarchy;
mod inclusion;
mod lagging;
mod learning;
mod mobility;
mod risk;

pub(crate) use self::core::RESPONSE_RATE;
pub(crate) use coaching::TO_PEERS;
pub(crate) use mobility::learnt_for;

use crate::{
    chance::{Chance, Purpose},
    organisation::{Organisation, Site},
    record::Record,
    truth::{Core, Known, Sums},
};
use book::Book;

/// Metrics of streams in which a site may have nothing to say for a quarter: one that has just gone silent cannot be told by
/// them.
pub(crate) const SELDOM: [&str; 5] =
    ["audits_recording_practice", "practices_taken_up", "remedies_closed", "remedies_named", "risk_meetings_held"];

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

/// What a site and another one do together in a week, where they do.
pub(crate) fn pairs_of_two_sites(org: &Organisation, site: &Site, week: usize, records: &mut Vec<Record>) {
    let Some(other) = site.particulars.pairs_with.map(|number| &org.sites[number]) else { return };
    let chance = Chance::of(org.plan.seed, Purpose::PairsOfTwoSites, site.number, 0, week);
    let book = Book { org, site, week, habit: "two-sites", chance, records, events: 0 };
    coaching::with_another_site(book, other);
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
