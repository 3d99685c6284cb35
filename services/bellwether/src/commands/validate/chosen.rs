//! Which metrics are looked at: those that somebody named, else those that the settings name, else all that fit.

use super::Arguments;
use crate::{commands::backfill, failure::Failure, settings::Validate};
use indicators::{Kind, Metric};
use std::sync::Arc;

/// The group of metrics that follow.
const LAGGING: &str = "lagging";

/// What is tested against what; a metric is in one of the parts only.
pub(super) struct Chosen {
    pub(super) leading: Vec<Arc<Metric>>,
    pub(super) outcomes: Vec<Arc<Metric>>,
    pub(super) placebos: Vec<Arc<Metric>>,
}

impl Chosen {
    /// Of all metrics that there are.
    pub(super) fn of(all: &[Arc<Metric>], arguments: &Arguments, settings: &Validate) -> Result<Self, Failure> {
        let mut outcomes = named(all, &arguments.outcomes, &settings.outcomes.0)?;
        let placebos = named(all, &arguments.placebos, &settings.placebos.0)?;
        if outcomes.is_empty() {
            let is_placebo = |metric: &Arc<Metric>| placebos.iter().any(|placebo| placebo.name == metric.name);
            let asked = |metric: &Arc<Metric>| arguments.metrics.contains(&metric.name);
            outcomes = all
                .iter()
                .filter(|metric| is_lagging(metric) && !is_placebo(metric) && !asked(metric))
                .cloned()
                .collect();
        }
        let taken = |metric: &Arc<Metric>| outcomes.iter().chain(&placebos).any(|other| other.name == metric.name);
        let leading = match arguments.metrics.as_slice() {
            [] => all.iter().filter(|metric| is_leading(metric) && !taken(metric)).cloned().collect(),
            names => backfill::chosen(all.to_vec(), names)?,
        };
        if let Some(both) = leading.iter().find(|metric| taken(metric)) {
            return Err(Failure::misuse(format!(
                "`{}` cannot lead itself: name it as --metric or as --outcome",
                both.name
            )));
        }
        if let Some(both) = placebos.iter().find(|placebo| outcomes.iter().any(|outcome| outcome.name == placebo.name))
        {
            return Err(Failure::misuse(format!("`{}` is either an --outcome or a --placebo", both.name)));
        }
        Ok(Self { leading, outcomes, placebos })
    }

    /// The same without those that nobody named and of which `has_weeks` says that nothing is stored.
    pub(super) fn stored(mut self, arguments: &Arguments, has_weeks: impl Fn(&Metric) -> bool) -> Self {
        let asked = arguments.metrics.iter().chain(&arguments.outcomes).chain(&arguments.placebos);
        let asked: Vec<&String> = asked.collect();
        let keeps = |metric: &Arc<Metric>| {
            let keeps = asked.contains(&&metric.name) || has_weeks(metric);
            if !keeps {
                tracing::info!(metric = metric.name, "left out: no complete week of it is stored");
            }
            keeps
        };
        self.leading.retain(&keeps);
        self.outcomes.retain(&keeps);
        self.placebos.retain(&keeps);
        self
    }

    /// Something that may lead, and something that may follow.
    pub(super) fn pairs(&self) -> Result<(), Failure> {
        if self.outcomes.is_empty() {
            return Err(Failure::misuse(
                "there is no outcome: name metrics that may follow with --outcome <NAME>, or in the setting \
                 `validate.outcomes`, or give them `group = \"lagging\"`",
            ));
        }
        if self.leading.is_empty() {
            return Err(Failure::misuse(
                "there is no metric of kind ratio or mean that may lead: name one with --metric",
            ));
        }
        Ok(())
    }

    /// Those that a rollout may have moved: those that were named, else all.
    pub(super) fn movable(&self, arguments: &Arguments) -> Vec<Arc<Metric>> {
        let is_asked = |names: &[String], metric: &Arc<Metric>| names.contains(&metric.name);
        let nobody = arguments.metrics.is_empty() && arguments.outcomes.is_empty();
        let leading = self.leading.iter().filter(|metric| nobody || is_asked(&arguments.metrics, metric));
        let outcomes = self.outcomes.iter().filter(|metric| nobody || is_asked(&arguments.outcomes, metric));
        leading.chain(outcomes).cloned().collect()
    }
}

/// Of an argument, else of a setting.
fn named(all: &[Arc<Metric>], argument: &[String], setting: &[String]) -> Result<Vec<Arc<Metric>>, Failure> {
    match (argument, setting) {
        ([], []) => Ok(Vec::new()),
        ([], names) | (names, _) => backfill::chosen(all.to_vec(), names),
    }
}

fn is_leading(metric: &Metric) -> bool {
    matches!(metric.kind, Kind::Ratio | Kind::Mean) && !is_lagging(metric)
}

fn is_lagging(metric: &Metric) -> bool {
    metric.group.as_deref() == Some(LAGGING)
}
