//! Who comes into open roles: mostly people from inside, more than seven in ten of them having learnt for it.

use super::book::Book;
use crate::{
    chance::Chance,
    event::{Event, Outcome},
    local::minutes,
    truth::{Known, ONE, Sums},
};

pub(super) fn week(book: &mut Book<'_>) {
    // Beside the few that fill a role from in- or outside among the other outcomes.
    for _ in 0..book.chance.poisson(0.15) {
        let occurred_at = book.any_hour();
        let (upskilled, role_level) = learnt_for(&mut book.chance);
        book.outcome(occurred_at, "role_filled_internally", 1.0, upskilled, role_level);
    }
}

/// Whether somebody who comes into a role from inside had learnt for it, and where it leads; seldom nobody says.
pub(crate) fn learnt_for(chance: &mut Chance) -> (Option<bool>, Option<&'static str>) {
    let upskilled = chance.weighted(&[(Some(true), 18), (Some(false), 2), (None, 1)]);
    (upskilled, chance.weighted(&[(Some("gateway"), 3), (Some("higher"), 4), (Some("lateral"), 3), (None, 1)]))
}

impl Book<'_> {
    /// An outcome beside those that all sites have.
    pub(super) fn outcome(
        &mut self,
        occurred_at: crate::local::Moment,
        kind: &'static str,
        value: f64,
        upskilled: Option<bool>,
        role_level: Option<&'static str>,
    ) {
        let outcome = Outcome {
            outcome_id: self.next_id(),
            revision: 0,
            recorded_at: occurred_at,
            site_id: self.site.id.clone(),
            occurred_at,
            kind,
            value,
            upskilled,
            role_level,
        };
        let recorded = occurred_at.at + minutes(self.chance.whole(10..=3000));
        self.file(vec![(recorded, Event::Outcome(outcome))]);
    }
}

pub(super) fn truths(known: &Known<'_>) -> Vec<Sums> {
    let (mut inside, mut learnt) = (Sums::new("roles_filled_internally"), Sums::new("roles_filled_by_upskilled"));
    let mut moves = Sums::new("moves_up");
    let mut weeks = std::collections::BTreeSet::new();
    for outcome in &known.outcomes {
        let at = (known.week(&outcome.site_id, outcome.occurred_at.at), outcome.site_id.as_str());
        let roles = super::lagging::units(outcome.value);
        weeks.insert(at);
        match outcome.kind {
            "role_filled_internally" => {
                inside.add(at, roles, roles);
                if let Some(upskilled) = outcome.upskilled {
                    learnt.add(at, if upskilled { roles } else { 0 }, roles);
                }
                if matches!(outcome.role_level, Some("gateway" | "higher")) {
                    moves.add(at, roles, 0);
                }
            }
            "role_filled_externally" => {
                inside.add(at, 0, roles);
                learnt.add(at, 0, roles);
            }
            _ => {}
        }
    }
    for at in weeks {
        moves.add(at, 0, known.headcount(at.1) * ONE);
    }
    vec![inside, learnt, moves]
}
