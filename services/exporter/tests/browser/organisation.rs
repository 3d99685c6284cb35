//! An organisation by hand in which there is everything that a page can show: every state, course, assurance and change,
//! groups, roll-ups of which a site is left out, rows without a value, and names that are long, odd or lacking.

use crate::sample::{self, WEEK};
use indicators::{
    BadRow, Change, Course, Direction, Judgement, Kind, Lacking, Metric, MetricValues, Privacy, Reason, ReasonValue,
    Scope, Site, SiteChange, SitesIn, State, Uncertainty, Values, Why, Window, WindowKind,
};
use jiff::{ToSpan, civil::Date};
use std::{collections::BTreeMap, sync::Arc};

const SITES: [(&str, Option<(&str, &str)>); 8] = [
    ("alpha", Some(("Alpha Works", "North"))),
    ("beta", Some(("Beta", "North"))),
    ("gamma", Some(("Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogoch Deep Mine and Processing", "North"))),
    ("delta", Some(("Delta <b>&amp;</b> “Sons”", "South West and the Islands"))),
    ("epsilon", Some(("Эпсилон", "South West and the Islands"))),
    ("zeta", Some(("Zeta", "South West and the Islands"))),
    ("eta", Some(("Eta", "East"))),
    ("a-site-that-no-record-names", None),
];

pub fn values() -> Values {
    let site = |(id, known): (&str, Option<(&str, &str)>)| sample::site(id, known, "Europe/London");
    let sites: Vec<Site> = SITES.into_iter().map(site).collect();
    let change = |change, site: &str| SiteChange { change, site: site.to_owned(), metric: "field_time".to_owned() };
    Values {
        as_of: "2026-03-10T06:30:00Z".parse().unwrap(),
        metrics: metrics().into_iter().enumerate().map(|(nth, metric)| of(metric, nth, &sites)).collect(),
        bad_rows: vec![BadRow {
            metric: "hazards_reported".to_owned(),
            week: WEEK,
            site: "beta".to_owned(),
            labels: BTreeMap::new(),
            why: Why::Negative("numerator"),
            respondents: None,
        }],
        changes: vec![
            change(Change::StartedToLag, "alpha"),
            change(Change::WentSilent, "gamma"),
            change(Change::Recovered, "zeta"),
            change(Change::HeardAgain, "eta"),
        ],
        refused: Vec::new(),
        sites,
    }
}

fn metrics() -> Vec<Metric> {
    let metric = |name: &str, kind, uncertainty| sample::metric(name, kind, uncertainty, &["site"]);
    let mut hazards = metric("hazards_reported", Kind::Count, Uncertainty::Poisson);
    hazards.target = Some(6.0);
    hazards.lagging = Some(indicators::Lagging { below: 3.0, weeks: 3 });
    let mut injuries = metric("injury_rate", Kind::Rate, Uncertainty::Poisson);
    injuries.direction = Direction::Lower;
    injuries.per = 200_000;
    injuries.unit = Some("hours".to_owned());
    injuries.group = Some("lagging".to_owned());
    let mut belonging = metric("a_rather_long_name_for_how_safe_people_feel", Kind::Mean, Uncertainty::Normal);
    belonging.privacy = Some(Privacy { minimum: 5 });
    belonging.group = Some("culture".to_owned());
    belonging.help = "What people answer, from 0 to 1. <script>alert('help')</script>".to_owned();
    let mut coaching = metric("coaching", Kind::Ratio, Uncertainty::Wilson);
    coaching.group = Some("culture".to_owned());
    coaching.sql = format!("SELECT {} FROM a_stream", "a_long_column, ".repeat(30));
    let mut field_time = metric("field_time", Kind::Ratio, Uncertainty::None);
    field_time.talk =
        [(Reason::Below, "Which meetings could be walked instead, and who could lead them?".to_owned())].into();
    vec![field_time, hazards, coaching, belonging, injuries]
}

/// Each site in another state, each metric shifted by one.
fn of(metric: Metric, nth: usize, sites: &[Site]) -> MetricValues {
    let scale = metric.target.unwrap_or(1.0);
    let judgements = sites.iter().enumerate().map(|(at, site)| {
        let state = State::ALL.into_iter().cycle().nth(at + nth + 4).unwrap();
        judged(&site.id, state, at, scale)
    });
    let pooled = |scope, sites: Option<SitesIn>| {
        let window = window(scale, 0);
        let windows = [(WindowKind::FourWeeks, window), (WindowKind::ThirteenWeeks, window)];
        let mut series = sample::series(scope, &[], &windows);
        series.sites.extend(sites.map(|sites| (WindowKind::FourWeeks, sites)));
        series
    };
    let left_out = metric.privacy.map(|_| SitesIn { shown: 7, sites: 8 });
    let regions =
        ["East", "North", "South West and the Islands"].map(|region| pooled(Scope::Region(region.into()), None));
    let series = regions.into_iter().chain([pooled(Scope::Company, left_out)]).collect();
    let mut judgements: Vec<Judgement> = judgements.collect();
    judgements.sort_by(|one, other| one.site.cmp(&other.site));
    MetricValues { metric: Arc::new(metric), series, judgements }
}

fn judged(site: &str, state: State, at: usize, scale: f64) -> Judgement {
    let courses = [Course::Worsening, Course::Steady, Course::Improving, Course::Recovering];
    let on = |which, score| ReasonValue {
        reason: which,
        on: true,
        judged: true,
        score: Some(score),
        since: Some(WEEK.saturating_sub(9.weeks())),
        since_at_least: at % 3 == 2,
        last_week: Some(WEEK),
        level: Some(0.6 * scale),
    };
    let near = ReasonValue { on: false, since: None, ..on(Reason::Falling, 3.0) };
    let reasons = match state {
        State::Lagging => vec![on(Reason::Below, 7.0), on(Reason::BehindPeers, 5.5), near],
        State::Silent => vec![on(Reason::BehindPeers, 4.0)],
        _ => vec![near],
    };
    let valued = !matches!(state, State::NoData | State::Suppressed);
    let mut judgement = sample::judgement(site, state, reasons);
    if valued {
        let week = |ago: i32| -> Date { WEEK.saturating_sub(ago.weeks()) };
        let weeks = (0..if at.is_multiple_of(2) { 26 } else { 52 }).rev().filter(|ago| ago % 9 != 5);
        judgement.history = weeks.map(|ago| (week(ago), window(scale, ago))).collect();
        judgement.windows = WindowKind::ALL.map(|kind| (kind, window(scale, 0))).into();
        judgement.course = Some(courses[at % 4]);
        judgement.on_target = Some([0.9, 0.5, 0.1][at % 3]);
    }
    judgement.target = Some(scale);
    judgement.lacking = (state == State::Unjudged).then_some(Lacking::Weeks { site_weeks: 13, weeks: 4 });
    judgement
}

fn window(scale: f64, ago: i32) -> Window {
    let value = scale * (0.7 + 0.3 * (f64::from(ago) * 0.9).sin());
    Window { value, lower: Some(value * 0.8), upper: Some(value * 1.1), sample_size: Some(32.0) }
}
