//! Who hears of what, when, and in which words.

use crate::{
    ops_queries::{alerts, files, list, yaml},
    tools::{must_pass, ops, run},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const CONFIGURATION: &str = "--config.file=alertmanager/alertmanager.yml";
const HOURS: &str = "active_time_intervals";

fn goes_to(labels: &[&str], receiver: &str) {
    let verify = format!("--verify.receivers={receiver}");
    must_pass("amtool", &[&["config", "routes", "test", CONFIGURATION, &verify], labels].concat(), "");
}

fn configuration() -> Value {
    yaml(&ops().join("alertmanager/alertmanager.yml"))
}

#[test]
fn owner_audience_and_severity_decide_who_hears_of_it() {
    for (labels, receiver) in [
        (["audience=leaders", "severity=warning", "owner=operations"], "operations"),
        (["audience=leaders", "severity=critical", "owner=operations"], "operations"),
        (["audience=leaders", "severity=info", "owner=learning"], "learning"),
        // Nobody has given it a receiver yet.
        (["audience=leaders", "severity=warning", "owner=somebody new"], "leaders"),
        (["audience=leaders", "severity=critical", "owner=somebody new"], "leaders"),
        (["audience=platform", "severity=warning", "alertname=BellwetherQueryFailing"], "platform"),
        (["audience=platform", "severity=critical", "alertname=BellwetherDown"], "platform"),
        (["audience=platform", "severity=info", "alertname=BellwetherWatchdog"], "watchdog"),
    ] {
        goes_to(&labels, receiver);
    }
}

/// The owner of a shipped metric has a receiver of its name; what is about the program goes to the platform's people.
#[test]
fn every_alert_has_its_receiver() {
    for rule in alerts() {
        let text = |label: &str| rule["labels"][label].as_str().unwrap_or_default().to_owned();
        let receiver = match (rule["alert"].as_str().unwrap(), text("audience").as_str()) {
            ("BellwetherWatchdog", _) => "watchdog".to_owned(),
            (_, "leaders") => text("owner"),
            (_, audience) => audience.to_owned(),
        };
        let name = format!("alertname={}", rule["alert"].as_str().unwrap());
        let labels = ["audience", "severity", "owner"].map(|label| format!("{label}={}", text(label)));
        goes_to(&[&[name.as_str()], labels.each_ref().map(String::as_str).as_slice()].concat(), &receiver);
    }
}

/// Routes do not inherit the hours: a metric's owner was woken, and another one never told.
#[test]
fn what_is_critical_is_told_at_any_hour_and_what_is_not_in_working_hours() {
    let configuration = configuration();
    let about_sites: Vec<Value> = list(&configuration["route"]["routes"])
        .into_iter()
        .filter(|route| list(&route["matchers"]).contains(&json!("audience = \"leaders\"")))
        .collect();
    assert_eq!(about_sites.len(), 2);
    for route in about_sites {
        assert_eq!(route["group_by"], json!(["region"]), "one region, one message");
        let critical = list(&route["matchers"]).contains(&json!("severity = \"critical\""));
        let hours = if critical { Value::Null } else { json!(["working-hours"]) };
        for route in list(&route["routes"]).iter().chain([&route]) {
            assert_eq!(route.get(HOURS).unwrap_or(&Value::Null), &hours, "{route}");
        }
    }
    assert_eq!(configuration["time_intervals"][0]["name"], "working-hours");
}

#[test]
fn an_alert_mutes_another_only_about_the_same_thing() {
    for rule in list(&configuration()["inhibit_rules"]) {
        assert!(!list(&rule["equal"]).is_empty(), "{rule}");
    }
}

/// Names of alerts in matchers outlive their alerts.
#[test]
fn every_alert_that_a_matcher_names_is_there() {
    let there: BTreeSet<String> = alerts().iter().map(|rule| rule["alert"].as_str().unwrap().to_owned()).collect();
    let text = std::fs::read_to_string(ops().join("alertmanager/alertmanager.yml")).unwrap();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.starts_with("Bellwether"));
    let named: BTreeSet<String> = words.map(str::to_owned).collect();
    assert!(named.len() > 4, "{named:?}");
    assert_eq!(named.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// Two findings and one that is over, as Alertmanager gives them to a template.
fn message() -> Value {
    let alert = |status: &str, site: &str, summary: &str, description: &str, since: &str| {
        let board = format!("https://board.example/sites/{site}");
        let annotations = json!({
            "summary": summary, "description": description, "dashboard_url": board,
            "runbook_url": "https://books.example/site-lagging.md",
        });
        json!({"status": status, "labels": {"site": site}, "annotations": annotations, "startsAt": since})
    };
    let told = "Below 30 % since 5 Jan 2026, very sure. Last four weeks 21 %, target 45 %.";
    let alerts = [
        alert("firing", "beta", "Beta Mine lags on field time: below 30 %", told, "2026-03-09T08:00:00Z"),
        alert("firing", "g%2Fh", "G <i> & Co sends nothing for field time", "Nobody can say.", "2026-03-09T08:00:00Z"),
        alert("resolved", "alpha", "Alpha lags on field time: below 30 %", told, "2026-01-12T08:00:00Z"),
    ];
    json!({
        "receiver": "operations", "status": "firing", "alerts": alerts, "groupLabels": {"region": "<north>"},
        "commonLabels": {}, "commonAnnotations": {}, "externalURL": "https://alerts.example",
    })
}

/// What a template makes of the message; `None` without amtool.
fn rendered(template: &str, kind: &str) -> Option<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), message().to_string()).unwrap();
    let data = format!("--template.data={}", file.path().display());
    let text = format!("--template.text={{{{ template \"{template}\" . }}}}");
    let kind = format!("--template.type={kind}");
    let glob = "--template.glob=alertmanager/templates/*.tmpl";
    let output = run("amtool", &["template", "render", glob, &data, &kind, &text], "")?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// A site's name was a link in a chat. Thirty messages came in two seconds, each with the ids of a site, a metric and a reason.
#[test]
fn a_message_names_its_region_each_site_and_where_to_look() {
    let Some(title) = rendered("bellwether.title", "text") else { return };
    assert_eq!(title.trim(), "north: 2 findings, 1 over");
    assert_eq!(rendered("bellwether.link", "text").unwrap().trim(), "https://board.example/");
    let text = rendered("bellwether.text", "text").unwrap();
    let expected = "\
\u{2022} Beta Mine lags on field time: below 30 %
  Below 30 % since 5 Jan 2026, very sure. Last four weeks 21 %, target 45 %.
  https://board.example/sites/beta
\u{2022} G &lt;i&gt; &amp; Co sends nothing for field time
  Nobody can say.
  https://board.example/sites/g%2Fh
Over, and was so since:
\u{2022} 12 Jan 2026: Alpha lags on field time: below 30 %";
    assert_eq!(text.trim(), expected);
}

#[test]
fn a_site_cannot_write_markup_into_a_mail() {
    let Some(html) = rendered("bellwether.html", "html") else { return };
    assert!(html.contains("G &lt;i&gt; &amp; Co sends nothing") && !html.contains("<i>"), "{html}");
    assert!(html.contains("<a href=\"https://board.example/sites/g%2Fh\">"), "{html}");
}

#[test]
fn every_template_that_a_receiver_uses_is_there() {
    let defined: String =
        files("alertmanager/templates", ".tmpl").iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let text = std::fs::read_to_string(ops().join("alertmanager/alertmanager.yml")).unwrap();
    let used: BTreeSet<&str> = text.split("{{ template \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(used.len() > 3, "{used:?}");
    for name in used {
        assert!(defined.contains(&format!("{{{{ define \"{name}\" -}}}}")), "{name}");
    }
}
