//! Everything that leaves the product over a history: each scrape of `/metrics`, the board's JSON and `indicator_values`,
//! as text, with every number in it under a name.

use super::organisation::{History, clock, sites};
use exporter::Exporter;
use indicators::board::Board;
use indicators::{
    Direction, Kind, Lagging, Metric, PartRow, Privacy, Published, Site, Uncertainty, Values, Window,
    derive::{Input, derive, to_publish},
};
use jiff::Timestamp;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// How a row is decided to be published.
pub type Rule = fn(&Metric, &[PartRow], &[Published], &[Site], Timestamp) -> Vec<Published>;

/// What the product is set to.
#[derive(Clone, Copy)]
pub struct Product {
    pub minimum: u32,
    pub rule: Rule,
}

impl Product {
    /// As it is.
    pub fn real() -> Self {
        Self { minimum: 5, rule: to_publish }
    }
}

/// What one look at the product shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    pub text: String,
    /// Numbers by their name, without the clock.
    pub numbers: BTreeMap<String, f64>,
}

/// What is kept of a whole history: a look a step.
pub struct Kept {
    pub looks: Vec<Arc<Look>>,
    values: Vec<Values>,
}

fn metric(minimum: u32, teams: bool) -> Arc<Metric> {
    let labels = if teams { &["site", "team"][..] } else { &["site"] };
    Arc::new(Metric {
        help: "Quality".to_owned(),
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        target: Some(0.75),
        uncertainty: Uncertainty::Normal,
        lagging: Some(Lagging { below: 0.6, weeks: 3 }),
        privacy: Some(Privacy { minimum }),
        owner: "operations".to_owned(),
        streams: BTreeSet::from(["pulse_responses".to_owned()]),
        ..Metric::new("quality", Kind::Mean, Direction::Higher)
    })
}

/// Runs a history through the product, with these scores.
pub fn keep(history: &History, product: Product, scores: &[i128], squares: Option<&[i128]>) -> Kept {
    keep_like(None, history, product, scores, squares)
}

/// The same; looks at values that are those of `known` are not written out again.
pub fn keep_like(
    known: Option<&Kept>,
    history: &History,
    product: Product,
    scores: &[i128],
    squares: Option<&[i128]>,
) -> Kept {
    let sites = sites(3);
    let mut publications: Vec<Published> = Vec::new();
    let mut kept = Kept { looks: Vec::new(), values: Vec::new() };
    for step in 0..history.steps {
        let metric = metric(product.minimum, history.has_teams(step));
        let (parts, as_of) = (history.parts(step, scores, squares), clock(step));
        let due = (product.rule)(&metric, &parts, &publications, &sites, as_of);
        publications.extend(due);
        let activity = history.activity(step);
        let (sites, parts, activity) = (&sites, &parts, &activity);
        let input = Input { as_of, sites, parts, activity, publications: &publications, bad: &[] };
        let values = derive(&[metric], &input);
        let same = known.filter(|known| known.values[step] == values).map(|known| Arc::clone(&known.looks[step]));
        kept.looks.push(same.unwrap_or_else(|| Arc::new(look(&values))));
        kept.values.push(values);
    }
    kept
}

/// The exported surface is a function of the values alone: of three functions that take nothing else.
fn look(values: &Values) -> Look {
    let exporter = Exporter::new(prometheus::Registry::new()).unwrap();
    exporter.publish(std::sync::Arc::new(values.clone())).unwrap();
    let metrics = leading(&exporter.metrics());
    let board = serde_json::to_value(Board::new(values)).unwrap();
    let mut view = Vec::new();
    let mut lines = arrow::json::LineDelimitedWriter::new(&mut view);
    lines.write(&evaluation::indicator_values(values).unwrap()).unwrap();
    lines.finish().unwrap();
    let view = String::from_utf8(view).unwrap();

    let mut numbers = BTreeMap::new();
    for line in metrics.lines() {
        let (series, value) = line.rsplit_once(' ').unwrap();
        numbers.insert(series.to_owned(), value.parse().unwrap());
    }
    flatten(&mut numbers, "board".to_owned(), &board["sites"]);
    for line in view.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let name = ["scope", "site", "region", "labels", "window"].map(|column| row[column].to_string()).join(" ");
        flatten(&mut numbers, format!("view {name}"), &row);
    }
    let weeks = weeks(values);
    numbers.extend(weeks.iter().map(|(name, window)| (name.clone(), window.value)));
    Look { text: [metrics, board["sites"].to_string(), view, format!("{weeks:?}")].join("\n"), numbers }
}

/// What the pages draw and list beside that: a year of weeks of each site.
fn weeks(values: &Values) -> Vec<(String, Window)> {
    let mut weeks = Vec::new();
    for metric in &values.metrics {
        for judgement in &metric.judgements {
            let name = |week| format!("page/{}/{}/{week}", metric.metric.name, judgement.site);
            weeks.extend(judgement.history.iter().map(|(week, window)| (name(week), *window)));
        }
    }
    weeks
}

/// The values of a scrape: the program's own metrics tell of the program, the clock of the clock.
fn leading(metrics: &str) -> String {
    let values = metrics.lines().filter(|line| line.starts_with("leading_") && !line.starts_with("leading_as_of_"));
    values.collect::<Vec<_>>().join("\n")
}

fn flatten(numbers: &mut BTreeMap<String, f64>, name: String, value: &Value) {
    match value {
        Value::Number(number) => drop(numbers.insert(name, number.as_f64().unwrap())),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let own = ["site", "metric", "reason"].iter().find_map(|key| item[*key].as_str());
                flatten(numbers, format!("{name}/{}", own.unwrap_or(&index.to_string())), item);
            }
        }
        Value::Object(fields) => fields.iter().for_each(|(key, item)| flatten(numbers, format!("{name}/{key}"), item)),
        _ => {}
    }
}
