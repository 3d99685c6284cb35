//! Values that would break a scrape are refused when they are published, and the last good ones stay.

use crate::{exposition::published, sample, scrape};
use exporter::{FamilyError, PublishError};
use indicators::{Kind, MetricValues, Scope, Uncertainty, Values, WindowKind};
use std::sync::Arc;

fn with(metric: MetricValues) -> Values {
    let mut values = sample::values();
    values.metrics.push(metric);
    values
}

fn one(name: &str, kind: Kind, labels: &[&str]) -> MetricValues {
    let scope = Scope::Site("alpha".into());
    MetricValues {
        metric: Arc::new(sample::metric(name, kind, Uncertainty::None, labels)),
        series: vec![sample::series(scope, &[], &[(WindowKind::Week, sample::window(1.0))])],
        judgements: Vec::new(),
    }
}

fn refused(values: &Values) -> FamilyError {
    let exporter = published();
    let before = exporter.metrics();
    let PublishError::Family { source, .. } = exporter.publish(Arc::new(values.clone())).unwrap_err() else {
        panic!("of another kind")
    };
    let after = exporter.metrics();
    let count = |text: &str| scrape::by(&scrape::parse(text), "bellwether_publish_refused_total", "")[""];
    assert_eq!((count(&before), count(&after)), (0.0, 1.0));
    assert_eq!(after.split_once("# HELP leading").unwrap().1, before.split_once("# HELP leading").unwrap().1);
    source
}

#[test]
fn a_name_that_prometheus_does_not_take() {
    for name in ["field-time", "Field", "9lives", ""] {
        let error = refused(&with(one(name, Kind::Ratio, &["site"])));
        assert_eq!(error, FamilyError::MetricName { metric: name.to_owned() });
    }
}

#[test]
fn a_label_that_the_exporter_gives_itself() {
    for label in ["region", "window", "le", "__name__", "team-id"] {
        let error = refused(&with(one("talks", Kind::Count, &["site", label])));
        assert_eq!(error, FamilyError::LabelName { metric: "talks".to_owned(), label: label.to_owned() });
    }
}

#[test]
fn two_metrics_that_would_share_a_family() {
    let error = refused(&with(one("field_time_ratio", Kind::Count, &["site"])));
    assert!(matches!(&error, FamilyError::Taken { family, .. } if family == "leading_field_time_ratio"), "{error}");
    let error = refused(&with(one("state", Kind::Count, &["site"])));
    assert!(matches!(&error, FamilyError::Taken { family, .. } if family == "leading_state"), "{error}");
}

#[test]
fn a_series_given_twice() {
    let mut twice = one("talks", Kind::Count, &["site"]);
    twice.series.push(twice.series[0].clone());
    let error = refused(&with(twice));
    assert_eq!(
        error.to_string(),
        "family `leading_talks` has the series {region=\"north\",site=\"alpha\",window=\"week\"} twice; \
         the labels of a query must name its rows"
    );
    let mut again = sample::values();
    let metric = again.metrics[0].clone();
    again.metrics.push(metric);
    assert!(matches!(refused(&again), FamilyError::Duplicate { .. }));
}

#[test]
fn good_values_are_taken_again_after_a_refusal() {
    let exporter = published();
    exporter.publish(Arc::new(with(one("Bad", Kind::Ratio, &["site"])))).unwrap_err();
    exporter.publish(Arc::new(with(one("talks", Kind::Count, &["site"])))).unwrap();
    assert!(exporter.metrics().contains("leading_talks{site=\"alpha\""));
}
