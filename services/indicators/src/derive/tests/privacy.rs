//! What is shown of survey answers, and when it is published.

use super::*;
use crate::values::{Scope, SitesIn, WindowKind};

fn world(publications: Vec<Published>) -> World {
    World { sites: vec![site("a", "UTC")], publications, ..World::default() }
}

#[test]
fn metrics_with_privacy_are_read_from_their_latest_publications_alone() {
    let mut world =
        world(vec![published(answers("a", WEEK, &[0.8; 12]), 2), published(answers("a", WEEK, &[0.4; 6]), 1)]);
    world.parts = vec![answers("a", WEEK, &[0.1; 20]), answers("a", week(1), &[0.1; 20])];
    let values = world.derive(&survey());
    let windows = &judgement(&values, "a").windows;
    assert!(close(windows[&WindowKind::Week].value, 0.8) && close(windows[&WindowKind::FourWeeks].value, 0.8));
}

#[test]
fn there_is_no_week_to_date() {
    let next = clock::weeks_after(WEEK, 1);
    let values = world(vec![published(answers("a", next, &[0.8; 12]), 1)]).derive(&survey());
    assert!(judgement(&values, "a").windows.is_empty());
    let open = World { parts: vec![answers("a", next, &[0.8; 12])], ..world(Vec::new()) };
    assert!(
        judgement(&open.derive(&Metric { privacy: None, ..survey() }), "a")
            .windows
            .contains_key(&WindowKind::WeekToDate)
    );
}

#[test]
fn suppressed_rows_are_in_no_roll_up() {
    let values = world(vec![
        published(labelled(answers("a", WEEK, &[0.8; 5]), "shown"), 1),
        published(labelled(answers("a", WEEK, &[0.1; 4]), "hidden"), 1),
        published(labelled(PartRow { respondents: None, ..answers("a", WEEK, &[0.1; 9]) }, "untold"), 1),
    ])
    .derive(&survey());
    let series = &values.metrics[0].series;
    assert!(
        series
            .iter()
            .all(|series| series.labels["team"] == "shown" && close(series.windows[&WindowKind::Week].value, 0.8))
    );
    assert_eq!(series.len(), 3); // the site, its region, the company
    assert!(close(judgement(&values, "a").windows[&WindowKind::Week].value, 0.8));
}

fn due(parts: &[PartRow], published: &[Published], at: &str) -> Vec<(Date, i64, Option<i64>)> {
    let due = to_publish(&survey(), parts, published, &[site("a", "Pacific/Auckland")], at.parse().unwrap());
    due.into_iter().map(|p| (p.row.week, p.version, p.row.respondents)).collect()
}

#[test]
fn a_week_is_published_once_complete_at_its_site() {
    let parts = [answers("a", WEEK, &[0.5; 6]), answers("a", week(1), &[0.5; 3]), answers("stray", WEEK, &[0.5; 6])];
    assert_eq!(due(&parts, &[], "2025-06-09T11:59:00Z"), [(week(1), 1, Some(3))]);
    let both = [(week(1), 1, Some(3)), (WEEK, 1, Some(6))];
    assert_eq!(due(&parts, &[], "2025-06-09T12:00:00Z"), both);
    assert_eq!(due(&parts, &[], "2025-06-10T00:00:00Z").len(), 3, "an unknown site lives in UTC");
}

#[test]
fn a_row_is_published_again_only_with_enough_further_respondents() {
    let old = [published(answers("a", WEEK, &[0.5; 2]), 1), published(answers("a", WEEK, &[0.5; 7]), 2)];
    assert_eq!(due(&[answers("a", WEEK, &[0.9; 7])], &old, AS_OF), []);
    assert_eq!(due(&[answers("a", WEEK, &[0.9; 11])], &old, AS_OF), []);
    assert_eq!(due(&[answers("a", WEEK, &[0.9; 12])], &old, AS_OF), [(WEEK, 3, Some(12))]);
    assert_eq!(due(&[answers("a", WEEK, &[0.9; 4])], &old, AS_OF), [], "fewer are not further");
}

fn due_in(metric: &Metric, parts: &[PartRow], published: &[Published]) -> Vec<(BTreeMap<String, String>, i64)> {
    let due = to_publish(metric, parts, published, &[], as_of());
    due.into_iter().map(|p| (p.row.labels, p.version)).collect()
}

/// A team of 6 gets another name while an answer comes late: the rows of both names would differ by that answer.
#[test]
fn whom_another_label_has_lost_is_nobody_further() {
    let team = |team: &str, people: usize| labelled(answers("a", WEEK, &vec![0.5; people]), team);
    let old = [published(team("one", 6), 1), published(team("two", 6), 1)];
    let labels = |name: &str| team(name, 1).labels;
    let due = |parts: &[PartRow]| due_in(&survey(), parts, &old);
    assert_eq!(due(&[team("renamed", 7), team("two", 6)]), []);
    assert_eq!(due(&[team("renamed", 10), team("two", 6)]), []);
    assert_eq!(due(&[team("renamed", 11), team("two", 6)]), [(labels("renamed"), 1)]);
    assert_eq!(due(&[team("one", 5), team("two", 11)]), [], "one of the five was in the other team");
    assert_eq!(due(&[team("one", 5), team("two", 12)]), [(labels("two"), 2)]);
    assert_eq!(due(&[team("one", 6), team("two", 6), team("new", 5)]), [(labels("new"), 1)], "nobody was lost");
    assert_eq!(due(&[team("one", 5), team("two", 6), team("new", 3)]), [(labels("new"), 1)], "shows as suppressed");
    let elsewhere = PartRow { site: "b".to_owned(), ..team("new", 5) };
    assert_eq!(due(&[team("two", 6), elsewhere]), [(labels("new"), 1)], "another site");
}

/// Of 12 answers one has no id, so that the most answers to one survey count (5); it is withdrawn, and 11 people are left.
#[test]
fn people_counted_in_another_way_are_not_further() {
    let before = PartRow { respondents: Some(5), ..answers("a", WEEK, &[0.5; 12]) };
    let old = [published(before, 1)];
    assert_eq!(due_in(&survey(), &[answers("a", WEEK, &[0.5; 11])], &old), []);
    assert_eq!(due_in(&survey(), &[answers("a", WEEK, &[0.5; 16])], &old), []);
    assert_eq!(due_in(&survey(), &[answers("a", WEEK, &[0.5; 17])], &old), [(BTreeMap::new(), 2)]);
    let ratio = Metric { kind: Kind::Ratio, uncertainty: Uncertainty::Wilson, ..survey() };
    assert_eq!(due_in(&ratio, &[answers("a", WEEK, &[0.5; 11])], &old).len(), 1, "a denominator of anything");
}

#[test]
fn publishing_again_what_was_published_adds_nothing() {
    let parts: Vec<PartRow> = (0..9).map(|ago| answers("a", week(ago), &vec![0.5; ago as usize])).skip(1).collect();
    let first = to_publish(&survey(), &parts, &[], &[], as_of());
    assert_eq!(first.len(), 8);
    assert_eq!(to_publish(&survey(), &parts, &first, &[], as_of()), []);
    assert_eq!(to_publish(&metric(), &parts, &[], &[], as_of()), [], "without privacy nothing is published");
}

/// Whole sites were hidden from the company's value, and nothing said so.
#[test]
fn a_roll_up_says_how_many_of_its_sites_are_in_it() {
    let answers_of = |id: &str, ago, people: usize| published(answers(id, week(ago), &vec![0.5; people]), 1);
    let labelled = |id: &str, team: &str, people: usize| {
        let published = answers_of(id, 0, people);
        Published { row: labelled(published.row, team), ..published }
    };
    let sites_in = |publications: Vec<Published>, metric: &Metric, kind| {
        let sites = ["a", "b", "c"].map(|id| site(id, "UTC")).to_vec();
        let parts = publications.iter().map(|published| published.row.clone()).collect();
        let values = World { sites, parts, publications, ..World::default() }.derive(metric);
        let company = values.metrics[0].series.iter().filter(|series| series.scope == Scope::Company);
        let sites: Vec<Option<SitesIn>> = company.map(|series| series.sites.get(&kind).copied()).collect();
        let region = values.metrics[0].series.iter().filter(|series| matches!(series.scope, Scope::Region(_)));
        assert_eq!(sites, region.map(|series| series.sites.get(&kind).copied()).collect::<Vec<_>>());
        sites
    };
    let of = |shown, sites| Some(SitesIn { shown, sites });
    // c shows a week of the quarter, and is in that; in the last week it is hidden.
    let rows = vec![answers_of("a", 0, 6), answers_of("b", 0, 4), answers_of("c", 0, 4), answers_of("c", 5, 6)];
    assert_eq!(sites_in(rows.clone(), &survey(), WindowKind::Week), [of(1, 3)]);
    assert_eq!(sites_in(rows.clone(), &survey(), WindowKind::ThirteenWeeks), [of(2, 3)]);
    assert_eq!(sites_in(rows, &Metric { privacy: None, ..survey() }, WindowKind::Week), [None]);
    let teams = vec![labelled("a", "day", 6), labelled("b", "day", 3), labelled("b", "night", 7)];
    assert_eq!(sites_in(teams, &survey(), WindowKind::Week), [of(1, 2), of(1, 1)]);
}
