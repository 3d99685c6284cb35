//! Full evaluation of the three shipped metrics. Results are compared before figures count.

use super::measure;
use crate::{
    child::Outcome,
    place::{Place, Who},
    report::Report,
};
use std::path::Path;

/// Weeks that make a million rows.
pub const WEEKS: i64 = 13;

pub async fn run(place: &Place, millions: &[i64], rounds: usize, report: &mut Report) {
    for millions in millions {
        let weeks = WEEKS * millions;
        let lake = place.lake(weeks).await;
        let what = format!("full evaluation, {millions} M rows");
        compare(place, &lake, weeks, &what, if *millions > 10 { 1 } else { rounds }, report);
    }
}

/// All participants in turn, round by round, over one lake.
fn compare(place: &Place, lake: &Path, weeks: i64, what: &str, rounds: usize, report: &mut Report) {
    let everybody = place.everybody();
    let mut outcomes: Vec<Vec<Outcome>> = vec![Vec::new(); everybody.len()];
    for _ in 0..rounds {
        for (who, outcomes) in everybody.iter().zip(&mut outcomes) {
            // Who failed once is not asked again: out of memory takes its time.
            if !matches!(outcomes.last(), Some(Outcome::Failed(_))) {
                outcomes.push(measure(place, *who, "full", &place.spec(lake, weeks, *who)));
            }
        }
    }
    for (who, outcomes) in everybody.into_iter().zip(outcomes) {
        let note = agreement(place, who);
        report.add(what, who.name(), outcomes, note);
    }
}

/// Whether a peer found what Bellwether found, to the last digit.
pub fn agreement(place: &Place, who: Who) -> String {
    if who == Who::Bellwether {
        return String::new();
    }
    let read = |who: Who, metric: &str| {
        std::fs::read_to_string(place.data.join("out").join(who.name()).join(format!("{metric}.csv")))
            .unwrap_or_default()
    };
    for metric in ["field_time", "learning_follow_through", "prestart_quality"] {
        let (ours, theirs) = (read(Who::Bellwether, metric), read(who, metric));
        if ours.is_empty() || ours != theirs {
            let differs = ours.lines().zip(theirs.lines()).find(|(ours, theirs)| ours != theirs);
            return format!("DIFFERENT RESULTS in {metric}: {differs:?}");
        }
    }
    "same results".to_owned()
}
