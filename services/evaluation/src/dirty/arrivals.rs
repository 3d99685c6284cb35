//! Rows that came since a version → the weeks whose current rows may differ.

use crate::{
    session::Limits,
    tables::{TableVersion, Tables},
    views::{Dates, around, each_stream, ends_at, hashes_of, lasting, on_dates},
};
use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::TimestampMicrosecondType,
};
use contracts::Contract;
use datafusion::{
    catalog::TableProvider,
    common::HashSet,
    error::DataFusionError,
    logical_expr::ident,
    prelude::{DataFrame, SessionContext},
};
use futures::StreamExt;
use indicators::week_set::WeekSet;
use jiff::civil::Date;
use lake::Changes;
use std::sync::Arc;

type Result<T> = std::result::Result<T, DataFusionError>;

/// The weeks of the rows that came after version `since` of the stream's table, of earlier revisions of the same keys
/// (which such a row may have moved elsewhere), and around dates that rows were taken from.
pub(super) async fn weeks(
    tables: &Tables,
    contract: &Contract,
    since: Option<TableVersion>,
    limits: &Limits,
) -> Result<WeekSet> {
    let now = tables.version(contract.name());
    if now == since {
        return Ok(WeekSet::default());
    }
    let same_table = now.zip(since).is_some_and(|(now, since)| now.is_of_same_table_as(&since));
    let (Some(snapshot), Some(since)) = (tables.snapshot(contract.name()).filter(|_| same_table), since) else {
        return Ok(WeekSet::All);
    };
    let changes =
        snapshot.changes_since(since.version).await.map_err(|error| DataFusionError::External(error.into()))?;
    let Changes::Known { added, removed } = changes else { return Ok(WeekSet::All) };
    let Some(mut weeks) = left(&removed, contract) else { return Ok(WeekSet::All) };
    let Some(added) = added else { return Ok(weeks) };
    let ctx = crate::session::session(limits.reading(), limits.threads)?;
    let came = Scan::of(&ctx, contract, added)?.rows(|_| true).await;
    let (came, keys) = match came {
        Ok(came) => came,
        // Vacuum may have deleted the files, once compaction had rewritten them.
        Err(error) => {
            tracing::warn!(stream = contract.name(), %error, "cannot read what came since; every week is computed again");
            return Ok(WeekSet::All);
        }
    };
    // After a long time away it is less work, and less memory, to compute everything.
    if keys.len() > limits.rows_at_once {
        return Ok(WeekSet::All);
    }
    weeks.extend(&came);
    // Weeks are a superset of the dates, and so are their dates of these.
    let dates = came.dates(0).map(|dates| around(&dates, contract));
    if let (Some(dates), Some(table)) = (dates, tables.provider(contract)) {
        let keys = Arc::new(keys.into_iter().collect::<HashSet<u64>>());
        let all = Scan::of(&ctx, contract, table)?.on(&dates)?;
        weeks.extend(&all.rows(move |hash| keys.contains(&hash)).await?.0);
    }
    Ok(weeks)
}

/// The weeks around dates that rows left; `None` where the log does not say which, or they may have lasted for ever.
fn left(dates: &std::collections::BTreeSet<String>, contract: &Contract) -> Option<WeekSet> {
    let mut weeks = WeekSet::default();
    for date in dates {
        let date: Date = date.parse().ok()?;
        let at = date.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond();
        weeks.insert(at, at + 86_400_000_000);
    }
    let lasting = u32::try_from(lasting(contract)?).unwrap_or(0).div_ceil(7);
    let span = contract.revision_span_weeks() + 1;
    Some(weeks.widened(span, span + lasting))
}

/// Key, time and end of a table's rows.
struct Scan {
    rows: DataFrame,
    ends: bool,
}

impl Scan {
    fn of(ctx: &SessionContext, contract: &Contract, table: Arc<dyn TableProvider>) -> Result<Self> {
        let time = contract.event_time().unwrap_or_default();
        let ends = ends_at(contract);
        let columns = [contract.key(), time].into_iter().chain(ends).chain([lake::EVENT_DATE]);
        let rows = ctx.read_table(table)?.select(columns.map(ident).collect::<Vec<_>>())?;
        Ok(Self { rows, ends: ends.is_some() })
    }

    fn on(self, dates: &Dates) -> Result<Self> {
        Ok(Self { rows: self.rows.filter(on_dates(dates))?, ..self })
    }

    /// Weeks of the rows whose key's hash is wanted, and those hashes.
    async fn rows(self, wanted: impl Fn(u64) -> bool + Clone + Send + 'static) -> Result<(WeekSet, Vec<u64>)> {
        let ends = self.ends;
        let found = each_stream(self.rows, move |mut batches| {
            let wanted = wanted.clone();
            async move {
                let (mut weeks, mut hashes) = (WeekSet::default(), Vec::new());
                while let Some(batch) = batches.next().await {
                    add(&batch?, ends, &wanted, &mut weeks, &mut hashes)?;
                }
                Ok((weeks, hashes))
            }
        });
        let mut all = (WeekSet::default(), Vec::new());
        for (weeks, hashes) in found.await? {
            all.0.extend(&weeks);
            all.1.extend(hashes);
        }
        Ok(all)
    }
}

fn add(
    batch: &RecordBatch,
    ends: bool,
    wanted: &impl Fn(u64) -> bool,
    weeks: &mut WeekSet,
    hashes: &mut Vec<u64>,
) -> Result<()> {
    let starts = batch.column(1).as_primitive::<TimestampMicrosecondType>();
    let until = ends.then(|| batch.column(2).as_primitive::<TimestampMicrosecondType>());
    for (row, hash) in hashes_of(batch.column(0))?.into_iter().enumerate().filter(|(_, hash)| wanted(*hash)) {
        hashes.push(hash);
        let start = starts.value(row);
        weeks.insert(start, until.filter(|until| until.is_valid(row)).map_or(start, |until| until.value(row)));
    }
    Ok(())
}
