//! `query list`: the metrics as they are declared.

use crate::{
    commands::Context,
    configured,
    failure::{Failure, Outcome},
    output::Format,
};
use indicators::{Direction, Kind, Metric, Uncertainty};
use serde::Serialize;

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    group: &'a str,
    kind: Kind,
    direction: Direction,
    target: Option<f64>,
    below: Option<f64>,
    uncertainty: Uncertainty,
    labels: &'a [String],
    owner: &'a str,
    help: &'a str,
}

impl<'a> From<&'a Metric> for Line<'a> {
    fn from(metric: &'a Metric) -> Self {
        Self {
            name: &metric.name,
            group: metric.group(),
            kind: metric.kind,
            direction: metric.direction,
            target: metric.target,
            below: metric.lagging.map(|l| l.below),
            uncertainty: metric.uncertainty,
            labels: &metric.labels,
            owner: &metric.owner,
            help: &metric.help,
        }
    }
}

/// Runs it.
pub async fn run(format: Format, mut context: Context) -> Result<Outcome, Failure> {
    let contracts = configured::contracts(&context.settings)?;
    let mut metrics = configured::metrics(&context.settings, &contracts).await?;
    metrics.sort_by(|a, b| a.place().cmp(&b.place()));
    let lines: Vec<Line<'_>> = metrics.iter().map(|m| Line::from(m.as_ref())).collect();
    let columns = ["name", "group", "kind", "direction", "target", "below", "uncertainty", "labels", "owner", "help"];
    context.out.list(format, &columns, &lines)?;
    Ok(Outcome::Done)
}
