//! What dashboards are made of, as Grafana writes it down (schema version 42).

use super::queries;
use indicators::{
    Assurance, Course, Reason, State,
    board::words::{self, capital},
};
use serde_json::{Value, json};

/// Days that a week's Monday is shown as.
pub(super) const DAY: &str = "time:YYYY-MM-DD";
const GREY: &str = "#8e8e8e";

/// The address of a dashboard, with the data source and the time range that are looked at.
fn address(uid: &str) -> String {
    format!("/d/{uid}?${{datasource:queryparam}}&${{__url_time_range}}")
}

/// Where the pages of the board are, and what is looked at.
pub(super) struct Frame<'a> {
    pub uid: &'a str,
    pub title: &'a str,
    pub description: &'a str,
    /// The address of the exporter's pages.
    pub board: &'a str,
    /// The page that says the same: its title, and its path.
    pub page: (&'a str, &'a str),
    pub variables: Vec<Value>,
    pub annotations: Vec<Value>,
    pub from: &'a str,
    pub refresh: &'a str,
}

impl Frame<'_> {
    /// The dashboard; panels lie in rows, from left to right.
    pub fn with(self, rows: Vec<Vec<Panel>>) -> Value {
        let datasource = json!({
            "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "hide": 0,
            "current": {"text": "Prometheus", "value": "prometheus"}
        });
        let board = json!({
            "name": "board", "label": "Address of the board", "type": "constant", "query": self.board, "hide": 2,
            "skipUrlSync": true, "current": {"text": self.board, "value": self.board}
        });
        let variables = [vec![datasource], self.variables, vec![board]].concat();
        let (page, path) = self.page;
        json!({
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": ["bellwether"],
            "timezone": "utc",
            "weekStart": "monday",
            "editable": false,
            "graphTooltip": 1,
            "time": {"from": self.from, "to": "now"},
            "refresh": self.refresh,
            "schemaVersion": 42,
            "version": 1,
            "annotations": {"list": self.annotations},
            "links": [
                {
                    "title": page, "type": "link", "icon": "external link", "tooltip": "", "tags": [],
                    "url": format!("${{board}}{path}"),
                    "asDropdown": false, "targetBlank": true, "includeVars": false, "keepTime": false
                },
                {
                    "title": "Dashboards", "type": "dashboards", "icon": "dashboard", "tooltip": "", "tags": ["bellwether"],
                    "asDropdown": false, "targetBlank": false, "includeVars": true, "keepTime": true
                }
            ],
            "templating": {"list": variables},
            "panels": laid_out(rows)
        })
    }
}

fn laid_out(rows: Vec<Vec<Panel>>) -> Vec<Value> {
    let (mut id, mut y, mut panels) = (0, 0, Vec::new());
    for row in rows {
        let height = row.iter().map(|panel| panel.height).max().unwrap_or_default();
        let mut x = 0;
        for panel in row {
            id += 1;
            let width = panel.width;
            panels.push(panel.at(id, x, y));
            x += width;
        }
        y += height;
    }
    panels
}

/// A variable that Prometheus has the values of.
pub(super) enum Choice {
    /// One value.
    One,
    /// Any number, all at first.
    Any,
}

/// `label_values(…)`, anew with every change of the time range.
pub(super) fn variable(name: &str, label: &str, series: &str, choice: &Choice) -> Value {
    let query = format!("label_values({series}, {name})");
    let mut variable = json!({
        "name": name, "label": label, "type": "query", "datasource": datasource(), "query": query, "definition": query,
        "refresh": 2, "sort": 1
    });
    if matches!(choice, Choice::Any) {
        variable["multi"] = json!(true);
        variable["includeAll"] = json!(true);
        variable["current"] = json!({"text": "All", "value": "$__all"});
        // What has no region is not left out where all are chosen; of the others there is none without.
        variable["allValue"] = json!(if name == "region" { ".*" } else { ".+" });
    }
    variable
}

/// Onsets, each at its Monday.
pub(super) fn onsets(of: &str) -> Value {
    let since = queries::monday(&format!("min by (metric, site) (leading_lagging_since_timestamp_seconds{{{of}}})"));
    json!({
        "name": "Began to lag", "datasource": datasource(), "enable": true, "iconColor": "red", "expr": since,
        "useValueForTime": true, "step": "1d", "titleFormat": "{{site}} began to lag", "textFormat": "{{metric}}",
        "tagKeys": ""
    })
}

fn datasource() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

/// A panel without its place.
pub(super) struct Panel {
    pub width: u32,
    pub height: u32,
    title: &'static str,
    description: &'static str,
    kind: &'static str,
    targets: Vec<Value>,
    options: Value,
    defaults: Value,
    overrides: Vec<Value>,
    transformations: Vec<Value>,
    repeat: Option<&'static str>,
}

impl Panel {
    fn at(self, id: u32, x: u32, y: u32) -> Value {
        let mut panel = json!({
            "id": id, "type": self.kind, "title": self.title, "description": self.description, "datasource": datasource(),
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": self.targets, "options": self.options,
            "fieldConfig": {"defaults": self.defaults, "overrides": self.overrides}
        });
        if !self.transformations.is_empty() {
            panel["transformations"] = json!(self.transformations);
        }
        if let Some(variable) = self.repeat {
            panel["repeat"] = json!(variable);
            panel["repeatDirection"] = json!("h");
            panel["maxPerRow"] = json!(2);
        }
        panel
    }

    pub fn sized(mut self, width: u32, height: u32) -> Self {
        (self.width, self.height) = (width, height);
        self
    }

    /// Once for each value of a variable.
    pub fn repeated(mut self, variable: &'static str) -> Self {
        self.repeat = Some(variable);
        self
    }
}

/// A query: what is asked, and what its series are called.
pub(super) type Query = (String, &'static str);

fn target(index: usize, (expr, legend): Query, now: bool, format: &str) -> Value {
    let letter = char::from(b'A'.saturating_add(u8::try_from(index).unwrap_or(0)));
    json!({
        "refId": letter.to_string(), "datasource": datasource(), "expr": expr, "legendFormat": legend, "format": format,
        "instant": now, "range": !now, "editorMode": "code"
    })
}

fn targets(queries: Vec<Query>, now: bool, format: &str) -> Vec<Value> {
    queries.into_iter().enumerate().map(|(index, query)| target(index, query, now, format)).collect()
}

/// A number now. `steps`: from which value on it has which colour, before the first green; none at all, no colour.
pub(super) fn stat(
    title: &'static str,
    description: &'static str,
    unit: &str,
    steps: &[(f64, &str)],
    queries: Vec<Query>,
) -> Panel {
    let named = queries.iter().any(|(_, legend)| *legend != "__auto");
    let (plain, percent) = (steps.is_empty(), say_units(&queries));
    let colours = std::iter::once(json!({"value": null, "color": if plain { "text" } else { "green" }}))
        .chain(steps.iter().map(|(value, colour)| json!({"value": value, "color": colour})));
    Panel {
        width: 4,
        height: 4,
        title,
        description,
        kind: "stat",
        targets: targets(queries, true, "time_series"),
        options: json!({
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": false},
            "graphMode": "none", "colorMode": if plain { "none" } else { "value" }, "justifyMode": "auto",
            "textMode": if named { "value_and_name" } else { "value" },
            "wideLayout": true, "showPercentChange": false, "percentChangeColorMode": "standard", "orientation": "auto"
        }),
        defaults: json!({
            "unit": unit, "color": {"mode": "thresholds"},
            "thresholds": {"mode": "absolute", "steps": colours.collect::<Vec<_>>()}
        }),
        overrides: in_percent(percent),
        transformations: Vec::new(),
        repeat: None,
    }
}

/// What a chart draws a query as.
#[derive(Clone, Copy)]
pub(super) enum Line {
    /// Thin, in a colour of its own.
    Thin,
    /// The aim.
    Dashed,
    /// The company.
    Thick,
    /// A bound.
    Dotted,
}

impl Line {
    fn properties(self, letter: char) -> Option<Value> {
        let (width, fill, dash, colour) = match self {
            Self::Thin => return None,
            Self::Dashed => (2, "dash", [8, 6], "text"),
            Self::Thick => (3, "solid", [0, 0], "blue"),
            Self::Dotted => (1, "dash", [2, 6], GREY),
        };
        Some(json!({
            "matcher": {"id": "byFrameRefID", "options": letter.to_string()},
            "properties": [
                {"id": "custom.lineWidth", "value": width},
                {"id": "custom.lineStyle", "value": if fill == "solid" { json!({"fill": fill}) } else {
                    json!({"fill": fill, "dash": dash})
                }},
                {"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}
            ]
        }))
    }
}

/// Numbers over time, as steps: a value holds until the next evaluation.
pub(super) fn chart(title: &'static str, description: &'static str, unit: &str, queries: Vec<(Query, Line)>) -> Panel {
    let (queries, lines): (Vec<Query>, Vec<Line>) = queries.into_iter().unzip();
    let lines = lines.into_iter().zip('A'..).filter_map(|(line, letter)| line.properties(letter));
    let overrides = lines.chain(in_percent(say_units(&queries))).collect();
    Panel {
        width: 12,
        height: 9,
        title,
        description,
        kind: "timeseries",
        targets: targets(queries, false, "time_series"),
        options: json!({
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []},
            "tooltip": {"mode": "multi", "sort": "desc"}
        }),
        defaults: json!({
            "unit": unit, "color": {"mode": "palette-classic"},
            "custom": {
                "drawStyle": "line", "lineInterpolation": "stepAfter", "lineWidth": 1, "fillOpacity": 0,
                "showPoints": "never", "spanNulls": false
            }
        }),
        overrides,
        transformations: Vec::new(),
        repeat: None,
    }
}

/// A chart of one metric's values: their names are the values of their labels, however many the query gave them.
pub(super) fn named_by_labels(mut panel: Panel) -> Panel {
    panel.transformations =
        vec![json!({"id": "renameByRegex", "options": {"regex": r#"/[{}"]|[a-z_0-9]+=/g"#, "renamePattern": ""}})];
    panel
}

/// Parts of a whole, upon each other.
pub(super) fn stacked(mut panel: Panel, colours: impl Iterator<Item = (&'static str, &'static str)>) -> Panel {
    panel.defaults["custom"]["stacking"] = json!({"mode": "normal", "group": "A"});
    panel.defaults["custom"]["fillOpacity"] = json!(60);
    panel.defaults["custom"]["lineWidth"] = json!(0);
    panel.overrides.extend(colours.map(|(name, colour)| {
        json!({
            "matcher": {"id": "byName", "options": name},
            "properties": [
                {"id": "color", "value": {"mode": "fixed", "fixedColor": colour}},
            ]
        })
    }));
    panel
}

/// Whether the names of series say their unit: in a legend, or among their labels.
fn say_units(queries: &[Query]) -> bool {
    queries.iter().any(|(_, legend)| legend.is_empty() || legend.contains("{{unit}}"))
}

/// Series with the unit % in their name are shown in percent; the others as the panel says.
fn in_percent(units: bool) -> Vec<Value> {
    let matcher = json!({"id": "byRegexp", "options": "/(^|[ ,])%(,|$)/"});
    let percent = json!({"matcher": matcher, "properties": [{"id": "unit", "value": "percent"}]});
    units.then_some(percent).into_iter().collect()
}

/// Which state held when.
pub(super) fn timeline(title: &'static str, description: &'static str, mappings: Value, queries: Vec<Query>) -> Panel {
    Panel {
        width: 24,
        height: 9,
        title,
        description,
        kind: "state-timeline",
        targets: targets(queries, false, "time_series"),
        options: json!({
            "showValue": "never", "rowHeight": 0.8, "mergeValues": true, "alignValue": "left", "perPage": 20,
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []},
            "tooltip": {"mode": "single", "sort": "none"}
        }),
        defaults: json!({
            "mappings": [mappings], "color": {"mode": "thresholds"},
            "thresholds": {"mode": "absolute", "steps": [{"value": null, "color": "text"}]},
            "custom": {"lineWidth": 0, "fillOpacity": 80, "spanNulls": false}
        }),
        overrides: Vec::new(),
        transformations: Vec::new(),
        repeat: None,
    }
}

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

/// Words for values, each with its colour.
pub(super) fn words_for<'a>(words: impl Iterator<Item = (String, String, &'a str)>) -> Value {
    let one = |(index, (value, text, colour)): (usize, (String, String, &str))| {
        (value, json!({"text": text, "color": colour, "index": index}))
    };
    json!({"type": "value", "options": Value::Object(words.enumerate().map(one).collect())})
}

/// The colour of a state.
pub(super) fn colour(state: State) -> &'static str {
    match state {
        State::Lagging => "red",
        State::Silent => "purple",
        State::Insufficient => "yellow",
        State::Ok => "green",
        State::Suppressed | State::NoData | State::Unjudged => GREY,
    }
}

/// States by the number that stands for each.
pub(super) fn states() -> Value {
    words_for(
        queries::urgency()
            .into_iter()
            .map(|(state, number)| (number.to_string(), capital(words::state(state)), colour(state))),
    )
}

/// Courses: whichever way is better, red is worse.
pub(super) fn courses() -> Value {
    let colour = |course| match course {
        Course::Worsening => "red",
        Course::Steady => "text",
        Course::Improving | Course::Recovering => "green",
    };
    words_for(Course::ALL.into_iter().map(|course| (course.as_str().to_owned(), words::course(course), colour(course))))
}

/// In how many weeks the target is met.
pub(super) fn assurances() -> Value {
    let colour = |assurance| match assurance {
        Assurance::Most => "green",
        Assurance::Some => "yellow",
        Assurance::HardlyAny => "red",
    };
    let one = |assurance: Assurance| {
        (assurance.as_str().to_owned(), words::assurance(assurance).to_owned(), colour(assurance))
    };
    words_for(Assurance::ALL.into_iter().map(one))
}

/// Reasons, without saying which way is worse.
pub(super) fn reasons() -> Value {
    let text = |reason| match reason {
        Reason::Below => "past its alarm",
        Reason::BehindPeers => "behind peers",
        Reason::Falling => "worse than it was",
    };
    words_for(Reason::ALL.into_iter().map(|reason| (reason.as_str().to_owned(), text(reason).to_owned(), "text")))
}

/// How sure a reason is, by its score as a share of that at which it comes on; in the board's words.
pub(super) fn sureness() -> Vec<Value> {
    let range = |from: Option<f64>, to: Option<f64>, text: &str| json!({"type": "range", "options": {"from": from, "to": to, "result": {"text": text}}});
    vec![range(Some(1.3), None, "very sure"), range(Some(1.0), Some(1.3), "sure"), range(None, Some(1.0), "easing")]
}

/// Yes (1) and no (0).
pub(super) fn yes_no() -> Value {
    let both = [("1", "yes", "green"), ("0", "no", "red")];
    words_for(both.into_iter().map(|(value, text, colour)| (value.to_owned(), text.to_owned(), colour)))
}

/// A panel whose numbers are words.
pub(super) fn in_words(mut panel: Panel, mappings: &Value) -> Panel {
    panel.defaults["mappings"] = json!([mappings]);
    panel
}
