//! Every PromQL of `ops/`: it parses, and reads families that exist.

use crate::{exposition::published, tools::ops};
use promql_parser::{
    parser::{self, Expr, VectorSelector},
    util::{ExprVisitor, walk_expr},
};
use serde_json::Value as Json;
use std::{collections::BTreeSet, convert::Infallible, fs, path::PathBuf};

/// The program's own metrics that alerts and panels may read (those of the exporter aside).
const OWN: [&str; 31] = [
    "bellwether_consumer_lag",
    "bellwether_ingested_rows_total",
    "bellwether_dead_letters_total",
    "bellwether_unknown_fields_total",
    "bellwether_commit_seconds",
    "bellwether_commit_seconds_bucket",
    "bellwether_flush_seconds",
    "bellwether_commits_total",
    "bellwether_fenced_total",
    "bellwether_last_event_timestamp_seconds",
    "bellwether_last_ingested_timestamp_seconds",
    "bellwether_broker_reachable",
    "bellwether_broker_last_answer_timestamp_seconds",
    "bellwether_service_up",
    "bellwether_service_consecutive_failures",
    "bellwether_partition_stopped",
    "bellwether_partition_waiting",
    "bellwether_partition_withheld",
    "bellwether_stage_wait_seconds_total",
    "bellwether_query_success",
    "bellwether_query_seconds",
    "bellwether_query_rows",
    "bellwether_query_last_success_timestamp_seconds",
    "bellwether_query_faults",
    "bellwether_query_pending",
    "bellwether_queries_valid",
    "bellwether_queries_loaded_timestamp_seconds",
    "bellwether_unknown_site_events",
    "bellwether_lake_disk_free_bytes",
    "bellwether_lake_disk_size_bytes",
    "up",
];

/// Files of a folder of `ops/` with this ending.
pub fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(ops().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let found: Vec<_> = entries.filter(|path| path.to_str().unwrap().ends_with(ending)).collect();
    assert!(!found.is_empty(), "no {ending} in ops/{folder}");
    found
}

pub fn yaml(path: &PathBuf) -> Json {
    serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

/// Every alert of every rule file.
pub fn alerts() -> Vec<Json> {
    rules().into_iter().filter(|rule| rule["alert"].is_string()).collect()
}

/// Every rule of every rule file.
fn rules() -> Vec<Json> {
    let groups = files("prometheus/rules", ".rules.yml").into_iter().flat_map(|path| list(&yaml(&path)["groups"]));
    groups.flat_map(|group| list(&group["rules"])).collect()
}

pub fn list(value: &Json) -> Vec<Json> {
    value.as_array().cloned().unwrap_or_default()
}

/// Every dashboard, by file name.
pub fn dashboards() -> Vec<(String, Json)> {
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
    };
    files("grafana/dashboards", ".json").into_iter().map(read).collect()
}

/// Panels, those in rows included.
pub fn panels(dashboard: &Json) -> Vec<Json> {
    let of = |value: &Json| value["panels"].as_array().cloned().unwrap_or_default();
    of(dashboard).into_iter().flat_map(|panel| [vec![panel.clone()], of(&panel)].concat()).collect()
}

/// Where each query stands, and the query with its variables set to match everything.
fn queries() -> Vec<(String, String)> {
    let named = |rule: &Json| rule["alert"].as_str().or(rule["record"].as_str()).unwrap().to_owned();
    let alerts = rules().into_iter().map(|rule| (named(&rule), text(&rule["expr"])));
    let of_panel = |panel: Json| {
        let targets = panel["targets"].as_array().cloned().unwrap_or_default();
        let title = panel["title"].as_str().unwrap().to_owned();
        targets.into_iter().map(move |target| (title.clone(), target["expr"].as_str().unwrap().to_owned()))
    };
    let shown = dashboards().into_iter().flat_map(|(_, dashboard)| panels(&dashboard)).flat_map(of_panel);
    alerts.chain(shown).map(|(place, query)| (place, without_variables(&query))).collect()
}

fn text(value: &Json) -> String {
    value.as_str().unwrap().to_owned()
}

/// The query with its variables set to match everything.
pub fn without_variables(query: &str) -> String {
    let all = |query: String, name: &str| {
        let one = query.replace(&format!("=\"${name}\""), "=~\".*\"");
        one.replace(&format!("${name}"), ".*")
    };
    let query = query.replace("$__rate_interval", "5m");
    ["metric", "site", "region", "job", "instance"].into_iter().fold(query, all)
}

/// Names that a query reads; a selector by `__name__` names none.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl ExprVisitor for Names {
    type Error = Infallible;

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool, Infallible> {
        let selector: Option<&VectorSelector> = match expr {
            Expr::VectorSelector(selector) => Some(selector),
            Expr::MatrixSelector(matrix) => Some(&matrix.vs),
            _ => None,
        };
        self.0.extend(selector.and_then(|selector| selector.name.clone()));
        Ok(true)
    }
}

fn known() -> BTreeSet<String> {
    let text = published().metrics();
    let families = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let recorded = rules().into_iter().filter_map(|rule| Some(rule["record"].as_str()?.to_owned()));
    families.chain(OWN).map(str::to_owned).chain(recorded).collect()
}

#[test]
fn every_query_parses_and_reads_what_is_exported() {
    let (queries, known) = (queries(), known());
    assert!(queries.len() > 20, "{queries:?}");
    for (place, query) in queries {
        assert!(
            !query.replace("$1", "").contains('$'),
            "{place}: a variable that the documentation does not name: {query}"
        );
        let parsed = parser::parse(&query).unwrap_or_else(|error| panic!("{place}: {error}\n{query}"));
        let mut names = Names::default();
        let Ok(_) = walk_expr(&mut names, &parsed);
        for name in names.0 {
            assert!(known.contains(&name), "{place} reads {name}, which nobody exports");
        }
    }
}
