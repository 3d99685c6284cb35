//! A site in a metric: whatever the core declares of a judgement, with the labels that all judgements have.

use super::{FamilyError, sites::Sites, table::Table};
use indicators::{Amount, FAMILIES, MetricValues};

/// All judgements of a metric.
pub(super) fn judgements(table: &mut Table, metric: &MetricValues, sites: &Sites<'_>) -> Result<(), FamilyError> {
    for judgement in &metric.judgements {
        let site = judgement.site.as_str();
        let labels = [("metric", metric.metric.name.as_str()), ("site", site), ("region", sites.region(site))];
        for (family, read) in FAMILIES.iter().filter_map(|family| Some((family, family.read?))) {
            let series = table.shared(family.name)?;
            for (own, amount) in read(judgement) {
                let value = match amount {
                    Amount::Number(number) => number,
                    Amount::Day(day) => sites.day_start(site, day),
                };
                series.set(labels.into_iter().chain(family.own_label().zip(own)), value);
            }
        }
    }
    Ok(())
}
