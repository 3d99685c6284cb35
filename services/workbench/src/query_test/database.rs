//! What the statements of a test see: raw streams, the clock, and the metric under test.

use super::{
    column::{Column, columns},
    command::{self, Command},
    insert::raw_rows,
    tables,
};
use crate::impure;
use arrow::{error::ArrowError, record_batch::RecordBatch};
use async_trait::async_trait;
use contracts::{Contract, Contracts};
use datafusion::{
    error::DataFusionError,
    prelude::SessionContext,
    sql::sqlparser::ast::{Insert, ObjectName, Query, TableObject},
};
use evaluation::{
    Limits, Tables, Views, evaluate,
    near::did_you_mean,
    sql::values_table,
    statement::{self, SqlFault},
};
use indicators::{
    Metric,
    derive::{Input, derive, to_publish},
};
use jiff::Timestamp;
use sqllogictest::{AsyncDB, DBOutput};
use std::{collections::BTreeMap, sync::Arc};

/// Why a statement was refused, in one line.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refused(String);

impl Refused {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl From<SqlFault> for Refused {
    fn from(fault: SqlFault) -> Self {
        let help = fault.help.map_or_else(String::new, |help| format!(": {help}"));
        Self(fault.message + &help)
    }
}

impl From<DataFusionError> for Refused {
    fn from(error: DataFusionError) -> Self {
        SqlFault::of(&error).into()
    }
}

impl From<ArrowError> for Refused {
    fn from(error: ArrowError) -> Self {
        Self(error.to_string())
    }
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

#[async_trait]
impl AsyncDB for Database {
    type Error = Refused;
    type ColumnType = Column;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<Column>, Refused> {
        match Command::parse(sql)? {
            Command::Clock(clock) => {
                self.clock = Some(clock);
                Ok(DBOutput::StatementComplete(0))
            }
            Command::Insert(insert) => {
                let (_, rows) = self.insert(*insert).await?;
                Ok(DBOutput::StatementComplete(u64::try_from(rows.num_rows()).unwrap_or(u64::MAX)))
            }
            Command::Select(query) => self.select(*query).await,
        }
    }

    async fn shutdown(&mut self) {}
}

impl Database {
    /// Empty streams and no clock.
    pub(super) fn new(metric: Arc<Metric>, contracts: Contracts, limits: Limits) -> Self {
        Self { metric, contracts, limits, clock: None, rows: BTreeMap::new(), offset: 0 }
    }

    /// Takes in rows; gives them and the stream that they are of.
    pub(super) async fn insert(&mut self, insert: Insert) -> Result<(Arc<Contract>, RecordBatch), Refused> {
        let TableObject::TableName(table) = &insert.table else { return Err(command::other()) };
        let contract = self.contract(&table.to_string())?;
        let Some(source) = insert.source.filter(|_| !insert.columns.is_empty()) else {
            return Err(Refused::new(format!("name the columns: INSERT INTO {table} (…) VALUES (…)")));
        };
        let ctx = evaluation::session(self.limits.share(), 1)?;
        let plan = statement::plan(*source, &ctx).await?;
        let batches = statement::frame(plan, &ctx).collect().await?;
        let columns: Vec<String> = insert.columns.iter().map(unquoted).collect();
        let rows = raw_rows(&contract, &columns, &batches, self.offset).map_err(Refused)?;
        self.offset += i64::try_from(rows.num_rows()).unwrap_or(0);
        self.rows.entry(contract.name().to_owned()).or_default().push(rows.clone());
        Ok((contract, rows))
    }

    /// The contract of a stream.
    pub(super) fn contract(&self, table: &str) -> Result<Arc<Contract>, Refused> {
        self.contracts.get(table).cloned().ok_or_else(|| {
            let known: Vec<&str> = self.contracts.iter().map(|contract| contract.name()).collect();
            let help = did_you_mean(table, known.iter().copied());
            let help = help.unwrap_or_else(|| format!("there are {}", known.join(", ")));
            Refused(format!("there is no stream `{table}`: {help}"))
        })
    }

    async fn select(&self, mut query: Query) -> Result<DBOutput<Column>, Refused> {
        let clock = self
            .clock
            .ok_or_else(|| Refused::new("there is no clock yet: SET as_of = '2026-06-17T12:00:00Z' comes first"))?;
        let asks_metric = reads(&query, &self.metric);
        statement::bind_clock(&mut query, clock)?;
        let ctx = evaluation::session(self.limits.share(), 1)?;
        if let Some(fault) = impure::written(&query, &ctx.state()).into_iter().next() {
            return Err(fault.into());
        }
        let tables = Tables::in_memory(&self.contracts, self.rows.clone())?;
        Views::open(&tables, clock, &self.limits).await?.register(&ctx)?;
        if asks_metric {
            self.register_metric(&ctx, &tables, clock).await?;
        }
        let plan = statement::plan(query, &ctx).await?;
        if let Some(fault) = impure::planned(&plan).into_iter().next() {
            return Err(fault.into());
        }
        let frame = statement::frame(plan, &ctx);
        let types = columns(frame.schema().as_arrow());
        Ok(DBOutput::Rows { types, rows: tables::texts(&frame.collect().await?)? })
    }

    /// `metric_NAME` and `metric_NAME_values`, evaluated at the clock.
    async fn register_metric(&self, ctx: &SessionContext, tables: &Tables, clock: Timestamp) -> Result<(), Refused> {
        let metrics = [Arc::clone(&self.metric)];
        let evaluated =
            evaluate(tables, &metrics, clock, &self.limits).await.map_err(|error| Refused(error.to_string()))?;
        if let Some(failure) = evaluated.runs.iter().find_map(|run| run.outcome.as_ref().err()) {
            return Err(Refused(format!("the query failed: {failure}")));
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
                bad: &evaluated.bad,
            },
        );
        let name = table_of(&self.metric);
        ctx.register_batch(&name, tables::parts(&self.metric, &evaluated.parts)?)?;
        ctx.register_table(format!("{name}_values"), Arc::new(values_table(&values)?))?;
        Ok(())
    }
}

/// The table of a metric's parts.
pub(super) fn table_of(metric: &Metric) -> String {
    format!("metric_{}", metric.name)
}

/// Whether a query asks for the metric under test.
pub(super) fn reads(query: &Query, metric: &Metric) -> bool {
    query.to_string().contains(&table_of(metric))
}

/// A column's name; `"from"` is from.
fn unquoted(name: &ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map_or_else(|| name.to_string(), |ident| ident.value.clone())
}
