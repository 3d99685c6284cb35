//! Properties of the whole: order, time and suppression.

use super::*;
use crate::values::{Scope, State};
use proptest::prelude::*;

fn any_row() -> impl Strategy<Value = PartRow> {
    let site = prop::sample::select(vec!["a", "b", "c", "stray"]);
    let team = prop::sample::select(vec!["x", "y"]);
    let logged = prop::option::of((0..100i128, 0..100i128));
    (site, 0..60u32, team, 0..1_000_000i128, 1..1_000_000i128, 0..1_000_000i128, 1..9i64, logged).prop_map(
        |(site, ago, team, numerator, denominator, squares, respondents, logged)| PartRow {
            numerator: numerator * 1_000_003,
            denominator: denominator * 1_000_007,
            sum_squares: Some(squares * 1_000_000_000_000_000),
            respondents: Some(respondents),
            logged: logged.map(|l| l.0),
            expected: logged.map(|l| l.1),
            ..labelled(row(site, week(ago), 0.0, 1.0), team)
        },
    )
}

fn any_rows() -> impl Strategy<Value = Vec<PartRow>> {
    let key = |row: &PartRow| (row.week, row.site.clone(), row.labels.clone());
    let distinct = move |rows: Vec<PartRow>| -> Vec<PartRow> {
        rows.into_iter().map(|row| (key(&row), row)).collect::<BTreeMap<_, _>>().into_values().collect()
    };
    prop::collection::vec(any_row(), 0..400).prop_map(distinct)
}

fn any_metric() -> impl Strategy<Value = Metric> {
    let measure = prop::sample::select(vec![
        (Kind::Ratio, Uncertainty::None),
        (Kind::Ratio, Uncertainty::Wilson),
        (Kind::Mean, Uncertainty::Normal),
        (Kind::Count, Uncertainty::None),
        (Kind::Count, Uncertainty::Poisson),
    ]);
    let direction = prop::sample::select(vec![Direction::Higher, Direction::Lower]);
    (measure, direction, prop::bool::ANY).prop_map(|((kind, uncertainty), direction, private)| Metric {
        kind,
        uncertainty,
        direction,
        coverage: Some(0.5),
        privacy: private.then_some(Privacy { minimum: 5 }),
        ..metric()
    })
}

/// The rows as parts and, each, as a publication.
fn world(rows: &[PartRow]) -> World {
    World {
        sites: vec![site("a", "UTC"), site("b", "Pacific/Auckland"), site("c", "America/Los_Angeles")],
        parts: rows.to_vec(),
        publications: rows.iter().map(|row| published(row.clone(), 1)).collect(),
        ..World::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_rows_never_matters(metric in any_metric(), (rows, shuffled) in any_rows().prop_flat_map(|rows| {
        (Just(rows.clone()), Just(rows).prop_shuffle())
    })) {
        prop_assert_eq!(world(&rows).derive(&metric), world(&shuffled).derive(&metric));
    }

    #[test]
    fn weeks_after_the_clock_never_matter(metric in any_metric(), rows in any_rows(), ago in 10..50u32) {
        let at = clock::starts_at(week(ago), &clock::zone("UTC")).unwrap();
        // Monday 00:00 UTC: the week has begun in Auckland and in London, not yet in Los Angeles.
        let until: Vec<_> = rows.iter().filter(|row| row.week <= week(ago)).cloned().collect();
        prop_assert_eq!(world(&rows).derive_at(&metric, at), world(&until).derive_at(&metric, at));
    }

    #[test]
    fn the_roll_up_of_one_site_is_the_site(metric in any_metric(), mut rows in any_rows()) {
        rows.retain(|row| row.site == "b");
        let alone = World { sites: vec![site("b", "Pacific/Auckland")], ..world(&rows) };
        let values = alone.derive(&metric);
        let of = |scope: &Scope| -> Vec<_> {
            let series = values.metrics[0].series.iter().filter(|series| series.scope == *scope);
            series.map(|series| (series.labels.clone(), series.last_week, series.windows.clone())).collect()
        };
        let own = of(&Scope::Site("b".to_owned()));
        prop_assert_eq!(&own, &of(&Scope::Region("north".to_owned())));
        prop_assert_eq!(&own, &of(&Scope::Company));
    }

    #[test]
    fn a_row_cut_in_two_labels_is_pooled_again(metric in any_metric(), rows in any_rows()) {
        let metric = Metric { privacy: None, ..metric };
        let halves = |row: &PartRow| {
            let one = PartRow {
                numerator: row.numerator / 3,
                denominator: row.denominator / 2,
                sum_squares: row.sum_squares.map(|squares| squares / 4),
                ..row.clone()
            };
            let team = format!("{}'", row.labels["team"]);
            let other = PartRow {
                numerator: row.numerator - one.numerator,
                denominator: row.denominator - one.denominator,
                sum_squares: row.sum_squares.zip(one.sum_squares).map(|(all, one)| all - one),
                logged: None,
                expected: None,
                ..labelled(row.clone(), &team)
            };
            [one, other]
        };
        let cut: Vec<_> = rows.iter().flat_map(halves).collect();
        let judged = |rows: &[PartRow]| world(rows).derive(&metric).metrics.remove(0).judgements;
        prop_assert_eq!(judged(&rows), judged(&cut));
    }

    #[test]
    fn weeks_before_the_year_matter_to_streaks_and_quiet_sites_alone(
        metric in any_metric(), rows in any_rows(), older in any_rows()
    ) {
        let older = older.into_iter().map(|row| PartRow { week: clock::weeks_before(row.week, 60), ..row });
        let within = |row: &&PartRow| row.week >= week(51);
        let recent: Vec<_> = rows.iter().filter(within).cloned().collect();
        let all: Vec<_> = rows.iter().cloned().chain(older).collect();
        let derived = |rows: &[PartRow]| {
            let mut values = world(rows).derive(&metric).metrics.remove(0);
            let heard = [State::Lagging, State::Unjudged, State::Ok];
            values.judgements.retain(|judgement| judgement.site != "stray" && heard.contains(&judgement.state));
            values.judgements.iter_mut().for_each(|judgement| judgement.streak = None);
            values
        };
        prop_assert_eq!(derived(&recent), derived(&all));
    }

    #[test]
    fn nothing_of_a_suppressed_row_shows(metric in any_metric(), rows in any_rows(), other in any_row()) {
        let metric = Metric { privacy: Some(Privacy { minimum: 5 }), ..metric };
        let changed: Vec<_> = rows.iter().map(|row| match row.respondents {
            Some(0..5) => PartRow { week: row.week, site: row.site.clone(), labels: row.labels.clone(),
                respondents: other.respondents.map(|n| n.min(4)), ..other.clone() },
            _ => row.clone(),
        }).collect();
        prop_assert_eq!(world(&rows).derive(&metric), world(&changed).derive(&metric));
    }
}
