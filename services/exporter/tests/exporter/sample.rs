//! A small evaluation by hand: three metrics, three sites, one of which no reference record names.

use indicators::{
    BadRow, Course, Direction, Judgement, Kind, Lacking, Lagging, Metric, MetricValues, Privacy, Reason, ReasonValue,
    Scope, Series, Site, SitesIn, State, Uncertainty, Values, Why, Window, WindowKind, promises::Refused,
};
use jiff::civil::{Date, date};
use std::{collections::BTreeMap, sync::Arc};

/// Monday of the last complete week.
pub const WEEK: Date = date(2026, 3, 2);

pub fn values() -> Values {
    Values {
        as_of: "2026-03-10T06:30:00.5Z".parse().unwrap(),
        sites: vec![
            site("alpha", Some(("Alpha Works", "north")), "Australia/Perth"),
            site("beta", Some(("Beta \"B\" Mine\\Pit", "north")), "Europe/Berlin"),
            site("ghost", None, "UTC"),
        ],
        metrics: vec![field_time(), toolbox_talks(), follow_through()],
        bad_rows: vec![bad_row("alpha"), bad_row("beta")],
        changes: Vec::new(),
        refused: vec![refused()],
    }
}

fn bad_row(site: &str) -> BadRow {
    BadRow {
        metric: "toolbox_talks".to_owned(),
        week: WEEK,
        site: site.to_owned(),
        labels: BTreeMap::new(),
        why: Why::Negative("numerator"),
        respondents: None,
    }
}

/// Follow-through asks for fewer people than were promised.
fn refused() -> Refused {
    Refused {
        metric: "learning_follow_through".to_owned(),
        declared: 5,
        promised: 10,
        before: Some(date(2026, 3, 9)),
        by: "learning".to_owned(),
        since: "2025-12-01T08:00:00Z".parse().unwrap(),
        weeks: 3,
    }
}

pub fn site(id: &str, known: Option<(&str, &str)>, timezone: &str) -> Site {
    Site {
        id: id.to_owned(),
        name: known.map(|(name, _)| name.to_owned()),
        region: known.map(|(_, region)| region.to_owned()),
        timezone: timezone.to_owned(),
        targets: BTreeMap::new(),
        opened_on: None,
        closed_on: None,
    }
}

pub fn metric(name: &str, kind: Kind, uncertainty: Uncertainty, labels: &[&str]) -> Metric {
    Metric {
        help: "Share of working time spent in the field.".to_owned(),
        labels: labels.iter().map(|&label| label.to_owned()).collect(),
        target: Some(0.45),
        uncertainty,
        lagging: Some(Lagging { below: 0.3, weeks: 3 }),
        owner: "operations".to_owned(),
        sql: "SELECT 1".to_owned(),
        streams: ["calendar_audits".to_owned()].into(),
        fingerprint: 1,
        ..Metric::new(name, kind, Direction::Higher)
    }
}

pub fn window(value: f64) -> Window {
    Window { value, lower: None, upper: None, sample_size: None }
}

pub fn series(scope: Scope, labels: &[(&str, &str)], windows: &[(WindowKind, Window)]) -> Series {
    Series {
        scope,
        labels: labels.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
        last_week: WEEK,
        windows: windows.iter().copied().collect(),
        sites: BTreeMap::new(),
    }
}

pub fn judgement(site: &str, state: State, reasons: Vec<ReasonValue>) -> Judgement {
    Judgement {
        site: site.to_owned(),
        state,
        reasons,
        lacking: None,
        target: Some(0.45),
        coverage: None,
        streak: None,
        trend_per_week: None,
        course: None,
        on_target: None,
        history: Vec::new(),
        last_week: WEEK,
        windows: BTreeMap::new(),
    }
}

fn reason(reason: Reason, on: bool, score: Option<f64>) -> ReasonValue {
    let since = on.then_some(date(2026, 1, 5));
    ReasonValue {
        reason,
        on,
        judged: true,
        score,
        since,
        since_at_least: false,
        last_week: score.map(|_| WEEK),
        level: None,
    }
}

/// A census: no bounds, no sample size. Alpha is well, beta lags, the ghost lagged and is silent.
fn field_time() -> MetricValues {
    use WindowKind::{FourWeeks, Week, WeekToDate};
    let young = ReasonValue { judged: false, ..reason(Reason::Falling, false, None) };
    let mut well = judgement("alpha", State::Ok, vec![reason(Reason::Below, false, Some(0.5)), young]);
    well.coverage = Some(0.95);
    well.streak = Some(0);
    well.trend_per_week = Some(0.01);
    (well.course, well.on_target) = (Some(Course::Improving), Some(0.9));
    let mut lagging = judgement(
        "beta",
        State::Lagging,
        vec![reason(Reason::Below, true, Some(6.25)), reason(Reason::Falling, false, None)],
    );
    (lagging.course, lagging.on_target) = (Some(Course::Recovering), Some(0.1));
    MetricValues {
        metric: Arc::new(metric("field_time", Kind::Ratio, Uncertainty::None, &["site"])),
        series: vec![
            series(Scope::Site("alpha".into()), &[], &[(Week, window(0.5)), (WeekToDate, window(0.25))]),
            series(Scope::Site("beta".into()), &[], &[(FourWeeks, window(0.2)), (Week, window(f64::NAN))]),
            series(Scope::Region("north".into()), &[], &[(Week, window(0.375))]),
            series(Scope::Company, &[], &[(Week, window(0.375))]),
        ],
        judgements: vec![
            well,
            lagging,
            judgement(
                "ghost",
                State::Silent,
                vec![reason(Reason::Below, true, Some(7.0)), reason(Reason::Falling, false, Some(1.5))],
            ),
        ],
    }
}

/// A count with a label of its own, not judged yet.
fn toolbox_talks() -> MetricValues {
    let mut declared = metric("toolbox_talks", Kind::Count, Uncertainty::None, &["site", "shift"]);
    declared.help = "Toolbox talks held".to_owned();
    declared.target = None;
    declared.lagging = None;
    let of =
        |shift, value| series(Scope::Site("alpha".into()), &[("shift", shift)], &[(WindowKind::Week, window(value))]);
    let mut judged = judgement("alpha", State::Unjudged, Vec::new());
    judged.lacking = Some(Lacking::Weeks { site_weeks: 13, weeks: 0 });
    judged.target = None;
    MetricValues {
        metric: Arc::new(declared),
        series: vec![of("day", 5.0), of("night\n", 2.0)],
        judgements: vec![judged],
    }
}

/// Kept of due: bounds and sample sizes, and a roll-up that not all sites are in.
fn follow_through() -> MetricValues {
    let mut declared = metric("learning_follow_through", Kind::Ratio, Uncertainty::Wilson, &["site"]);
    declared.help = "Share of commitments kept by their due date".to_owned();
    declared.owner = "learning".to_owned();
    declared.privacy = Some(Privacy { minimum: 5 });
    let kept = Window { value: 0.75, lower: Some(0.5), upper: Some(0.875), sample_size: Some(16.0) };
    let pooled = Window { value: 0.7, lower: Some(0.6), upper: Some(0.8), sample_size: Some(90.0) };
    let mut company = series(Scope::Company, &[], &[(WindowKind::ThirteenWeeks, pooled)]);
    company.sites.insert(WindowKind::ThirteenWeeks, SitesIn { shown: 9, sites: 12 });
    let north = Series { scope: Scope::Region("north".into()), ..company.clone() };
    MetricValues {
        metric: Arc::new(declared),
        series: vec![series(Scope::Site("alpha".into()), &[], &[(WindowKind::ThirteenWeeks, kept)]), north, company],
        judgements: vec![judgement("alpha", State::Insufficient, vec![reason(Reason::BehindPeers, false, Some(1.5))])],
    }
}
