//! A thousand late events in a lake that has been evaluated: ours refreshes, the peers compute everything again.

use super::{full::agreement, measure};
use crate::{
    place::{Place, Who, linked},
    report::Report,
};

const ROUNDS: u64 = 5;

pub async fn run(place: &Place, millions: &[i64], report: &mut Report) {
    for millions in millions.iter().filter(|millions| **millions >= 10) {
        let weeks = 13 * millions;
        let lake = place.data.join(format!("refresh-{weeks}"));
        linked(&place.lake(weeks).await, &lake);
        let what = format!("1,000 new events, {millions} M rows");
        for who in place.everybody() {
            let mut spec = place.spec(&lake, weeks, who);
            spec.rounds = ROUNDS;
            let (name, outcome) = match who {
                Who::Bellwether => ("bellwether, refresh".to_owned(), measure(place, who, "refresh", &spec)),
                Who::Peer(name) => {
                    // What they are to find is what the last refresh left.
                    spec.as_of += ROUNDS.cast_signed() * 60_000_000;
                    (format!("{name}, all again"), measure(place, who, "full", &spec))
                }
            };
            report.add(&what, &name, vec![outcome], agreement(place, who));
        }
        std::fs::remove_dir_all(&lake).unwrap();
    }
}
