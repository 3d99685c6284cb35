use crate::Place;

const RANGE: [&str; 5] = ["backfill", "--from", "2026-05-04", "--to", "2026-W21"];

fn run(place: &Place, more: &[&str]) -> crate::Ended {
    place.run(&[&RANGE[..], more].concat())
}

#[test]
fn wrong_usage_ends_with_two_before_the_lake_is_looked_at() {
    let place = Place::new();
    run(&place, &[]).refused(2, &["--format"]);
    run(&place, &["--format", "openmetrics"]).refused(2, &["--out"]);
    run(&place, &["--format", "remote-write"]).refused(2, &["--url", "remote_write.url"]);
    run(&place, &["--format", "openmetrics", "--out", "-", "--url", "http://x"]).refused(2, &["--url"]);
    run(&place, &["--format", "openmetrics", "--out", "-", "--label", "9=x"]).refused(2, &["`9` is no label"]);
    let words = ["http://…@prometheus/", "a password does not belong there"];
    run(&place, &["--format", "remote-write", "--url", "http://me:hush@prometheus/"]).refused(2, &words);
    let backwards = ["backfill", "--from", "2026-W21", "--to", "2026-05-06", "--format", "openmetrics", "--out", "-"];
    place.run(&backwards).refused(2, &["week of 2026-05-18", "comes after", "week of 2026-05-04"]);
    let no_week = ["backfill", "--from", "may", "--to", "2026-W21", "--format", "openmetrics", "--out", "-"];
    place.run(&no_week).refused(2, &["any of its dates", "2026-W23"]);
}

#[test]
fn a_token_file_that_is_not_there_is_named() {
    let place = Place::new().set("BELLWETHER__REMOTE_WRITE__BEARER_TOKEN_FILE", "nowhere.token");
    let words = ["remote_write.bearer_token_file", "nowhere.token", "No such file"];
    run(&place, &["--format", "remote-write", "--url", "http://127.0.0.1:1/"]).refused(2, &words);
}

#[test]
fn it_says_that_there_is_no_lake() {
    let place = Place::new();
    run(&place, &["--format", "openmetrics", "--out", "-"]).refused(1, &["no lake at", "bellwether ingest"]);
}
