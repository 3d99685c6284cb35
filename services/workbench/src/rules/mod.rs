//! Metrics → what Prometheus tells people of them: recording rules, one alert a site and metric, and the tests of both.
//!
//! ```text
//!  metrics ─┬─ alerts.rs ─► rules/sites.rules.yml ◄── promtool ──┐ what the templates make of numbers must be
//!           └─ cases.rs ──► tests/sites.test.yml ────────────────┘ what the board's own words say of them
//! ```
//!
//! What stands in a query file (owner, unit) is text to all of it: never a part of a template, a label or of YAML.

mod alerts;
mod cases;
mod options;
mod yaml;

pub use options::{LinkBase, RuleOptions, Selector};

use indicators::Metric;
use std::sync::Arc;

/// A file of rules or of their tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFile {
    /// Its place in the folder of Prometheus' configuration.
    pub path: &'static str,
    /// All of it.
    pub text: String,
}

/// The rules of these metrics, then the tests of the rules. By name, so that the order of files does not matter.
pub fn rules(metrics: &[Arc<Metric>], options: &RuleOptions) -> [RuleFile; 2] {
    let mut metrics: Vec<&Metric> = metrics.iter().map(AsRef::as_ref).collect();
    metrics.sort_by(|a, b| a.name.cmp(&b.name));
    [
        RuleFile { path: "rules/sites.rules.yml", text: alerts::file(&metrics, options) },
        RuleFile { path: "tests/sites.test.yml", text: cases::file(&metrics, options) },
    ]
}

#[cfg(test)]
mod tests;
