//! A plan as lines that people read: a step a line, its expressions as the SQL that they came from as near as can be, below
//! it what it is fed by.
//!
//! The engine's own display of a plan shows how a stream's current state is made (revisions, hashes of keys, weeks): hundreds
//! of characters, the same in every plan. Here that is two lines, and the rest is the author's own query.

use contracts::{Contract, Contracts};
use datafusion::{
    common::tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    logical_expr::{Aggregate, Expr, Join, LogicalPlan, Projection, expr::Placeholder},
    scalar::ScalarValue,
    sql::unparser::{Unparser, dialect::CustomDialectBuilder},
};
use evaluation::session::checked_arithmetic::as_written;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Aggregate that the views take latest revisions by.
const LATEST: &str = "latest";

/// The plan, the last step first.
pub(super) fn lines(plan: &LogicalPlan, contracts: &Contracts, as_of: Timestamp) -> Vec<String> {
    let mut tree = Tree { contracts, words: Words { as_of }, lines: Vec::new() };
    tree.step(plan, 0, &BTreeMap::new());
    tree.lines
}

struct Tree<'a> {
    contracts: &'a Contracts,
    words: Words,
    lines: Vec<String>,
}

/// Columns of a step by the names that the step above gives them.
type Names = BTreeMap<String, String>;

impl<'a> Tree<'a> {
    fn line(&mut self, depth: usize, text: &str) {
        self.lines.push(format!("{}{text}", "  ".repeat(depth)));
    }

    fn step(&mut self, plan: &LogicalPlan, depth: usize, names: &Names) {
        let text = match plan {
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
        self.line(depth, &text);
        plan.inputs().into_iter().for_each(|input| self.step(input, depth + 1, &Names::new()));
    }

    /// A step that only leaves columns out is none; one that only renames aggregates is written with them.
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
        let text = format!("select {}", self.words.list(&projection.expr));
        self.line(depth, &text);
        self.step(&projection.input, depth + 1, &Names::new());
    }

    fn aggregate(&self, aggregate: &Aggregate, names: &Names) -> String {
        let groups = self.words.list(&aggregate.group_expr);
        if aggregate.aggr_expr.is_empty() {
            return format!("distinct {groups}");
        }
        let named = |expr: &Expr| {
            // The optimiser keeps the name that it had before in an alias.
            let call = self.words.expr(if let Expr::Alias(alias) = expr { &alias.expr } else { expr });
            let name = names.get(&expr.schema_name().to_string()).filter(|name| **name != call);
            name.map_or_else(|| call.clone(), |name| format!("{call} AS {name}"))
        };
        let calls: Vec<String> = aggregate.aggr_expr.iter().map(named).collect();
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
        let mut text = format!("{LATEST} revision of each {}", contract.key());
        if !filters.is_empty() {
            text.push_str(&format!(", where {}", filters.join(" AND ")));
        }
        if cut {
            text.push_str(", cut where the weeks of its site begin");
        }
        self.line(depth + 1, &text);
        if !files.is_empty() {
            self.line(depth + 1, &format!("of the files where {}", files.join(" AND ")));
        }
    }
}

/// How the planner names a table that has no name.
const UNNAMED: &str = "?table?.";

/// Tells expressions at one clock.
struct Words {
    as_of: Timestamp,
}

impl Words {
    /// One expression, the clock as `$as_of`.
    fn expr(&self, expr: &Expr) -> String {
        let clock =
            |expr: Expr| Ok(if self.is_clock(&expr) { Transformed::yes(as_of()) } else { Transformed::no(expr) });
        let bound = as_written(expr.clone()).transform(clock).map_or_else(|_| expr.clone(), |bound| bound.data);
        // Names come as they are, those of aggregates (`sum(field)`) too.
        let dialect = CustomDialectBuilder::new().build();
        let sql = Unparser::new(&dialect).with_pretty(true).expr_to_sql(&bound);
        let sql = self.tidy(&sql.map_or_else(|_| bound.human_display().to_string(), |sql| sql.to_string()));
        // The unparser leaves names away.
        if let Expr::Alias(alias) = &bound { format!("{sql} AS {}", alias.name) } else { sql }
    }

    /// Several, with commas between.
    fn list<'a>(&self, exprs: impl IntoIterator<Item = &'a Expr>) -> String {
        exprs.into_iter().map(|expr| self.expr(expr)).collect::<Vec<_>>().join(", ")
    }

    /// Text without what only the planner knows.
    fn tidy(&self, text: &str) -> String {
        text.replace(UNNAMED, "")
    }

    fn is_clock(&self, expr: &Expr) -> bool {
        let micros = self.as_of.as_microsecond();
        matches!(expr, Expr::Literal(ScalarValue::TimestampMicrosecond(Some(at), _), _) if *at == micros)
    }
}

fn as_of() -> Expr {
    Expr::Placeholder(Placeholder::new_with_field("$as_of".to_owned(), None))
}
