//! What a query reads: the tables of its plan, and which columns of each.

use super::unknown_names::Planned;
use contracts::Contracts;
use datafusion::{common::tree_node::TreeNodeRecursion, logical_expr::LogicalPlan};
use evaluation::views::offered;
use std::collections::{BTreeMap, BTreeSet};

/// By table, the columns that are needed of it.
pub(super) type Reads = BTreeMap<String, BTreeSet<String>>;

/// What the plan scans that was left with what it needs; all columns of a table that was left out of it.
pub(super) fn of(planned: &Planned, contracts: &Contracts) -> Reads {
    let mut reads = Reads::new();
    let _ = planned.needed.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            let columns = scan.projected_schema.fields().iter().map(|field| field.name().clone());
            let filtered = scan.filters.iter().flat_map(|filter| filter.column_refs()).map(|c| c.name.clone());
            reads.entry(scan.table_name.table().to_owned()).or_default().extend(columns.chain(filtered));
        }
        Ok(TreeNodeRecursion::Continue)
    });
    for table in tables(&planned.written) {
        let all = || {
            let schema = contracts.get(&table).map(|contract| offered(contract));
            schema.iter().flat_map(|schema| schema.fields()).map(|field| field.name().clone()).collect()
        };
        reads.entry(table.clone()).or_insert_with(all);
    }
    reads
}

/// Names of the tables that a plan reads, subqueries included.
pub(crate) fn tables(plan: &LogicalPlan) -> BTreeSet<String> {
    let mut tables = BTreeSet::new();
    let _ = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            tables.insert(scan.table_name.table().to_owned());
        }
        Ok(TreeNodeRecursion::Continue)
    });
    tables
}

/// The streams among them: reference tables left out.
pub(super) fn streams(reads: &Reads, contracts: &Contracts) -> BTreeSet<String> {
    let is_stream = |table: &&String| contracts.get(table).is_some_and(|contract| !contract.is_reference());
    reads.keys().filter(is_stream).cloned().collect()
}
