//! Which answers a query reads, as far as its plan plainly says: of which stream and instruments, and whether a row is made
//! of its own week's alone. What is not plain counts as all of them, and any week.
//!
//! Plain is a plan that scans one table of answers once, so that all of them go one way: from the scan through the plan to
//! the result. On that way `week` must be passed on as it is, and be among what each aggregation and window groups by; so must
//! `instrument` up to the condition that keeps to some of them.

use crate::{
    session::session,
    statement::{bind_clock, one_query, plan_in},
    views::offered,
};
use contracts::{Contract, Contracts};
use datafusion::{
    common::{Column, ScalarValue, tree_node::TreeNodeRecursion},
    datasource::MemTable,
    error::DataFusionError,
    execution::session_state::SessionState,
    logical_expr::{Distinct, Expr, LogicalPlan, Operator, utils::split_conjunction},
};
use indicators::{
    Metric,
    promises::{Answers, Survey},
};
use jiff::Timestamp;
use std::{collections::BTreeSet, sync::Arc};

/// Domain of the columns that name who answered.
const RESPONDENT: &str = "respondent";
/// The column that says to what an answer belongs.
const INSTRUMENT: &str = "instrument";
const WEEK: &str = "week";

/// Plans queries over the tables' columns, without rows.
pub(super) struct Reader {
    contracts: Contracts,
    state: SessionState,
}

impl Reader {
    pub(super) fn new(contracts: &Contracts) -> Result<Self, DataFusionError> {
        let ctx = session(64 << 20, 1)?;
        for contract in contracts.iter() {
            ctx.register_table(contract.name(), Arc::new(MemTable::try_new(offered(contract), vec![vec![]])?))?;
        }
        Ok(Self { contracts: contracts.clone(), state: ctx.state() })
    }

    /// What a metric's query reads. One that cannot be planned may read anything of its tables.
    pub(super) async fn answers(&self, metric: &Metric) -> Answers {
        let holds = |table: &&String| self.contracts.get(table).is_some_and(|contract| holds_answers(contract));
        let streams: BTreeSet<&str> = metric.reads.keys().filter(holds).map(String::as_str).collect();
        let all = || streams.iter().map(|stream| Survey { stream: (*stream).to_owned(), instrument: None });
        let whole = Answers { of: all().collect(), week_by_week: false };
        match self.plan(metric).await {
            Some(plan) => plain(&plan, &streams).unwrap_or(whole),
            None => whole,
        }
    }

    async fn plan(&self, metric: &Metric) -> Option<LogicalPlan> {
        let mut query = one_query(&metric.sql).ok()?;
        bind_clock(&mut query, Timestamp::UNIX_EPOCH).ok()?;
        plan_in(query, &self.state).await.ok()
    }
}

/// Whether a stream holds what people answered.
pub(super) fn holds_answers(contract: &Contract) -> bool {
    contract.persons().iter().any(|(_, domain)| domain == RESPONDENT)
}

/// What a plan with one scan of answers reads; `None` with several.
fn plain(plan: &LogicalPlan, streams: &BTreeSet<&str>) -> Option<Answers> {
    let mut scans = Vec::new();
    let _ = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && streams.contains(scan.table_name.table())
        {
            scans.push(scan.table_name.table().to_owned());
        }
        Ok(TreeNodeRecursion::Continue)
    });
    let [stream] = scans.as_slice() else { return None };
    let way = Way { stream };
    let week = plan.schema().fields().iter().position(|field| field.name() == WEEK);
    let instruments = way.instruments(plan);
    let instruments = instruments.map_or_else(|| vec![None], |some| some.into_iter().map(Some).collect());
    Some(Answers {
        of: instruments.into_iter().map(|instrument| Survey { stream: stream.clone(), instrument }).collect(),
        week_by_week: week.is_some_and(|at| way.passes(plan, at, WEEK)),
    })
}

/// The way of the answers of one stream, scanned once, through a plan.
struct Way<'a> {
    stream: &'a str,
}

impl Way<'_> {
    /// Whether the column at `at` is that column of the answers, unchanged, and every aggregation and window on the way goes by
    /// it: then a row with a value there is made of answers with that value alone.
    fn passes(&self, plan: &LogicalPlan, at: usize, name: &str) -> bool {
        match plan {
            LogicalPlan::TableScan(scan) => {
                scan.table_name.table() == self.stream && scan.projected_schema.field(at).name() == name
            }
            LogicalPlan::Window(window) => {
                let goes_by_it = |expr: &Expr| {
                    let Expr::WindowFunction(call) = bare(expr) else { return false };
                    call.params.partition_by.iter().any(|by| self.is(by, &window.input, name))
                };
                at < window.input.schema().fields().len()
                    && window.window_expr.iter().all(goes_by_it)
                    && self.passes(&window.input, at, name)
            }
            _ => step(plan, at).is_some_and(|(input, at)| self.passes(input, at, name)),
        }
    }

    /// The instruments to which a condition on the way keeps the answers; `None` where there is none.
    fn instruments(&self, plan: &LogicalPlan) -> Option<BTreeSet<String>> {
        let kept = match plan {
            LogicalPlan::Filter(filter) => {
                split_conjunction(&filter.predicate).into_iter().find_map(|one| self.named(one, &filter.input))
            }
            _ => None,
        };
        let below = || plan.inputs().into_iter().find(|input| self.goes_through(input));
        kept.or_else(|| self.instruments(below()?))
    }

    fn goes_through(&self, plan: &LogicalPlan) -> bool {
        match plan {
            LogicalPlan::TableScan(scan) => scan.table_name.table() == self.stream,
            other => other.inputs().into_iter().any(|input| self.goes_through(input)),
        }
    }

    /// The instruments of `instrument = 'a'` and `instrument IN ('a', 'b')`.
    fn named(&self, condition: &Expr, input: &LogicalPlan) -> Option<BTreeSet<String>> {
        let texts = match condition {
            Expr::BinaryExpr(binary) if binary.op == Operator::Eq => {
                let either = [(&binary.left, &binary.right), (&binary.right, &binary.left)];
                let (_, text) = either.into_iter().find(|(column, _)| self.is(column, input, INSTRUMENT))?;
                vec![text.as_ref()]
            }
            Expr::InList(list) if !list.negated && self.is(&list.expr, input, INSTRUMENT) => list.list.iter().collect(),
            _ => return None,
        };
        texts.into_iter().map(text).collect()
    }

    /// Whether an expression is that column, as [`Way::passes`] has it.
    fn is(&self, expr: &Expr, input: &LogicalPlan, name: &str) -> bool {
        of_expr(expr, input).is_some_and(|(input, at)| self.passes(input, at, name))
    }
}

/// Where a column is passed on from, as it is: the input and its place there. `None` where it is computed.
fn step(plan: &LogicalPlan, at: usize) -> Option<(&LogicalPlan, usize)> {
    match plan {
        LogicalPlan::Projection(projection) => of_expr(projection.expr.get(at)?, &projection.input),
        LogicalPlan::Aggregate(aggregate) => {
            let grouped = aggregate.group_expr.iter().all(|group| !matches!(group, Expr::GroupingSet(_)));
            of_expr(aggregate.group_expr.get(at).filter(|_| grouped)?, &aggregate.input)
        }
        LogicalPlan::SubqueryAlias(alias) => Some((&alias.input, at)),
        LogicalPlan::Filter(filter) => Some((&filter.input, at)),
        LogicalPlan::Sort(sort) => Some((&sort.input, at)),
        LogicalPlan::Distinct(Distinct::All(input)) => Some((input, at)),
        LogicalPlan::Join(join) => {
            let (qualifier, field) = join.schema.qualified_field(at);
            let column = Column::new(qualifier.cloned(), field.name());
            let inputs = [join.left.as_ref(), join.right.as_ref()];
            let mut found =
                inputs.into_iter().filter_map(|input| Some((input, input.schema().index_of_column(&column).ok()?)));
            found.next().filter(|_| found.next().is_none())
        }
        _ => None,
    }
}

fn of_expr<'a>(expr: &Expr, input: &'a LogicalPlan) -> Option<(&'a LogicalPlan, usize)> {
    match expr {
        Expr::Alias(alias) => of_expr(&alias.expr, input),
        Expr::Column(column) => Some((input, input.schema().index_of_column(column).ok()?)),
        _ => None,
    }
}

fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Alias(alias) => bare(&alias.expr),
        other => other,
    }
}

fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Literal(ScalarValue::Utf8(Some(text)), _) => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
