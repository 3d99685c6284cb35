//! Alerts: sound, tested, and each with its page.

use crate::{
    ops_queries::{alerts, files, list, yaml},
    tools::{must_pass, ops},
};
use std::{collections::BTreeSet, fs};

/// Always on, so that its absence is noticed.
const WATCHDOG: &str = "BellwetherWatchdog";

#[test]
fn promtool_and_amtool_find_no_fault() {
    must_pass("promtool", &["check", "config", "prometheus/prometheus.yml"], "");
    for rules in files("prometheus/rules", ".rules.yml") {
        must_pass("promtool", &["check", "rules", "--lint-fatal", rules.to_str().unwrap()], "");
    }
    for test in files("prometheus/tests", ".test.yml") {
        must_pass("promtool", &["test", "rules", test.to_str().unwrap()], "");
    }
    must_pass("amtool", &["check-config", "alertmanager/alertmanager.yml"], "");
}

fn names() -> BTreeSet<String> {
    alerts().iter().map(|rule| rule["alert"].as_str().unwrap().to_owned()).collect()
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
    let mut names = names();
    assert_eq!(tested(true), names);
    names.remove(WATCHDOG);
    assert_eq!(tested(false), names);
}

#[test]
fn every_alert_has_its_page_and_every_page_its_alert() {
    let mut pages = BTreeSet::new();
    for rule in alerts() {
        let (name, link) = (rule["alert"].as_str().unwrap(), rule["annotations"]["runbook_url"].as_str().unwrap());
        let page = link.strip_prefix("{{ $externalURL }}/user/").unwrap_or_else(|| panic!("{name}: {link}"));
        let file = ops().join("runbooks").join(page);
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{name}: {page}: {error}"));
        assert!(text.starts_with(&format!("# {name}\n")), "{page} is not the page of {name}");
        assert!(text.contains("## What happened") && text.contains("## What to do"), "{page}");
        assert!(["leaders", "platform"].contains(&rule["labels"]["audience"].as_str().unwrap()), "{name}");
        let severities: &[&str] = if name == WATCHDOG { &["info"] } else { &["warning", "critical"] };
        assert!(severities.contains(&rule["labels"]["severity"].as_str().unwrap()), "{name}");
        pages.insert(file.canonicalize().unwrap());
    }
    let all: BTreeSet<_> = files("runbooks", ".md").into_iter().collect();
    assert_eq!(all, pages);
}

/// Hours of `30s`, `12h` or `1w`.
fn hours(duration: &str) -> f64 {
    let (number, unit) = duration.split_at(duration.len() - 1);
    let hours = ["s", "m", "h", "d", "w"].iter().position(|known| *known == unit).unwrap();
    number.parse::<f64>().unwrap() * [1.0 / 3600.0, 1.0 / 60.0, 1.0, 24.0, 168.0][hours]
}

/// Every `repeat_interval` of a route and those below it.
fn repeats(route: &serde_json::Value) -> Vec<f64> {
    let own = route.get("repeat_interval").map(|interval| hours(interval.as_str().unwrap()));
    own.into_iter().chain(list(&route["routes"]).iter().flat_map(repeats)).collect()
}

/// Alertmanager forgets after 120 hours what it has told, and told the weekly reminder every five days.
#[test]
fn what_alertmanager_remembers_outlives_its_reminders() {
    let configuration = yaml(&ops().join("alertmanager/alertmanager.yml"));
    let longest = repeats(&configuration["route"]).into_iter().fold(0.0, f64::max);
    assert!(longest >= 168.0, "a weekly reminder");
    let compose = yaml(&ops().join("compose.yaml"));
    let command = list(&compose["services"]["alertmanager"]["command"]);
    let retention = command.iter().find_map(|part| part.as_str()?.strip_prefix("--data.retention=")).unwrap();
    assert!(hours(retention) > 2.0 * longest, "{retention} for {longest} h");
    for text in ["alertmanager/alertmanager.yml", "README.md"] {
        let text = fs::read_to_string(ops().join(text)).unwrap();
        assert!(text.contains(&format!("--data.retention={retention}")), "the same advice everywhere");
    }
}
