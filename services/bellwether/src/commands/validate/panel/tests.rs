use super::*;
use indicators::{Activity, Privacy, Published, Site};

const BILLION: i128 = 1_000_000_000;

pub(in super::super) fn metric(name: &str, kind: Kind, privacy: Option<Privacy>) -> Arc<Metric> {
    Arc::new(Metric {
        help: "Something".to_owned(),
        per: if kind == Kind::Rate { 200 } else { 1 },
        privacy,
        owner: "tests".to_owned(),
        ..Metric::new(name, kind, Direction::Higher)
    })
}

pub(in super::super) fn row(metric: &str, site: &str, week: &str, (numerator, denominator): (i128, i128)) -> PartRow {
    PartRow {
        metric: metric.to_owned(),
        week: week.parse().unwrap(),
        site: site.to_owned(),
        labels: BTreeMap::new(),
        numerator: numerator * BILLION,
        denominator: denominator * BILLION,
        sum_squares: None,
        logged: None,
        expected: None,
        respondents: Some(9),
    }
}

pub(in super::super) fn stored(parts: Vec<PartRow>, publications: Vec<Published>) -> Stored {
    Stored {
        evaluation: 1,
        as_of: "2026-06-24T12:00:00Z".parse().unwrap(),
        parts,
        bad: Vec::new(),
        activity: Activity::default(),
        publications,
        sites: vec![Site::unknown("leeds"), Site::unknown("york")],
        computed_at: BTreeMap::new(),
        promises: Default::default(),
    }
}

fn incidents() -> Vec<PartRow> {
    vec![row("incidents", "york", "2026-06-08", (2, 400)), row("incidents", "leeds", "2026-06-15", (0, 100))]
}

fn chosen(leading: Arc<Metric>) -> Chosen {
    Chosen { leading: vec![leading], outcomes: vec![metric("incidents", Kind::Rate, None)], placebos: Vec::new() }
}

#[test]
fn parts_are_pooled_over_labels_and_holes_stay_holes() {
    let mut second = row("field_time", "leeds", "2026-06-01", (3, 10));
    second.labels.insert("role".to_owned(), "manager".to_owned());
    let mut parts = vec![row("field_time", "leeds", "2026-06-01", (1, 10)), second];
    // The week of 22 June is not over.
    parts.push(row("field_time", "york", "2026-06-22", (9, 10)));
    parts.extend(incidents());
    let request = request(&stored(parts, Vec::new()), &chosen(metric("field_time", Kind::Ratio, None)), 1).unwrap();
    assert_eq!(request.sites, ["leeds", "york"]);
    let field_time = &request.indicators[0];
    assert_eq!((field_time.values.weeks(), field_time.values.at(0, 0), field_time.weights.at(0, 0)), (3, 0.2, 20.0));
    assert!(field_time.values.at(0, 1).is_nan() && field_time.values.at(1, 0).is_nan());
    assert_eq!((field_time.title.as_str(), field_time.step_said.as_str()), ("field time", "10 points"));
    let Measured::Count { events, exposure } = &request.outcomes[0].measured else { panic!("a rate of whole events") };
    assert_eq!((events.at(1, 1), exposure.at(1, 1), events.at(0, 2)), (2.0, 2.0, 0.0));
}

/// A week that was suppressed, or changed after it was shown, must not be told by a correlation either.
#[test]
fn of_survey_answers_only_what_was_published_is_seen() {
    let privacy = Some(Privacy { minimum: 5 });
    let published = |version, week: &str, numerator, respondents| Published {
        row: PartRow { respondents: Some(respondents), ..row("asked", "leeds", week, (numerator, 10)) },
        version,
        at: "2026-06-20T00:00:00Z".parse().unwrap(),
    };
    let publications =
        vec![published(1, "2026-06-01", 4, 9), published(2, "2026-06-01", 6, 14), published(1, "2026-06-08", 7, 3)];
    let mut parts = vec![row("asked", "leeds", "2026-06-15", (1, 10))];
    parts.extend(incidents());
    let request = request(&stored(parts, publications), &chosen(metric("asked", Kind::Mean, privacy)), 1).unwrap();
    let asked = &request.indicators[0].values;
    assert_eq!(asked.at(0, 0), 0.6);
    assert!(asked.at(0, 1).is_nan() && asked.at(0, 2).is_nan());
}

#[test]
fn days_per_case_are_a_score_and_no_count() {
    let mut parts = incidents();
    parts[0].numerator = BILLION / 2;
    parts.push(row("field_time", "leeds", "2026-06-01", (1, 10)));
    let request = request(&stored(parts, Vec::new()), &chosen(metric("field_time", Kind::Ratio, None)), 1).unwrap();
    let Measured::Score { values, points, .. } = &request.outcomes[0].measured else { panic!("half an event") };
    assert_eq!((values.at(1, 1), *points), (0.25, 1.0));
}

#[test]
fn a_metric_without_a_stored_week_is_named() {
    let told = request(&stored(incidents(), Vec::new()), &chosen(metric("field_time", Kind::Ratio, None)), 1);
    let told = format!("{:?}", told.unwrap_err());
    assert!(told.contains("no complete week of `field_time` is stored"), "{told}");
}
