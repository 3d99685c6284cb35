//! Data files that are lost or garbled: every command that reads them names table and file, and says what to do.

use crate::Place;
use std::path::{Path, PathBuf};

/// A lake with a few weeks of a few sites in it.
fn lake() -> Place {
    let place = Place::new();
    place.run(&["demo", "--once", "--sites", "4", "--weeks", "8", "--data", "lake"]).done();
    let queries = concat!(env!("CARGO_MANIFEST_DIR"), "/../../queries");
    place.set("BELLWETHER__LAKE__URL", "./lake").set("BELLWETHER__INDICATORS__QUERIES", queries)
}

/// The data files of a table.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let of = |path: PathBuf| if path.is_dir() && !path.ends_with("_delta_log") { files(&path) } else { vec![path] };
    entries.flat_map(of).filter(|path| path.extension().is_some_and(|extension| extension == "parquet")).collect()
}

/// It was once called a fault of the table `indicators`, whichever it was, with no word on what to do.
#[test]
fn a_data_file_that_cannot_be_read_is_named_whatever_reads_it() {
    let place = lake();
    let table = |name: &str| files(&place.folder.path().join("lake").join(name));
    let named = |file: &Path| file.file_name().unwrap().to_str().unwrap().to_owned();

    let site = &table("sites")[0];
    let whole = std::fs::read(site).unwrap();
    std::fs::write(site, b"this is no parquet").unwrap();
    let words = ["table sites", &named(site), "is damaged", "backup"];
    place.run(&["sql", "select * from sites"]).refused(1, &words);
    place.run(&["board"]).refused(1, &words);
    place.run(&["indicators", "--once"]).refused(1, &words);
    std::fs::write(site, whole).unwrap();

    for audit in table("calendar_audits") {
        std::fs::remove_file(audit).unwrap();
    }
    let words = ["table calendar_audits", "is missing", "backup"];
    place.run(&["sql", "select count(site_id) from calendar_audits where category = 'field'"]).refused(1, &words);
    place.run(&["board"]).done();

    let results = &table("indicators")[0];
    std::fs::write(results, b"").unwrap();
    place.run(&["board"]).refused(1, &["table indicators", &named(results), "is damaged", "computed again"]);
}
