//! What is shown of survey answers, and when it is published.

use super::*;
use crate::WindowKind;

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

#[test]
fn publishing_again_what_was_published_adds_nothing() {
    let parts: Vec<PartRow> = (0..9).map(|ago| answers("a", week(ago), &vec![0.5; ago as usize])).skip(1).collect();
    let first = to_publish(&survey(), &parts, &[], &[], as_of());
    assert_eq!(first.len(), 8);
    assert_eq!(to_publish(&survey(), &parts, &first, &[], as_of()), []);
    assert_eq!(to_publish(&metric(), &parts, &[], &[], as_of()), [], "without privacy nothing is published");
}
