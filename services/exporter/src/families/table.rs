//! Families under construction.

use super::checks::{self, FamilyError};
use indicators::Family as Shared;
use prometheus::proto::{Gauge, LabelPair, Metric, MetricFamily, MetricType};
use std::collections::BTreeMap;

/// Families by name.
#[derive(Default)]
pub(super) struct Table(BTreeMap<String, Family>);

/// One family: gauges all.
pub(super) struct Family {
    /// The metric whose own family it is; `None` where all metrics share it.
    of: Option<String>,
    help: String,
    series: Vec<Metric>,
}

impl Table {
    /// A family that all metrics share: one of those that no query file may take.
    pub(super) fn shared(&mut self, name: &str) -> Result<&mut Family, FamilyError> {
        let declared = Shared::shared(name);
        debug_assert!(declared.is_some(), "{name} is not in indicators::FAMILIES");
        self.family(name.to_owned(), None, || declared.map_or_else(String::new, |family| family.help.to_owned()))
    }

    /// A family of one metric.
    pub(super) fn of_metric(&mut self, name: String, metric: &str, help: String) -> Result<&mut Family, FamilyError> {
        self.family(name, Some(metric), || help)
    }

    fn family(
        &mut self,
        name: String,
        of: Option<&str>,
        help: impl FnOnce() -> String,
    ) -> Result<&mut Family, FamilyError> {
        let family = self.0.entry(name.clone()).or_insert_with(|| Family {
            of: of.map(str::to_owned),
            help: help(),
            series: Vec::new(),
        });
        if family.of.as_deref() == of {
            return Ok(family);
        }
        let said = |of: Option<&str>| of.map_or("every metric".to_owned(), |metric| format!("metric `{metric}`"));
        Err(FamilyError::Taken { family: name, first: said(family.of.as_deref()), second: said(of) })
    }

    /// Families with series, by name.
    pub(super) fn finish(self) -> Result<Vec<MetricFamily>, FamilyError> {
        let with_series = self.0.into_iter().filter(|(_, family)| !family.series.is_empty());
        with_series
            .map(|(name, family)| {
                checks::no_duplicates(&name, &family.series)?;
                let mut out = MetricFamily::default();
                out.set_name(name);
                out.set_help(family.help);
                out.set_field_type(MetricType::GAUGE);
                out.set_metric(family.series);
                Ok(out)
            })
            .collect()
    }
}

impl Family {
    /// Adds a series; what is not a number is left out.
    pub(super) fn set<'a>(&mut self, labels: impl IntoIterator<Item = (&'a str, &'a str)>, value: f64) {
        if !value.is_finite() {
            return;
        }
        let mut gauge = Gauge::default();
        gauge.set_value(value);
        let mut series = Metric::from_label(labels.into_iter().map(pair).collect());
        series.set_gauge(gauge);
        self.series.push(series);
    }

    /// Adds a series where there is a value.
    pub(super) fn set_some<'a>(&mut self, labels: impl IntoIterator<Item = (&'a str, &'a str)>, value: Option<f64>) {
        if let Some(value) = value {
            self.set(labels, value);
        }
    }
}

fn pair((name, value): (&str, &str)) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}
