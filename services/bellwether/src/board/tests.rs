use super::*;
use indicators::{
    BadRow, Change, Course, Direction, Judgement, Kind, Lacking, Lagging, Metric, MetricValues, Reason, ReasonValue,
    Scope, Series, Site, SiteChange, SitesIn, State, Uncertainty, Values, Why, Window, WindowKind,
    board::{Only, SiteCard, lines},
};
use jiff::civil::{Date, date};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

const LAST: Date = date(2026, 6, 22);

fn metric(name: &str, help: &str, target: f64, below: f64, uncertainty: Uncertainty) -> Arc<Metric> {
    Arc::new(Metric {
        help: help.to_owned(),
        target: Some(target),
        uncertainty,
        lagging: Some(Lagging { below, weeks: 3 }),
        owner: "operations".to_owned(),
        talk: [Reason::Below, Reason::Falling]
            .map(|reason| (reason, "What kept you out of the field?".to_owned()))
            .into(),
        fingerprint: 1,
        ..Metric::new(name, Kind::Ratio, Direction::Higher)
    })
}

fn site(id: &str, name: Option<&str>, region: Option<&str>) -> Site {
    Site {
        id: id.to_owned(),
        name: name.map(str::to_owned),
        region: region.map(str::to_owned),
        timezone: "UTC".to_owned(),
        targets: BTreeMap::new(),
        opened_on: None,
        closed_on: None,
    }
}

const NOT_JUDGED: ReasonValue = ReasonValue {
    reason: Reason::Below,
    on: false,
    judged: false,
    score: None,
    since: None,
    since_at_least: false,
    last_week: None,
    level: None,
};

fn judged(site: &str, state: State, value: Option<f64>) -> Judgement {
    let window = |value| Window { value, lower: None, upper: None, sample_size: None };
    Judgement {
        site: site.to_owned(),
        state,
        reasons: Reason::ALL
            .map(|reason| ReasonValue { reason, judged: true, score: Some(0.5), ..NOT_JUDGED })
            .to_vec(),
        lacking: None,
        target: Some(0.45),
        coverage: None,
        streak: Some(0),
        trend_per_week: Some(0.0),
        course: None,
        on_target: None,
        history: Vec::new(),
        last_week: LAST,
        windows: value.map(|v| (WindowKind::FourWeeks, window(v))).into_iter().collect(),
    }
}

fn bad_row(ago: i64) -> BadRow {
    BadRow {
        metric: "learning_follow_through".to_owned(),
        week: LAST.checked_sub(jiff::SignedDuration::from_hours(7 * 24 * (7 - ago))).unwrap(),
        site: if ago == 1 { "s-9" } else { "s-1" }.to_owned(),
        labels: BTreeMap::new(),
        why: if ago == 2 { Why::NoDenominator } else { Why::AboveDenominator },
        respondents: None,
    }
}

/// Four sites: one on track, one lagging for two reasons, one silent that lagged before, one that nothing names.
pub(crate) fn values() -> Values {
    let field = metric("field_time", "Share of working time in the field", 0.45, 0.30, Uncertainty::None);
    let follow = metric("learning_follow_through", "Commitments kept", 0.80, 0.65, Uncertainty::Wilson);
    let mut lagging = judged("s-2", State::Lagging, Some(0.1834));
    lagging.reasons[0] = ReasonValue {
        reason: Reason::Below,
        on: true,
        judged: true,
        score: Some(7.0),
        since: Some(date(2026, 5, 4)),
        last_week: Some(LAST),
        ..NOT_JUDGED
    };
    lagging.reasons[2] = ReasonValue {
        reason: Reason::Falling,
        on: true,
        judged: true,
        score: Some(3.6),
        since: Some(date(2026, 6, 22)),
        since_at_least: true,
        last_week: Some(LAST),
        level: Some(0.19),
    };
    lagging.trend_per_week = Some(-0.0123);
    (lagging.course, lagging.on_target) = (Some(Course::Worsening), Some(0.125));
    lagging.streak = Some(8);
    let mut kept = judged("s-2", State::Ok, None);
    kept.target = Some(0.8);
    let window = Window { value: 0.8125, lower: Some(0.57), upper: Some(0.934), sample_size: Some(16.0) };
    kept.windows.insert(WindowKind::FourWeeks, window);
    let mut silent = judged("s-3", State::Silent, None);
    silent.reasons[0] = ReasonValue { last_week: Some(date(2026, 6, 1)), ..lagging.reasons[0] };
    let mut young = judged("s-9", State::Unjudged, Some(0.5));
    young.lacking = Some(Lacking::Weeks { site_weeks: 0, weeks: 5 });
    let mut unknown = judged("s-9", State::Insufficient, Some(0.31));
    unknown.coverage = Some(0.2);
    let company = Series {
        scope: Scope::Company,
        labels: BTreeMap::new(),
        last_week: LAST,
        windows: BTreeMap::from([(WindowKind::FourWeeks, Window { value: 0.72, ..window })]),
        sites: BTreeMap::from([(WindowKind::FourWeeks, SitesIn { shown: 2, sites: 3 })]),
    };
    Values {
        as_of: "2026-06-30T06:00:00Z".parse().unwrap(),
        sites: vec![
            site("s-1", Some("Aarhus"), Some("north")),
            site("s-2", Some("Bilbao"), Some("south")),
            site("s-3", Some("Cork"), Some("north")),
            site("s-9", None, None),
        ],
        bad_rows: (1..=7).map(bad_row).collect(),
        changes: Vec::new(),
        refused: Vec::new(),
        metrics: vec![
            MetricValues {
                metric: field,
                series: vec![],
                judgements: vec![judged("s-1", State::Ok, Some(0.47)), lagging, silent, unknown],
            },
            MetricValues {
                metric: follow,
                series: vec![company],
                judgements: vec![
                    judged("s-1", State::Suppressed, None),
                    kept,
                    judged("s-3", State::Silent, None),
                    young,
                ],
            },
        ],
    }
}

/// Run with `UPDATE_GOLDEN=1` to write the files anew, then read them.
pub(crate) fn golden(name: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap(), "differs from {}", path.display());
}

#[test]
fn the_page_reads_as_agreed_in_wide_and_narrow() {
    let board = Board::new(&values());
    golden("board_wide.txt", &(page(&board, 160, false) + "\n"));
    golden("board_narrow.txt", &(page(&board, 90, false) + "\n"));
}

#[test]
fn the_page_fits_its_width_and_is_plain_without_colour() {
    let board = Board::new(&values());
    for width in [80, 90, 100, 120, 160] {
        let text = page(&board, width, false);
        let text = text.split("What the words mean").next().unwrap();
        let tables = text.lines().filter(|l| l.contains('─') || l.contains("  "));
        assert!(tables.clone().all(|l| l.chars().count() <= usize::from(width)), "{width}:\n{text}");
        assert!(!text.contains('\u{1b}'));
    }
    assert!(page(&board, 160, true).contains('\u{1b}'));
}

/// What the table of a part of the page says, in words; its heading and its line are not of them.
fn table_words(text: &str, heading: &str) -> Vec<String> {
    let part = text.split(heading).nth(1).unwrap().split("\n\n").next().unwrap();
    let rows = part.lines().skip_while(|line| !line.contains('─')).skip(1);
    let words = rows.flat_map(str::split_whitespace).map(|word| word.trim_end_matches(',').to_owned());
    let mut words: Vec<String> = words.filter(|word| word != "–" && word != "target").collect();
    words.sort();
    words
}

/// Range, region and course vanished under 150 columns, and "Quality" was told as "Qualit" and "y".
#[test]
fn at_every_width_the_same_facts_are_told_and_no_word_is_broken() {
    let mut values = grouped();
    values.sites[1].name = Some("Newcastle upon Tyne".to_owned());
    let board = Board::new(&values);
    let wide = page(&board, 200, false);
    for width in [80, 100, 120, 150] {
        let text = page(&board, width, false);
        for heading in ["Needs attention", "All sites, last four weeks"] {
            assert_eq!(table_words(&text, heading), table_words(&wide, heading), "{width}:\n{text}");
        }
        let tables = text.lines().filter(|line| line.contains('─'));
        assert!(tables.clone().all(|line| line.chars().count() <= usize::from(width)), "{width}:\n{text}");
    }
}

/// A group of many metrics is more than fits beside one another.
#[test]
fn what_does_not_fit_stands_in_a_table_below() {
    let mut values = values();
    let (first, judgements) = (values.metrics[0].metric.clone(), values.metrics[0].judgements.clone());
    let names = ["opportunity", "participation", "responsiveness", "recommendations", "qualifications"];
    values.metrics = names
        .map(|name| Metric { name: name.to_owned(), ..first.as_ref().clone() })
        .map(|metric| MetricValues { metric: Arc::new(metric), series: vec![], judgements: judgements.clone() })
        .to_vec();
    values.metrics.sort_by(|a, b| a.metric.name.cmp(&b.metric.name));
    let text = page(&Board::new(&values), 80, false);
    let overview = text.split("All sites").nth(1).unwrap().split("What the words").next().unwrap();
    assert_eq!(overview.matches("Region").count(), 2, "{overview}");
    assert!(overview.lines().all(|line| line.chars().count() <= 80), "{overview}");
    for name in names {
        assert!(overview.contains(&name[1..]), "{name}: {overview}");
    }
}

fn only(only: Only) -> Board {
    let mut values = values();
    let change =
        |change, site: &str, metric: &str| SiteChange { change, site: site.to_owned(), metric: metric.to_owned() };
    values.changes =
        vec![change(Change::StartedToLag, "s-2", "field_time"), change(Change::WentSilent, "s-3", "field_time")];
    only.of(&Board::new(&values)).unwrap()
}

/// The sites, and the metrics of each.
fn named(board: &Board) -> Vec<(&str, Vec<&str>)> {
    let names = board.sites.iter().map(|site| {
        let metrics = site.metrics.iter().map(|card| card.metric.as_str()).collect();
        (site.site.as_str(), metrics)
    });
    names.collect()
}

#[test]
fn a_part_of_the_board_is_counted_anew_and_what_is_not_there_is_refused() {
    let both = vec!["field_time", "learning_follow_through"];
    for site in ["s-2", "Bilbao"] {
        let board = only(Only { site: Some(site.to_owned()), ..Only::default() });
        assert_eq!(named(&board), [("s-2", both.clone())]);
        assert_eq!((board.tally.sites, board.tally.lagging, board.bad_rows.len()), (1, 1, 0));
        let text = page(&board, 160, false);
        assert!(text.contains("1 site: 1 site lags, 0 silent"), "{text}");
        assert!(text.contains("To talk about\n  Field time: What kept you out of the field?"), "{text}");
    }
    let north = only(Only { region: Some("north".to_owned()), ..Only::default() });
    assert_eq!(named(&north), [("s-3", both.clone()), ("s-1", both.clone())]);
    assert!(!page(&north, 160, false).contains("To talk about"), "that is for one site");
    let one = only(Only { metric: Some("field_time".to_owned()), ..Only::default() });
    assert_eq!((named(&one).len(), one.metrics.len(), one.rollups.len()), (4, 1, 0));
    let changed = only(Only { changed: true, ..Only::default() });
    assert_eq!(named(&changed), [("s-2", vec!["field_time"]), ("s-3", vec!["field_time"])]);
    let board = Board::new(&values());
    let error = Only { region: Some("nroth".to_owned()), ..Only::default() }.of(&board).unwrap_err();
    assert_eq!(error, "there is no region “nroth”; there are: north, south");
    assert!(Only { owner: Some("nobody".to_owned()), ..Only::default() }.of(&board).is_err());
}

/// A silent site had a row a metric, each saying the same.
#[test]
fn a_site_that_is_silent_in_everything_is_told_once_where_it_alone_is_asked_for() {
    let board = Only { site: Some("s-3".to_owned()), ..Only::default() }.of(&Board::new(&grouped())).unwrap();
    for width in [80, 120, 200] {
        let text = page(&board, width, false);
        let attention = table_words(&text, "Needs attention");
        assert_eq!(attention.iter().filter(|word| *word == "silent").count(), 1, "{width}:\n{text}");
        assert_eq!(attention.iter().filter(|word| *word == "everything").count(), 1, "{width}:\n{text}");
    }
}

/// "4 May 2026 (8" stood above "weeks)" in a terminal of 100 columns.
#[test]
fn a_date_stands_in_one_line_from_100_columns_on() {
    let board = Board::new(&values());
    for width in [100, 120, 149, 160] {
        let text = page(&board, width, false);
        for date in ["4 May 2026 (8 weeks)", "22 Jun 2026 or before", "4 May 2026 (5 weeks)"] {
            assert!(text.contains(date), "{width}: no «{date}» in\n{text}");
        }
    }
}

#[test]
fn lagging_sites_come_first_then_silent_then_doubtful_then_the_rest() {
    let board = Board::new(&values());
    let order: Vec<&str> = board.sites.iter().map(|s| s.site.as_str()).collect();
    assert_eq!(order, ["s-2", "s-3", "s-9", "s-1"]);
}

#[test]
fn the_json_has_every_promised_key_and_null_where_there_is_none() {
    let board = serde_json::to_value(Board::new(&values())).unwrap();
    assert_eq!(board["as_of"], "2026-06-30T06:00:00Z");
    let first = &board["sites"][0];
    assert_eq!((&first["site"], &first["name"], &first["region"]), (&json!("s-2"), &json!("Bilbao"), &json!("south")));
    assert_eq!(
        first["metrics"][0],
        json!({
            "metric": "field_time", "group": "core", "state": "lagging",
            "reasons": [
                {"reason": "below", "since": "2026-05-04", "last_week": "2026-06-22", "level": null},
                {"reason": "falling", "since": "2026-06-22", "last_week": "2026-06-22", "level": 0.19}
            ],
            "talk": ["What kept you out of the field?"],
            "lacking": null,
            "scores": {"below": 7.0, "behind_peers": 0.5, "falling": 3.6},
            "target": 0.45, "coverage": null, "streak": 8, "trend_per_week": -0.0123,
            "course": "worsening", "on_target": 0.125, "assurance": "hardly_any", "last_week": "2026-06-22",
            "unit": null,
            "windows": {
                "week": null, "week_to_date": null, "13w": null,
                "4w": {"value": 0.1834, "lower": null, "upper": null, "sample_size": null}
            }
        })
    );
    assert_eq!(board["sites"][2]["name"], json!(null));
    assert_eq!(board["tally"]["lagging"], 2);
    assert_eq!(
        board["rollups"],
        json!([{
            "metric": "learning_follow_through", "region": null, "labels": {}, "last_week": "2026-06-22",
            "windows": {
                "4w": {"value": 0.72, "lower": 0.57, "upper": 0.934, "sample_size": 16.0, "sites_shown": 2, "sites": 3}
            }
        }])
    );
    let of = |site: usize, metric: usize| &board["sites"][site]["metrics"][metric];
    assert_eq!(
        (&of(1, 0)["state"], &of(1, 0)["reasons"]),
        (
            &json!("silent"),
            &json!([{"reason": "below", "since": "2026-05-04", "last_week": "2026-06-01", "level": null}])
        )
    );
    assert_eq!(
        (&of(2, 1)["state"], &of(2, 1)["lacking"]),
        (
            &json!("unjudged"),
            &json!({
                "what": "weeks", "site_weeks": 0, "weeks": 5, "words": "judged from 5 more weeks with a value on"
            })
        )
    );
    assert_eq!(board["bad_rows"].as_array().unwrap().len(), 7);
    assert_eq!(
        board["bad_rows"][1],
        json!({"metric": "learning_follow_through", "week": "2026-05-18", "site": "s-1",
            "why": "its denominator is 0 and its numerator is not"})
    );
}

#[test]
fn the_lines_are_those_of_the_json() {
    let board = Board::new(&values());
    let line = serde_json::to_value(&lines(&board)[0]).unwrap();
    assert_eq!((&line["since"], &line["reasons"]), (&json!("2026-05-04"), &json!("below, falling")));
    let text = exporter::spreadsheet(&board);
    let header: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(text.lines().next().unwrap(), header.join(","));
    assert_eq!(text.lines().count(), 1 + lines(&board).len());
}

/// A site that has closed is shown for a while, and nobody should look for its leader.
#[test]
fn a_closed_site_is_called_closed() {
    let mut values = values();
    values.sites[0].closed_on = Some(date(2026, 6, 26));
    values.sites[1].closed_on = Some(date(2026, 7, 3));
    let board = Board::new(&values);
    let labels: Vec<&str> = board.sites.iter().map(SiteCard::label).collect();
    assert_eq!(labels, ["Bilbao", "Cork", "s-9", "Aarhus (closed 26 Jun 2026)"]);
}

/// The same, with two metrics of the catalogue: of coaching, where `s-3` is silent too, and of audits, which nobody sends.
fn grouped() -> Values {
    let mut values = values();
    let of = |name: &str, group: &str| {
        let metric = metric(name, "What it is", 0.8, 0.5, Uncertainty::None);
        Arc::new(Metric { group: Some(group.to_owned()), ..metric.as_ref().clone() })
    };
    let none = |site: &str| Judgement { reasons: Vec::new(), ..judged(site, State::NoData, None) };
    let mut lagging = judged("s-1", State::Lagging, Some(0.3));
    lagging.reasons[0] = ReasonValue { on: true, since: Some(LAST), last_week: Some(LAST), ..lagging.reasons[0] };
    let coaching = vec![
        lagging,
        judged("s-2", State::Ok, Some(0.9)),
        judged("s-3", State::Silent, None),
        judged("s-9", State::Ok, Some(0.9)),
    ];
    let audits = ["s-1", "s-2", "s-3", "s-9"].map(none).to_vec();
    let metrics = [(of("audits", "audit"), audits), (of("a_session", "coaching"), coaching)];
    // By name, as they come: the first of all belongs behind the core ones.
    let metrics = metrics.map(|(metric, judgements)| MetricValues { metric, series: Vec::new(), judgements });
    values.metrics = metrics.into_iter().rev().chain(values.metrics).collect();
    values
}

#[test]
fn the_core_metrics_come_first_and_the_others_group_by_group() {
    let board = Board::new(&grouped());
    let names: Vec<&str> = board.metrics.iter().map(|metric| metric.name.as_str()).collect();
    assert_eq!(names, ["field_time", "learning_follow_through", "audits", "a_session"]);
    let groups: Vec<&str> = board.sites[0].metrics.iter().map(|card| card.group.as_str()).collect();
    assert_eq!(groups, ["core", "core", "audit", "coaching"]);
    let lines = lines(&board);
    let order: Vec<(&str, &str)> = lines[..4].iter().map(|line| (line.metric.as_str(), line.group.as_str())).collect();
    assert_eq!(order[2..], [("audits", "audit"), ("a_session", "coaching")]);
    let text = page(&board, 160, false);
    let (core, rest) = text.split_once("\n\nCoaching\n========\n\n").unwrap();
    assert!(core.contains("Needs attention") && core.contains("All sites") && !core.contains("A session"), "{core}");
    let (attention, overview) = rest.split_once("All sites, last four weeks").unwrap();
    assert!(attention.contains("A session") && !attention.contains("Field time"), "{attention}");
    assert!(overview.contains("30 % lagging"), "{overview}");
}

/// With 33 metrics of which 20 had no events, each site had 20 lines that said so.
#[test]
fn what_nobody_sends_is_said_in_one_line() {
    let values = grouped();
    let text = page(&Board::new(&values), 160, false);
    assert!(text.contains("No events yet (of no site a value in 13 weeks)\n  Audits\n"), "{text}");
    assert_eq!(text.matches("Audits").count(), 1, "{text}");
    assert!(!text.contains("Audit\n="), "{text}");
    // A site that is silent in everything else is: once, although nothing is silent of what nobody sends.
    assert_eq!(text.matches("everything").count(), 1, "{text}");
}

/// Audits come a few times a year: a month without one is nothing to see to.
#[test]
fn a_month_without_rare_events_needs_no_attention() {
    let attention = |silence| {
        let mut values = grouped();
        let metric = Metric { silence, ..values.metrics[0].metric.as_ref().clone() };
        values.metrics[0].metric = Arc::new(metric);
        values.metrics[0].judgements[0] = judged("s-1", State::NoData, None);
        let text = page(&Board::new(&values), 160, false);
        text.split_once("Coaching\n========").unwrap().1.contains("Needs attention")
    };
    assert!(attention(2));
    assert!(!attention(13));
}
