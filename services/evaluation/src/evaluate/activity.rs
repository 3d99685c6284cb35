//! In which site-local weeks a site sent events, by event time and up to the clock.

use super::work::{Stretch, Work};
use crate::{
    session::Limits,
    views::{Views, week},
};
use arrow::{
    array::{Array, AsArray, RecordBatch},
    compute::cast,
    datatypes::{DataType, Date32Type, Int64Type},
};
use contracts::Contract;
use datafusion::{error::DataFusionError, functions_aggregate::expr_fn::count, logical_expr::ident, logical_expr::lit};
use indicators::{calendar::date_of_days, week_set::index_of};
use jiff::civil::Date;

/// A site sent events of a stream in a week.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seen {
    pub stream: String,
    pub site: String,
    pub week: Date,
    pub events: u64,
}

/// The activity of the work's streams in the weeks of one stretch.
pub(super) async fn read(
    work: &Work,
    stretch: &Stretch,
    views: &Views,
    limits: &Limits,
) -> Result<Vec<Seen>, DataFusionError> {
    let mut seen = Vec::new();
    for (stream, weeks) in work.activity.iter().filter(|(_, weeks)| stretch.meets(weeks)) {
        let Some(contract) = views.tables().contracts().get(stream).filter(|contract| has_site(contract)) else {
            continue;
        };
        let ctx = crate::session::session(limits.share(), limits.threads)?;
        let rows = views.visible(&ctx, contract)?.select(vec![ident("site_id"), week(contract)])?;
        let groups = rows.aggregate(vec![ident("site_id"), ident("week")], vec![count(lit(1)).alias("events")])?;
        for batch in groups.collect().await? {
            let rows = of_batch(stream, &batch)?.into_iter();
            seen.extend(rows.filter(|row| weeks.holds(row.week) && stretch.holds(index_of(row.week))));
        }
    }
    Ok(seen)
}

fn of_batch(stream: &str, batch: &RecordBatch) -> Result<Vec<Seen>, DataFusionError> {
    let sites = cast(batch.column(0), &DataType::Utf8)?;
    let (sites, weeks) = (sites.as_string::<i32>(), batch.column(1).as_primitive::<Date32Type>());
    let events = batch.column(2).as_primitive::<Int64Type>();
    let row = |row: usize| {
        let week = date_of_days(weeks.value(row)).filter(|_| sites.is_valid(row))?;
        let (site, events) = (sites.value(row).to_owned(), u64::try_from(events.value(row)).unwrap_or(0));
        Some(Seen { stream: stream.to_owned(), site, week, events })
    };
    Ok((0..batch.num_rows()).filter_map(row).collect())
}

fn has_site(contract: &Contract) -> bool {
    contract.schema().field_with_name("site_id").is_ok()
}
