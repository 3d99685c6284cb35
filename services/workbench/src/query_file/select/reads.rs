//! What a query reads: the tables of its plan, which columns of each, and whether those are survey answers.
//!
//! What was answered needs suppression; who answered which survey, where and when, is participation and needs none: hiding
//! the sites where few answer would only make the others look like all.

use super::lineage::RESPONDENT;
use contracts::{Contract, Contracts};
use datafusion::{
    common::tree_node::TreeNodeRecursion,
    error::DataFusionError,
    execution::session_state::SessionState,
    logical_expr::LogicalPlan,
    optimizer::{
        Optimizer, OptimizerRule, decorrelate_lateral_join::DecorrelateLateralJoin,
        decorrelate_predicate_subquery::DecorrelatePredicateSubquery, optimize_projections::OptimizeProjections,
        replace_distinct_aggregate::ReplaceDistinctWithAggregate, scalar_subquery_to_join::ScalarSubqueryToJoin,
    },
    sql::sqlparser::{
        ast::{ObjectName, Query, Spanned, Visit, Visitor},
        tokenizer::Span,
    },
};
use evaluation::{
    statement::{SqlFault, SqlPlace},
    views::{instant_of, offered},
};
use indicators::Metric;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
    sync::Arc,
};

/// By table, the columns that are needed of it.
pub(in super::super) type Reads = BTreeMap<String, BTreeSet<String>>;

/// What the plan scans that was left with what it needs; all columns of a table that was left out of it.
pub(super) fn of(plan: &LogicalPlan, state: &SessionState, contracts: &Contracts) -> Reads {
    let mut reads = Reads::new();
    let _ = needed(plan, state).apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            let columns = scan.projected_schema.fields().iter().map(|field| field.name().clone());
            let filtered = scan.filters.iter().flat_map(|filter| filter.column_refs()).map(|c| c.name.clone());
            reads.entry(scan.table_name.table().to_owned()).or_default().extend(columns.chain(filtered));
        }
        Ok(TreeNodeRecursion::Continue)
    });
    for table in tables(plan) {
        let all = || {
            let schema = contracts.get(&table).map(|contract| offered(contract));
            schema.iter().flat_map(|schema| schema.fields()).map(|field| field.name().clone()).collect()
        };
        reads.entry(table.clone()).or_insert_with(all);
    }
    reads
}

/// Names of the tables that a plan reads, subqueries included.
fn tables(plan: &LogicalPlan) -> BTreeSet<String> {
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
pub(in super::super) fn streams(reads: &Reads, contracts: &Contracts) -> BTreeSet<String> {
    let is_stream = |table: &&String| contracts.get(table).is_some_and(|contract| !contract.is_reference());
    reads.keys().filter(is_stream).cloned().collect()
}

/// The plan without the columns that nothing is made of. Nothing is evaluated beforehand: `CASE WHEN $as_of > … THEN x`
/// needs x, whatever clock it is planned at. A plan that cannot be taken apart needs all of its tables.
fn needed(plan: &LogicalPlan, state: &SessionState) -> LogicalPlan {
    pruned(plan.clone(), state).unwrap_or_else(|_| plan.clone())
}

fn pruned(plan: LogicalPlan, state: &SessionState) -> Result<LogicalPlan, DataFusionError> {
    let analysed = state.analyzer().execute_and_check(plan, state.config_options(), |_, _| {})?;
    let rules: Vec<Arc<dyn OptimizerRule + Send + Sync>> = vec![
        Arc::new(ReplaceDistinctWithAggregate::new()),
        Arc::new(DecorrelatePredicateSubquery::new()),
        Arc::new(ScalarSubqueryToJoin::new()),
        Arc::new(DecorrelateLateralJoin::new()),
        Arc::new(OptimizeProjections::new()),
    ];
    Optimizer::with_rules(rules).optimize(analysed, state, |_, _| {})
}

/// Columns of an answer beside its key, its event time and whom they name that say nothing of what was answered.
const ENVELOPE: [&str; 6] = ["revision", "recorded_at", "site_id", "team_id", "instrument", "week"];

/// What was answered, read without `privacy`: the first place where its stream is read.
pub(super) fn unprotected(metric: &Metric, query: &Query, reads: &Reads, contracts: &Contracts) -> Option<SqlFault> {
    if metric.privacy.is_some() {
        return None;
    }
    let (stream, column) = reads.iter().find_map(|(table, columns)| {
        let contract = contracts.get(table).filter(|contract| holds_answers(contract))?;
        columns.iter().find(|column| is_answer(contract, column)).map(|column| (table, column))
    })?;
    let mut search = Relation { name: stream, found: None };
    let _ = query.visit(&mut search);
    Some(SqlFault {
        place: search.found.and_then(SqlPlace::spanning),
        message: format!(
            "`{column}` of `{stream}` holds survey answers: declare privacy = {{ minimum = 5 }} and return respondents"
        ),
        help: Some("who answered which survey and when can be counted without".to_owned()),
    })
}

fn holds_answers(contract: &Contract) -> bool {
    contract.persons().iter().any(|(_, domain)| domain == RESPONDENT)
}

/// Whatever is not known to be participation. What clocks showed at an instant is as that is.
fn is_answer(contract: &Contract, column: &str) -> bool {
    let column = instant_of(contract, column).unwrap_or(column);
    let known = ENVELOPE.contains(&column) || column == contract.key() || contract.event_time() == Some(column);
    !known && contract.persons().iter().all(|(name, _)| name != column)
}

/// Where a table is read first.
struct Relation<'a> {
    name: &'a str,
    found: Option<Span>,
}

impl Visitor for Relation<'_> {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        if relation.to_string().eq_ignore_ascii_case(self.name) {
            self.found = Some(relation.span());
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}
