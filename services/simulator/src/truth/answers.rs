//! Answers to short surveys, one respondent at a time.

use super::{
    decimal::{ONE, quotient},
    exact::Exact,
    known::Known,
};
use crate::event::PulseResponse;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Who gave an answer: themselves, or one unnamed answer.
pub(crate) fn giver(answer: &PulseResponse) -> Result<&str, &str> {
    answer.respondent_id.as_deref().ok_or(answer.response_id.as_str())
}

/// Each respondent's own mean of a week at a site, of the answers to any of the instruments.
pub(crate) fn means<'a>(known: &Known<'a>, instruments: &[&str]) -> Vec<(Date, &'a str, i128)> {
    let mut scores: BTreeMap<(Date, &str, _), Vec<i128>> = BTreeMap::new();
    for answer in known.answers.iter().copied().filter(|answer| instruments.contains(&answer.instrument)) {
        let week = known.week(&answer.site_id, answer.submitted_at.at);
        scores.entry((week, &answer.site_id, giver(answer))).or_default().push(score(answer));
    }
    let mean = |scores: Vec<i128>| quotient(scores.iter().sum(), scores.len() as i128);
    scores.into_iter().map(|((week, site, _), scores)| (week, site, mean(scores))).collect()
}

/// Of pre-start meetings.
pub(super) fn prestart(known: &Known<'_>) -> Exact {
    let mut parts = Exact::new();
    for (week, site, mean) in means(known, &["prestart"]) {
        parts.entry((week, site.to_owned())).or_default().respondent(mean);
    }
    parts
}

/// Mean of the items' shares of their scales, in units of the ninth digit.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a share is from 0 to 1: 10^9 units")]
fn score(answer: &PulseResponse) -> i128 {
    let shares = answer.items.iter().map(|item| (item.score - item.min) / (item.max - item.min));
    (shares.sum::<f64>() / answer.items.len() as f64 * ONE as f64).round() as i128
}
