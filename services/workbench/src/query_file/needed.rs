//! What a plan needs of its tables, at any clock.

use datafusion::{
    error::DataFusionError,
    execution::session_state::SessionState,
    logical_expr::LogicalPlan,
    optimizer::{
        Optimizer, OptimizerRule, decorrelate_lateral_join::DecorrelateLateralJoin,
        decorrelate_predicate_subquery::DecorrelatePredicateSubquery, optimize_projections::OptimizeProjections,
        replace_distinct_aggregate::ReplaceDistinctWithAggregate, scalar_subquery_to_join::ScalarSubqueryToJoin,
    },
};
use std::sync::Arc;

/// The plan without the columns that nothing is made of. Nothing is worked out beforehand: `CASE WHEN $as_of > … THEN x`
/// needs x, whatever clock it is planned at. A plan that cannot be taken apart needs all of its tables.
pub(super) fn needed(plan: &LogicalPlan, state: &SessionState) -> LogicalPlan {
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
