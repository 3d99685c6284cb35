//! What those who write metrics meet: query files, their checks, tests and previews, and the reference.
//!
//! ```text
//!  queries/*.sql ─query_file─► Metric ─┬─ preview (rows and values of one week)
//!  queries/*.slt ─query_test─► Tested  ├─ converge (do other orders of arrival agree?)
//!                                      ├─ rules (alerts in the words of the metric)
//!                                      └─ evaluation
//! ```
//!
//! Invariant: every fault names its file, line and column, and all faults are reported in one run.
//!
//! # The way of one query file
//!
//! 1. `query_file/folder.rs:find_readable` reads the texts of files and folders.
//! 2. `query_file/check.rs:check_queries` checks each text alone, all at the same time, then their names against one another.
//! 3. `query_file/front_matter/mod.rs:split` cuts the text into front matter and SELECT.
//! 4. `query_file/front_matter/mod.rs:declare` reads the keys (`keys.rs`) by their types (`entries.rs`).
//! 5. `query_file/front_matter/names.rs:check_metric` holds names against Prometheus' rules.
//! 6. `query_file/select/mod.rs:check` takes the SELECT from here on; `query_file/select/mod.rs:parsed` is where it is parsed,
//!    with a clock in the place of `$as_of`.
//! 7. `query_file/select/syntax.rs:refused` and `calls.rs:impure_calls` find what is refused whatever it means.
//! 8. `query_file/select/planning.rs:plan` plans it against the tables' columns, and finds every unknown name.
//! 9. `query_file/select/reads.rs:of` lists the tables and columns that the plan needs.
//! 10. `query_file/select/order.rs:faults`, `query_file/select/conditions.rs:unknown_values`,
//!     `query_file/select/conditions.rs:negations` and `query_file/select/clocks.rs:faults` check the plan's expressions.
//! 11. `query_file/select/columns.rs:check` holds the result's columns, by what they are made of (`lineage.rs`), against the
//!     declaration.
//! 12. `query_file/check.rs:basis_of` is what the fingerprint is taken of, and the metric is complete.
//! 13. `query_file/select/mod.rs:doubts` notes what is no fault but in doubt: ratios (`promise.rs`), joins (`joins.rs`).
//! 14. `query_test/mod.rs:run` runs the test beside the file, `preview/rows.rs:preview` shows its rows,
//!     `converge/mod.rs:converge` plays random histories against it.

mod calls;
mod converge;
mod preview;
mod query_file;
mod query_test;
mod rules;

pub mod reference;

pub use converge::{ConvergeError, Converged, Difference, converge, converge_together};
pub use preview::{Explained, PreviewError, TableRead, Wanted, explain, preview};
pub use query_file::{
    Fault, KEYS, Key, Listing, Presence, QueryFileError, QuerySet, Shape, check_queries, doubts, find_queries,
    find_readable, load_queries, name_fault, read_queries, text_of,
};
pub use query_test::{QueryTest, TestFailure, Tested};
pub use rules::{LinkBase, RuleFile, RuleOptions, Selector, rules};

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Walks in comments outlive what they walk through.
    #[test]
    fn every_step_of_the_walk_is_a_function_of_its_file() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let walk = include_str!("lib.rs").lines().filter(|line| line.starts_with("//!"));
        let quoted = walk.flat_map(|line| line.split('`').skip(1).step_by(2));
        let steps: Vec<(&str, &str)> = quoted.filter_map(|step| step.split_once(".rs:")).collect();
        assert!(steps.len() > 12, "{steps:?}");
        for (file, function) in steps {
            let text = std::fs::read_to_string(sources.join(format!("{file}.rs"))).unwrap_or_default();
            let there = ["(", "<"].iter().any(|open| text.contains(&format!("fn {function}{open}")));
            assert!(there, "{file}.rs has no function {function}");
        }
    }
}
