//! Lagging outcomes: what the leading metrics are supposed to lead.

use crate::{
    chance::{Chance, Purpose},
    event::{Event, Outcome},
    habits::learnt_for,
    local::{at, days, minutes},
    number::real,
    organisation::{Organisation, Site},
    record::Record,
};

/// Recordable incidents of a week at a site where leaders are not among the best, and their ratio where they are: 37 % fewer.
const INCIDENTS: f64 = 0.15;
const FEWER: f64 = 0.63;

/// Hours worked, incidents and scores of a site in a week. They follow what leaders did six weeks before: where those are
/// among the best, incidents are rarer and customers more content, by double digits.
pub(crate) fn site_week(org: &Organisation, site: &Site, week: usize, records: &mut Vec<Record>) {
    let chance = &mut Chance::of(org.plan.seed, Purpose::Outcomes, site.number, 0, week);
    let roles = &mut Chance::of(org.plan.seed, Purpose::Roles, site.number, 0, week);
    let standing = site.standing(week);
    let mut found = vec![("hours_worked", 4, 1020, (real(site.crew.len()) * chance.between(34.0, 39.0)).round())];
    for _ in 0..chance.poisson(INCIDENTS * FEWER.powf(standing)) {
        found.push(("recordable_incident", chance.whole(0..=4), chance.whole(420..=1000), 1.0));
    }
    for _ in 0..chance.poisson(0.8) {
        found.push(("near_miss", chance.whole(0..=4), chance.whole(420..=1000), 1.0));
    }
    if week.is_multiple_of(4) {
        found.push(("customer_score", 3, 720, (10.0 * chance.normal(7.0 + 0.8 * standing, 0.5)).round() / 10.0));
    }
    if chance.hits(0.06) {
        let kind = chance.pick(&["role_filled_internally", "role_filled_externally"]);
        found.push((kind, 2, 600, 1.0));
    }
    let monday = org.plan.monday(week);
    for (number, (kind, day, minute, value)) in found.into_iter().enumerate() {
        let occurred_at = at(&site.zone, monday + days(day), minute);
        let (upskilled, role_level) = if kind == "role_filled_internally" { learnt_for(roles) } else { (None, None) };
        let outcome = Outcome {
            outcome_id: format!("{}/{monday}/{number}", site.id),
            revision: 0,
            recorded_at: occurred_at,
            site_id: site.id.clone(),
            occurred_at,
            kind,
            value,
            upskilled,
            role_level,
        };
        let recorded = occurred_at.at + minutes(chance.whole(10..=3000));
        let mut history = vec![(recorded, Event::Outcome(outcome.clone()))];
        if kind == "hours_worked" && chance.hits(0.1) {
            let corrected = Outcome { value: value + 8.0, ..outcome };
            history.push((recorded + days(chance.whole(1..=6)), Event::Outcome(corrected)));
        }
        records.push(Record::of(history, chance));
    }
}
