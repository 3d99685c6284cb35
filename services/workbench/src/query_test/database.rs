//! What the statements of a test see: raw streams, the clock, and the metric under test.

use super::{
    command::{self, Command, Refused},
    insert::raw_rows,
    script::{Letter, letters},
};
use crate::calls;
use arrow::{
    array::{Array, ArrayRef, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray},
    datatypes::DataType,
    error::ArrowError,
    util::display::{ArrayFormatter, FormatOptions},
};
use async_trait::async_trait;
use contracts::{Contract, Contracts};
use datafusion::{
    prelude::SessionContext,
    sql::sqlparser::ast::{Insert, ObjectName, Query, TableObject},
};
use evaluation::{Limits, Tables, Views, evaluate, messages::did_you_mean, sql::values_table, statement};
use indicators::{
    Kind, Metric, PartRow, Uncertainty,
    calendar::days_of_date,
    derive::{Input, derive, to_publish},
};
use jiff::Timestamp;
use sqllogictest::{AsyncDB, DBOutput};
use std::{collections::BTreeMap, sync::Arc};

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
    type ColumnType = Letter;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<Letter>, Refused> {
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

    /// Takes in rows; returns them and the stream that they are of.
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

    async fn select(&self, mut query: Query) -> Result<DBOutput<Letter>, Refused> {
        let clock = self
            .clock
            .ok_or_else(|| Refused::new("no clock is set yet: SET as_of = '2026-06-17T12:00:00Z' comes first"))?;
        let asks_metric = reads(&query, &self.metric);
        statement::bind_clock(&mut query, clock)?;
        let ctx = evaluation::session(self.limits.share(), 1)?;
        if let Some(fault) = calls::impure_calls(&query, &ctx.state()).into_iter().next() {
            return Err(fault.into());
        }
        let tables = Tables::in_memory(&self.contracts, self.rows.clone())?;
        Views::open(&tables, clock, &self.limits).await?.register(&ctx)?;
        if asks_metric {
            self.register_metric(&ctx, &tables, clock).await?;
        }
        let plan = statement::plan(query, &ctx).await?;
        if let Some(fault) = calls::impure_in_plan(&plan).into_iter().next() {
            return Err(fault.into());
        }
        let frame = statement::frame(plan, &ctx);
        let types = letters(frame.schema().as_arrow());
        Ok(DBOutput::Rows { types, rows: texts(&frame.collect().await?)? })
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
        ctx.register_batch(&name, parts(&self.metric, &evaluated.parts)?)?;
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

/// `metric_NAME`: week, labels, and the parts that such a metric has.
fn parts(metric: &Metric, rows: &[PartRow]) -> Result<RecordBatch, ArrowError> {
    let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
    columns.push(("week", Arc::new(Date32Array::from_iter_values(rows.iter().map(|row| days_of_date(row.week))))));
    for label in &metric.labels {
        let of = |row: &PartRow| if label == "site" { Some(row.site.clone()) } else { row.labels.get(label).cloned() };
        columns.push((label, Arc::new(rows.iter().map(of).collect::<StringArray>())));
    }
    let decimal = |of: &dyn Fn(&PartRow) -> Option<i128>, scale: i8| -> Result<ArrayRef, ArrowError> {
        let values: Decimal128Array = rows.iter().map(of).collect();
        Ok(Arc::new(values.with_precision_and_scale(38, scale)?))
    };
    columns.push(("numerator", decimal(&|row| Some(row.numerator), 9)?));
    if metric.kind != Kind::Count {
        columns.push(("denominator", decimal(&|row| Some(row.denominator), 9)?));
    }
    if metric.kind == Kind::Mean || metric.uncertainty == Uncertainty::Normal {
        columns.push(("sum_squares", decimal(&|row| row.sum_squares, 18)?));
    }
    columns.push(("logged", decimal(&|row| row.logged, 9)?));
    columns.push(("expected", decimal(&|row| row.expected, 9)?));
    if metric.privacy.is_some() {
        columns.push(("respondents", Arc::new(rows.iter().map(|row| row.respondents).collect::<Int64Array>())));
    }
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
}

/// Rows as texts: NULL as that, empty text as `(empty)`, decimals without idle zeros, white space as single spaces.
fn texts(batches: &[RecordBatch]) -> Result<Vec<Vec<String>>, ArrowError> {
    let options = FormatOptions::default().with_null("NULL");
    let mut rows = Vec::new();
    for batch in batches {
        let formatters = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
        let formatters = formatters.collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let mut cells = Vec::new();
            for (formatter, column) in formatters.iter().zip(batch.columns()) {
                cells.push(cell(formatter.value(row).try_to_string()?, column.data_type()));
            }
            rows.push(cells);
        }
    }
    Ok(rows)
}

fn cell(text: String, of: &DataType) -> String {
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    if of.is_decimal() && text.contains('.') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
