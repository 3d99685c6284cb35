//! A plan as lines that people read: a step a line, below it what it is fed by.
//!
//! What makes a stream's current state (latest revisions, weeks) is the same in every plan and is told in two lines.

use super::words::Words;
use contracts::{Contract, Contracts};
use datafusion::{
    common::tree_node::{TreeNode, TreeNodeRecursion},
    logical_expr::{Aggregate, Expr, Join, LogicalPlan, Projection},
};
use std::collections::BTreeMap;

/// Aggregate that the views take latest revisions by.
const LATEST: &str = "latest";

/// The plan, the last step first.
pub(super) fn lines(plan: &LogicalPlan, contracts: &Contracts, words: &Words) -> Vec<String> {
    let mut tree = Tree { contracts, words, lines: Vec::new() };
    tree.step(plan, 0, &BTreeMap::new());
    tree.lines
}

struct Tree<'a> {
    contracts: &'a Contracts,
    words: &'a Words,
    lines: Vec<String>,
}

/// Columns of a step by the names that the step above gives them.
type Names = BTreeMap<String, String>;

impl<'a> Tree<'a> {
    fn line(&mut self, depth: usize, text: &str) {
        self.lines.push(format!("{}{text}", "  ".repeat(depth)));
    }

    fn step(&mut self, plan: &LogicalPlan, depth: usize, names: &Names) {
        let told = match plan {
            LogicalPlan::Projection(projection) => return self.projection(projection, depth),
            LogicalPlan::SubqueryAlias(alias) => match self.stream(alias.alias.table()) {
                Some(contract) => return self.view(contract, plan, depth),
                None => format!("as {}", alias.alias.table()),
            },
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate, names),
            LogicalPlan::Filter(filter) => format!("where {}", self.words.expr(&filter.predicate)),
            LogicalPlan::Join(join) => self.join(join),
            LogicalPlan::Union(_) => "union all".to_owned(),
            LogicalPlan::Distinct(_) => "distinct".to_owned(),
            LogicalPlan::Sort(sort) => {
                format!("order by {}", self.words.list(sort.expr.iter().map(|sort| &sort.expr)))
            }
            LogicalPlan::Window(window) => format!("window {}", self.words.list(&window.window_expr)),
            LogicalPlan::TableScan(scan) => {
                let columns: Vec<&str> = scan.projected_schema.fields().iter().map(|f| f.name().as_str()).collect();
                format!("read {}: {}", scan.table_name.table(), columns.join(", "))
            }
            other => self.words.tidy(&other.display().to_string()),
        };
        self.line(depth, &told);
        plan.inputs().into_iter().for_each(|input| self.step(input, depth + 1, &Names::new()));
    }

    /// A step that only leaves columns out is none; one that only names aggregates anew is told with them.
    fn projection(&mut self, projection: &Projection, depth: usize) {
        let plain = |expr: &Expr| matches!(expr, Expr::Column(_));
        if projection.expr.iter().all(plain) {
            return self.step(&projection.input, depth, &Names::new());
        }
        let renamed = |expr: &Expr| match expr {
            Expr::Alias(alias) if plain(&alias.expr) => {
                Some((alias.expr.schema_name().to_string(), alias.name.clone()))
            }
            Expr::Column(column) => Some((column.flat_name(), column.name.clone())),
            _ => None,
        };
        let names: Option<Names> = projection.expr.iter().map(renamed).collect();
        if let (Some(names), LogicalPlan::Aggregate(_)) = (names, projection.input.as_ref()) {
            return self.step(&projection.input, depth, &names);
        }
        let told = format!("select {}", self.words.list(&projection.expr));
        self.line(depth, &told);
        self.step(&projection.input, depth + 1, &Names::new());
    }

    fn aggregate(&self, aggregate: &Aggregate, names: &Names) -> String {
        let groups = self.words.list(&aggregate.group_expr);
        if aggregate.aggr_expr.is_empty() {
            return format!("distinct {groups}");
        }
        let told = |expr: &Expr| {
            // The optimiser keeps the name that it had before in an alias.
            let call = self.words.expr(if let Expr::Alias(alias) = expr { &alias.expr } else { expr });
            let name = names.get(&expr.schema_name().to_string()).filter(|name| **name != call);
            name.map_or_else(|| call.clone(), |name| format!("{call} AS {name}"))
        };
        let calls: Vec<String> = aggregate.aggr_expr.iter().map(told).collect();
        if groups.is_empty() {
            return format!("aggregate {}", calls.join(", "));
        }
        format!("group by {groups}: {}", calls.join(", "))
    }

    fn join(&self, join: &Join) -> String {
        let pairs =
            join.on.iter().map(|(left, right)| format!("{} = {}", self.words.expr(left), self.words.expr(right)));
        let rest = join.filter.iter().map(|filter| self.words.expr(filter));
        let on: Vec<String> = pairs.chain(rest).collect();
        let kind = join.join_type.to_string().to_lowercase();
        if on.is_empty() { "cross join".to_owned() } else { format!("{kind} join on {}", on.join(" AND ")) }
    }

    fn stream(&self, name: &str) -> Option<&'a Contract> {
        let contracts = self.contracts;
        contracts.get(name).filter(|contract| !contract.is_reference()).map(AsRef::as_ref)
    }

    /// A stream's view: its columns, then how it is made.
    fn view(&mut self, contract: &Contract, plan: &LogicalPlan, depth: usize) {
        let columns: Vec<&str> = plan.schema().fields().iter().map(|field| field.name().as_str()).collect();
        self.line(depth, &format!("read {}: {}", contract.name(), columns.join(", ")));
        let (mut filters, mut files, mut cut) = (Vec::new(), Vec::new(), false);
        let _ = plan.apply(|node| {
            match node {
                LogicalPlan::Filter(filter) => filters.push(self.words.expr(&filter.predicate)),
                LogicalPlan::TableScan(scan) => files.extend(scan.filters.iter().map(|filter| self.words.expr(filter))),
                LogicalPlan::Unnest(_) => cut = true,
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        });
        let mut told = format!("{LATEST} revision of each {}", contract.key());
        if !filters.is_empty() {
            told.push_str(&format!(", where {}", filters.join(" AND ")));
        }
        if cut {
            told.push_str(", cut where the weeks of its site begin");
        }
        self.line(depth + 1, &told);
        if !files.is_empty() {
            self.line(depth + 1, &format!("of the files where {}", files.join(" AND ")));
        }
    }
}
