//! Stored parts as what is judged: for each site and week a value, or none.

use super::chosen::Chosen;
use crate::failure::Failure;
use evaluation::Stored;
use indicators::{Direction, Kind, Metric, PartRow, clock, derive::is_suppressed};
use jiff::civil::Date;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use validation::{Grid, Indicator, Measured, Outcome, Request, Rule};

/// Unscaled parts have nine digits after the point.
const SCALE: f64 = 1e9;

/// Ten points of a share.
const TEN_POINTS: f64 = 0.1;

/// Numerator and denominator by site and week, all labels pooled.
pub(super) type Sums = BTreeMap<(String, Date), (f64, f64)>;

/// The request that stored parts make: every site and complete week with a row of any of the metrics. Of metrics with
/// privacy it sees what was published, nothing else.
pub(super) fn request(stored: &Stored, chosen: &Chosen, seed: u64) -> Result<Request, Failure> {
    let all = || chosen.leading.iter().chain(&chosen.outcomes).chain(&chosen.placebos);
    let sums: BTreeMap<&str, Sums> =
        all().map(|metric| Ok((metric.name.as_str(), sums(stored, metric)?))).collect::<Result<_, Failure>>()?;
    let frame = Frame::of(sums.values());
    let outcome = |metric: &Arc<Metric>, placebo| frame.outcome(metric, &sums[metric.name.as_str()], placebo);
    let outcomes = chosen.outcomes.iter().map(|metric| outcome(metric, false));
    Ok(Request {
        indicators: chosen.leading.iter().map(|metric| frame.indicator(metric, &sums[metric.name.as_str()])).collect(),
        outcomes: outcomes.chain(chosen.placebos.iter().map(|metric| outcome(metric, true))).collect(),
        sites: frame.sites,
        rule: Rule::default(),
        seed,
    })
}

/// # Errors
/// A metric of which no complete week is stored.
pub(super) fn sums(stored: &Stored, metric: &Metric) -> Result<Sums, Failure> {
    let mut sums = Sums::new();
    for row in complete(stored, metric) {
        let sum = sums.entry((row.site.clone(), row.week)).or_default();
        sum.0 += unscaled(row.numerator);
        // A count has no denominator: however many labels are pooled, a week is one week.
        sum.1 = if metric.kind == Kind::Count { 1.0 } else { sum.1 + unscaled(row.denominator) };
    }
    if sums.is_empty() {
        return Err(anyhow::anyhow!(
            "no complete week of `{}` is stored: `bellwether indicators --once` evaluates what the lake holds",
            metric.name
        )
        .into());
    }
    Ok(sums)
}

/// Whether any complete week of the metric is stored.
pub(super) fn has_weeks(stored: &Stored, metric: &Metric) -> bool {
    complete(stored, metric).next().is_some()
}

/// The rows that people may see of weeks that are over at their site.
fn complete<'a>(stored: &'a Stored, metric: &'a Metric) -> impl Iterator<Item = &'a PartRow> {
    let zones: BTreeMap<&str, &str> =
        stored.sites.iter().map(|site| (site.id.as_str(), site.timezone.as_str())).collect();
    let last = |site: &str| clock::last_complete_week(stored.as_of, &clock::zone(zones.get(site).unwrap_or(&"UTC")));
    let complete: BTreeMap<&str, Date> =
        shown(stored, metric).map(|row| (row.site.as_str(), last(&row.site))).collect();
    shown(stored, metric).filter(move |row| row.denominator > 0 && row.week <= complete[row.site.as_str()])
}

#[expect(clippy::cast_precision_loss, reason = "statistics are of f64")]
fn unscaled(part: i128) -> f64 {
    part as f64 / SCALE
}

/// The rows that people may see: with privacy the latest that was published of each, unless suppressed.
fn shown<'a>(stored: &'a Stored, metric: &'a Metric) -> Box<dyn Iterator<Item = &'a PartRow> + 'a> {
    let Some(privacy) = metric.privacy else {
        return Box::new(
            stored.parts.iter().filter(|row| row.metric == metric.name && stored.promises.shows_part(row)),
        );
    };
    let mut latest = BTreeMap::new();
    for published in stored.publications.iter().filter(|published| published.row.metric == metric.name) {
        let row = &published.row;
        let newest = latest.entry((&row.site, row.week, &row.labels)).or_insert(published);
        if newest.version < published.version {
            *newest = published;
        }
    }
    Box::new(latest.into_values().map(|published| &published.row).filter(move |row| !is_suppressed(privacy, row)))
}

/// The sites and weeks that any of the metrics has.
pub(super) struct Frame {
    pub(super) sites: Vec<String>,
    pub(super) weeks: Vec<Date>,
}

impl Frame {
    pub(super) fn of<'a>(all: impl Iterator<Item = &'a Sums> + Clone) -> Self {
        let sites: BTreeSet<&String> = all.clone().flat_map(|sums| sums.keys().map(|(site, _)| site)).collect();
        let weeks: BTreeSet<Date> = all.flat_map(|sums| sums.keys().map(|(_, week)| *week)).collect();
        let (first, last) = (weeks.first().copied().unwrap_or_default(), weeks.last().copied().unwrap_or_default());
        let count = u32::try_from(clock::weeks_between(first, last)).unwrap_or(0);
        Self {
            sites: sites.into_iter().cloned().collect(),
            weeks: (0..=count).map(|week| clock::weeks_after(first, week)).collect(),
        }
    }

    /// The cell of each site and week that has sums.
    fn grid(&self, sums: &Sums, cell: impl Fn(f64, f64) -> f64) -> Grid {
        Grid::of(self.sites.len(), self.weeks.len(), |site, week| {
            let sum = sums.get(&(self.sites[site].clone(), self.weeks[week]));
            sum.map_or(f64::NAN, |(numerator, denominator)| cell(*numerator, *denominator))
        })
    }

    fn values(&self, metric: &Metric, sums: &Sums) -> Grid {
        let per = f64::from(metric.per);
        self.grid(sums, |numerator, denominator| per * numerator / denominator)
    }

    fn indicator(&self, metric: &Metric, sums: &Sums) -> Indicator {
        let values = self.values(metric, sums);
        let (step, step_said) = step(metric, &values);
        Indicator {
            name: metric.name.clone(),
            title: title(metric),
            weights: self.grid(sums, |_, denominator| denominator),
            values,
            step,
            step_said,
            lower_is_better: metric.direction == Direction::Lower,
        }
    }

    /// Whole numerators of counts and rates are events over an exposure; all else is a score.
    pub(super) fn outcome(&self, metric: &Metric, sums: &Sums, placebo: bool) -> Outcome {
        let whole = sums.values().all(|(numerator, _)| numerator.fract() == 0.0);
        let measured = if whole && !metric.kind.is_share() {
            let per = f64::from(metric.per);
            Measured::Count {
                events: self.grid(sums, |numerator, _| numerator),
                exposure: self.grid(sums, |_, denominator| denominator / per),
            }
        } else {
            let points = if metric.kind.is_share() { 100.0 } else { 1.0 };
            Measured::Score { values: self.values(metric, sums), weights: self.grid(sums, |_, d| d), points }
        };
        Outcome { name: metric.name.clone(), title: title(metric), placebo, measured }
    }
}

/// Ten points of a share; of what is none, a tenth of its level.
fn step(metric: &Metric, values: &Grid) -> (f64, String) {
    if metric.kind.is_share() {
        return (TEN_POINTS, "10 points".to_owned());
    }
    let present = values.cells().iter().filter(|value| !value.is_nan());
    let (sum, count) = present.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    let level = sum / count;
    if level > 0.0 { (level / 10.0, "a tenth".to_owned()) } else { (1.0, "1".to_owned()) }
}

/// `field_time` as people say it.
pub(super) fn title(metric: &Metric) -> String {
    metric.name.replace('_', " ")
}

#[cfg(test)]
pub(super) mod tests;
