//! The parts of the page that are no tables: its first lines, what is not judged, bad rows, and what the words mean.

use indicators::{
    Course, Metric, SiteChange, State,
    board::{BadRowCard, Board, words},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// So many sites are named that wait for the same.
const WAITING_NAMED: usize = 3;
/// Most bad rows of a metric that are named.
const BAD_ROWS_NAMED: usize = 5;

/// Two lines: as of when, and how many sites are how.
pub(super) fn headline(board: &Board) -> String {
    let sites = board.tally.sites;
    let s = if sites == 1 { "" } else { "s" };
    format!("Leading indicators {}\n{sites} site{s}: {}", words::as_of(board), words::counts(&board.tally))
}

/// What changed since the week before, a line each; `None` where nothing did.
pub(super) fn changed(board: &Board) -> Option<String> {
    let line = |change: &SiteChange| {
        let site = board.sites.iter().find(|site| site.site == change.site)?;
        let metric = board.metrics.iter().find(|metric| metric.name == change.metric)?;
        Some(format!("  {} {}: {}", site.label(), words::change(change.change), words::title(metric)))
    };
    let lines: Vec<String> = board.changes.iter().filter_map(line).collect();
    (!lines.is_empty()).then(|| format!("Since the week before\n{}", lines.join("\n")))
}

/// What is not judged, and from when on it will be: nothing that anybody has to see to, so a line a metric at most. `None`
/// where everything with a value is judged.
pub(super) fn waiting(board: &Board, metrics: &[Arc<Metric>]) -> Option<String> {
    let mut sections = vec!["Not judged".to_owned()];
    for metric in metrics {
        let mut lacking: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for site in &board.sites {
            let cards = site.metrics.iter().filter(|card| card.metric == metric.name && card.state == State::Unjudged);
            for words in cards.filter_map(|card| card.lacking.as_ref()) {
                lacking.entry(&words.words).or_default().push(site.label());
            }
        }
        let line = |(words, sites): (&str, Vec<&str>)| {
            format!("  {} ({}): {words}", words::title(metric), waiting_sites(&sites))
        };
        sections.extend(lacking.into_iter().map(line));
    }
    (sections.len() > 1).then(|| sections.join("\n"))
}

fn waiting_sites(sites: &[&str]) -> String {
    if sites.len() > WAITING_NAMED { format!("{} sites", sites.len()) } else { sites.join(", ") }
}

/// What to talk about, where one site alone is asked for; `None` where it lags in nothing, or nothing is proposed.
pub(super) fn talk(board: &Board) -> Option<String> {
    let [site] = board.sites.as_slice() else { return None };
    let said = site.metrics.iter().flat_map(|card| {
        let title = words::title(&card.declared);
        card.talk.iter().map(move |said| format!("  {title}: {said}"))
    });
    let said: Vec<String> = said.collect();
    (!said.is_empty()).then(|| format!("To talk about\n{}", said.join("\n")))
}

/// The rows that have no value, a line a metric; `None` where every row is in its range.
pub(super) fn bad_rows(board: &Board) -> Option<String> {
    let of = |metric: &str| board.bad_rows.iter().filter(|row| row.metric == metric).collect::<Vec<_>>();
    let metrics = board.metrics.iter().map(|metric| (metric, of(&metric.name))).filter(|(_, rows)| !rows.is_empty());
    let lines: Vec<String> =
        metrics.map(|(metric, rows)| format!("  {}: {}", words::title(metric), bad_rows_named(&rows))).collect();
    let heading = "Rows outside their range: they have no value and are in no total (last 52 weeks)";
    (!lines.is_empty()).then(|| format!("{heading}\n{}", lines.join("\n")))
}

fn bad_rows_named(rows: &[&BadRowCard]) -> String {
    let row = |row: &&BadRowCard| format!("\n    {}, week of {}: {}", row.label, words::date(row.week), row.why);
    let more = rows.len().saturating_sub(BAD_ROWS_NAMED);
    let more = if more > 0 { format!("\n    and {more} more (`--format json` has all)") } else { String::new() };
    format!("{}{}{more}", rows.len(), rows.iter().take(BAD_ROWS_NAMED).map(row).collect::<String>())
}

/// What the words of the page mean.
pub(super) fn legend(board: &Board, metrics: &[Arc<Metric>]) -> String {
    let mut lines = vec!["What the words mean".to_owned()];
    for metric in metrics {
        let target = metric.target.map(|t| format!(" (target {})", words::value(metric, t))).unwrap_or_default();
        lines.push(format!("  {}: {}{target}", words::title(metric), metric.help));
    }
    let shown = |state: &State| board.sites.iter().any(|s| s.any(*state));
    for state in State::ALL.into_iter().filter(shown) {
        lines.extend(words::explanation(state).map(|text| format!("  {}: {text}", words::state(state))));
    }
    if board.tally.lagging > 0 {
        lines.push(format!("  how sure: {}", words::scores()));
        lines.push(format!("  fell, rose: {}; “now” is about the weeks since", words::FELL));
    }
    let courses = board.sites.iter().flat_map(|site| &site.metrics).filter_map(|card| card.course);
    let courses: BTreeSet<Course> = courses.collect();
    lines.extend(courses.into_iter().map(|course| format!("  {}: {}", words::course(course), course.meaning())));
    lines.join("\n")
}
