//! Values → the `leading_*` families, checked.
//!
//! Label sets, by family: a value carries its scope, `window` and the query's own labels; a judgement carries `metric`,
//! `site` and `region`, with the query's own labels pooled. What is unknown is absent, never NaN and never 0.

mod about;
mod checks;
mod judged;
mod sites;
mod table;
mod valued;

pub(crate) use about::CLOCK;
pub use checks::FamilyError;
pub(crate) use sites::seconds;

use indicators::Values;
use prometheus::proto::MetricFamily;
use sites::Sites;
use table::Table;

/// All families, by name; none is empty, none holds a series twice, every name is one that Prometheus takes.
pub(crate) fn of(values: &Values) -> Result<Vec<MetricFamily>, FamilyError> {
    let sites = Sites::of(values);
    let mut table = Table::default();
    about::clock(&mut table, values.as_of)?;
    about::sites(&mut table, values)?;
    for metric in &values.metrics {
        checks::names(&metric.metric)?;
        about::metric(&mut table, &metric.metric, values)?;
        // Of what nobody sends there is nothing to tell but that it is declared: not a dozen series a site.
        if metric.is_quiet() {
            continue;
        }
        valued::series(&mut table, metric, &sites)?;
        judged::judgements(&mut table, metric, &sites)?;
    }
    table.finish()
}
