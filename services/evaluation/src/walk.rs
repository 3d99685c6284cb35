//! Every expression of a plan, those of its subqueries and the parts of each included.

use datafusion::{
    common::tree_node::{TreeNode, TreeNodeRecursion},
    logical_expr::{Expr, LogicalPlan},
};

/// Visits them, each with the plans that its columns come from.
pub fn expressions(plan: &LogicalPlan, mut visit: impl FnMut(&Expr, &[&LogicalPlan])) {
    let _ = plan.apply_with_subqueries(|node| {
        let inputs = node.inputs();
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                visit(expr, &inputs);
                Ok(TreeNodeRecursion::Continue)
            })
        })?;
        Ok(TreeNodeRecursion::Continue)
    });
}
