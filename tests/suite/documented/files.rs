//! Files that the documents name.

use super::documents;
use end_to_end::root;
use std::path::Path;

/// The reader makes it.
const OF_THE_TUTORIAL: &str = "queries/desk_time.sql";

/// Paths of the repository between backquotes and in links, in every document.
#[test]
fn every_file_that_a_document_names_is_there() {
    let root = root();
    let mut missing = Vec::new();
    let mut named = 0;
    for (document, text) in documents().into_iter().filter(|(name, _)| name != "CHANGELOG.md") {
        let beside = root.join(&document).parent().unwrap().to_owned();
        for (at, line) in text.lines().enumerate() {
            let links = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            let links = links.filter(|link| !link.contains("://") && !link.starts_with('#'));
            let links = links.map(|link| (link.split('#').next().unwrap(), true));
            let quoted = line.split('`').skip(1).step_by(2).filter(|text| is_path(text)).map(|text| (text, false));
            for (path, link) in links.chain(quoted) {
                named += 1;
                if path == OF_THE_TUTORIAL {
                    continue;
                }
                let there = beside.join(path).exists() || !link && (root.join(path).exists() || within(&root, path));
                if !there {
                    missing.push(format!("{document}:{}: {path}", at + 1));
                }
            }
        }
    }
    assert!(named > 50, "{named}");
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Begins with a folder of the repository and has nothing that stands for something else.
fn is_path(text: &str) -> bool {
    let folder = text.split('/').next().unwrap();
    let ours = ["services", "queries", "schemas", "ops", "tests", ".ci", "src", "runbooks"].contains(&folder);
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/".contains(c);
    ours && text.contains('/') && text.chars().all(plain)
}

/// Below one of the services, whose documents say `src/…`.
fn within(root: &Path, path: &str) -> bool {
    let services = std::fs::read_dir(root.join("services")).unwrap().map(|entry| entry.unwrap().path());
    services.map(|service| service.join(path)).chain([root.join("ops").join(path)]).any(|path| path.exists())
}
