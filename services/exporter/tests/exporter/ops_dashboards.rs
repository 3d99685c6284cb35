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
        assert!(declared.is_superset(&["datasource", "board"].into()), "{file}: {declared:?}");
        let used: BTreeSet<String> = used(&dashboard.to_string());
        let unknown: Vec<_> = used.iter().filter(|name| !declared.contains(name.as_str())).collect();
        assert!(unknown.is_empty(), "{file}: {unknown:?}");
        let idle: Vec<_> = declared.iter().filter(|name| !used.contains(**name)).collect();
        assert!(idle.is_empty(), "{file}: nothing changes with {idle:?}");
    }
}

/// A link that does not set what the other dashboard asks for shows another site.
#[test]
fn links_lead_to_dashboards_and_pages_that_there_are_and_say_of_what() {
    let all = dashboards();
    let addresses = |value: &Value| -> Vec<String> {
        let text = value.to_string();
        let found = text.split("\"url\":\"").skip(1).map(|rest| rest.split("\",").next().unwrap().replace('\\', ""));
        found.collect()
    };
    for (file, dashboard) in &all {
        let urls = addresses(dashboard);
        assert!(urls.iter().any(|url| url.starts_with("${board}/")), "{file}: {urls:?}");
        for url in urls {
            if let Some(path) = url.strip_prefix("${board}") {
                let page = path.split('$').next().unwrap();
                assert!(["/", "/sites/", "/indicators/", "/data"].contains(&page), "{file}: {url}");
                continue;
            }
            let (uid, rest) = url.strip_prefix("/d/").and_then(|rest| rest.split_once('?')).unwrap();
            let (_, led) = all.iter().find(|(_, other)| other["uid"] == uid).unwrap_or_else(|| panic!("{file}: {url}"));
            assert!(rest.contains("${datasource:queryparam}") && rest.contains("${__url_time_range}"), "{file}: {url}");
            for set in rest.split("&var-").skip(1).map(|set| set.split('=').next().unwrap()) {
                assert!(variables(led).any(|name| name == set), "{file}: {url} sets {set}");
            }
            let asked = led["templating"]["list"].as_array().unwrap().iter();
            let one = asked.filter(|v| v["type"] == "query" && v["multi"] != true).map(|v| v["name"].as_str().unwrap());
            for name in one {
                assert!(rest.contains(&format!("&var-{name}=")), "{file}: {url} does not set {name}");
            }
        }
    }
}

/// The files in `ops/` are what the program writes. `BLESS=1` rewrites them after a change that is meant.
#[test]
fn the_files_are_those_that_the_program_writes() {
    let folder = ops().join("grafana/dashboards");
    let written = exporter::dashboards("http://127.0.0.1:9464/");
    for dashboard in &written {
        let file = folder.join(dashboard.file);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&file, dashboard.text()).unwrap();
        }
        let shipped = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(shipped == dashboard.text(), "{} is not what `bellwether dashboards` writes", file.display());
    }
    assert_eq!(files("grafana/dashboards", ".json").len(), written.len(), "a file that nothing writes");
    let elsewhere = exporter::dashboards("https://board.example");
    let site = elsewhere.iter().find(|dashboard| dashboard.file == "site.json").unwrap();
    let list = site.json["templating"]["list"].as_array().unwrap();
    assert_eq!(list.iter().find(|variable| variable["name"] == "board").unwrap()["query"], "https://board.example");
}

fn variables(dashboard: &Value) -> impl Iterator<Item = &str> {
    dashboard["templating"]["list"].as_array().unwrap().iter().map(|variable| variable["name"].as_str().unwrap())
}

/// Names after a `$`, Grafana's own (`$__…`) left out.
fn used(text: &str) -> BTreeSet<String> {
    let after = text.split('$').skip(1).map(|rest| rest.trim_start_matches('{'));
    let names = after.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>());
    // `$1` is PromQL's own.
    names.filter(|name| name.starts_with(char::is_alphabetic)).collect()
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
    let info = |metric: &str, family: &str, more: &str| {
        format!("leading_indicator_info{{metric=\"{metric}\",family=\"{family}\",{more}}}")
    };
    let (field_time, talks, trir) = (
        info("field_time", "leading_field_time_ratio", r#"kind="ratio",direction="higher""#),
        info("talks", "leading_talks", r#"kind="count",direction="higher""#),
        info("trir", "leading_trir_rate", r#"kind="rate",direction="lower",unit="per 200,000 hours""#),
    );
    let series = [
        (field_time.as_str(), 1.0),
        (talks.as_str(), 1.0),
        (trir.as_str(), 1.0),
        (r#"leading_field_time_ratio{site="a",region="n",window="4w"}"#, 0.25),
        (r#"leading_field_time_ratio{site="a",region="n",window="week"}"#, 0.5),
        (r#"leading_field_time_ratio_lower{site="a",region="n",window="week"}"#, 0.125),
        (r#"leading_field_time_ratio_lower{site="a",region="n",window="4w"}"#, 0.0625),
        (r#"leading_talks{site="a",region="n",window="4w"}"#, 6.0),
        (r#"leading_talks{site="a",region="n",window="week"}"#, 2.0),
        (r#"leading_trir_rate{site="a",region="n",window="4w"}"#, 3.5),
        (r#"leading_trir_rate{site="a",region="n",window="week"}"#, 4.5),
        (r#"leading_target{metric="field_time",site="a",region="n"}"#, 0.75),
        (r#"leading_target{metric="talks",site="a",region="n"}"#, 8.0),
        (r#"leading_company_field_time_ratio{window="week"}"#, 0.5),
        (r#"leading_company_talks{window="week"}"#, 40.0),
        (r#"leading_company_trir_rate{window="week"}"#, 2.5),
        (r#"leading_company_trir_rate_upper{window="week"}"#, 9.5),
    ];
    let (table, weeks) = ("How it stands", "$metric");
    let (percent, rate) = (r#"{unit="%"}"#, r#"{unit="per 200,000 hours"}"#);
    gives(
        &series,
        &[
            (
                table,
                "F",
                &[
                    (r#"{metric="field_time",unit="%"}"#, 25.0),
                    (r#"{metric="talks"}"#, 6.0),
                    (r#"{metric="trir",unit="per 200,000 hours"}"#, 3.5),
                ],
            ),
            (table, "G", &[(r#"{metric="field_time",unit="%"}"#, 6.25)]),
            (table, "I", &[(r#"{metric="field_time",unit="%"}"#, 75.0), (r#"{metric="talks"}"#, 8.0)]),
            (weeks, "A", &[(percent, 50.0), (rate, 4.5), ("{}", 2.0)]),
            (weeks, "B", &[(percent, 75.0), ("{}", 8.0)]),
            (weeks, "C", &[(percent, 50.0), (rate, 2.5), ("{}", 40.0)]),
            (weeks, "D", &[(percent, 12.5)]),
        ],
    );
}

/// By the unit in its name a series is one of percent, whether it is named by a legend or by its labels.
#[test]
fn whoever_is_called_percent_is_shown_so() {
    let percent = |panel: &Value| {
        let overrides = panel["fieldConfig"]["overrides"].as_array().unwrap();
        overrides
            .iter()
            .any(|o| o["matcher"]["options"] == "/(^|[ ,])%(,|$)/" && o["properties"][0]["value"] == "percent")
    };
    let charts = dashboards().into_iter().flat_map(|(_, dashboard)| panels(&dashboard));
    let valued = charts.filter(|panel| panel["type"] == "timeseries" && panel.to_string().contains("\\\"unit\\\""));
    let valued: Vec<Value> = valued.collect();
    assert_eq!(valued.len(), 2, "$metric, and the sites nearest to an alarm");
    for panel in valued {
        assert!(panel["fieldConfig"]["defaults"]["unit"] == "none" && percent(&panel), "{panel}");
        for target in panel["targets"].as_array().unwrap() {
            let legend = target["legendFormat"].as_str().unwrap();
            assert!(legend.is_empty() || legend.ends_with(" {{unit}}"), "{target}");
        }
    }
}

/// Of a metric with labels of its own the highest value was shown, the best one where higher is better.
#[test]
fn of_several_values_of_a_site_a_table_tells_the_worst() {
    let mut series = Vec::new();
    for (metric, direction) in [("talks", "higher"), ("spills", "lower")] {
        series.push((
            format!("leading_indicator_info{{metric=\"{metric}\",family=\"leading_{metric}\",kind=\"count\",direction=\"{direction}\"}}"),
            1.0,
        ));
        for (shift, value) in [("day", 6.0), ("night", 2.0)] {
            let labels = format!("site=\"a\",region=\"n\",shift=\"{shift}\"");
            series.push((format!("leading_{metric}{{{labels},window=\"4w\"}}"), value));
        }
    }
    let series: Vec<Sample<'_>> = series.iter().map(|(series, value)| (series.as_str(), *value)).collect();
    let worst = [(r#"{metric="spills"}"#, 6.0), (r#"{metric="talks"}"#, 2.0)];
    gives(&series, &[("How it stands", "F", &worst)]);
}

/// The week of Monday 5 January 2026 was shown as that of a Sunday west of Greenwich and at sites east of it.
#[test]
fn a_monday_is_shown_as_a_monday_wherever_the_site_is_and_whoever_looks() {
    let noon = 1_767_614_400_000.0;
    for (zone, start) in [("Kiritimati", 1_767_520_800.0), ("UTC", 1_767_571_200.0), ("Pago Pago", 1_767_610_800.0)] {
        let labels = format!("metric=\"m\",site={zone:?},region=\"n\"");
        let week = format!("leading_week_start_timestamp_seconds{{{labels}}}");
        let since = format!("leading_lagging_since_timestamp_seconds{{{labels},reason=\"below\"}}");
        let told = [(r#"{metric="m"}"#, noon)];
        let (stands, metrics) = ("How it stands", "Metric by metric");
        gives(&[(&week, start), (&since, start)], &[(stands, "L", &told), (stands, "C", &told), (metrics, "E", &told)]);
    }
    for (file, dashboard) in dashboards() {
        assert_eq!(dashboard["timezone"], "utc", "{file}");
        assert_eq!(dashboard["weekStart"], "monday", "{file}");
    }
}

/// Sites at which fewer incidents are better were green when they had many.
#[test]
fn nothing_is_coloured_by_a_value_that_may_be_better_when_it_is_lower() {
    for panel in dashboards().iter().flat_map(|(_, dashboard)| panels(dashboard)) {
        let coloured = panel["fieldConfig"]["defaults"]["thresholds"]["steps"].as_array().map_or(0, Vec::len) > 1;
        let of_values = panel["targets"].to_string().contains("leading_indicator_info");
        assert!(!(coloured && of_values), "{}", panel["title"]);
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
