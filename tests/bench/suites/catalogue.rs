//! A full evaluation of the whole catalogue beside one of the three core metrics, over the same lake.

use super::{full::WEEKS, measure};
use crate::{
    place::{Place, Who},
    report::Report,
    spec::Spec,
};

/// What is told of it, and the folders of its queries. The first is what the other is held against.
const SETS: [(&str, &str); 2] = [("three core metrics", "queries"), ("whole catalogue", "queries queries/catalogue")];

pub async fn run(place: &Place, millions: &[i64], rounds: usize, report: &mut Report) {
    for millions in millions {
        let weeks = WEEKS * millions;
        let lake = place.lake(weeks).await;
        let mut outcomes = SETS.map(|_| Vec::new());
        for _ in 0..rounds {
            for ((_, folders), outcomes) in SETS.iter().zip(&mut outcomes) {
                let spec = Spec { variant: (*folders).to_owned(), ..place.spec(&lake, weeks, Who::Bellwether) };
                outcomes.push(measure(place, Who::Bellwether, "catalogue", &spec));
            }
        }
        let what = format!("full evaluation, {millions} M rows");
        for ((told, _), outcomes) in SETS.iter().zip(outcomes) {
            report.add(&format!("catalogue: {what}"), &format!("bellwether, {told}"), outcomes, "");
        }
    }
}
