//! Files of the lake that are lost or garbled: what can be made up for is, the rest is named with what to do.

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

/// A `_last_checkpoint` that named a checkpoint which was not there stopped every command, though every log entry was there.
#[test]
fn a_damaged_file_of_a_log_that_the_others_make_up_for_is_left_out_with_one_warning() {
    let place = lake();
    let log = place.folder.path().join("lake/sites/_delta_log");
    std::fs::write(log.join("_last_checkpoint"), r#"{"version":900,"size":1}"#).unwrap();
    let ended = place.run(&["sql", "select count(*) from sites"]);
    ended.done();
    assert_eq!(ended.stderr.matches("are left out").count(), 1, "{}", ended.stderr);
    for words in ["WARN", "table=sites", "/lake/sites/_delta_log/", "files=\"_last_checkpoint\""] {
        assert!(ended.stderr.contains(words), "no «{words}» in: {}", ended.stderr);
    }
}
