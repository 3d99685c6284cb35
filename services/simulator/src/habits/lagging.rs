//! Lagging outcomes: what teams say of the culture in a yearly survey's stead, and the truth of all that is tested against.

use super::book::Book;
use crate::truth::{Known, Sums};

/// Points that the rest have, and by how many the best leaders' sites are above them: ten above the average of all.
const POINTS: f64 = 68.0;
const ABOVE: f64 = 13.0;

pub(super) fn week(book: &mut Book<'_>) {
    if book.week % 4 == 2 {
        let level = POINTS + ABOVE * book.site.standing(book.week);
        let points = (10.0 * book.chance.normal(level, 2.0)).round() / 10.0;
        let occurred_at = book.any_hour();
        book.outcome(occurred_at, "culture_score", points, None, None);
    }
}

/// A value of at most three digits after the point, in units of the ninth digit.
#[expect(clippy::cast_possible_truncation, reason = "counts, hours and points are few")]
pub(super) fn units(value: f64) -> i128 {
    (value * 1000.0).round() as i128 * 1_000_000
}

pub(super) fn truths(known: &Known<'_>) -> Vec<Sums> {
    let exposed = [("trir", "recordable_incident"), ("near_misses", "near_miss")];
    let scores = ["customer_score", "culture_score"];
    let of_hours = exposed.map(|(metric, kind)| {
        let mut sums = Sums::new(metric);
        for outcome in &known.outcomes {
            let at = (known.week(&outcome.site_id, outcome.occurred_at.at), outcome.site_id.as_str());
            match outcome.kind {
                "hours_worked" => sums.add(at, 0, units(outcome.value)),
                found if found == kind => sums.add(at, units(outcome.value), 0),
                _ => {}
            }
        }
        sums
    });
    let of_scores = scores.map(|kind| {
        let mut sums = Sums::new(kind);
        for score in known.outcomes.iter().filter(|outcome| outcome.kind == kind) {
            let week = known.week(&score.site_id, score.occurred_at.at);
            sums.add((week, &score.site_id), units(score.value), crate::truth::ONE);
        }
        sums
    });
    of_hours.into_iter().chain(of_scores).collect()
}
