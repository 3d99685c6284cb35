//! Everything that is derived of a metric's parts, as pure functions of those parts and a clock.
//!
//! ```text
//!  sites, zones, clock ──► directory (who is listed, each site's last complete and running week)
//!                              │
//!  parts ─┬─ no privacy ──► rows ──► weeks by site and labels, and by site with all labels pooled
//!         └─ privacy: the latest publications, suppressed ones set aside
//!                              │
//!         ┌────────────┬───────┴──────┬──────────────┐
//!      windows      roll-ups    trend, streak,    lagging ──► states ──► Values
//!     (+ bounds)   (+ bounds)     coverage
//! ```
//!
//! `queries/VALUES.md` has every formula with its source.
//!
//! Invariant: sums are exact integers and become `f64` once, and every iteration is in a sorted order, so the result does
//! not depend on the order in which rows are given, and nothing of a suppressed row reaches any sum.

#![expect(clippy::cast_precision_loss, reason = "sums are exact integers; what is derived of them is f64")]

mod bounds;
mod coverage;
mod directory;
mod garwood;
mod input;
mod lagging;
mod measure;
mod privacy;
mod rollups;
mod rows;
mod states;
mod streak;
mod sums;
mod trend;
mod windows;

#[cfg(test)]
mod tests;

pub use directory::YEAR;
pub use input::{Input, Nothing, Older};
pub use privacy::{is_suppressed, to_publish};
pub use windows::row_window;

use crate::{
    changes::changes,
    definition::Metric,
    parts::{Labels, PartRow},
    totals::Totals,
    values::{Judgement, MetricValues, Scope, Series, State, Values},
};
use directory::{Directory, Place};
use jiff::{SignedDuration, civil::Date};
use measure::Measure;
use rows::{History, SiteRows};
use states::Silence;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// All values of all metrics; of one whose parts leave their type when they are summed, none.
pub fn derive(metrics: &[Arc<Metric>], input: &Input<'_>) -> Values {
    derive_with(metrics, input, &Nothing)
}

/// The same with what changed since the week before: what a leader is shown. Twice the work.
pub fn derive_with_changes(metrics: &[Arc<Metric>], input: &Input<'_>, older: &dyn Older) -> Values {
    let now = derive_with(metrics, input, older);
    let as_of = input.as_of.saturating_sub(SignedDuration::from_hours(7 * 24)).unwrap_or(input.as_of);
    let before = derive_with(metrics, &Input { as_of, ..*input }, older);
    Values { changes: changes(&before, &now), ..now }
}

/// The same where the input has only the rows of the last [`YEAR`] weeks and the running ones.
pub fn derive_with(metrics: &[Arc<Metric>], input: &Input<'_>, older: &dyn Older) -> Values {
    let directory = Directory::new(input);
    let parts = group(input.parts, |row| &row.metric);
    let publications = group(input.publications, |published| &published.row.metric);
    let mut sorted: Vec<&Arc<Metric>> = metrics.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let can_be_summed = |metric: &&Arc<Metric>| {
        let name = metric.name.as_str();
        match metric.privacy {
            None => fit(parts.get(name).into_iter().flatten().copied()),
            Some(_) => fit(publications.get(name).into_iter().flatten().map(|published| &published.row)),
        }
    };
    let values_of = |metric: &Arc<Metric>| {
        let name = metric.name.as_str();
        let rows = match metric.privacy {
            None => rows::of_parts(parts.get(name).map_or(&[], Vec::as_slice), &directory),
            Some(p) => rows::of_publications(publications.get(name).map_or(&[], Vec::as_slice), p, &directory),
        };
        values(metric, &rows, &directory, &Silence::new(metric, input.activity, &directory), older)
    };
    Values {
        as_of: input.as_of,
        sites: directory.listed().map(|(_, place)| place.site.clone()).collect(),
        bad_rows: rows::bad_rows(&sorted, input.bad, &directory),
        changes: Vec::new(),
        metrics: sorted.into_iter().filter(can_be_summed).map(values_of).collect(),
        refused: Vec::new(),
    }
}

/// Whether the parts of all these rows can be summed. Evaluation fails a metric whose rows cannot, so here it is only met in
/// what another program stored.
fn fit<'a>(rows: impl Iterator<Item = &'a PartRow>) -> bool {
    rows.collect::<Totals>().overflow().is_none()
}

fn group<'a, T>(rows: &'a [T], metric: impl Fn(&'a T) -> &'a String) -> HashMap<&'a str, Vec<&'a T>> {
    let mut groups: HashMap<&str, Vec<&T>> = HashMap::new();
    for row in rows {
        groups.entry(metric(row).as_str()).or_default().push(row);
    }
    groups
}

/// One metric. `rows` is by index of the directory's places.
fn values(
    metric: &Arc<Metric>,
    rows: &[SiteRows<'_>],
    directory: &Directory,
    silence: &Silence,
    older: &dyn Older,
) -> MetricValues {
    let measure = Measure::of(metric);
    let mut series: Vec<Series> =
        directory.listed().flat_map(|(index, place)| site_series(&measure, place, &rows[index])).collect();
    series.extend(rollups::series(&measure, rows, directory));
    let history = History { metric, directory, rows, older };
    let quiet: HashMap<usize, State> = directory
        .listed()
        .filter_map(|(i, place)| Some((i, states::quiet(metric, place, &rows[i], silence.of(i, place))?)))
        .collect();
    let verdicts = lagging::judge(&measure, history, |index| quiet.contains_key(&index));
    let judgements = directory
        .listed()
        .zip(verdicts)
        .map(|((index, place), verdict)| {
            let rows = &rows[index];
            let before = || rows::before(metric, &place.site.id, older, Date::MIN);
            let target = place.site.targets.get(&metric.name).copied().or(metric.target);
            Judgement {
                site: place.site.id.clone(),
                state: quiet.get(&index).copied().unwrap_or_else(|| states::judged(&verdict)),
                target,
                coverage: coverage::coverage(rows.pooled.get(&place.last)),
                streak: metric.lagging.and_then(|l| streak::streak(&measure, l.below, rows, place.last, before)),
                trend_per_week: match verdict.onset() {
                    None => trend::trend(&measure, &rows.pooled, place.last),
                    Some(onset) => trend::since(&measure, &history.since(index, onset), onset, place.last),
                },
                course: verdict.course,
                on_target: target.zip(verdict.present).map(|(target, present)| present.reaches(&measure, target)),
                last_week: place.last,
                windows: windows::windows(&measure, &rows.pooled, place.last, place.running),
                history: windows::history(&measure, &rows.pooled, place.last),
                reasons: verdict.reasons,
                lacking: verdict.lacking,
            }
        })
        .collect();
    MetricValues { metric: Arc::clone(metric), series, judgements }
}

fn site_series(measure: &Measure, place: &Place, rows: &SiteRows<'_>) -> Vec<Series> {
    let one = |(labels, weeks): (&&Labels, &rows::Weeks)| Series {
        scope: Scope::Site(place.site.id.clone()),
        labels: (*labels).clone(),
        last_week: place.last,
        windows: windows::windows(measure, weeks, place.last, place.running),
        sites: BTreeMap::new(),
    };
    rows.by_labels.iter().map(one).filter(|series| !series.windows.is_empty()).collect()
}
