//! A rate to Prometheus: a family of its own ending, and what it is per.

use crate::{sample, scrape};
use exporter::Exporter;
use indicators::{Direction, Kind, MetricValues, Scope, State, Uncertainty, Window, WindowKind};
use prometheus::Registry;
use std::sync::Arc;

#[test]
fn a_rate_has_its_own_ending_and_says_what_it_is_per() {
    let mut declared = sample::metric("incidents", Kind::Rate, Uncertainty::Poisson, &["site"]);
    declared.help = "Recordable incidents.".to_owned();
    (declared.per, declared.unit, declared.direction) = (200_000, Some("hours".to_owned()), Direction::Lower);
    let window = Window { value: 4.5, lower: Some(1.5), upper: Some(9.0), sample_size: Some(9.0) };
    let of = |scope| sample::series(scope, &[], &[(WindowKind::Week, window)]);
    let mut values = sample::values();
    values.metrics.push(MetricValues {
        metric: Arc::new(declared),
        series: vec![of(Scope::Site("alpha".into())), of(Scope::Company)],
        judgements: vec![sample::judgement("alpha", State::Ok, Vec::new())],
    });
    let exporter = Exporter::new(Registry::new()).unwrap();
    exporter.publish(Arc::new(values.clone())).unwrap();
    let text = exporter.metrics();
    let samples = scrape::parse(&text);
    for (family, value) in [
        ("leading_incidents_rate", 4.5),
        ("leading_incidents_rate_lower", 1.5),
        ("leading_incidents_rate_upper", 9.0),
        ("leading_company_incidents_rate", 4.5),
    ] {
        assert_eq!(scrape::by(&samples, family, "window")["week"], value, "{family}");
    }
    let help = "# HELP leading_incidents_rate Recordable incidents, per 200,000 hours (of a site;";
    assert!(text.contains(help), "{text}");
    let info = scrape::by(&samples, "leading_indicator_info", "unit");
    assert!(info.contains_key("per 200,000 hours") && info.contains_key(""), "{info:?}");
    assert!(text.contains("family=\"leading_incidents_rate\",group=\"core\",kind=\"rate\""), "{text}");
}

/// The board does not stand beside Prometheus: there it is seen that rows of a metric have no value.
#[test]
fn bad_rows_are_counted_for_every_metric() {
    let exporter = Exporter::new(Registry::new()).unwrap();
    exporter.publish(Arc::new(sample::values())).unwrap();
    let samples = scrape::parse(&exporter.metrics());
    let bad: Vec<(&str, f64)> = scrape::by(&samples, "leading_bad_rows", "metric").into_iter().collect();
    assert_eq!(bad, [("field_time", 0.0), ("learning_follow_through", 0.0), ("toolbox_talks", 2.0)]);
}
