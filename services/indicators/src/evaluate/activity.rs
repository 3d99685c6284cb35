//! In which site-local weeks a site sent events, by event time and up to the clock.

use crate::{Activity, Limits, Site, Views, calendar::date_of_days, views::week};
use arrow::{
    array::{Array, AsArray, RecordBatch},
    compute::cast,
    datatypes::{DataType, Date32Type, Int64Type},
};
use contracts::Contract;
use datafusion::{error::DataFusionError, functions_aggregate::expr_fn::count, logical_expr::ident, logical_expr::lit};
use std::collections::{BTreeMap, BTreeSet};

/// Activity, and how many events each site sent.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub activity: Activity,
    events: BTreeMap<String, u64>,
}

impl Seen {
    /// Events of sites that no reference record names.
    pub(super) fn events_outside(&self, sites: &[Site]) -> u64 {
        let known: BTreeSet<&str> = sites.iter().map(|site| site.id.as_str()).collect();
        self.events.iter().filter(|(site, _)| !known.contains(site.as_str())).map(|(_, events)| events).sum()
    }

    fn add(&mut self, stream: &str, batch: &RecordBatch) -> Result<(), DataFusionError> {
        let sites = cast(batch.column(0), &DataType::Utf8)?;
        let (sites, weeks) = (sites.as_string::<i32>(), batch.column(1).as_primitive::<Date32Type>());
        let events = batch.column(2).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let Some(week) = date_of_days(weeks.value(row)).filter(|_| sites.is_valid(row)) else { continue };
            let site = sites.value(row);
            self.activity.weeks.entry((stream.to_owned(), site.to_owned())).or_default().insert(week);
            *self.events.entry(site.to_owned()).or_default() += u64::try_from(events.value(row)).unwrap_or(0);
        }
        Ok(())
    }
}

/// Reads the activity of these streams.
pub(super) async fn read(views: &Views, streams: &BTreeSet<&String>, limits: &Limits) -> Result<Seen, DataFusionError> {
    let mut seen = Seen::default();
    for stream in streams {
        let Some(contract) = views.tables().contracts().get(stream).filter(|contract| has_site(contract)) else {
            continue;
        };
        let ctx = crate::session(limits.share(), limits.threads)?;
        let rows = views.visible(&ctx, contract)?.select(vec![ident("site_id"), week(contract)])?;
        let groups = rows.aggregate(vec![ident("site_id"), ident("week")], vec![count(lit(1)).alias("events")])?;
        for batch in groups.collect().await? {
            seen.add(stream, &batch)?;
        }
    }
    Ok(seen)
}

fn has_site(contract: &Contract) -> bool {
    contract.schema().field_with_name("site_id").is_ok()
}
