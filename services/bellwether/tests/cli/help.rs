use crate::Place;

#[test]
fn help_and_version_need_no_settings() {
    let place = Place::new();
    assert!(place.run(&["--help"]).done().contains("board"));
    assert!(place.run(&["--version"]).done().starts_with("bellwether "));
    assert!(place.run(&["demo", "--", "--help"]).done().contains("--once"));
}

#[test]
fn wrong_usage_ends_with_two() {
    let place = Place::new();
    place.run(&[]).refused(2, &["Usage"]);
    place.run(&["no-such-command"]).refused(2, &["no-such-command"]);
    place.run(&["board", "--format", "xml"]).refused(2, &["table", "json", "csv"]);
    place.run(&["board", "--as-of", "yesterday"]).refused(2, &["yesterday", "2026-06-17T12:00:00Z"]);
}
