//! The pages for people, over a socket: what they say, what they refuse, and that nothing in them is markup but ours.

use crate::{exposition::published, http::Server, sample};
use exporter::Exporter;
use indicators::{Change, Course, Metric, Reason, Scope, SiteChange, State, Values, Window, WindowKind};
use jiff::{SignedDuration, civil::Date};
use prometheus::{GaugeVec, Opts, Registry};
use serde_json::Value;
use std::sync::Arc;

/// What somebody might call a site to make a page do something.
const HOSTILE: &str = "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>";

async fn serve(values: Values) -> Server {
    let exporter = Exporter::new(Registry::new()).unwrap();
    exporter.publish(Arc::new(values)).unwrap();
    Server::start(exporter).await
}

async fn page(server: &Server, path: &str) -> (String, String) {
    let (head, body) = server.get(path, "").await;
    (head, String::from_utf8(body).unwrap())
}

/// The sample, with a half-year of weeks and a site that began to lag.
fn with_history() -> Values {
    let mut values = sample::values();
    let week = |ago: i32| sample::WEEK.checked_sub(SignedDuration::from_hours(7 * 24 * i64::from(ago))).unwrap();
    let window =
        |ago: i32| Window { lower: Some(0.1), upper: Some(0.9), ..sample::window(0.3 + 0.01 * f64::from(ago)) };
    let history: Vec<(Date, Window)> = (0..26).rev().map(|ago| (week(ago), window(ago))).collect();
    for judgement in &mut values.metrics[0].judgements {
        judgement.history.clone_from(&history);
        judgement.course = Some(Course::Worsening);
        judgement.on_target = Some(0.1);
    }
    let change = SiteChange { change: Change::StartedToLag, site: "beta".to_owned(), metric: "field_time".to_owned() };
    values.changes = vec![change];
    values
}

#[tokio::test]
async fn the_first_page_names_who_lags_why_since_when_and_what_changed() {
    let server = serve(with_history()).await;
    let (head, page) = page(&server, "/").await;
    assert!(head.starts_with("http/1.1 200") && head.contains("content-type: text/html"), "{head}");
    let name = "Beta &quot;B&quot; Mine\\Pit";
    assert!(page.contains(&format!("<h1>{name} lags</h1>")), "{page}");
    for said in ["below 30 %", "5 Jan 2026", "▼ worsening", "hardly any week", "as of Tuesday 10 March 2026, 06:30 UTC"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    let changed = format!(
        "<a href=\"/sites/beta\">{name}</a> began to lag: <a href=\"/sites/beta#metric-field_time\">Field time</a>"
    );
    assert!(page.contains(&changed), "{page}");
    assert!(page.contains("<svg class=\"spark\""), "{page}");
    // An element that is not closed takes all that follow into itself, and nothing of them is drawn.
    for element in ["line", "path", "circle"] {
        let (open, closed) = (format!("<{element} "), format!("</{element}>"));
        assert!(
            page.contains(&open) && page.matches(&open).count() == page.matches(&closed).count(),
            "{element}: {page}"
        );
    }
}

#[tokio::test]
async fn a_site_is_told_metric_by_metric_and_a_metric_site_by_site() {
    let mut values = with_history();
    let talk = [(Reason::Below, "Who could lead a walk?".to_owned())].into();
    values.metrics[0].metric = Arc::new(Metric { talk, ..values.metrics[0].metric.as_ref().clone() });
    let server = serve(values).await;
    let (head, site) = page(&server, "/sites/beta").await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(site.contains("Below 30 % since 5 Jan 2026") && site.contains("<svg class=\"chart\""), "{site}");
    assert!(site.contains("Lags on field time"), "{site}");
    assert!(site.contains("<p class=\"talk\">To talk about: Who could lead a walk?</p>"), "{site}");
    let (head, metric) = page(&server, "/indicators/field_time").await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    for said in ["Alpha Works", "SELECT 1", "truly worse than 30 %", "calendar_audits", "operations"] {
        assert!(metric.contains(said), "{said}: {metric}");
    }
    let (_, list) = page(&server, "/indicators").await;
    assert!(list.contains("<a href=\"/indicators/field_time\">Field time</a>"), "{list}");
    let (head, data) = page(&server, "/data").await;
    assert!(head.starts_with("http/1.1 200") && data.contains("The data are coming in"), "{data}");
    assert!(data.contains("Values published") && data.contains("seconds ago"), "{data}");
}

#[tokio::test]
async fn no_page_runs_or_loads_anything_and_no_name_becomes_markup() {
    let mut values = with_history();
    for site in &mut values.sites {
        site.name = Some(HOSTILE.to_owned());
        site.region = Some(HOSTILE.to_owned());
    }
    let nameless = sample::site(HOSTILE, None, "UTC");
    values.sites.push(nameless);
    values.metrics[0].judgements.insert(0, sample::judgement(HOSTILE, State::Lagging, Vec::new()));
    let windows = [(WindowKind::FourWeeks, sample::window(3.0))];
    values.metrics[1].series.push(sample::series(Scope::Company, &[("shift", HOSTILE)], &windows));
    for metric in &mut values.metrics {
        metric.metric = Arc::new(Metric {
            help: HOSTILE.to_owned(),
            owner: HOSTILE.to_owned(),
            sql: HOSTILE.to_owned(),
            unit: Some(HOSTILE.to_owned()),
            group: Some(HOSTILE.to_owned()),
            streams: [HOSTILE.to_owned()].into(),
            talk: [(Reason::Below, HOSTILE.to_owned())].into(),
            ..metric.metric.as_ref().clone()
        });
    }
    let exporter = Exporter::new(Registry::new()).unwrap();
    exporter.publish(Arc::new(values)).unwrap();
    exporter.service("evaluation").failed(HOSTILE, None);
    let server = Server::start(exporter).await;
    for path in [
        "/",
        "/sites/beta",
        "/indicators",
        "/indicators/field_time",
        "/indicators/toolbox_talks",
        "/data",
        "/sites/%3Cscript%3Ealert%281%29%3C%2Fscript%3E%22%27%26%3Cimg%20src%3Dx%20onerror%3Dalert%282%29%3E",
        "/?region=%3Cscript%3E",
        "/sites/%3Cscript%3E",
    ] {
        let (head, page) = page(&server, path).await;
        for header in ["content-security-policy: default-src 'none'", "x-content-type-options: nosniff"] {
            assert!(head.contains(header), "{path}: {head}");
        }
        for markup in ["<script", "<img", "onerror=alert(2)>\"", "javascript:", "style=", "http://", "https://"] {
            assert!(!page.contains(markup), "{path} has {markup}: {page}");
        }
    }
    for path in ["/", "/sites/beta", "/indicators", "/indicators/toolbox_talks", "/data"] {
        let (_, shown) = page(&server, path).await;
        assert!(shown.contains("&lt;script&gt;alert(1)"), "what is hostile was shown at {path}: {shown}");
    }
    let (_, nameless) = page(&server, "/?state=lagging").await;
    assert!(nameless.contains("href=\"/sites/%3Cscript%3E") && nameless.contains("#metric-field_time"), "{nameless}");
    for (format, kind) in [("json", "application/json"), ("csv", "text/csv")] {
        let (head, _) = page(&server, &format!("/?format={format}")).await;
        assert!(head.contains(&format!("content-type: {kind}")) && head.contains("nosniff"), "{head}");
    }
}

/// Whoever opens the CSV in a spreadsheet would have run what somebody called a site.
#[tokio::test]
async fn no_name_becomes_a_formula() {
    let mut values = with_history();
    values.sites[0].name = Some("=HYPERLINK(\"http://evil.example\",\"Alpha\")".to_owned());
    values.sites[1].region = Some("@SUM(1+1)".to_owned());
    let server = serve(values).await;
    let (_, lines) = page(&server, "/?format=csv").await;
    assert!(lines.contains(",\"'=HYPERLINK(\"\"http://evil") && lines.contains(",'@SUM(1+1),"), "{lines}");
}

/// Thirty columns side by side did not say which belong together.
#[tokio::test]
async fn groups_of_metrics_have_a_heading_wherever_metrics_are_listed() {
    let mut values = with_history();
    let (above, beside) = (r#"<th scope="colgroup" colspan="1">Coaching</th>"#, r#"<th scope="rowgroup" colspan="#);
    for (group, expected) in [(None, false), (Some("coaching".to_owned()), true)] {
        let metric = Metric { group, ..values.metrics[0].metric.as_ref().clone() };
        values.metrics[0].metric = Arc::new(metric);
        let server = serve(values.clone()).await;
        let (_, board) = page(&server, "/").await;
        assert_eq!((board.contains(above), board.contains(beside)), (expected, expected), "{board}");
        let (_, list) = page(&server, "/indicators").await;
        assert_eq!(list.contains(beside) && list.contains(">Coaching</th>"), expected, "{list}");
    }
}

/// Hundreds of rows are read by nobody, and each has a picture.
#[tokio::test]
async fn a_board_of_very_many_sites_shows_the_first_and_counts_the_others() {
    let mut values = with_history();
    for nth in 0..300 {
        let id = format!("site-{nth}");
        values.sites.push(sample::site(&id, Some((&id, "south")), "UTC"));
        values.metrics[0].judgements.push(sample::judgement(&id, State::Lagging, Vec::new()));
    }
    values.metrics[0].judgements.sort_by(|one, other| one.site.cmp(&other.site));
    let server = serve(values).await;
    let (_, all) = page(&server, "/").await;
    assert_eq!(all.matches("class=\"picture\"").count(), 200);
    assert!(all.contains("more: choose a region, a metric or a state above"), "{all}");
    let (_, north) = page(&server, "/?region=north").await;
    assert!(!north.contains("more: choose"), "{north}");
}

#[tokio::test]
async fn links_choose_and_what_is_not_there_is_named() {
    let server = serve(with_history()).await;
    let (_, north) = page(&server, "/?region=north").await;
    assert!(north.contains("Alpha Works") && !north.contains(">ghost<"), "{north}");
    let (_, both) = page(&server, "/?region=north&state=ok").await;
    assert!(both.contains("href=\"/?region=north\"") && !both.contains("Mine"), "{both}");
    let (head, missing) = page(&server, "/?region=nowhere").await;
    assert!(head.starts_with("http/1.1 404") && missing.contains("there are: north"), "{missing}");
    let (head, missing) = page(&server, "/sites/nobody").await;
    assert!(head.starts_with("http/1.1 404") && missing.contains("<li>beta</li>"), "{missing}");
    let (head, _) = page(&server, "/?colour=red").await;
    assert!(head.starts_with("http/1.1 400"), "{head}");
    assert!(page(&server, "/nothing").await.0.starts_with("http/1.1 404"));
    let (head, nobody) = page(&server, "/?state=suppressed").await;
    assert!(head.starts_with("http/1.1 200") && nobody.contains("No site is chosen"), "{nobody}");
}

#[tokio::test]
async fn every_page_is_data_too() {
    let server = serve(with_history()).await;
    let (head, board) = page(&server, "/?format=json").await;
    let board: Value = serde_json::from_str(&board).unwrap();
    assert!(head.contains("content-type: application/json"), "{head}");
    assert_eq!(board["sites"].as_array().unwrap().len(), 3);
    assert_eq!(board["sites"][0]["site"], "beta");
    assert_eq!(board["sites"][0]["metrics"][0]["course"], "worsening");
    assert_eq!(board["changes"][0]["change"], "started_to_lag");
    let (head, lines) = page(&server, "/?region=north&format=csv").await;
    assert!(head.contains("content-type: text/csv"), "{head}");
    assert!(lines.starts_with("as_of,site,name,region,metric,group,state,reasons,since,"), "{lines}");
    assert_eq!(lines, exporter_lines(&lines), "as many cells in every line");
    let (_, site) = page(&server, "/sites/beta?format=json").await;
    assert_eq!(serde_json::from_str::<Value>(&site).unwrap()["site"], "beta");
    let (_, metric) = page(&server, "/indicators/field_time?format=csv").await;
    assert_eq!(metric.lines().count(), 4, "{metric}");
}

/// The same lines, as far as they have as many cells as the first.
fn exporter_lines(text: &str) -> String {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in reader.records() {
        writer.write_record(&record.unwrap()).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

#[tokio::test]
async fn before_the_first_values_the_pages_say_so() {
    let server = Server::start(Exporter::new(Registry::new()).unwrap()).await;
    for path in ["/", "/sites/beta", "/indicators", "/indicators/field_time"] {
        let (head, page) = page(&server, path).await;
        assert!(head.starts_with("http/1.1 200") && page.contains("No values yet"), "{path}: {page}");
    }
    let (_, data) = page(&server, "/data").await;
    assert!(data.contains("The data need attention") && data.contains("no values yet"), "{data}");
    let (_, data) = page(&Server::start(published()).await, "/data").await;
    assert!(data.contains("The data are coming in"), "{data}");
}

/// What `validate` tells Prometheus it tells here, in words.
#[tokio::test]
async fn a_metric_says_what_it_leads_and_an_outcome_what_it_follows() {
    let registry = Registry::new();
    let family = |name: &str, labels: &[&str]| {
        let family = GaugeVec::new(Opts::new(name, "help"), labels).unwrap();
        registry.register(Box::new(family.clone())).unwrap();
        family
    };
    let finding = family("leading_finding", &["metric", "outcome", "finding"]);
    let pairs = [("field_time", "leads"), ("learning_follow_through", "not_shown"), ("toolbox_talks", "cannot_tell")];
    for (metric, found) in pairs {
        for word in ["leads", "doubtful", "not_shown", "cannot_tell"] {
            finding.with_label_values(&[metric, "trir", word]).set(f64::from(u8::from(word == found)));
        }
    }
    finding.with_label_values(&["field_time", "toolbox_talks", "leads"]).set(1.0);
    let strengths = [("leading_strength", 0.8), ("leading_strength_lower", 0.7), ("leading_strength_upper", 0.912)];
    for (name, value) in strengths {
        let labels = ["field_time", "trir", "rate_ratio"];
        family(name, &["metric", "outcome", "effect"]).with_label_values(&labels).set(value);
    }
    family("leading_strength_lag_weeks", &["metric", "outcome"]).with_label_values(&["field_time", "trir"]).set(4.0);
    let exporter = Exporter::new(registry).unwrap();
    exporter.publish(Arc::new(with_history())).unwrap();
    let server = Server::start(exporter).await;
    let said = [
        (
            "field_time",
            "It leads: with 10 points more of it goes, 4 weeks later, a rate 0.80 times as high (0.70–0.91) of Trir.",
        ),
        ("field_time", "It leads <a href=\"/indicators/toolbox_talks\">Toolbox talks</a>."),
        ("learning_follow_through", "It is not shown to lead Trir."),
        ("toolbox_talks", "There is too little to tell whether it leads Trir."),
        ("toolbox_talks", "It follows <a href=\"/indicators/field_time\">Field time</a>."),
    ];
    for (metric, sentence) in said {
        let (_, page) = page(&server, &format!("/indicators/{metric}")).await;
        assert!(page.contains(sentence), "{sentence} is not in {page}");
    }
    let (_, without) = page(&serve(with_history()).await, "/indicators/field_time").await;
    assert!(!without.contains("Does it lead?"), "nobody asked: {without}");
}
