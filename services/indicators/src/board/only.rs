//! The part of a board that somebody asks for.

use super::{card::MetricCard, model::Board};
use crate::definition::Metric;
use std::collections::BTreeSet;

/// What is asked for; what is `None` or `false` leaves everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Only {
    /// A site, by its id or its name.
    pub site: Option<String>,
    /// A region.
    pub region: Option<String>,
    /// A metric.
    pub metric: Option<String>,
    /// The metrics of an owner.
    pub owner: Option<String>,
    /// What changed since the week before.
    pub changed: bool,
}

impl Only {
    /// What is left of a board, counted anew.
    ///
    /// # Errors
    /// What is asked for and not there, with what there is.
    pub fn of(&self, board: &Board) -> Result<Board, String> {
        self.check(board)?;
        let mut left = board.clone();
        let is = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        let metric = |metric: &Metric| is(&self.metric, &metric.name) && is(&self.owner, &metric.owner);
        left.metrics.retain(|declared| metric(declared));
        left.sites.retain(|site| self.site.is_none() || is(&self.site, &site.site) || self.site == site.name);
        left.sites.retain(|site| self.region.is_none() || site.region == self.region);
        for site in &mut left.sites {
            let changed = |card: &MetricCard| {
                left.changes.iter().any(|change| change.site == site.site && change.metric == card.metric)
            };
            site.metrics.retain(|card| metric(&card.declared) && (!self.changed || changed(card)));
        }
        left.sites.retain(|site| !site.metrics.is_empty());
        let of_metric = |name: &str| left.metrics.iter().any(|metric| metric.name == name);
        let of_site = |id: &str| left.sites.iter().any(|site| site.site == id);
        left.changes.retain(|change| of_metric(&change.metric) && of_site(&change.site));
        left.bad_rows.retain(|row| of_metric(&row.metric) && of_site(&row.site));
        left.promises.retain(|card| of_metric(&card.refused.metric));
        let scope = |region: &Option<String>| self.region.is_none() || region.is_none() || *region == self.region;
        left.rollups.retain(|rollup| of_metric(&rollup.metric) && scope(&rollup.region));
        left.count();
        Ok(left)
    }

    fn check(&self, board: &Board) -> Result<(), String> {
        let metrics = || board.metrics.iter();
        let sites = || board.sites.iter();
        let ids = sites().flat_map(|site| [Some(site.site.as_str()), site.name.as_deref()]).flatten();
        there("site", &self.site, ids.collect())?;
        there("region", &self.region, sites().filter_map(|site| site.region.as_deref()).collect())?;
        there("metric", &self.metric, metrics().map(|metric| metric.name.as_str()).collect())?;
        there("owner", &self.owner, metrics().map(|metric| metric.owner.as_str()).collect())
    }
}

/// Refuses what is not there: a slip of the keyboard would look like a site without trouble.
fn there(what: &str, wanted: &Option<String>, known: BTreeSet<&str>) -> Result<(), String> {
    match wanted.as_deref().filter(|wanted| !known.contains(wanted)) {
        None => Ok(()),
        Some(_) if known.is_empty() => Err(format!("there is no {what} yet")),
        Some(wanted) => {
            let known = Vec::from_iter(known).join(", ");
            Err(format!("there is no {what} “{wanted}”; there are: {known}"))
        }
    }
}
