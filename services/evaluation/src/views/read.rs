//! The current rows of some dates of a stream, read once for all queries.
//!
//! ```text
//! rows of the dates, each with the hash of its key ─┬─ twice among them ─┐
//! keys around them (span) ──────────────────────────┴─ among them too ───┴─► suspects
//!
//! rows ─┬─ not suspect ──► are current
//!       └─ suspect, and the suspects around ──► the greatest (revision, recorded_at) of each key; ties of different
//!                                               content: `latest`
//! ```
//!
//! Most keys occur once, so most rows are never grouped. Invariant: a row is left out only for a later revision of its
//! key; every revision within the contract's span is looked at. Equal hashes of different keys merely make suspects.

use super::{
    current::{or_null, revisions},
    hashes::{Hashed, Hashes, hashes_of},
    newest::{ORDER, Place, not_current},
    scan::{Dates, all_of, around, each_stream, is_dated, on_dates},
};
use arrow::{
    array::{AsArray, BooleanArray, RecordBatch},
    compute::filter_record_batch,
    datatypes::{Date32Type, Schema, SchemaRef},
};
use contracts::Contract;
use datafusion::{
    catalog::TableProvider,
    datasource::MemTable,
    error::DataFusionError,
    logical_expr::{Expr, ident},
    prelude::{DataFrame, SessionContext},
    scalar::ScalarValue,
};
use futures::StreamExt;
use std::{collections::BTreeSet, sync::Arc};
use tokio::task::JoinSet;

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
        let mut read = self.read(self.on(self.dates.clone())?, None).await?;
        let (suspects, around) = self.suspects(&read).await?;
        let (suspects, threads) = (Arc::new(suspects), self.ctx.state().config().target_partitions());
        if !around.is_empty() {
            let elsewhere = self.on(Some(around.iter().map(|date| *date..=*date).collect()))?;
            read.extend(self.read(elsewhere, Some(Arc::clone(&suspects))).await?);
        }
        let read = Arc::new(read);
        let found = not_current(self.contract.key(), &read, &suspects, threads).await?;
        let mut parts = self.without(read, &found.others, threads).await?;
        parts.push(self.settled(found.contested, around).await?);
        MemTable::try_new(self.schema()?, parts)
    }

    /// Hashes of the keys of which there may be several rows, and the dates around the wanted ones where some lie.
    async fn suspects(&self, read: &[Hashed]) -> Result<(Hashes, BTreeSet<i32>)> {
        let (here, repeated) = Hashes::with_repeated(read.iter().flat_map(|rows| &rows.hashes).copied().collect());
        let Some(around) = self.around()? else { return Ok((Hashes::new(repeated), BTreeSet::new())) };
        let here = Arc::new(here);
        let columns = [self.contract.key(), lake::EVENT_DATE].map(ident);
        let found = each_stream(around.select(columns.to_vec())?, move |mut batches| {
            let here = Arc::clone(&here);
            async move {
                let (mut found, mut dates) = (Vec::new(), BTreeSet::new());
                while let Some(batch) = batches.next().await {
                    let batch = batch?;
                    let date = batch.column(1).as_primitive::<Date32Type>();
                    let hashes = hashes_of(batch.column(0))?.into_iter().enumerate();
                    for (row, hash) in hashes.filter(|(_, hash)| here.hold(*hash)) {
                        found.push(hash);
                        dates.insert(date.value(row));
                    }
                }
                Ok((found, dates))
            }
        });
        let (found, dates): (Vec<_>, Vec<_>) = found.await?.into_iter().unzip();
        let suspects = repeated.into_iter().chain(found.into_iter().flatten()).collect();
        Ok((Hashes::new(suspects), dates.into_iter().flatten().collect()))
    }

    /// Rows with the columns that are wanted or that order revisions: all of them, or those whose keys' hashes are wanted.
    async fn read(&self, rows: DataFrame, wanted: Option<Arc<Hashes>>) -> Result<Vec<Hashed>> {
        let fields = self.contract.schema().fields().iter().filter(|field| self.is_read(field.name()));
        let columns = fields.map(|field| or_null(&rows, field).1.alias(field.name())).collect::<Vec<_>>();
        let rows = rows.select(columns)?;
        let key = rows.schema().inner().index_of(self.contract.key())?;
        let read = each_stream(rows, move |mut batches| {
            let wanted = wanted.clone();
            async move {
                let mut read = Vec::new();
                while let Some(batch) = batches.next().await {
                    let rows = batch?;
                    let hashes = hashes_of(rows.column(key))?;
                    let hashed = match &wanted {
                        None => Hashed { rows, hashes },
                        Some(wanted) => only(&rows, hashes, wanted)?,
                    };
                    if hashed.rows.num_rows() > 0 {
                        read.push(hashed);
                    }
                }
                Ok(read)
            }
        });
        Ok(read.await?.into_iter().flatten().collect())
    }

    /// The wanted columns of all rows but those at these places, in so many portions.
    async fn without(
        &self,
        read: Arc<Vec<Hashed>>,
        others: &[Place],
        portions: usize,
    ) -> Result<Vec<Vec<RecordBatch>>> {
        let mut out: Vec<Vec<usize>> = vec![Vec::new(); read.len()];
        others.iter().for_each(|(batch, row)| out[*batch].push(*row));
        let (out, schema) = (Arc::new(out), self.schema()?);
        let mut tasks = JoinSet::new();
        let size = read.len().div_ceil(portions.max(1)).max(1);
        for first in (0..read.len()).step_by(size) {
            let (read, out, schema) = (Arc::clone(&read), Arc::clone(&out), Arc::clone(&schema));
            let own = first..read.len().min(first + size);
            tasks.spawn_blocking(move || own.map(|at| but(&read[at].rows, &out[at], &schema)).collect::<Result<_>>());
        }
        all_of(tasks).await
    }

    /// The current rows of contested keys: chosen by all columns of the contract.
    async fn settled(&self, keys: Vec<ScalarValue>, around: BTreeSet<i32>) -> Result<Vec<RecordBatch>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let around = around.into_iter().map(|date| date..=date);
        let dates = self.dates.clone().map(|dates| dates.into_iter().chain(around).collect());
        let keys = keys.into_iter().map(|key| Expr::Literal(key, None)).collect();
        let rows = self.on(dates)?.filter(ident(self.contract.key()).in_list(keys, false))?;
        let batches = revisions(rows, self.contract)?.collect().await?;
        let schema = self.schema()?;
        batches.iter().map(|batch| but(batch, &[], &schema)).collect()
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

    /// Whether a column is read: because it is wanted, or because it orders revisions.
    fn is_read(&self, column: &str) -> bool {
        self.columns.contains(column) || column == self.contract.key() || ORDER.contains(&column)
    }

    /// The schema of what is handed on: the wanted columns in the contract's order.
    fn schema(&self) -> Result<SchemaRef> {
        let rows = self.on(None)?;
        let fields = self.contract.schema().fields().iter().filter(|field| self.columns.contains(field.name()));
        let fields = fields.map(|field| or_null(&rows, field).0.with_nullable(true));
        Ok(Arc::new(Schema::new(fields.collect::<Vec<_>>())))
    }
}

/// The rows whose keys' hashes are wanted.
fn only(rows: &RecordBatch, hashes: Vec<u64>, wanted: &Hashes) -> Result<Hashed> {
    let mask: BooleanArray = hashes.iter().map(|hash| Some(wanted.hold(*hash))).collect();
    let hashes = hashes.into_iter().filter(|hash| wanted.hold(*hash)).collect();
    Ok(Hashed { rows: filter_record_batch(rows, &mask)?, hashes })
}

/// The columns of the schema, without some of the rows.
fn but(rows: &RecordBatch, without: &[usize], schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = schema.fields().iter().map(|field| rows.schema_ref().index_of(field.name()));
    let projected = rows.project(&columns.collect::<std::result::Result<Vec<_>, _>>()?)?;
    let kept = match without {
        [] => projected,
        _ => {
            let mut mask = vec![true; rows.num_rows()];
            without.iter().for_each(|row| mask[*row] = false);
            filter_record_batch(&projected, &BooleanArray::from(mask))?
        }
    };
    Ok(RecordBatch::try_new(Arc::clone(schema), kept.columns().to_vec())?)
}
