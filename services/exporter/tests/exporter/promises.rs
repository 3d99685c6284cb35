//! Where a query file asks for fewer people than were promised, it is told to those who look for the weeks that are withheld.

use crate::{exposition::published, http::Server, sample, scrape};
use exporter::Exporter;
use prometheus::Registry;
use std::{collections::BTreeMap, sync::Arc};

const WORDS: &str =
    "What was answered before 2026-03-09 was given under the promise that nothing is shown of fewer than 10 people";

#[tokio::test]
async fn the_pages_say_what_is_withheld_and_what_to_tell_a_works_council() {
    let exporter = Exporter::new(Registry::new()).unwrap();
    exporter.publish(Arc::new(sample::values())).unwrap();
    let server = Server::start(exporter).await;
    let page = async |path: &str| String::from_utf8(server.get(path, "").await.1).unwrap();
    for path in ["/indicators/learning_follow_through", "/data"] {
        let page = page(path).await;
        let said =
            ["In 3 weeks of those that are shown, rows of fewer than 10 people are withheld", "asks for 5", WORDS];
        said.iter().for_each(|said| assert!(page.contains(said), "{path}, {said}: {page}"));
    }
    let other = page("/indicators/field_time").await;
    assert!(
        !other.contains("withheld") && !page("/indicators/field_time?format=json").await.contains("promised"),
        "{other}"
    );
}

#[test]
fn how_many_weeks_are_withheld_is_exported_of_metrics_with_privacy() {
    let samples = scrape::parse(&published().metrics());
    let weeks = scrape::by(&samples, "leading_minimum_refused", "metric");
    assert_eq!(weeks, BTreeMap::from([("learning_follow_through", 3.0)]));
    let mut values = sample::values();
    values.refused.clear();
    let exporter = Exporter::new(Registry::new()).unwrap();
    exporter.publish(Arc::new(values)).unwrap();
    let samples = scrape::parse(&exporter.metrics());
    let weeks = scrape::by(&samples, "leading_minimum_refused", "metric");
    assert_eq!(weeks, BTreeMap::from([("learning_follow_through", 0.0)]), "kept to");
}
