//! What an evaluation looks like to Prometheus.

use crate::{sample, scrape, tools};
use exporter::Exporter;
use indicators::{Kind, Metric, MetricValues, State, Uncertainty, Values};
use prometheus::Registry;
use std::{fs, path::PathBuf, sync::Arc};

pub fn published() -> Exporter {
    let exporter = Exporter::new(Registry::new()).unwrap();
    exporter.publish(Arc::new(sample::values())).unwrap();
    exporter
}

/// The evaluation's part of the exposition.
fn leading(text: &str) -> String {
    let ours = |line: &&str| line.trim_start_matches("# HELP ").trim_start_matches("# TYPE ").starts_with("leading_");
    text.lines().filter(ours).map(|line| format!("{line}\n")).collect()
}

/// Every family and label of the contract, to the letter. `BLESS=1` rewrites the file after a change that is meant.
#[test]
fn the_exposition_is_the_golden_one() {
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/exporter/exposition.golden.txt");
    let got = leading(&published().metrics());
    if std::env::var_os("BLESS").is_some() {
        fs::write(&golden, &got).unwrap();
    }
    let want = fs::read_to_string(&golden).unwrap();
    for (number, (got, want)) in got.lines().zip(want.lines()).enumerate() {
        assert_eq!(got, want, "exposition.golden.txt:{}", number + 1);
    }
    assert_eq!(got.len(), want.len(), "one has lines that the other lacks");
}

/// The reference of queries tells the labels as they are declared.
#[test]
fn the_shared_families_have_the_labels_that_are_declared() {
    let text = leading(&published().metrics());
    for family in indicators::FAMILIES {
        let declared: Vec<&str> =
            family.labels.split(", ").filter(|label| !label.is_empty() && *label != "…").collect();
        let series = text.lines().filter_map(|line| line.strip_prefix(family.name)?.strip_prefix('{'));
        let series: Vec<&str> = series.collect();
        assert!(declared.is_empty() || !series.is_empty(), "{} is not in the sample", family.name);
        for line in series {
            assert!(declared.iter().all(|label| line.contains(&format!("{label}=\""))), "{}: {line}", family.name);
            assert!(family.labels.ends_with('…') || line.matches("=\"").count() == declared.len(), "{line}");
        }
    }
}

#[test]
fn the_exposition_reads_back_as_what_went_in() {
    let samples = scrape::parse(&published().metrics());
    let field_time = scrape::by(&samples, "leading_field_time_ratio", "window");
    assert_eq!(field_time["week"], 0.5);
    assert_eq!(field_time["4w"], 0.2);
    assert_eq!(scrape::by(&samples, "leading_toolbox_talks", "shift")["night\n"], 2.0);
    assert!(scrape::by(&samples, "leading_site_info", "name").contains_key("Beta \"B\" Mine\\Pit"));
    assert_eq!(scrape::by(&samples, "leading_as_of_timestamp_seconds", "")[""], 1_773_124_200.5);
    assert!(samples.iter().all(|(.., value)| value.is_finite()));
}

#[test]
fn what_is_not_known_is_absent() {
    let text = published().metrics();
    let samples = scrape::parse(&text);
    let has = |family: &str, site: &str| scrape::by(&samples, family, "site").contains_key(site);
    let lagging = |metric: &str, site: &str| -> Vec<(String, f64)> {
        let of = |labels: &&scrape::Sample| {
            labels.0 == "leading_lagging" && labels.1["metric"] == metric && labels.1["site"] == site
        };
        samples.iter().filter(of).map(|(_, labels, value)| (labels["reason"].clone(), *value)).collect()
    };
    assert_eq!(lagging("field_time", "beta"), [("below".to_owned(), 1.0), ("falling".to_owned(), 0.0)]);
    assert_eq!(lagging("field_time", "alpha"), [("below".to_owned(), 0.0)], "too young to fall");
    assert_eq!(lagging("field_time", "ghost"), [("below".to_owned(), 1.0)], "silent: carried, and never a 0");
    assert_eq!(lagging("toolbox_talks", "alpha"), [], "not judged");
    assert!(has("leading_lacking", "alpha") && !has("leading_lacking", "beta"));
    assert!(has("leading_coverage", "alpha") && !has("leading_coverage", "beta"));
    assert!(!text.contains("leading_field_time_ratio_lower"), "a census has no bounds, nor an empty family for them");
    assert!(!text.contains("NaN"));
}

/// Each metric of the catalogue had a dozen series a site, before anybody sent an event of it.
#[test]
fn of_what_nobody_sends_only_the_declaration_is_exported() {
    let mut values = sample::values();
    let metric = sample::metric("audits", Kind::Ratio, Uncertainty::None, &["site"]);
    let metric = Arc::new(Metric { group: Some("audit".to_owned()), ..metric });
    let judgements: Vec<_> =
        ["alpha", "beta", "ghost"].map(|site| sample::judgement(site, State::NoData, Vec::new())).to_vec();
    values.metrics.insert(0, MetricValues { metric, series: Vec::new(), judgements });
    let families = |values: &Values| -> Vec<String> {
        let exporter = Exporter::new(Registry::new()).unwrap();
        exporter.publish(Arc::new(values.clone())).unwrap();
        let samples = scrape::parse(&exporter.metrics());
        let of = samples.into_iter().filter(|(_, labels, _)| labels.get("metric").is_some_and(|of| of == "audits"));
        let mut families: Vec<String> = of.map(|(family, ..)| family).collect();
        families.dedup();
        families
    };
    assert_eq!(families(&values), ["leading_bad_rows", "leading_indicator_info"]);
    values.metrics[0].judgements[1].state = State::Silent;
    assert!(families(&values).contains(&"leading_state".to_owned()), "one site sent something");
    let samples = scrape::parse(&published().metrics());
    let groups: Vec<&str> = scrape::by(&samples, "leading_indicator_info", "group").into_keys().collect();
    assert_eq!(groups, ["core"]);
}

/// What cannot be told of a site is no set of zeros.
#[test]
fn a_state_set_has_exactly_one_on_or_is_not_there() {
    let samples = scrape::parse(&published().metrics());
    let of = |family: &str, site: &str| {
        let set = samples
            .iter()
            .filter(|(name, labels, _)| name == family && labels["site"] == site && labels["metric"] == "field_time");
        let label = family.trim_start_matches("leading_");
        let set: Vec<_> = set.map(|(_, labels, value)| (labels[label].clone(), *value)).collect();
        let on: Vec<String> = set.iter().filter(|(_, on)| *on == 1.0).map(|(word, _)| word.clone()).collect();
        (set.len(), on)
    };
    let on = |word: &str| vec![word.to_owned()];
    assert_eq!(of("leading_state", "beta"), (7, on("lagging")));
    assert_eq!(of("leading_course", "beta"), (4, on("recovering")));
    assert_eq!(of("leading_course", "alpha"), (4, on("improving")));
    assert_eq!(of("leading_assurance", "beta"), (3, on("hardly_any")));
    assert_eq!(of("leading_assurance", "alpha"), (3, on("most")));
    assert_eq!(of("leading_state", "ghost"), (7, on("silent")));
    assert_eq!(of("leading_course", "ghost"), (0, Vec::new()));
    assert_eq!(of("leading_assurance", "ghost"), (0, Vec::new()));
}

/// The Monday of a site begins when it begins there: Perth is eight hours ahead of UTC, Berlin one.
#[test]
fn weeks_begin_at_the_sites_own_midnight() {
    let samples = scrape::parse(&published().metrics());
    let starts = scrape::by(&samples, "leading_week_start_timestamp_seconds", "site");
    let utc = 1_772_409_600.0;
    assert_eq!(starts["ghost"], utc);
    assert_eq!(starts["alpha"], utc - 8.0 * 3600.0);
    assert_eq!(starts["beta"], utc - 3600.0);
}

#[test]
fn promtool_finds_no_fault() {
    tools::must_pass("promtool", &["check", "metrics"], &published().metrics());
}
