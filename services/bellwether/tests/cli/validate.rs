use crate::Place;

#[test]
fn wrong_usage_ends_with_two_before_the_lake_is_looked_at() {
    let place = Place::new();
    place.run(&["validate"]).refused(2, &["--outcome <NAME>"]);
    place.run(&["validate", "--outcome", "incidents", "--seed", "x"]).refused(2, &["--seed", "invalid digit"]);
}

#[test]
fn it_says_that_there_is_no_lake() {
    Place::new().run(&["validate", "--outcome", "incidents"]).refused(1, &["no lake at", "bellwether ingest"]);
}
