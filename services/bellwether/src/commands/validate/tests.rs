//! What is written of a simulated organisation: 44 sites, of which ten got coaching in March and ten in June, and two in
//! January to try it out. There field time rose by 6 points; fewer incidents follow field time after three weeks.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "small numbers of a simulated organisation"
)]

use super::{
    Arguments,
    chosen::Chosen,
    document::Document,
    page,
    panel::{self, tests as made},
    programmes::programmes,
    rollouts::Rollouts,
};
use crate::settings::{Names, Validate};
use evaluation::Stored;
use indicators::{Direction, Kind, Metric, PartRow, Site, clock};
use jiff::civil::Date;
use serde_json::Value;
use std::{path::Path, sync::Arc};
use validation::rollout::{ProgrammeReport, programmes as measure};

const SITES: usize = 44;
const WEEKS: usize = 90;
const HOURS: f64 = 4_000.0;

/// Numbers from 0 to 1 that are always the same.
struct Chance(u64);

impl Chance {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    fn poisson(&mut self, mean: f64) -> u32 {
        let (limit, mut product, mut count) = ((-mean).exp(), self.uniform(), 0);
        while product > limit {
            product *= self.uniform();
            count += 1;
        }
        count
    }
}

fn first() -> Date {
    "2024-09-02".parse().unwrap()
}

pub(super) fn week(at: usize) -> Date {
    clock::weeks_after(first(), u32::try_from(at).unwrap())
}

fn site(at: usize) -> String {
    format!("site-{at:02}")
}

fn start(site: usize) -> Option<usize> {
    match site {
        0..10 => Some(28),
        10..20 => Some(41),
        20..22 => Some(20),
        _ => None,
    }
}

/// `rollouts.csv` as an analyst would write it.
fn file() -> String {
    let reached = (0..SITES).filter_map(|at| Some((at, start(at)?)));
    let lines = reached.map(|(at, start)| format!("field_coaching,{},{}\n", site(at), week(start)));
    format!("rollout,site,week\n{}", lines.collect::<String>())
}

fn row(metric: &str, site: &str, week: Date, numerator: f64, denominator: f64) -> PartRow {
    let billionths = |value: f64| (value * 1e9).round() as i128;
    let (numerator, denominator) = (billionths(numerator), billionths(denominator));
    PartRow { numerator, denominator, ..made::row(metric, site, &week.to_string(), (0, 1)) }
}

pub(super) fn organisation() -> Stored {
    let mut chance = Chance(7);
    let mut parts = Vec::new();
    for at in 0..SITES {
        let (site, level) = (site(at), 0.33 + 0.04 * chance.normal());
        let shares: Vec<f64> = (0..WEEKS)
            .map(|week| {
                let coached = if start(at).is_some_and(|start| week >= start) { 0.06 } else { 0.0 };
                (level + coached + 0.05 * chance.normal()).clamp(0.0, 1.0)
            })
            .collect();
        for (at, share) in shares.iter().enumerate() {
            parts.push(row("field_time", &site, week(at), (share * 400.0).round() / 400.0 * 400.0, 400.0));
            let seen = shares[at.saturating_sub(3)];
            let incidents = f64::from(chance.poisson(0.8 * (-4.0 * (seen - 0.33)).exp()));
            parts.push(row("incidents", &site, week(at), incidents, HOURS));
        }
    }
    let sites = (0..SITES).map(|at| Site::unknown(&site(at))).collect();
    Stored { sites, as_of: "2026-06-24T12:00:00Z".parse().unwrap(), ..made::stored(parts, Vec::new()) }
}

pub(super) fn field_time() -> Arc<Metric> {
    made::metric("field_time", Kind::Ratio, None)
}

pub(super) fn incidents() -> Arc<Metric> {
    let declared = made::metric("incidents", Kind::Rate, None);
    let unit = Some("hours".to_owned());
    Arc::new(Metric { per: 200_000, unit, direction: Direction::Lower, ..(*declared).clone() })
}

fn rollouts() -> Rollouts {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("rollouts.csv");
    std::fs::write(&path, file()).unwrap();
    Rollouts::read(&path).unwrap()
}

fn reports(metrics: &[Arc<Metric>]) -> Vec<ProgrammeReport> {
    let names = ["field_coaching".to_owned()];
    let asked = programmes(&organisation(), (&rollouts(), &names), metrics, (4, 1)).unwrap();
    measure(&asked).unwrap()
}

/// Everything, as JSON.
fn document() -> Value {
    let stored = organisation();
    let chosen = Chosen { leading: vec![field_time()], outcomes: vec![incidents()], placebos: Vec::new() };
    let request = panel::request(&stored, &chosen, 1).unwrap();
    let report = validation::judge(&request).unwrap();
    let rollouts = reports(&[field_time(), incidents()]);
    serde_json::to_value(Document::new(stored.as_of, Some((&request, report)), rollouts)).unwrap()
}

fn schema() -> Value {
    serde_json::from_str(include_str!("document.schema.json")).unwrap()
}

fn faults(document: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let told = validator.iter_errors(document).map(|fault| format!("{}: {fault}", fault.instance_path()));
    told.map(|told| told.chars().take(400).collect()).collect()
}

#[test]
fn a_rollout_is_told_in_a_sentence_and_a_picture() {
    let told = page::rollout_words(&reports(&[field_time()]), true);
    let golden = include_str!("../../../tests/golden/rollout.txt");
    assert_eq!(told.trim(), golden.trim(), "\n{told}");
}

/// The picture that an analyst sees in the documentation is what the program prints.
#[test]
fn the_documentation_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let documented = std::fs::read_to_string(root.join("docs/validate.md")).unwrap();
    let golden = include_str!("../../../tests/golden/rollout.txt").trim();
    assert!(documented.contains(golden), "docs/validate.md does not hold tests/golden/rollout.txt");
}

#[test]
fn the_json_is_what_its_schema_says_and_has_all_that_a_page_needs() {
    let document = document();
    assert_eq!(faults(&document), Vec::<String>::new());
    let pair = &document["pairs"][0];
    assert_eq!(
        (&pair["finding"], &pair["lag"], &pair["effect_in"]),
        (&"leads".into(), &3.into(), &"rate_ratio".into())
    );
    assert_eq!(pair["curve"].as_array().unwrap().len(), 13);
    assert!(pair["strength"]["interval"]["high"].as_f64().unwrap() < 1.0);
    assert!(pair["contrast"]["told_apart"].is_boolean() && !pair["checks"].as_array().unwrap().is_empty());
    let rollout = &document["rollouts"][0];
    assert_eq!((&rollout["finding"], &rollout["unit"]), (&"better".into(), &"points".into()));
    assert_eq!(rollout["groups"][0]["start"], "2025-01-20");
    assert!(rollout["events"].as_array().unwrap().len() > 12);
    assert_eq!(document["rollouts"][1]["unit"], "per 200,000 hours");
}

/// A field that the schema does not name, or one that is gone, is found.
#[test]
fn the_schema_lets_no_other_document_pass() {
    let mut more = document();
    more["pairs"][0]["surprise"] = 1.into();
    assert_eq!(faults(&more).len(), 1);
    let mut less = document();
    less["rollouts"][0].as_object_mut().unwrap().remove("events");
    assert_eq!(faults(&less).len(), 1);
}

#[test]
fn only_rollouts_make_a_document_too() {
    let document = Document::new(organisation().as_of, None, reports(&[field_time()]));
    let document = serde_json::to_value(document).unwrap();
    assert_eq!((faults(&document), &document["pairs"]), (Vec::new(), &Value::Array(Vec::new())));
}

#[test]
fn one_line_a_rollout_and_metric_is_for_spreadsheets() {
    let reports = reports(&[field_time(), incidents()]);
    let lines = serde_json::to_value(page::rollout_lines(&reports)).unwrap();
    let columns: Vec<&String> = lines[0].as_object().unwrap().keys().collect();
    assert_eq!(columns.len(), page::ROLLOUT_COLUMNS.len());
    assert!(page::ROLLOUT_COLUMNS.iter().all(|column| lines[0].get(column).is_some()));
    assert_eq!(
        (&lines[0]["compared"], &lines[0]["reached"], &lines[0]["never_reached"]),
        (&20.into(), &22.into(), &22.into())
    );
}

fn names(metrics: &[Arc<Metric>]) -> Vec<&str> {
    metrics.iter().map(|metric| metric.name.as_str()).collect()
}

/// What is asked each time need not be typed each time.
#[test]
fn outcomes_are_those_named_else_those_of_the_settings_else_the_lagging_ones() {
    let lagging =
        Arc::new(Metric { group: Some("lagging".to_owned()), ..(*made::metric("culture", Kind::Mean, None)).clone() });
    let all = [field_time(), incidents(), lagging];
    let chosen = |arguments: &Arguments, settings: &Validate| Chosen::of(&all, arguments, settings).unwrap();
    let by_group = chosen(&Arguments::default(), &Validate::default());
    assert_eq!((names(&by_group.leading), names(&by_group.outcomes)), (vec!["field_time"], vec!["culture"]));
    let settings = Validate { outcomes: Names(vec!["incidents".to_owned()]), ..Validate::default() };
    assert_eq!(names(&chosen(&Arguments::default(), &settings).outcomes), ["incidents"]);
    let named = Arguments { outcomes: vec!["culture".to_owned()], ..Arguments::default() };
    assert_eq!(names(&chosen(&named, &settings).outcomes), ["culture"]);
    let nothing = Chosen::of(&[field_time()], &Arguments::default(), &Validate::default()).unwrap();
    let told = nothing.pairs().unwrap_err().line();
    assert!(told.contains("--outcome <NAME>") && told.contains("`validate.outcomes`"), "{told}");
}
