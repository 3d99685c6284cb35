//! The dashboards, as far as no Grafana is needed.

use crate::{
    ops_queries::{dashboards, files, list, panels, without_variables, yaml},
    tools::{must_pass, ops},
};
use serde_json::{Value, json};
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

/// Labels and value.
type Sample<'a> = (&'a str, f64);

/// Series, and what the queries of panels (title, id) make of them.
fn gives(series: &[Sample<'_>], cases: &[(&str, &str, &[Sample<'_>])]) {
    let panels: Vec<Value> = dashboards().iter().flat_map(|(_, dashboard)| panels(dashboard)).collect();
    let query = |title: &str, id: &str| {
        let panel = panels.iter().find(|panel| panel["title"] == title).unwrap_or_else(|| panic!("no panel {title}"));
        let target = panel["targets"].as_array().unwrap().iter().find(|target| target["refId"] == id).unwrap();
        without_variables(target["expr"].as_str().unwrap())
    };
    let sample = |(labels, value): &Sample<'_>| json!({"labels": labels, "value": value});
    let case = |(title, id, samples): &(&str, &str, &[Sample<'_>])| json!({"expr": query(title, id), "exp_samples": samples.iter().map(sample).collect::<Vec<_>>()});
    let series = series.iter().map(|(series, value)| json!({"series": series, "values": value.to_string()}));
    let cases: Vec<Value> = cases.iter().map(case).collect();
    let test = json!({"tests": [{"input_series": series.collect::<Vec<_>>(), "promql_expr_test": cases}]});
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), test.to_string()).unwrap();
    must_pass("promtool", &["test", "rules", file.path().to_str().unwrap()], "");
}

/// Six talks a week were shown as 600 %.
#[test]
fn shares_are_shown_in_percent_and_counts_and_rates_as_they_are() {
    let series = [
        (r#"leading_indicator_info{metric="field_time",family="leading_field_time_ratio",kind="ratio"}"#, 1.0),
        (r#"leading_indicator_info{metric="talks",family="leading_talks",kind="count"}"#, 1.0),
        (r#"leading_indicator_info{metric="trir",family="leading_trir_rate",kind="rate"}"#, 1.0),
        (r#"leading_field_time_ratio{site="a",region="n",window="4w"}"#, 0.25),
        (r#"leading_field_time_ratio{site="a",region="n",window="week"}"#, 0.5),
        (r#"leading_field_time_ratio_lower{site="a",region="n",window="week"}"#, 0.125),
        (r#"leading_talks{site="a",region="n",window="4w"}"#, 6.0),
        (r#"leading_talks{site="a",region="n",window="week"}"#, 2.0),
        (r#"leading_trir_rate{site="a",region="n",window="4w"}"#, 3.5),
        (r#"leading_trir_rate{site="a",region="n",window="week"}"#, 4.5),
        (r#"leading_target{metric="field_time",site="a",region="n"}"#, 0.75),
        (r#"leading_target{metric="talks",site="a",region="n"}"#, 8.0),
        (r#"leading_trend_per_week{metric="field_time",site="a",region="n"}"#, -0.25),
        (r#"leading_trend_per_week{metric="trir",site="a",region="n"}"#, -1.5),
        (r#"leading_company_field_time_ratio{window="week"}"#, 0.5),
        (r#"leading_company_talks{window="week"}"#, 40.0),
        (r#"leading_company_trir_rate{window="week"}"#, 2.5),
        (r#"leading_company_trir_rate_upper{window="week"}"#, 9.5),
    ];
    let (table, weeks) = ("Sites by metric, lagging first", "$metric: value against target");
    gives(
        &series,
        &[
            (
                table,
                "B",
                &[
                    (r#"{metric="field_time",site="a",region="n",unit="%"}"#, 25.0),
                    (r#"{metric="talks",site="a",region="n"}"#, 6.0),
                    (r#"{metric="trir",site="a",region="n"}"#, 3.5),
                ],
            ),
            (
                table,
                "C",
                &[
                    (r#"{metric="field_time",site="a",region="n",unit="%"}"#, 75.0),
                    (r#"{metric="talks",site="a",region="n"}"#, 8.0),
                ],
            ),
            (
                table,
                "D",
                &[
                    (r#"{metric="field_time",site="a",region="n",unit="%"}"#, -25.0),
                    (r#"{metric="trir",site="a",region="n"}"#, -1.5),
                ],
            ),
            (
                weeks,
                "A",
                &[
                    (r#"{metric="field_time",site="a",unit="%"}"#, 50.0),
                    (r#"{metric="talks",site="a"}"#, 2.0),
                    (r#"{metric="trir",site="a"}"#, 4.5),
                ],
            ),
            (weeks, "B", &[(r#"{metric="field_time",unit="%"}"#, 75.0), (r#"{metric="talks"}"#, 8.0)]),
            (
                weeks,
                "C",
                &[
                    (r#"{metric="field_time",unit="%"}"#, 50.0),
                    (r#"{metric="talks"}"#, 40.0),
                    (r#"{metric="trir"}"#, 2.5),
                ],
            ),
        ],
    );
    // The legend ends with the unit, and by its end the axis is one of percent.
    for panel in
        dashboards().iter().flat_map(|(_, dashboard)| panels(dashboard)).filter(|panel| panel["title"] == weeks)
    {
        assert_eq!(panel["fieldConfig"]["defaults"]["unit"], "none");
        for target in panel["targets"].as_array().unwrap() {
            assert!(target["legendFormat"].as_str().unwrap().ends_with(" {{unit}}"), "{target}");
        }
        let overrides = panel["fieldConfig"]["overrides"].as_array().unwrap();
        let percent = json!({
            "matcher": {"id": "byRegexp", "options": "/ %$/"}, "properties": [{"id": "unit", "value": "percent"}]
        });
        assert!(overrides.contains(&percent), "{overrides:?}");
    }
}

/// The week of Monday 5 January 2026 was shown as that of a Sunday west of Greenwich and at sites east of it.
#[test]
fn a_monday_is_shown_as_a_monday_wherever_the_site_is_and_whoever_looks() {
    let noon = 1_767_614_400_000.0;
    for (zone, start) in [("Kiritimati", 1_767_520_800.0), ("UTC", 1_767_571_200.0), ("Pago Pago", 1_767_610_800.0)] {
        let series = format!("leading_week_start_timestamp_seconds{{metric=\"m\",site={zone:?},region=\"n\"}}");
        let title = "Last complete week, by metric";
        gives(
            &[(&series, start)],
            &[(title, "A", &[(r#"{metric="m"}"#, noon)]), (title, "B", &[(r#"{metric="m"}"#, noon)])],
        );
    }
    for (file, dashboard) in dashboards() {
        assert_eq!(dashboard["timezone"], "utc", "{file}");
    }
}

/// "Below the threshold" was said of a site with too many incidents.
#[test]
fn no_words_of_a_reason_take_lower_for_worse() {
    for (file, dashboard) in dashboards() {
        let text = dashboard.to_string();
        for word in ["Below the", "\"Falling", "Weeks below", "falling alarms"] {
            assert!(!text.contains(word), "{file}: {word}");
        }
    }
}
