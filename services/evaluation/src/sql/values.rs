//! `indicator_values`: what is exported, one row a metric, scope, label set and window.

use crate::store;
use arrow::{
    array::{
        Array, ArrayRef, Date32Array, Float64Array, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder,
    },
    datatypes::{Field, Schema},
};
use datafusion::{datasource::MemTable, error::DataFusionError};
use indicators::{
    Assurance, Course, Judgement, MetricValues, Reason, Scope, SitesIn, Values, Window, WindowKind,
    calendar::days_of_date,
};
use jiff::civil::Date;
use std::{collections::BTreeMap, sync::Arc};

/// A window of a series, with what is known of its site.
struct Row<'a> {
    metric: &'a str,
    scope: &'static str,
    site: Option<&'a str>,
    region: Option<&'a str>,
    labels: &'a BTreeMap<String, String>,
    last_week: Date,
    window: Option<(WindowKind, Window)>,
    sites: Option<SitesIn>,
    judgement: Option<&'a Judgement>,
}

/// The view as one batch, for whoever has values at hand and no lake. State, course, assurance, target, reasons and scores are those of
/// the site, and NULL for roll-ups; a site without a value in any window has one row, without window.
///
/// # Errors
/// When the columns make no batch, which a change of this code alone can bring about.
pub fn indicator_values(values: &Values) -> Result<RecordBatch, DataFusionError> {
    let none = BTreeMap::new();
    let rows: Vec<Row<'_>> = values.metrics.iter().flat_map(|metric| rows(values, metric, &none)).collect();
    batch(&rows)
}

/// The view as a table.
pub fn values_table(values: &Values) -> Result<MemTable, DataFusionError> {
    let batch = indicator_values(values)?;
    MemTable::try_new(batch.schema(), vec![vec![batch]])
}

fn rows<'a>(values: &'a Values, metric: &'a MetricValues, none: &'a BTreeMap<String, String>) -> Vec<Row<'a>> {
    let region_of = |site: &str| values.site(site).and_then(|site| site.region.as_deref());
    let mut rows = Vec::new();
    for series in &metric.series {
        let (scope, site, region) = match &series.scope {
            Scope::Site(site) => ("site", Some(site.as_str()), region_of(site)),
            Scope::Region(region) => ("region", None, Some(region.as_str())),
            Scope::Company => ("company", None, None),
        };
        rows.extend(series.windows.iter().map(|(kind, window)| Row {
            metric: &metric.metric.name,
            scope,
            site,
            region,
            labels: &series.labels,
            last_week: series.last_week,
            window: Some((*kind, *window)),
            sites: series.sites.get(kind).copied(),
            judgement: site.and_then(|site| metric.judgement(site)),
        }));
    }
    let valued: Vec<&str> = rows.iter().filter_map(|row| row.site).collect();
    let unvalued = metric.judgements.iter().filter(|judgement| !valued.contains(&judgement.site.as_str()));
    let unvalued = unvalued.map(|judgement| Row {
        metric: &metric.metric.name,
        scope: "site",
        site: Some(&judgement.site),
        region: region_of(&judgement.site),
        labels: none,
        last_week: judgement.last_week,
        window: None,
        sites: None,
        judgement: Some(judgement),
    });
    let unvalued: Vec<Row<'_>> = unvalued.collect();
    rows.extend(unvalued);
    rows
}

fn batch(rows: &[Row<'_>]) -> Result<RecordBatch, DataFusionError> {
    let text = |of: &dyn Fn(&Row<'_>) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<StringArray>())
    };
    let window = |of: &dyn Fn(Window) -> Option<f64>| -> ArrayRef {
        Arc::new(rows.iter().map(|row| row.window.and_then(|(_, window)| of(window))).collect::<Float64Array>())
    };
    let judged = |of: &dyn Fn(&Judgement) -> Option<f64>| -> ArrayRef {
        Arc::new(rows.iter().map(|row| row.judgement.and_then(of)).collect::<Float64Array>())
    };
    let judged_word = |of: &dyn Fn(&Judgement) -> Option<&'static str>| -> ArrayRef {
        Arc::new(rows.iter().map(|row| row.judgement.and_then(of)).collect::<StringArray>())
    };
    let score = |reason: Reason| {
        judged(&|j| j.reasons.iter().find(|value| value.reason == reason).and_then(|value| value.score))
    };
    let streak = rows.iter().map(|row| row.judgement.and_then(|j| j.streak).map(i64::from));
    let weeks = rows.iter().map(|row| days_of_date(row.last_week));
    let rested =
        rows.iter().map(|row| row.judgement.and_then(|j| j.on().find_map(|on| on.last_week)).map(days_of_date));
    let sites = |of: &dyn Fn(SitesIn) -> usize| -> ArrayRef {
        let count = |row: &Row<'_>| row.sites.and_then(|sites| i64::try_from(of(sites)).ok());
        Arc::new(rows.iter().map(count).collect::<Int64Array>())
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("metric", text(&|row| Some(row.metric.to_owned()))),
        ("scope", text(&|row| Some(row.scope.to_owned()))),
        ("site", text(&|row| row.site.map(str::to_owned))),
        ("region", text(&|row| row.region.map(str::to_owned))),
        ("labels", Arc::new(store::labels(rows.iter().map(|row| row.labels))?)),
        ("window", text(&|row| row.window.map(|(kind, _)| kind.as_str().to_owned()))),
        ("last_week", Arc::new(Date32Array::from_iter_values(weeks))),
        ("value", window(&|window| Some(window.value))),
        ("lower", window(&|window| window.lower)),
        ("upper", window(&|window| window.upper)),
        ("sample_size", window(&|window| window.sample_size)),
        ("target", judged(&|judgement| judgement.target)),
        ("state", judged_word(&|judgement| Some(judgement.state.as_str()))),
        ("course", judged_word(&|judgement| judgement.course.map(Course::as_str))),
        ("assurance", judged_word(&|judgement| judgement.assurance().map(Assurance::as_str))),
        ("reasons", reasons(rows)),
        ("reasons_last_week", Arc::new(rested.collect::<Date32Array>())),
        ("lacking", text(&|row| row.judgement.and_then(|j| j.lacking).map(|lacking| lacking.to_string()))),
        ("score_below", score(Reason::Below)),
        ("score_behind_peers", score(Reason::BehindPeers)),
        ("score_falling", score(Reason::Falling)),
        ("coverage", judged(&|judgement| judgement.coverage)),
        ("streak", Arc::new(streak.collect::<Int64Array>())),
        ("trend_per_week", judged(&|judgement| judgement.trend_per_week)),
        ("sites_shown", sites(&|sites| sites.shown)),
        ("sites", sites(&|sites| sites.sites)),
    ];
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, column)| Field::new(*name, column.data_type().clone(), !matches!(*name, "metric" | "scope")))
        .collect();
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// The reasons for which a site is called lagging, or was when it went quiet; NULL for roll-ups.
fn reasons(rows: &[Row<'_>]) -> ArrayRef {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in rows {
        if let Some(judgement) = row.judgement {
            judgement.on().for_each(|reason| lists.values().append_value(reason.reason.as_str()));
        }
        lists.append(row.judgement.is_some());
    }
    Arc::new(lists.finish())
}
