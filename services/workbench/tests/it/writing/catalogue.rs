//! The catalogue: every metric is defined in words that agree with its file, can be left out, and converges.

use crate::events::{contracts, limits, queries, tables};
use contracts::Contracts;
use datafusion::arrow::array::RecordBatch;
use evaluation::evaluate;
use indicators::{Direction, Metric, PartRow};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};
use workbench::{converge, converge_together, doubts, find_queries, read_queries};

async fn catalogue() -> Vec<Arc<Metric>> {
    let files = find_queries(&[queries().join("catalogue")]).unwrap();
    read_queries(&files, &contracts()).await.unwrap()
}

/// A metric's section of CATALOGUE.md: its group, and the table's rows by their first column.
struct Section {
    group: String,
    rows: BTreeMap<String, String>,
}

fn sections() -> BTreeMap<String, Section> {
    let text = std::fs::read_to_string(queries().join("CATALOGUE.md")).unwrap();
    let (mut sections, mut group, mut open) = (BTreeMap::new(), String::new(), None);
    for line in text.lines() {
        if line.starts_with("## ") {
            (group, open) = (String::new(), None);
        } else if let Some(word) = line.strip_prefix("`group = \"") {
            group = word.trim_end_matches("\"`").to_owned();
        } else if let Some(name) = line.strip_prefix("### ") {
            let section = Section { group: group.clone(), rows: BTreeMap::new() };
            assert!(sections.insert(name.to_owned(), section).is_none(), "{name} has two sections");
            open = Some(name.to_owned());
        } else if let (Some(name), Some((first, rest))) =
            (&open, line.strip_prefix("| ").and_then(|row| row.split_once(" | ")))
            && let Some(section) = sections.get_mut(name)
        {
            section.rows.insert(first.to_owned(), rest.trim_end_matches(" |").to_owned());
        }
    }
    sections
}

/// What the table must say of the declaration, by row: how the row begins, or all of it.
fn declared(metric: &Metric) -> Vec<(&'static str, String)> {
    let per = metric.said_per().map(|per| format!(" {per}")).unwrap_or_default();
    let kind = format!("`{}`{per}, bounds `{}`.", metric.kind.as_str(), metric.uncertainty.as_str());
    let privacy = metric.privacy.map(|p| format!(" Needs {} respondents.", p.minimum)).unwrap_or_default();
    let silence = if metric.silence == 2 { String::new() } else { format!(" Silent after {} weeks.", metric.silence) };
    let side = if metric.direction == Direction::Higher { "below" } else { "above" };
    let alarm = metric.lagging.map(|l| format!("{side} {}, from {} weeks on", l.below, l.weeks));
    vec![
        ("kind", format!("{kind}{privacy}{silence}")),
        ("better", metric.direction.as_str().to_owned()),
        ("alarm", alarm.unwrap_or_else(|| "none".to_owned())),
    ]
}

#[tokio::test]
async fn every_metric_of_the_catalogue_is_defined_and_nothing_else_is() {
    let sections = sections();
    let metrics = catalogue().await;
    let files: BTreeSet<&String> = metrics.iter().map(|metric| &metric.name).collect();
    assert_eq!(sections.keys().collect::<BTreeSet<_>>(), files);
    assert!(metrics.len() >= 33, "{}", metrics.len());
    for metric in &metrics {
        let Section { group, rows } = &sections[&metric.name];
        assert_eq!(Some(group), metric.group.as_ref(), "{}", metric.name);
        for row in ["question", "asked by", "formula", "week", "unit", "does not say"] {
            assert!(rows.get(row).is_some_and(|text| text.len() > 3), "{}: no row {row:?}", metric.name);
        }
        for (row, text) in declared(metric) {
            assert_eq!(rows.get(row), Some(&text), "{}, row {row:?}", metric.name);
        }
        let told = rows["target"].split([',', ':', ';']).next().unwrap();
        assert_eq!(told.parse().ok(), metric.target, "{}: {}", metric.name, rows["target"]);
        assert!(metric.target.is_some() || told.starts_with("none"), "{}: {told}", metric.name);
        assert!(rows["target"].len() > told.len() + 3, "{}: it is not said where the target comes from", metric.name);
    }
}

/// A stranger recomputes each metric from its definition: what the query compares with is named there, or in the one that it
/// says it is like.
#[tokio::test]
async fn a_definition_names_every_stream_and_word_that_the_query_compares_with() {
    let sections = sections();
    for metric in catalogue().await {
        let text: String = sections[&metric.name].rows.values().map(|row| row.as_str()).collect::<Vec<_>>().join(" ");
        let told = |text: &str| -> String {
            // "As `other`, …": that section's words count.
            let other =
                sections.iter().filter(|(name, _)| *name != &metric.name && text.contains(&format!("`{name}`")));
            let others: Vec<&str> =
                other.flat_map(|(_, section)| section.rows.get("formula").map(String::as_str)).collect();
            format!("{text} {}", others.join(" "))
        };
        let told = told(&text);
        for word in metric.sql.split('\'').skip(1).step_by(2).filter(|word| !word.contains(' ') && !word.is_empty()) {
            let implied =
                ["learning_follow_through", "field_time", "prestart_quality"].iter().any(|core| text.contains(core));
            assert!(implied || told.contains(word), "{}: `{word}` is not in its definition", metric.name);
        }
    }
}

/// `query check` has nothing to note of what is shipped.
#[tokio::test]
async fn nothing_is_doubted_of_the_catalogue() {
    let doubted = doubts(&catalogue().await, &contracts()).await.unwrap();
    let doubted: Vec<_> = doubted.iter().map(|(metric, why)| format!("{}: {why}", metric.name)).collect();
    assert!(doubted.is_empty(), "{doubted:#?}");
}

/// An event a stream, as its schema gives it for an example.
fn examples(contracts: &Contracts) -> Vec<(&'static str, RecordBatch)> {
    let example = |name: &str| {
        let schema: Value = serde_json::from_str(contracts.get(name).unwrap().source()).unwrap();
        schema["examples"].as_array().unwrap().clone()
    };
    let streams = contracts.iter().map(|contract| &*contract.name().to_owned().leak());
    streams.map(|name| (name, crate::events::batch(name, &example(name), 0))).collect()
}

/// Any metric can be left out by leaving its file out: the others are what they were.
#[tokio::test(flavor = "multi_thread")]
async fn whichever_file_is_left_out_the_others_stay_what_they_are() {
    let contracts = contracts();
    let files = find_queries(&[queries().to_owned(), queries().join("catalogue")]).unwrap();
    let all = read_queries(&files, &contracts).await.unwrap();
    for (left_out, _) in &files {
        let others: Vec<(PathBuf, String)> = files.iter().filter(|(path, _)| path != left_out).cloned().collect();
        let read = read_queries(&others, &contracts).await.unwrap();
        let stem = left_out.file_stem().unwrap().to_str().unwrap();
        let expected: Vec<_> = all.iter().filter(|metric| metric.name != stem).cloned().collect();
        assert_eq!(read, expected, "without {stem}");
    }
    let tables = tables(examples(&contracts));
    let as_of = "2026-06-17T12:00:00Z".parse().unwrap();
    let whole = evaluate(&tables, &all, as_of, &limits()).await.unwrap();
    assert!(whole.failed().is_empty(), "{:?}", whole.runs);
    assert!(whole.parts.len() > 10, "{:?}", whole.parts);
    let groups: BTreeSet<&str> = all.iter().map(|metric| metric.group()).collect();
    for group in groups {
        let (gone, left): (Vec<_>, Vec<_>) = all.iter().cloned().partition(|metric| metric.group() == group);
        let gone: BTreeSet<&str> = gone.iter().map(|metric| metric.name.as_str()).collect();
        let evaluated = evaluate(&tables, &left, as_of, &limits()).await.unwrap();
        assert!(evaluated.failed().is_empty(), "{:?}", evaluated.runs);
        let expected: Vec<&PartRow> = whole.parts.iter().filter(|row| !gone.contains(row.metric.as_str())).collect();
        assert_eq!(evaluated.parts.iter().collect::<Vec<_>>(), expected, "without {group}");
    }
}

/// All of them in one history: events that come late, are revised, moved and repeated, and a clock that moves either way.
/// Chance may leave one without a row there; it has a history of its own.
#[tokio::test(flavor = "multi_thread")]
async fn the_whole_catalogue_is_the_same_bit_by_bit_and_at_once() {
    let (metrics, contracts) = (catalogue().await, contracts());
    let together = converge_together(&metrics, &contracts, 1, &limits()).await;
    let compared = together.unwrap_or_else(|found| panic!("{found}"));
    let alone: Vec<_> = metrics.iter().filter(|metric| !compared.contains_key(&metric.name)).collect();
    assert!(alone.len() < 4, "{alone:?}");
    for metric in alone {
        let found = converge(metric, &contracts, 1, 3, &limits(), || ()).await;
        found.unwrap_or_else(|found| panic!("{}: {found}", metric.name));
    }
}

/// New streams come by schema file alone: but for the simulator, which makes their events, no Rust knows of them.
#[test]
fn no_code_names_the_streams_of_the_catalogue() {
    let streams = ["team_meetings", "remedies", "internal_audits", "pilots", "headcounts"];
    let services = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(&services).unwrap().map(|entry| entry.unwrap().path().join("src")).collect();
    folders.retain(|folder| !folder.starts_with(services.join("simulator")));
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(&folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap();
                let named = streams.iter().find(|stream| code.contains(&format!("\"{stream}\"")));
                assert!(named.is_none(), "{} names {named:?}", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen}");
}
