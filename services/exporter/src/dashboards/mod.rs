//! Grafana's dashboards, as the files that Grafana is provisioned with.
//!
//! ```text
//!  queries (PromQL in words) ──► overview, site, metric, pipeline ──parts, table──► JSON ──► ops/grafana/dashboards
//! ```
//!
//! One description, because four files of a thousand lines would each say a metric's unit, its Monday and its states again.
//! Colours are of what the engine says (state, course, assurance) and never of a value, so that they are right where lower is
//! better. A metric's families are found by `leading_indicator_info`: a new metric needs no new panel.

mod metric;
mod overview;
mod parts;
mod pipeline;
mod queries;
mod site;
mod table;
mod wording;

use serde_json::Value;

/// A dashboard.
#[derive(Debug)]
pub struct Dashboard {
    /// The name of its file.
    pub file: &'static str,
    /// What is in it.
    pub json: Value,
}

impl Dashboard {
    /// The text of its file.
    pub fn text(&self) -> String {
        format!("{:#}\n", self.json)
    }
}

/// All of them; `board` is the address at which people reach the exporter's pages.
pub fn dashboards(board: &str) -> Vec<Dashboard> {
    let board = board.trim_end_matches('/');
    vec![
        Dashboard { file: "overview.json", json: overview::dashboard(board) },
        Dashboard { file: "site.json", json: site::dashboard(board) },
        Dashboard { file: "metric.json", json: metric::dashboard(board) },
        Dashboard { file: "pipeline.json", json: pipeline::dashboard(board) },
    ]
}
