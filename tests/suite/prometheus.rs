//! A real Prometheus with the shipped configuration and rules reads what the exporter says.

use crate::{parts, produce, seed7};
use end_to_end::{Kafka, Port, Program, Prometheus, Running, get, get_json, root, wait_for};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

/// For anything to happen, on a machine that does much else.
const LIMIT: Duration = Duration::from_secs(120);

#[test]
fn every_family_and_every_panel_answers_and_alerts_name_the_lagging_sites() {
    let Some(seed7) = seed7::lake() else { return };
    let Some(kafka) = Kafka::start() else { return };
    let ingesting = Program::new(&kafka.brokers());
    let exporter = Exporter::indicators(seed7);
    let ingest = Exporter::ingest(&ingesting, &kafka);
    let Some(prometheus) = Prometheus::start(&[&exporter.port.address(), &ingest.port.address()]) else { return };
    wait_for("the first scrapes", LIMIT, || match prometheus.query("up == 1")?.len() {
        2 => Ok(()),
        up => Err(format!("{up} targets are up")),
    });

    let families = [families(&exporter.exposition()), families(&ingest.exposition())].concat();
    assert!(families.len() > 30, "{families:?}");
    for family in families {
        wait_for(&family, LIMIT, || some(&prometheus, &format!("{{__name__=~\"{family}(_bucket)?\"}}")));
    }
    for (panel, expression) in panels() {
        wait_for(&panel, LIMIT, || some(&prometheus, &expression));
    }
    let planted = planted();
    wait_for("the alerts", LIMIT, || {
        let found = alerts(&prometheus)?;
        if found == planted { Ok(()) } else { Err(format!("alerts {found:?}, planted {planted:?}")) }
    });
    // The link was a path in a repository.
    for (alert, link) in runbooks(&prometheus) {
        let page = get(&link).unwrap();
        assert!(page.starts_with(&format!("# {alert}\n")), "{alert}: {link}: {page}");
    }
}

#[test]
fn promtool_finds_no_fault_with_the_expositions() {
    let Some(prometheus) = end_to_end::tool("BELLWETHER_TEST_PROMETHEUS") else { return };
    let Some(seed7) = seed7::lake() else { return };
    let Some(kafka) = Kafka::start() else { return };
    let ingesting = Program::new(&kafka.brokers());
    for exporter in [Exporter::indicators(seed7), Exporter::ingest(&ingesting, &kafka)] {
        let file = ingesting.folder().join("exposition.txt");
        std::fs::write(&file, exporter.exposition()).unwrap();
        let output = Command::new(prometheus.with_file_name("promtool"))
            .args(["check", "metrics"])
            .stdin(std::fs::File::open(&file).unwrap())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && text.trim().is_empty(), "promtool check metrics: {text}");
    }
}

/// A service of the program, serving.
struct Exporter {
    _service: Running,
    port: Port,
}

impl Exporter {
    /// Evaluates at the truth's clock.
    fn indicators(program: &Program) -> Self {
        Self::start(program, "indicators", &["indicators", "--as-of", &seed7::as_of()])
    }

    /// Ingests the year, and a record that is none.
    fn ingest(program: &Program, kafka: &Kafka) -> Self {
        seed7::publish(program, seed7::events());
        produce::send(&kafka.brokers(), &[("bellwether.calendar-audits", None, Some(b"{".to_vec()))]);
        let exporter = Self::start(program, "ingest", &["ingest"]);
        wait_for("rows and a dead letter", LIMIT, || {
            let exposition = exporter.exposition();
            let has = |name: &str| exposition.lines().any(|line| line.starts_with(name) && !line.ends_with(" 0"));
            let there = has("bellwether_ingested_rows_total") && has("bellwether_dead_letters_total");
            there.then_some(()).ok_or(exposition)
        });
        exporter
    }

    fn start(program: &Program, name: &str, arguments: &[&str]) -> Self {
        let port = Port::hold();
        let mut command = program.command(arguments);
        command.env("BELLWETHER__HTTP__LISTEN", port.address());
        let service = Running::start(&mut command, &program.folder().join(format!("{name}.log")));
        wait_for(name, LIMIT, || get(&format!("http://{}/-/ready", port.address())));
        Self { _service: service, port }
    }

    fn exposition(&self) -> String {
        get(&format!("http://{}/metrics", self.port.address())).unwrap()
    }
}

/// Alerts that fire, with the links to their pages.
fn runbooks(prometheus: &Prometheus) -> BTreeSet<(String, String)> {
    let answer = get_json(&format!("{}/api/v1/alerts", prometheus.url())).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let alerts = answer["data"]["alerts"].as_array().unwrap().iter();
    let links: BTreeSet<_> =
        alerts.map(|alert| (text(&alert["labels"]["alertname"]), text(&alert["annotations"]["runbook_url"]))).collect();
    assert!(!links.is_empty());
    links
}

fn some(prometheus: &Prometheus, expression: &str) -> Result<(), String> {
    match prometheus.query(expression)?.len() {
        0 => Err(format!("no data: {expression}")),
        _ => Ok(()),
    }
}

fn families(exposition: &str) -> Vec<String> {
    let types = exposition.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.filter_map(|line| line.split(' ').next().map(str::to_owned)).collect()
}

/// Every expression of every dashboard, with its variables set to match all.
fn panels() -> Vec<(String, String)> {
    let folder = root().join("ops/grafana/dashboards");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found = Vec::new();
    for file in files.filter(|path| path.extension().is_some_and(|ending| ending == "json")) {
        let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        collect(&dashboard, "", &mut found);
    }
    assert!(found.len() >= 5, "{found:?}");
    found
}

fn collect(value: &Value, title: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            let title = fields.get("title").and_then(Value::as_str).unwrap_or(title);
            if let Some(expression) = fields.get("expr").and_then(Value::as_str) {
                let expression =
                    expression.replace("$__rate_interval", "1m").replace("$__range", "1h").replace("$__interval", "1m");
                found.push((format!("panel {title}"), any_variable(&expression)));
            }
            fields.values().for_each(|inner| collect(inner, title, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| collect(inner, title, found)),
        _ => {}
    }
}

/// `="$site"`, `=~"$site"`, `=~"${site:regex}"` → matches everything.
fn any_variable(expression: &str) -> String {
    let mut text = String::new();
    let mut rest = expression;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        // PromQL's own: what a regular expression has found.
        if after[1..].starts_with(|c: char| c.is_ascii_digit()) {
            text = text + before + "$";
            rest = &after[1..];
            continue;
        }
        let before = before.strip_suffix("=\"").map_or(before.to_owned(), |head| format!("{head}=~\""));
        let end = if after.starts_with("${") {
            after.find('}').unwrap() + 1
        } else {
            after[1..].find(|c: char| !c.is_alphanumeric() && c != '_').map_or(after.len(), |n| n + 1)
        };
        text = text + &before + ".*";
        rest = &after[end..];
    }
    text + rest
}

/// (alert's metric, site) of the planted lagging and silent ones.
fn planted() -> BTreeSet<(String, String, String)> {
    let truth = parts::truth(seed7::events()).1;
    let states = truth["states"].as_array().unwrap().iter();
    let text = |state: &Value, name: &str| state[name].as_str().unwrap().to_owned();
    states
        .filter(|state| ["lagging", "silent"].contains(&state["state"].as_str().unwrap()))
        .map(|state| (text(state, "state"), text(state, "metric"), text(state, "site")))
        .collect()
}

fn alerts(prometheus: &Prometheus) -> Result<BTreeSet<(String, String, String)>, String> {
    let mut found = BTreeSet::new();
    for alert in prometheus.query("ALERTS")? {
        let labels = &alert["metric"];
        let state = match labels["alertname"].as_str().unwrap_or_default() {
            "BellwetherSiteLagging" => "lagging",
            "BellwetherSiteSilent" => "silent",
            _ => continue,
        };
        let text = |name: &str| labels[name].as_str().unwrap_or_default().to_owned();
        found.insert((state.to_owned(), text("metric"), text("site")));
    }
    Ok(found)
}

#[test]
fn promtool_finds_no_fault() {
    let Some(prometheus) = end_to_end::tool("BELLWETHER_TEST_PROMETHEUS") else { return };
    let promtool = prometheus.with_file_name("promtool");
    let ops = root().join("ops/prometheus");
    let run = |arguments: &[&str]| {
        let output = Command::new(&promtool).args(arguments).current_dir(&ops).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "promtool {arguments:?}: {text}");
    };
    run(&["check", "config", "prometheus.yml"]);
    let tests = std::fs::read_dir(ops.join("tests")).unwrap().map(|entry| entry.unwrap().path());
    let tests: Vec<String> = tests.map(|path| path.to_string_lossy().into_owned()).collect();
    assert!(!tests.is_empty());
    for test in &tests {
        run(&["test", "rules", test]);
    }
}
