//! Alerts: sound, tested, and each with its page.

use crate::{
    ops_queries::{files, list, rules, yaml},
    tools::{must_pass, ops},
};
use std::{collections::BTreeSet, fs};

#[test]
fn promtool_and_amtool_find_no_fault() {
    must_pass("promtool", &["check", "config", "prometheus/prometheus.yml"], "");
    must_pass("promtool", &["check", "rules", "prometheus/rules/bellwether.rules.yml"], "");
    for test in files("prometheus/tests", ".test.yml") {
        must_pass("promtool", &["test", "rules", test.to_str().unwrap()], "");
    }
    must_pass("amtool", &["check-config", "alertmanager/alertmanager.yml"], "");
}

fn alerts() -> BTreeSet<String> {
    rules().iter().map(|rule| rule["alert"].as_str().unwrap().to_owned()).collect()
}

/// Names of alerts that a test expects to fire (`true`) or not to (`false`).
fn tested(fires: bool) -> BTreeSet<String> {
    let tests = files("prometheus/tests", ".test.yml").into_iter().flat_map(|path| list(&yaml(&path)["tests"]));
    let cases = tests.flat_map(|test| list(&test["alert_rule_test"]));
    let such = cases.filter(|case| case.get("<<").is_none() && list(&case["exp_alerts"]).is_empty() != fires);
    such.map(|case| case["alertname"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_alert_has_a_test_that_it_fires_and_one_that_it_does_not() {
    assert_eq!(tested(true), alerts());
    assert_eq!(tested(false), alerts());
}

#[test]
fn every_alert_has_its_page_and_every_page_its_alert() {
    let mut pages = BTreeSet::new();
    for rule in rules() {
        let (name, page) = (rule["alert"].as_str().unwrap(), rule["annotations"]["runbook"].as_str().unwrap());
        let file = ops().join("..").join(page);
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{name}: {page}: {error}"));
        assert!(text.starts_with(&format!("# {name}\n")), "{page} is not the page of {name}");
        assert!(text.contains("## What happened") && text.contains("## What to do"), "{page}");
        assert!(["leaders", "platform"].contains(&rule["labels"]["audience"].as_str().unwrap()), "{name}");
        assert!(["warning", "critical"].contains(&rule["labels"]["severity"].as_str().unwrap()), "{name}");
        pages.insert(file.canonicalize().unwrap());
    }
    let all: BTreeSet<_> = files("runbooks", ".md").into_iter().collect();
    assert_eq!(all, pages);
}
