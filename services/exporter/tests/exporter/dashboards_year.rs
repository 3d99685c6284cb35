//! Every panel of the dashboards on sites and metrics, on a real Prometheus that holds a year of twelve sites: a share, a
//! count with a label of its own, a rate where lower is better.

use crate::{
    ops_queries::{dashboards, panels},
    sample, tools,
};
use end_to_end::{Prometheus, tool};
use exporter::backfill::{History, Hour, Hours, Stretch};
use indicators::{
    Activity, Direction, Kind, Lagging, Metric, PartRow, Site, Uncertainty,
    derive::{Input, derive},
};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

const FIRST: Date = sample::WEEK;
const WEEKS: i32 = 78;
/// Weeks that Prometheus knows.
const KNOWN: i32 = 52;
const NINE_DIGITS: i128 = 1_000_000_000;
/// What a reader of a chart can tell apart.
const MOST_SERIES: usize = 30;

fn metrics() -> Vec<Arc<Metric>> {
    let plain = |name: &str, kind, uncertainty, labels: &[&str]| sample::metric(name, kind, uncertainty, labels);
    let talks = Metric {
        target: Some(8.0),
        lagging: Some(Lagging { below: 5.0, weeks: 3 }),
        ..plain("talks", Kind::Count, Uncertainty::Poisson, &["site", "shift"])
    };
    let trir = Metric {
        per: 200_000,
        unit: Some("hours".to_owned()),
        direction: Direction::Lower,
        target: Some(20.0),
        lagging: Some(Lagging { below: 60.0, weeks: 3 }),
        ..plain("trir", Kind::Rate, Uncertainty::Poisson, &["site"])
    };
    let kept = Metric {
        target: Some(0.8),
        lagging: Some(Lagging { below: 0.6, weeks: 3 }),
        ..plain("kept", Kind::Ratio, Uncertainty::Wilson, &["site"])
    };
    [plain("field_time", Kind::Ratio, Uncertainty::None, &["site"]), kept, talks, trir].map(Arc::new).to_vec()
}

fn sites() -> Vec<Site> {
    let zones = ["Pacific/Kiritimati", "UTC", "America/Los_Angeles"];
    let one = |n: usize| {
        let (id, name, region) = (format!("s{n:02}"), format!("Site {n}"), ["north", "south", "west"][n % 3]);
        sample::site(&id, Some((&name, region)), zones[n % 3])
    };
    (0..12).map(one).collect()
}

/// Chance, the same in every run.
struct Chance(u64);

impl Chance {
    /// From 0 to `below`, that left out.
    fn number(&mut self, below: i128) -> i128 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i128::from(self.0 >> 40) % below
    }
}

/// Site 1 loses field time, site 2 has more and more incidents, site 3 holds fewer talks: each half a year before the end.
fn parts() -> Vec<PartRow> {
    let (mut chance, mut rows) = (Chance(7), Vec::new());
    for week in 0..WEEKS {
        let late = week > WEEKS - 26;
        for (n, site) in sites().into_iter().enumerate() {
            let mut row = |metric: &str, labels: &[(&str, &str)], numerator: i128, denominator: i128| {
                rows.push(PartRow {
                    metric: metric.to_owned(),
                    week: FIRST + (7 * week).days(),
                    site: site.id.clone(),
                    labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
                    numerator: numerator * NINE_DIGITS,
                    denominator: denominator * NINE_DIGITS,
                    sum_squares: None,
                    logged: None,
                    expected: None,
                    respondents: None,
                });
            };
            row("field_time", &[], if n == 1 && late { 10 } else { 42 } + chance.number(8), 100);
            row("kept", &[], 8 + chance.number(5), 12);
            for shift in ["day", "night"] {
                row(
                    "talks",
                    &[("shift", shift)],
                    if n == 3 && late { chance.number(2) } else { 3 + chance.number(4) },
                    1,
                );
            }
            row("trir", &[], if n == 2 && late { 4 } else { 0 } + chance.number(3), 10_000);
        }
    }
    rows
}

/// One evaluation and one sample a week, the day after it was complete everywhere.
fn history() -> (History, Timestamp) {
    let (metrics, sites, parts) = (metrics(), sites(), parts());
    let (mut history, mut last) = (History::default(), Timestamp::UNIX_EPOCH);
    let scraped = [("job", "bellwether"), ("instance", "127.0.0.1:9464")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    for week in WEEKS - KNOWN..WEEKS {
        let monday = FIRST + (7 * week).days();
        last = (monday + 9.days()).at(12, 0, 0, 0).to_zoned_datetime(TimeZone::UTC).unwrap().timestamp();
        let known: Vec<PartRow> = parts.iter().filter(|row| row.week <= monday).cloned().collect();
        let activity = Activity::default();
        let input =
            Input { as_of: last, sites: &sites, parts: &known, activity: &activity, publications: &[], bad: &[] };
        let hour = Hour::up_to(last);
        let hours = Hours { first: hour, last: hour };
        history.add(&Stretch::new(&derive(&metrics, &input), monday, hours, &scraped).unwrap());
    }
    (history, last)
}

/// A year, and its end.
struct Year {
    prometheus: Prometheus,
    end: i64,
}

impl Year {
    /// `None` without Prometheus.
    fn start(data: &std::path::Path) -> Option<Self> {
        tool("BELLWETHER_TEST_PROMETHEUS")?;
        let (history, end) = history();
        let file = data.join("past.txt");
        history.write(&mut std::fs::File::create(&file).unwrap(), |_| true).unwrap();
        let blocks = data.join("blocks");
        let words = ["tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=1458h"];
        let files = [file.to_str().unwrap(), blocks.to_str().unwrap()];
        tools::must_pass("promtool", &[&words[..], &files[..]].concat(), "");
        let keep = "--storage.tsdb.retention.time=100y";
        Some(Self { prometheus: Prometheus::with("global: {}", Some(&blocks), &[keep])?, end: end.as_second() })
    }

    /// What Grafana would draw of a query, by its own settings.
    fn asked(&self, query: &str, now: bool) -> Result<Vec<Value>, String> {
        let week = 7 * 86_400;
        match now {
            true => self.prometheus.query_at(query, self.end),
            false => self.prometheus.query_range(query, self.end - week * i64::from(KNOWN - 1), self.end, week),
        }
    }
}

/// What somebody has chosen: variable and value, as Grafana writes it into a query.
type Chosen = [(&'static str, &'static str)];

fn with(query: &str, chosen: &Chosen) -> String {
    chosen.iter().fold(query.to_owned(), |query, (name, value)| query.replace(&format!("${name}"), value))
}

/// Dashboards with what may be chosen on each: one metric, which all panels but repeated ones take alike.
fn choices() -> Vec<(&'static str, Vec<Box<Chosen>>)> {
    let metrics = ["field_time", "kept", "talks", "trir"];
    let (all, anywhere) = (("metric", ".+"), ("region", ".*"));
    let site = |site: &'static str| metrics.map(|metric| vec![("metric", metric), ("site", site), anywhere]).to_vec();
    let all_of = |site: &'static str| vec![("metric", ".+"), ("site", site), anywhere];
    let boxed = |choices: Vec<Vec<_>>| choices.into_iter().map(Vec::into_boxed_slice).collect();
    vec![
        ("overview.json", boxed(vec![vec![all, anywhere]])),
        ("metric.json", boxed(metrics.map(|metric| vec![("metric", metric), anywhere]).to_vec())),
        ("site.json", boxed([site("s01"), site("s02"), vec![all_of("s01"), all_of("s03")]].concat())),
    ]
}

/// Panels were drawn that no data could fill, and charts of hundreds of lines.
#[test]
fn every_panel_of_a_year_has_data_in_its_own_unit_and_few_enough_lines() {
    let folder = tempfile::tempdir().unwrap();
    let Some(year) = Year::start(folder.path()) else { return };
    let shipped: BTreeMap<String, Value> = dashboards().into_iter().collect();
    let mut filled: BTreeMap<(String, String, String), bool> = BTreeMap::new();
    for (file, choices) in choices() {
        for chosen in choices {
            for panel in panels(&shipped[file]) {
                let title = panel["title"].as_str().unwrap();
                // A repeated panel is drawn for one metric at a time.
                if panel["repeat"] == "metric" && chosen.contains(&("metric", ".+")) {
                    continue;
                }
                let mut lines = 0;
                for target in panel["targets"].as_array().unwrap() {
                    let query = with(target["expr"].as_str().unwrap(), &chosen);
                    let found =
                        year.asked(&query, target["instant"] == true).unwrap_or_else(|e| panic!("{title}: {e}"));
                    lines += found.len();
                    let id = (file.to_owned(), title.to_owned(), target["refId"].as_str().unwrap().to_owned());
                    *filled.entry(id).or_default() |= !found.is_empty();
                    found.iter().for_each(|series| in_its_unit(series, title));
                }
                assert!(lines > 0, "{file}: {title}: no data where {chosen:?} is chosen");
                assert!(panel["type"] == "table" || lines <= MOST_SERIES, "{file}: {title}: {lines} lines, {chosen:?}");
            }
        }
    }
    let empty: Vec<_> = filled.iter().filter(|(_, filled)| !**filled).map(|(id, _)| id).collect();
    // Nothing here logs what was to be logged.
    assert_eq!(empty, [&("site.json".to_owned(), "How it stands".to_owned(), "K".to_owned())]);
    onsets_are_mondays(&year, &shipped);
    what_is_drawn_is_what_is_exported(&year, &shipped);
}

/// A share is between 0 and 100, and a rate says what it is per. Series of values have the label `unit`, counts have none.
fn in_its_unit(series: &Value, title: &str) {
    let last = series["value"][1].as_str().or_else(|| series["values"].as_array()?.last()?[1].as_str());
    let value: f64 = last.unwrap().parse().unwrap();
    match series["metric"]["unit"].as_str() {
        Some("%") => assert!((1.5..=100.0).contains(&value), "{title}: {series}"),
        Some(unit) => assert!(unit == "per 200,000 hours" && value >= 0.0, "{title}: {series}"),
        None => {}
    }
}

/// Three sites began to lag half a year before the end, and the marks stand at Mondays.
fn onsets_are_mondays(year: &Year, shipped: &BTreeMap<String, Value>) {
    let query = shipped["overview.json"]["annotations"]["list"][0]["expr"].as_str().unwrap();
    let found = year.asked(&with(query, &[("metric", ".+"), ("region", ".*")]), false).unwrap();
    let sites: Vec<(&str, &str)> = found
        .iter()
        .map(|series| (series["metric"]["metric"].as_str().unwrap(), series["metric"]["site"].as_str().unwrap()))
        .collect();
    for planted in [("field_time", "s01"), ("talks", "s03"), ("trir", "s02")] {
        assert!(sites.contains(&planted), "{planted:?} is not marked: {sites:?}");
    }
    for sample in found.iter().flat_map(|series| series["values"].as_array().unwrap()) {
        let at: i64 = sample[1].as_str().unwrap().parse().unwrap();
        let day = Timestamp::from_millisecond(at).unwrap().to_zoned_datetime(TimeZone::UTC);
        assert_eq!(day.weekday(), jiff::civil::Weekday::Monday, "{day}");
    }
}

/// A count as it is, a share times a hundred.
fn what_is_drawn_is_what_is_exported(year: &Year, shipped: &BTreeMap<String, Value>) {
    let chart = panels(&shipped["metric.json"]).into_iter().find(|panel| panel["type"] == "timeseries").unwrap();
    let query = chart["targets"][2]["expr"].as_str().unwrap();
    // Of the two shifts the one with fewer talks.
    for (metric, family, times, unit) in [
        ("field_time", "min(leading_company_field_time_ratio{window=\"week\"})", 100.0, "%"),
        ("talks", "min(leading_company_talks{window=\"week\"})", 1.0, ""),
        ("trir", "max(leading_company_trir_rate{window=\"week\"})", 1.0, "per 200,000 hours"),
    ] {
        let number = |query: &str| -> (String, f64) {
            let found = year.asked(query, true).unwrap();
            assert_eq!(found.len(), 1, "{query}");
            let unit = found[0]["metric"]["unit"].as_str().unwrap_or_default().to_owned();
            (unit, found[0]["value"][1].as_str().unwrap().parse().unwrap())
        };
        let (said, drawn) = number(&with(query, &[("metric", metric), ("region", ".*")]));
        let (_, exported) = number(family);
        assert!(said == unit && (drawn - times * exported).abs() < 1e-6, "{metric}: {drawn} {said}, {exported}");
    }
}
