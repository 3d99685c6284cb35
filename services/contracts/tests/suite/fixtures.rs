//! `*.good.json` load; `*.bad.json` are refused with the faults that their `$comment` lists, all of them at once.

use contracts::{ContractError, Contracts};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// Loads fixtures under the names that they would have in a folder of schemas.
pub fn load(names: &[&str]) -> Result<Contracts, ContractError> {
    let target = tempfile::tempdir().unwrap();
    for name in names {
        let stem = name.split('.').next().unwrap();
        fs::copy(folder().join(name), target.path().join(format!("{stem}.json"))).unwrap();
    }
    Contracts::load(target.path())
}

fn write(files: &[(&str, &str)]) -> Result<Contracts, ContractError> {
    let target = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(target.path().join(name), text).unwrap();
    }
    Contracts::load(target.path())
}

fn names(ending: &str) -> Vec<String> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.filter(|name| name.ends_with(ending)).collect();
    names.sort();
    assert!(!names.is_empty(), "no {ending} fixtures");
    names
}

#[test]
fn good_fixtures_load() {
    let names = names(".good.json");
    let contracts = load(&names.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    assert_eq!(contracts.iter().count(), names.len());
}

#[test]
fn bad_fixtures_are_refused_with_every_fault() {
    for name in names(".bad.json") {
        let document: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(folder().join(&name)).unwrap()).unwrap();
        let expected: Vec<&str> = document["$comment"].as_str().unwrap().lines().collect();
        let error = load(&[&name]).unwrap_err();
        let found: Vec<String> = error.faults().iter().map(|f| format!("{}: {}", f.pointer, f.what)).collect();
        for line in &expected {
            assert!(found.iter().any(|fault| fault.starts_with(line)), "{name}: no `{line}` in {found:#?}");
        }
        assert_eq!(found.len(), expected.len(), "{name}: {found:#?}");
        assert!(error.faults().iter().all(|f| f.file.ends_with(".json") && !f.remedy.is_empty()));
    }
}

#[test]
fn faults_of_all_files_come_in_one_run() {
    let error = load(&["keywords.bad.json", "patterns.bad.json", "every_keyword.good.json"]).unwrap_err();
    let files: std::collections::BTreeSet<&str> =
        error.faults().iter().map(|f| f.file.rsplit('/').next().unwrap()).collect();
    assert_eq!(files.into_iter().collect::<Vec<_>>(), ["keywords.json", "patterns.json"]);
    assert!(error.to_string().contains("keywords.json#/allOf: `allOf` is not supported here; use enum"), "{error}");
}

#[test]
fn a_topic_belongs_to_one_stream() {
    let text = fs::read_to_string(folder().join("reference.good.json")).unwrap();
    let error = write(&[("one.json", &text), ("two.json", &text)]).unwrap_err();
    let [fault] = error.faults() else { panic!("{error}") };
    assert!(fault.file.ends_with("two.json"));
    assert_eq!(fault.pointer, "/x-stream/topic");
    assert!(fault.what.contains("`test.reference` is also that of") && fault.what.contains("one.json"), "{error}");
}

#[test]
fn files_that_are_no_schema_are_refused() {
    let good = fs::read_to_string(folder().join("reference.good.json")).unwrap();
    let cases = [
        ("a.json", "{\"type\": \"object\"", "", "is not JSON: EOF"),
        ("a.json", "[]", "", "is not a JSON object"),
        ("a.json", "{\"properties\": {\"a\": {}, \"a\": {}}}", "/properties/a", "the name is repeated"),
        ("Upper.json", good.as_str(), "", "the file's name is not a table name"),
        ("indicators.json", good.as_str(), "", "`indicators` is a table of results"),
        ("promises.json", good.as_str(), "", "`promises` is a table of results or promises"),
    ];
    for (file, text, pointer, what) in cases {
        let error = write(&[(file, text)]).unwrap_err();
        let fault = &error.faults()[0];
        assert_eq!(fault.pointer, pointer, "{error}");
        assert!(fault.what.starts_with(what), "{error}");
    }
}

#[test]
fn a_folder_without_schemas_is_refused() {
    assert!(write(&[]).unwrap_err().to_string().contains("holds no schema file"));
    let error = Contracts::load(Path::new("/does/not/exist")).unwrap_err();
    assert!(error.to_string().starts_with("/does/not/exist: cannot be read"), "{error}");
}
