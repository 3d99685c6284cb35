//! What dashboards are made of, as Grafana writes it down (schema version 42).

use super::{queries::monday, wording::GREY};
use serde_json::{Value, json};

/// Days that a week's Monday is shown as.
pub(super) const DAY: &str = "time:YYYY-MM-DD";

/// The address of a dashboard, with the data source and the time range that are looked at.
pub(super) fn address(uid: &str) -> String {
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
    let since = monday(&format!("min by (metric, site) (leading_lagging_since_timestamp_seconds{{{of}}})"));
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
    pub title: &'static str,
    pub description: &'static str,
    pub kind: &'static str,
    pub targets: Vec<Value>,
    pub options: Value,
    pub defaults: Value,
    pub overrides: Vec<Value>,
    pub transformations: Vec<Value>,
    pub repeat: Option<&'static str>,
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

pub(super) fn targets(queries: Vec<Query>, now: bool, format: &str) -> Vec<Value> {
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

/// A panel whose numbers are words.
pub(super) fn in_words(mut panel: Panel, mappings: &Value) -> Panel {
    panel.defaults["mappings"] = json!([mappings]);
    panel
}
