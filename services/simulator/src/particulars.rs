//! What is particular about some sites without being wrong of their leaders: other working days, a beginning or an end within
//! the period, pairs of two sites, a list of guests that was lost. At sites of which nothing else is planted, where there are
//! enough of those.

use crate::{
    chance::{Chance, Purpose},
    plan::Plan,
};

/// Fewest sites and weeks with particulars.
const SITES: usize = 16;
const WEEKS: usize = 24;

/// The working week of most sites, as days after Monday; and of some.
const USUAL: [i64; 5] = [0, 1, 2, 3, 4];
const FROM_SUNDAY: [i64; 5] = [0, 1, 2, 3, 6];
const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Those of one site. Weeks are numbers of the plan.
#[derive(Debug, Clone, Default)]
pub(crate) struct Particulars {
    /// It works from Sunday to Thursday.
    from_sunday: bool,
    /// The week on whose Wednesday it opens.
    pub opens: Option<usize>,
    /// The week whose Thursday is its last day.
    pub closes: Option<usize>,
    /// The week in which more people answer its surveys than are said to have been invited.
    pub uninvited: Option<usize>,
    /// The site with which it coaches in pairs.
    pub pairs_with: Option<usize>,
}

impl Particulars {
    /// Of each site, of which those that are free have nothing planted.
    pub(crate) fn draw(plan: &Plan, mut free: Vec<usize>) -> Vec<Self> {
        let mut drawn = vec![Self::default(); plan.sites];
        if plan.sites < SITES || plan.weeks < WEEKS {
            return drawn;
        }
        let mut chance = Chance::of(plan.seed, Purpose::Particulars, 0, 0, 0);
        chance.shuffle(&mut free);
        let ago = |weeks: usize| Some(plan.running() - weeks);
        let mut next = free.into_iter();
        if let Some(site) = next.next() {
            drawn[site].from_sunday = true;
            drawn[site].uninvited = ago(chance.count(6..=12));
            // Of nobody else anything is known that pairs could move.
            let other = next.next();
            drawn[site].pairs_with = other;
            if let Some(other) = other {
                drawn[other].pairs_with = Some(site);
            }
        }
        if let Some(site) = next.next() {
            drawn[site].opens = ago(chance.count(14..=plan.weeks - 6));
        }
        if let Some(site) = next.next() {
            drawn[site].closes = ago(chance.count(6..=9));
        }
        drawn
    }

    /// Is it there all the time?
    pub(crate) fn always_open(&self) -> bool {
        self.opens.is_none() && self.closes.is_none()
    }

    /// The days on which it works, as days after Monday.
    pub(crate) fn days(&self) -> [i64; 5] {
        if self.from_sunday { FROM_SUNDAY } else { USUAL }
    }

    /// Their names, where they are not the usual ones: those are what a record says that says nothing.
    pub(crate) fn named_days(&self) -> Option<Vec<&'static str>> {
        let named = |day: i64| usize::try_from(day).ok().and_then(|day| NAMES.get(day).copied());
        self.from_sunday.then(|| FROM_SUNDAY.into_iter().filter_map(named).collect())
    }
}
