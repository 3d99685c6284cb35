//! The dashboards, as far as no Grafana is needed.

use crate::{
    ops_queries::{dashboards, files, list, panels, yaml},
    tools::ops,
};
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn every_panel_has_an_id_of_its_own_and_says_what_it_shows() {
    for (file, dashboard) in dashboards() {
        assert_eq!(dashboard["schemaVersion"], 42, "{file}");
        let mut ids = BTreeSet::new();
        for panel in panels(&dashboard) {
            let title = panel["title"].as_str().unwrap();
            assert!(!title.is_empty() && ids.insert(panel["id"].as_u64().unwrap()), "{file}: {title}");
            if panel["type"] != "row" {
                assert!(panel["description"].as_str().is_some_and(|text| !text.is_empty()), "{file}: {title}");
                assert_eq!(panel["datasource"]["uid"], "${datasource}", "{file}: {title}");
            }
        }
    }
}

#[test]
fn no_two_panels_lie_on_each_other() {
    for (file, dashboard) in dashboards() {
        let mut taken = BTreeSet::new();
        for panel in panels(&dashboard) {
            let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
            assert!(at("x") + at("w") <= 24, "{file}: {}", panel["title"]);
            for x in at("x")..at("x") + at("w") {
                for y in at("y")..at("y") + at("h") {
                    assert!(taken.insert((x, y)), "{file}: {} at {x}, {y}", panel["title"]);
                }
            }
        }
    }
}

#[test]
fn every_variable_that_is_used_is_declared() {
    for (file, dashboard) in dashboards() {
        let declared: BTreeSet<&str> = variables(&dashboard).collect();
        assert!(declared.is_superset(&["datasource", "metric", "region", "site"].into()), "{file}: {declared:?}");
        let links: BTreeSet<String> = used(&dashboard.to_string());
        let unknown: Vec<_> = links.iter().filter(|name| !declared.contains(name.as_str())).collect();
        assert!(unknown.is_empty(), "{file}: {unknown:?}");
    }
}

fn variables(dashboard: &Value) -> impl Iterator<Item = &str> {
    dashboard["templating"]["list"].as_array().unwrap().iter().map(|variable| variable["name"].as_str().unwrap())
}

/// Names after a `$`, Grafana's own (`$__…`) left out.
fn used(text: &str) -> BTreeSet<String> {
    let after = text.split('$').skip(1).map(|rest| rest.trim_start_matches('{'));
    let names = after.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>());
    names.filter(|name| !name.is_empty() && !name.starts_with("__")).collect()
}

/// The datasource that the dashboards choose first is the one that is provisioned.
#[test]
fn the_provisioned_datasource_is_the_one_that_dashboards_use() {
    let provisioned = yaml(&ops().join("grafana/provisioning/datasources/prometheus.yml"));
    let uids: Vec<_> =
        list(&provisioned["datasources"]).iter().map(|d| d["uid"].as_str().unwrap().to_owned()).collect();
    for (file, dashboard) in dashboards() {
        let list = dashboard["templating"]["list"].as_array().unwrap();
        let chosen = list.iter().find(|variable| variable["type"] == "datasource").unwrap();
        assert!(uids.iter().any(|uid| chosen["current"]["value"] == uid.as_str()), "{file}: {uids:?}");
    }
    let providers = yaml(&files("grafana/provisioning/dashboards", ".yml")[0]);
    assert_eq!(providers["providers"][0]["options"]["path"], "/var/lib/grafana/dashboards");
}
