//! The dashboards against Grafana's JSON Schemas, and by the rules of Grafana's dashboard-linter.

use crate::{
    ops_queries::{dashboards, panels},
    tools::ops,
};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, path::PathBuf};

/// Grafana's schemas, where they are beside the project: they are no part of it.
struct Schemas(PathBuf);

impl Schemas {
    fn read(&self, name: &str) -> Value {
        let file = self.0.join(format!("{name}.jsonschema.json"));
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
        let mut schema: Value = serde_json::from_str(&text).unwrap();
        // What may be anything is written as an object there, though a matcher by name has a text and a unit is one.
        for (of, key) in [("MatcherConfig", "options"), ("DynamicConfigValue", "value")] {
            if let Some(anything) = schema["definitions"].get_mut(of) {
                anything["properties"][key] = json!({});
            }
        }
        // The kinds of cells are not told apart by what they must have: several may fit.
        if let Some(cells) = schema["definitions"].get_mut("TableCellOptions") {
            cells["anyOf"] = cells["oneOf"].take();
            cells["oneOf"] = json!([true]);
        }
        schema
    }

    /// A definition of a file as a schema of its own.
    fn of(&self, name: &str, definition: &str) -> Validator {
        let mut schema = self.read(name);
        assert!(schema["definitions"][definition].is_object(), "{name} has no {definition}");
        schema["$ref"] = json!(format!("#/definitions/{definition}"));
        jsonschema::validator_for(&schema).unwrap()
    }

    /// Units by name.
    fn units(&self) -> BTreeSet<String> {
        let units = self.read("units");
        let all = units["definitions"].as_object().unwrap().values();
        all.filter_map(|unit| unit["const"].as_str().or_else(|| unit["enum"][0].as_str())).map(str::to_owned).collect()
    }
}

fn must_hold(validator: &Validator, value: &Value, place: &str) {
    let faults: Vec<String> =
        validator.iter_errors(value).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{place}: {faults:#?}");
}

#[test]
fn every_dashboard_panel_and_query_is_one_by_grafanas_schemas() {
    let Some(folder) = prerequisites::data(&ops().join("../../shared/grafana-jsonschema")) else { return };
    let schemas = Schemas(folder);
    let (whole, query) = (schemas.of("dashboard", "Dashboard"), schemas.of("prometheus", "Dataquery"));
    let units = schemas.units();
    assert!(units.contains("percentunit") && units.len() > 50, "{units:?}");
    for (file, dashboard) in dashboards() {
        must_hold(&whole, &dashboard, &file);
        for panel in panels(&dashboard) {
            let place = format!("{file}: {}", panel["title"]);
            let kind = panel["type"].as_str().unwrap().replace('-', "");
            must_hold(&schemas.of(&kind, "Options"), &panel["options"], &place);
            for target in panel["targets"].as_array().unwrap() {
                must_hold(&query, target, &place);
            }
            let fields = &panel["fieldConfig"];
            for custom in custom(fields) {
                must_hold(&schemas.of(&kind, "FieldConfig"), &custom, &place);
            }
            for unit in used_units(fields) {
                assert!(units.contains(&unit) || unit.starts_with("time:"), "{place}: no unit {unit}");
            }
        }
    }
}

/// What a panel says of its fields beyond what all panels can say: by default, and by override.
fn custom(fields: &Value) -> Vec<Value> {
    let default = fields["defaults"].get("custom").cloned();
    let properties = fields["overrides"].as_array().unwrap().iter().flat_map(|o| o["properties"].as_array().unwrap());
    let overridden = properties.filter_map(|property| {
        let name = property["id"].as_str().unwrap().strip_prefix("custom.")?;
        let mut whole = default.clone().unwrap_or_default();
        whole[name] = property["value"].clone();
        Some(whole)
    });
    default.clone().into_iter().chain(overridden).collect()
}

fn used_units(fields: &Value) -> Vec<String> {
    let properties = fields["overrides"].as_array().unwrap().iter().flat_map(|o| o["properties"].as_array().unwrap());
    let overridden = properties.filter(|property| property["id"] == "unit").map(|property| &property["value"]);
    let all = overridden.chain(fields["defaults"].get("unit"));
    all.map(|unit| unit.as_str().unwrap().to_owned()).collect()
}

/// The rules by the linter's names. Jobs and instances are those of the program's own health: values of sites are the same
/// whichever instance is asked, and a leader chooses none.
#[test]
fn the_dashboards_keep_the_rules_of_grafanas_linter() {
    for (file, dashboard) in dashboards() {
        let variables = dashboard["templating"]["list"].as_array().unwrap();
        let variable = |name: &str| variables.iter().find(|variable| variable["name"] == name);
        assert_eq!(variable("datasource").unwrap()["label"], "Data source", "template-datasource-rule: {file}");
        for queried in variables.iter().filter(|variable| variable["type"] == "query") {
            assert_eq!(queried["refresh"], 2, "template-on-time-change-reload-rule: {file}: {queried}");
        }
        assert_eq!(dashboard["editable"], false, "uneditable-dashboard: {file}");
        let own = file == "pipeline.json";
        for name in ["job", "instance"] {
            let chosen = variable(name).map(|v| (v["multi"] == true, v["allValue"].clone()));
            assert_eq!(chosen, own.then(|| (true, json!(".+"))), "template-{name}-rule: {file}");
        }
        for panel in panels(&dashboard) {
            let place = format!("{file}: {}", panel["title"]);
            let said = |key: &str| panel[key].as_str().is_some_and(|text| !text.is_empty());
            assert!(said("title") && said("description"), "panel-title-description-rule: {place}");
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "panel-datasource-rule: {place}");
            let unit = panel["fieldConfig"]["defaults"]["unit"].as_str();
            assert!(panel["type"] == "state-timeline" || unit.is_some(), "panel-units-rule: {place}");
            let targets = panel["targets"].as_array().unwrap();
            assert!(!targets.is_empty(), "panel-no-targets-rule: {place}");
            for query in targets.iter().map(|target| target["expr"].as_str().unwrap()) {
                let ranges = query.matches('[').count();
                assert_eq!(query.matches("[$__rate_interval]").count(), ranges, "target-rate-interval-rule: {place}");
                for before in query.split("_total").collect::<Vec<_>>().split_last().unwrap().1 {
                    let call = before.rsplit_once('(').unwrap().0;
                    assert!(call.ends_with("rate") || call.ends_with("increase"), "target-counter-agg-rule: {place}");
                }
                for name in ["job", "instance"].into_iter().filter(|_| own) {
                    let selectors = query.matches('{').count();
                    let chosen = query.matches(&format!("{name}=~\"${name}\"")).count();
                    assert!(chosen == selectors && chosen > 0, "target-{name}-rule: {place}: {query}");
                }
            }
        }
    }
}
