//! Queries that can be stopped: an operator that makes many rows of few must let its task be cancelled.

use datafusion::{
    common::tree_node::{Transformed, TreeNode},
    config::ConfigOptions,
    error::DataFusionError,
    physical_optimizer::PhysicalOptimizerRule,
    physical_plan::{
        ExecutionPlan,
        coop::CooperativeExec,
        joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec},
        unnest::UnnestExec,
    },
};
use std::sync::Arc;

/// Lets joins and unnesting yield now and then. The engine's own rule covers leaves and exchanges only, so that a cross
/// join over a few cached rows would run on after its timeout until it is done.
#[derive(Debug)]
pub(crate) struct Interruptible;

impl PhysicalOptimizerRule for Interruptible {
    fn name(&self) -> &str {
        "interruptible"
    }
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let wrap = |node: Arc<dyn ExecutionPlan>| {
            Ok(if multiplies(node.as_ref()) {
                Transformed::yes(Arc::new(CooperativeExec::new(node)) as Arc<dyn ExecutionPlan>)
            } else {
                Transformed::no(node)
            })
        };
        plan.transform_up(wrap).map(|transformed| transformed.data)
    }
    fn schema_check(&self) -> bool {
        true
    }
}

fn multiplies(node: &dyn ExecutionPlan) -> bool {
    node.is::<CrossJoinExec>()
        || node.is::<NestedLoopJoinExec>()
        || node.is::<HashJoinExec>()
        || node.is::<SortMergeJoinExec>()
        || node.is::<UnnestExec>()
}
