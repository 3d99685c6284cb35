//! Pre-start quality, one respondent at a time.

use super::{
    Exact,
    decimal::{ONE, quotient},
};
use crate::{
    event::{Event, PulseResponse},
    local::week_of,
    organisation::Organisation,
};
use jiff::{Timestamp, civil::Date};
use std::collections::BTreeMap;

/// Who gave an answer: themselves, or one unnamed answer.
type Giver<'a> = Result<&'a str, &'a str>;

pub(super) fn parts(org: &Organisation, known: &[&Event], as_of: Timestamp) -> Exact {
    let mut scores: BTreeMap<(Date, &str, Giver), Vec<i128>> = BTreeMap::new();
    for event in known {
        let Event::PulseResponse(answer) = event else { continue };
        if answer.instrument != "prestart" || answer.submitted_at.at > as_of {
            continue;
        }
        let Some(site) = org.sites.iter().find(|site| site.id == answer.site_id) else { continue };
        let giver = answer.respondent_id.as_deref().ok_or(answer.response_id.as_str());
        let week = week_of(&site.zone, answer.submitted_at.at);
        scores.entry((week, &site.id, giver)).or_default().push(score(answer));
    }
    let mut parts = Exact::new();
    for ((week, site, _), scores) in scores {
        let mean = quotient(scores.iter().sum(), scores.len() as i128);
        let row = parts.entry((week, site.to_owned())).or_default();
        row.numerator += mean;
        row.denominator += ONE;
        row.squares = Some(row.squares.unwrap_or(0) + mean * mean);
    }
    parts
}

/// Mean of the items' shares of their scales, in units of the ninth digit.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a share is from 0 to 1: 10^9 units")]
fn score(answer: &PulseResponse) -> i128 {
    let shares = answer.items.iter().map(|item| (item.score - item.min) / (item.max - item.min));
    (shares.sum::<f64>() / answer.items.len() as f64 * ONE as f64).round() as i128
}
