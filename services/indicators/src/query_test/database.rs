//! What the statements of a test see: raw streams, the clock, and the metric under test.

use super::{
    insert::{moment, raw_rows},
    tables,
};
use crate::{
    Limits, Metric, Tables, Views,
    derive::{Input, derive, to_publish},
    evaluate,
    near::did_you_mean,
    sql::values_table,
    statement::{self, SqlFault},
};
use arrow::record_batch::RecordBatch;
use contracts::{Contract, Contracts};
use datafusion::{
    error::DataFusionError,
    prelude::SessionContext,
    sql::{
        parser::{DFParserBuilder, Statement},
        sqlparser::{
            ast::{Expr, Insert, ObjectName, Query, Set, Statement as SqlStatement, TableObject, Value},
            dialect::GenericDialect,
        },
    },
};
use jiff::Timestamp;
use std::{collections::BTreeMap, sync::Arc};

/// What a statement gave.
#[derive(Debug)]
pub(super) enum Output {
    Done,
    /// A letter a column, a line a row.
    Rows {
        types: String,
        rows: Vec<String>,
    },
}

/// The state of one test file.
pub(super) struct Database {
    metric: Arc<Metric>,
    contracts: Contracts,
    limits: Limits,
    clock: Option<Timestamp>,
    rows: BTreeMap<String, Vec<RecordBatch>>,
    offset: i64,
}

const ALLOWED: &str = "a test may only INSERT, SELECT and SET as_of";

impl Database {
    /// Empty streams and no clock.
    pub(super) fn new(metric: Arc<Metric>, contracts: Contracts, limits: Limits) -> Self {
        Self { metric, contracts, limits, clock: None, rows: BTreeMap::new(), offset: 0 }
    }

    /// Runs one statement.
    pub(super) async fn run(&mut self, sql: &str) -> Result<Output, String> {
        let parsed = DFParserBuilder::new(sql)
            .with_dialect(&GenericDialect {})
            .build()
            .and_then(|mut parser| parser.parse_statements());
        let mut statements = parsed.map_err(|error| told(&error))?;
        let (Some(Statement::Statement(statement)), None) = (statements.pop_front(), statements.pop_front()) else {
            return Err(ALLOWED.to_owned());
        };
        match *statement {
            SqlStatement::Insert(insert) => self.insert(insert).await,
            SqlStatement::Set(set) => self.set(&set),
            SqlStatement::Query(_) => self.select(statement::one_query(sql).map_err(words)?).await,
            _ => Err(ALLOWED.to_owned()),
        }
    }

    fn set(&mut self, set: &Set) -> Result<Output, String> {
        let Set::SingleAssignment { variable, values, .. } = set else { return Err(ALLOWED.to_owned()) };
        let given = match values.as_slice() {
            [Expr::Value(value)] => match &value.value {
                Value::SingleQuotedString(text) => moment(text),
                _ => None,
            },
            _ => None,
        };
        if variable.to_string() != "as_of" {
            return Err(format!("unknown setting `{variable}`: there is only as_of"));
        }
        self.clock = Some(given.ok_or("as_of must be a moment, such as '2026-06-17T12:00:00Z'")?);
        Ok(Output::Done)
    }

    async fn insert(&mut self, insert: Insert) -> Result<Output, String> {
        let TableObject::TableName(table) = &insert.table else { return Err(ALLOWED.to_owned()) };
        let contract = self.contract(&table.to_string())?;
        let Some(source) = insert.source.filter(|_| !insert.columns.is_empty()) else {
            return Err(format!("name the columns: INSERT INTO {table} (…) VALUES (…)"));
        };
        let ctx = crate::session(self.limits.share(), 1).map_err(|error| told(&error))?;
        let plan = statement::plan(*source, &ctx).await.map_err(|error| told(&error))?;
        let batches = statement::frame(plan, &ctx).collect().await.map_err(|error| told(&error))?;
        let columns: Vec<String> = insert.columns.iter().map(unquoted).collect();
        let rows = raw_rows(&contract, &columns, &batches, self.offset)?;
        self.offset += i64::try_from(rows.num_rows()).unwrap_or(0);
        self.rows.entry(contract.name().to_owned()).or_default().push(rows);
        Ok(Output::Done)
    }

    fn contract(&self, table: &str) -> Result<Arc<Contract>, String> {
        self.contracts.get(table).cloned().ok_or_else(|| {
            let known: Vec<&str> = self.contracts.iter().map(|contract| contract.name()).collect();
            let help = did_you_mean(table, known.iter().copied());
            format!(
                "there is no stream `{table}`: {}",
                help.unwrap_or_else(|| format!("there are {}", known.join(", ")))
            )
        })
    }

    async fn select(&self, mut query: Query) -> Result<Output, String> {
        let Some(clock) = self.clock else {
            return Err("there is no clock yet: SET as_of = '2026-06-17T12:00:00Z' comes first".to_owned());
        };
        let text = query.to_string();
        statement::bind_clock(&mut query, clock).map_err(words)?;
        let ctx = crate::session(self.limits.share(), 1).map_err(|error| told(&error))?;
        if let Some(fault) = statement::impure_calls(&query, &ctx).into_iter().next() {
            return Err(words(fault));
        }
        let tables = Tables::in_memory(&self.contracts, self.rows.clone()).map_err(|error| told(&error))?;
        let views = Views::open(&tables, clock, &self.limits).await.map_err(|error| told(&error))?;
        views.register(&ctx).map_err(|error| told(&error))?;
        if text.contains(&format!("metric_{}", self.metric.name)) {
            self.register_metric(&ctx, &tables, clock).await?;
        }
        let plan = statement::plan(query, &ctx).await.map_err(|error| told(&error))?;
        let frame = statement::frame(plan, &ctx);
        let types = tables::types(frame.schema().as_arrow());
        let batches = frame.collect().await.map_err(|error| told(&error))?;
        Ok(Output::Rows { types, rows: tables::lines(&batches).map_err(|error| error.to_string())? })
    }

    /// `metric_NAME` and `metric_NAME_values`, evaluated at the clock.
    async fn register_metric(&self, ctx: &SessionContext, tables: &Tables, clock: Timestamp) -> Result<(), String> {
        let metrics = [Arc::clone(&self.metric)];
        let evaluated = evaluate(tables, &metrics, clock, &self.limits).await.map_err(|error| error.to_string())?;
        if let Some(failure) = evaluated.runs.iter().find_map(|run| run.outcome.as_ref().err()) {
            return Err(format!("the query failed: {failure}"));
        }
        let publications = to_publish(&self.metric, &evaluated.parts, &[], &evaluated.sites, clock);
        let values = derive(
            &metrics,
            &Input {
                as_of: clock,
                sites: &evaluated.sites,
                parts: &evaluated.parts,
                activity: &evaluated.activity,
                publications: &publications,
            },
        );
        let name = format!("metric_{}", self.metric.name);
        let parts = tables::parts(&self.metric, &evaluated.parts).map_err(|error| error.to_string())?;
        ctx.register_batch(&name, parts).map_err(|error| told(&error))?;
        let values = values_table(&values).map_err(|error| told(&error))?;
        ctx.register_table(format!("{name}_values"), Arc::new(values)).map_err(|error| told(&error))?;
        Ok(())
    }
}

/// A column's name; `"from"` is from.
fn unquoted(name: &ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map_or_else(|| name.to_string(), |ident| ident.value.clone())
}

fn told(error: &DataFusionError) -> String {
    words(SqlFault::of(error))
}

fn words(fault: SqlFault) -> String {
    fault.help.map_or(fault.message.clone(), |help| format!("{}: {help}", fault.message))
}
