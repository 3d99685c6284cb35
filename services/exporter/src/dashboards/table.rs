//! Tables: what their columns are, and where a row leads.

use super::{
    parts::{DAY, Panel, Query, address, targets},
    queries::{foremost_reason, in_unit, monday},
    wording::{assurances, courses, reasons, sureness},
};
use serde_json::{Value, json};

/// A column of a table: a label of the rows, or a query's value, or a label that a query brings.
pub(super) struct Column {
    title: &'static str,
    query: Option<String>,
    label: Option<&'static str>,
    properties: Vec<Value>,
}

impl Column {
    /// A label that rows are named by.
    pub fn key(label: &'static str, title: &'static str) -> Self {
        Self { title, query: None, label: Some(label), properties: Vec::new() }
    }

    /// A number.
    pub fn number(title: &'static str, query: String, unit: &str, decimals: u32) -> Self {
        let properties = vec![json!({"id": "unit", "value": unit}), json!({"id": "decimals", "value": decimals})];
        Self { title, query: Some(query), label: None, properties }
    }

    /// A day, of milliseconds.
    pub fn day(title: &'static str, query: String) -> Self {
        Self { title, query: Some(query), label: None, properties: vec![json!({"id": "unit", "value": DAY})] }
    }

    /// A label that only this query has.
    pub fn word(title: &'static str, label: &'static str, query: String) -> Self {
        Self { title, query: Some(query), label: Some(label), properties: Vec::new() }
    }

    /// In words of its own.
    pub fn told(mut self, mappings: Vec<Value>) -> Self {
        self.properties.push(json!({"id": "mappings", "value": mappings}));
        self
    }

    /// In words of its own, each in its colour.
    pub fn mapped(self, mappings: Value, cells: &str) -> Self {
        let mut column = self.told(vec![mappings]);
        let cells =
            if cells == "color-background" { json!({"type": cells, "mode": "basic"}) } else { json!({"type": cells}) };
        column.properties.push(json!({"id": "custom.cellOptions", "value": cells}));
        column
    }

    /// Leads to a dashboard, the variable taken from the row, and to the board's page.
    pub fn linked(mut self, uid: &str, variables: &[(&str, &str)], page: (&str, String)) -> Self {
        let chosen: String = variables
            .iter()
            .map(|(variable, column)| format!("&var-{variable}=${{__data.fields[\"{column}\"]:percentencode}}"))
            .collect();
        self.properties.push(json!({"id": "links", "value": [
            {"title": "Its weeks", "url": format!("{}{chosen}", address(uid)), "targetBlank": false},
            {"title": page.0, "url": format!("${{board}}{}", page.1), "targetBlank": true}
        ]}));
        self
    }
}

/// The site of a row, with the ways on from it.
pub(super) fn site_column() -> Column {
    let page = ("Its page on the board", "/sites/${__data.fields[\"Site\"]:percentencode}".to_owned());
    Column::key("site", "Site").linked("bellwether-site", &[("site", "Site")], page)
}

/// The metric of a row, with the ways on from it.
pub(super) fn metric_column() -> Column {
    let page = ("Its page on the board", "/indicators/${__data.fields[\"Metric\"]:percentencode}".to_owned());
    Column::key("metric", "Metric").linked("bellwether-metric", &[("metric", "Metric")], page)
}

/// What is known of the rows whose labels are `by`, from their reason on to what the bounds rest on: `of` chooses the series,
/// `metrics` those whose units matter, then come the value and its bounds; `only` narrows a query down to the table's rows.
pub(super) fn judged(
    by: &str,
    of: &str,
    [value, lower, upper]: [String; 3],
    metrics: &str,
    only: impl Fn(&str) -> String,
) -> Vec<Column> {
    let reason = only(&format!("max by ({by}, reason) ({})", foremost_reason(of)));
    let since = only(&monday(&format!("min by ({by}) (leading_lagging_since_timestamp_seconds{{{of}}})")));
    let course = only(&format!("max by ({by}, course) (leading_course{{{of}}} == 1)"));
    let assurance = only(&format!("max by ({by}, assurance) (leading_assurance{{{of}}} == 1)"));
    let target = only(&format!("max by ({by}, unit) ({})", in_unit(&format!("leading_target{{{of}}}"), metrics)));
    vec![
        Column::key("reason", "Reason").told(vec![reasons()]),
        Column::number("How sure", reason, "none", 1).told(sureness()),
        Column::day("Since", since),
        Column::word("Going", "course", course).mapped(courses(), "color-text"),
        Column::word("Meets its target", "assurance", assurance).mapped(assurances(), "color-text"),
        Column::number("Last 4 weeks", only(&value), "none", 1),
        Column::number("Lower bound", only(&lower), "none", 1),
        Column::number("Upper bound", only(&upper), "none", 1),
        Column::number("Target", target, "none", 1),
        Column::key("unit", "Unit"),
        Column::number("n", only(&format!("min by ({by}) (leading_sample_size{{window=\"4w\",{of}}})")), "none", 0),
    ]
}

/// One row for each set of keys, sorted by a column, greatest first.
pub(super) fn table(title: &'static str, description: &'static str, columns: Vec<Column>, sort: &'static str) -> Panel {
    let mut queries: Vec<Query> = Vec::new();
    let (mut hidden, mut order, mut names, mut overrides) =
        (vec!["Time".to_owned()], Vec::new(), Vec::new(), Vec::new());
    for column in columns {
        let value = column.query.map(|query| {
            queries.push((query, "__auto"));
            format!("Value #{}", char::from(b'A'.saturating_add(u8::try_from(queries.len() - 1).unwrap_or(0))))
        });
        let field = match (column.label, value) {
            (Some(label), value) => {
                hidden.extend(value);
                label.to_owned()
            }
            (None, value) => value.unwrap_or_default(),
        };
        order.push(field.clone());
        names.push((field, column.title));
        if !column.properties.is_empty() {
            let matcher = json!({"id": "byName", "options": column.title});
            overrides.push(json!({"matcher": matcher, "properties": column.properties}));
        }
    }
    let object = |pairs: Vec<(String, Value)>| Value::Object(pairs.into_iter().collect());
    let organize = json!({
        "excludeByName": object(hidden.into_iter().map(|field| (field, json!(true))).collect()),
        "indexByName": object(order.into_iter().zip(0..).map(|(field, at)| (field, json!(at))).collect()),
        "renameByName": object(names.into_iter().map(|(field, title)| (field, json!(title))).collect())
    });
    Panel {
        width: 24,
        height: 12,
        title,
        description,
        kind: "table",
        targets: targets(queries, true, "table"),
        options: json!({"showHeader": true, "cellHeight": "sm", "frameIndex": 0, "sortBy": [{"displayName": sort, "desc": true}]}),
        defaults: json!({
            "unit": "none", "custom": {"align": "auto", "inspect": false, "filterable": true}, "noValue": "–",
            "color": {"mode": "thresholds"},
            "thresholds": {"mode": "absolute", "steps": [{"value": null, "color": "text"}]}
        }),
        overrides,
        transformations: vec![
            json!({"id": "merge", "options": {}}),
            json!({"id": "organize", "options": organize}),
            json!({"id": "sortBy", "options": {"sort": [{"field": sort, "desc": true}]}}),
        ],
        repeat: None,
    }
}
