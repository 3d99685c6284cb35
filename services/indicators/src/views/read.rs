//! The current rows of some dates of a stream, read once for all queries.
//!
//! ```text
//! keys of the dates ────────────► hashes ─┬─ twice among them ─┐
//! keys around them (span) ──────► hashes ─┴─ among them too ───┴─► suspects
//!
//! rows ─┬─ not suspect ──► are current
//!       └─ suspect ──────► the greatest (revision, recorded_at) of each key; ties of different content: `latest`
//! ```
//!
//! Most keys occur once, so most rows are never grouped. Invariant: a row is left out only for a later revision of its
//! key; every revision within the contract's span is looked at. Equal hashes of different keys merely make suspects.

use super::{
    current::{or_null, revisions},
    newest::{ORDER, newest},
    scan::{Dates, around, each_stream, hashes_of, is_dated, on_dates},
};
use arrow::{
    array::{AsArray, BooleanArray, RecordBatch},
    compute::{filter_record_batch, not},
    datatypes::{Date32Type, Schema, SchemaRef},
};
use contracts::Contract;
use datafusion::{
    catalog::TableProvider,
    common::HashSet,
    datasource::MemTable,
    error::DataFusionError,
    logical_expr::{Expr, ident},
    prelude::{DataFrame, SessionContext},
    scalar::ScalarValue,
};
use futures::StreamExt;
use std::{collections::BTreeSet, sync::Arc};

type Result<T> = std::result::Result<T, DataFusionError>;

/// What is to be read of a stream.
pub(super) struct Reading<'a> {
    pub ctx: &'a SessionContext,
    pub contract: &'a Contract,
    pub table: Arc<dyn TableProvider>,
    /// Event dates; `None`: all. Tables without that column are read whole.
    pub dates: Option<Dates>,
    /// Columns that the rows are to have; others may be left out.
    pub columns: BTreeSet<String>,
}

impl Reading<'_> {
    /// The current rows, as a table of the wanted columns.
    pub(super) async fn rows(self) -> Result<MemTable> {
        let (suspects, around) = self.suspects().await?;
        let suspects = Arc::new(suspects);
        let (mut parts, mut doubtful) = (Vec::new(), Vec::new());
        let here = self.split(self.on(self.dates.clone())?, &suspects).await?;
        for (sure, unsure) in here {
            parts.push(sure);
            doubtful.extend(unsure);
        }
        if !around.is_empty() {
            let elsewhere = self.split(self.on(Some(around.iter().map(|date| *date..=*date).collect()))?, &suspects);
            doubtful.extend(elsewhere.await?.into_iter().flat_map(|(_, unsure)| unsure));
        }
        let schema = self.schema()?;
        let mut contested = Vec::new();
        for newest in newest(self.contract.key(), doubtful, self.ctx.state().config().target_partitions()).await? {
            parts.push(vec![self.wanted(&newest.rows)?]);
            contested.extend(newest.contested);
        }
        parts.push(self.settled(contested, around).await?);
        let typed = |batch: RecordBatch| RecordBatch::try_new(Arc::clone(&schema), batch.columns().to_vec());
        let typed = parts.into_iter().map(|part| part.into_iter().map(typed).collect());
        let parts = typed.collect::<std::result::Result<Vec<Vec<RecordBatch>>, _>>()?;
        MemTable::try_new(schema, parts)
    }

    /// Hashes of the keys of which there may be several rows, and the dates around the wanted ones where some lie.
    async fn suspects(&self) -> Result<(HashSet<u64>, BTreeSet<i32>)> {
        let mut here: Vec<u64> = self.hashes(self.on(self.dates.clone())?, |_| true).await?.0;
        here.sort_unstable();
        let mut suspects: HashSet<u64> = here.windows(2).filter(|two| two[0] == two[1]).map(|two| two[0]).collect();
        let Some(around) = self.around()? else { return Ok((suspects, BTreeSet::new())) };
        here.dedup();
        let here = Arc::new(here);
        let (also, dates) = self.hashes(around, move |hash| here.binary_search(&hash).is_ok()).await?;
        suspects.extend(also);
        Ok((suspects, dates))
    }

    /// The wanted hashes of the rows' keys, and the dates of those.
    async fn hashes(
        &self,
        rows: DataFrame,
        wanted: impl Fn(u64) -> bool + Clone + Send + 'static,
    ) -> Result<(Vec<u64>, BTreeSet<i32>)> {
        let dated = rows.schema().has_column_with_unqualified_name(lake::EVENT_DATE);
        let columns = std::iter::once(self.contract.key()).chain(dated.then_some(lake::EVENT_DATE));
        let rows = rows.select(columns.map(ident).collect::<Vec<_>>())?;
        let found = each_stream(rows, move |mut batches| {
            let wanted = wanted.clone();
            async move {
                let (mut found, mut dates) = (Vec::new(), BTreeSet::new());
                while let Some(batch) = batches.next().await {
                    let batch = batch?;
                    for (row, hash) in hashes_of(batch.column(0))?.into_iter().enumerate().filter(|(_, h)| wanted(*h)) {
                        found.push(hash);
                        if dated {
                            dates.insert(batch.column(1).as_primitive::<Date32Type>().value(row));
                        }
                    }
                }
                Ok((found, dates))
            }
        });
        let mut all = (Vec::new(), BTreeSet::new());
        for (found, dates) in found.await? {
            all.0.extend(found);
            all.1.extend(dates);
        }
        Ok(all)
    }

    /// The rows by stream of the scan: those that are current for sure (with the wanted columns), and the suspects.
    async fn split(
        &self,
        rows: DataFrame,
        suspects: &Arc<HashSet<u64>>,
    ) -> Result<Vec<(Vec<RecordBatch>, Vec<RecordBatch>)>> {
        let fields = self.contract.schema().fields().iter().filter(|field| self.is_read(field.name()));
        let columns = fields.map(|field| or_null(&rows, field).1.alias(field.name())).collect::<Vec<_>>();
        let rows = rows.select(columns)?;
        let wanted = self.places(rows.schema().inner());
        let key = rows.schema().inner().index_of(self.contract.key())?;
        let suspects = Arc::clone(suspects);
        each_stream(rows, move |mut batches| {
            let (suspects, wanted) = (Arc::clone(&suspects), wanted.clone());
            async move {
                let (mut sure, mut unsure) = (Vec::new(), Vec::new());
                while let Some(batch) = batches.next().await {
                    let batch = batch?;
                    let hashes = hashes_of(batch.column(key))?;
                    let doubt: BooleanArray = hashes.iter().map(|hash| Some(suspects.contains(hash))).collect();
                    let projected = batch.project(&wanted)?;
                    if doubt.true_count() == 0 {
                        sure.push(projected);
                        continue;
                    }
                    unsure.push(filter_record_batch(&batch, &doubt)?);
                    sure.push(filter_record_batch(&projected, &not(&doubt)?)?);
                }
                Ok((sure, unsure))
            }
        })
        .await
    }

    /// The current rows of contested keys: told apart by all columns of the contract.
    async fn settled(&self, keys: Vec<ScalarValue>, around: BTreeSet<i32>) -> Result<Vec<RecordBatch>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let around = around.into_iter().map(|date| date..=date);
        let dates = self.dates.clone().map(|dates| dates.into_iter().chain(around).collect());
        let keys = keys.into_iter().map(|key| Expr::Literal(key, None)).collect();
        let rows = self.on(dates)?.filter(ident(self.contract.key()).in_list(keys, false))?;
        let batches = revisions(rows, self.contract)?.collect().await?;
        batches.iter().map(|batch| self.wanted(batch)).collect()
    }

    /// The raw rows of these dates.
    fn on(&self, dates: Option<Dates>) -> Result<DataFrame> {
        let rows = self.ctx.read_table(Arc::clone(&self.table))?;
        match dates.filter(|_| is_dated(&self.table)) {
            Some(dates) => rows.filter(on_dates(&dates)),
            None => Ok(rows),
        }
    }

    /// The raw rows within the span of revisions around the wanted dates; `None` where all are wanted.
    fn around(&self) -> Result<Option<DataFrame>> {
        let Some(dates) = self.dates.as_ref().filter(|_| is_dated(&self.table)) else { return Ok(None) };
        let rows = self.ctx.read_table(Arc::clone(&self.table))?;
        let others = on_dates(&around(dates, self.contract)).and(Expr::Not(Box::new(on_dates(dates))));
        rows.filter(others).map(Some)
    }

    /// Whether a column is read: because it is wanted, or because it tells rows apart.
    fn is_read(&self, column: &str) -> bool {
        self.columns.contains(column) || column == self.contract.key() || ORDER.contains(&column)
    }

    /// Places of the wanted columns among those of a batch.
    fn places(&self, schema: &SchemaRef) -> Vec<usize> {
        let fields = schema.fields().iter().enumerate();
        fields.filter(|(_, field)| self.columns.contains(field.name())).map(|(place, _)| place).collect()
    }

    fn wanted(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        Ok(batch.project(&self.places(batch.schema_ref()))?)
    }

    /// The schema of what is handed on: the wanted columns in the contract's order.
    fn schema(&self) -> Result<SchemaRef> {
        let rows = self.on(None)?;
        let fields = self.contract.schema().fields().iter().filter(|field| self.columns.contains(field.name()));
        let fields = fields.map(|field| or_null(&rows, field).0.with_nullable(true));
        Ok(Arc::new(Schema::new(fields.collect::<Vec<_>>())))
    }
}
