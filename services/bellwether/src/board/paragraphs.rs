//! The parts of the page that are no tables: its first lines, what is not judged, bad rows, and what the words mean.

use super::{
    model::{BadRowCard, Board},
    words,
};
use indicators::{State, Tally};
use std::collections::BTreeMap;

/// So many sites are named that wait for the same.
const WAITING_NAMED: usize = 3;
/// Most bad rows of a metric that are named.
const BAD_ROWS_NAMED: usize = 5;

/// Two lines: as of when, and how many sites are how.
pub(super) fn headline(board: &Board) -> String {
    let as_of = board.as_of.strftime("%A %-d %B %Y, %H:%M UTC");
    let week = board.sites.iter().flat_map(|s| &s.metrics).map(|m| m.last_week).max();
    let week = week.map(|w| format!("; last complete week: from {}", words::date(w))).unwrap_or_default();
    let sites = board.tally.sites;
    let s = if sites == 1 { "" } else { "s" };
    format!("Leading indicators as of {as_of}{week}\n{sites} site{s}: {}", counts(&board.tally))
}

/// `3 lag, 1 silent`. That none lags is only said of sites that are judged.
fn counts(tally: &Tally) -> String {
    let Tally { sites, lagging, silent, judged, unjudged, without_value } = *tally;
    let first = match (lagging, judged) {
        (0, 0) => "none can be judged".to_owned(),
        (0, judged) if judged == sites => "none lags".to_owned(),
        (0, judged) => format!("none of the {judged} judged lags"),
        (1, _) => "1 lags".to_owned(),
        (lagging, _) => format!("{lagging} lag"),
    };
    let mut said = vec![first];
    said.push(if silent == 0 && lagging == 0 { "none is silent".to_owned() } else { format!("{silent} silent") });
    if unjudged > 0 && judged > 0 {
        said.push(format!("{unjudged} not judged"));
    }
    if without_value > 0 {
        said.push(format!("{without_value} without any value"));
    }
    said.join(", ")
}

/// What is not judged, and from when on it will be: nothing that anybody has to see to, so a line a metric at most. `None`
/// where everything with a value is judged.
pub(super) fn waiting(board: &Board) -> Option<String> {
    let mut sections = vec!["Not judged".to_owned()];
    for metric in &board.metrics {
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
pub(super) fn legend(board: &Board) -> String {
    let mut lines = vec!["What the words mean".to_owned()];
    for metric in &board.metrics {
        let target = metric.target.map(|t| format!(" (target {})", words::value(metric, t))).unwrap_or_default();
        lines.push(format!("  {}: {}{target}", words::title(metric), metric.help));
    }
    let shown = |state: &State| board.sites.iter().any(|s| s.any(*state));
    for state in State::ALL.into_iter().filter(shown) {
        lines.extend(words::explanation(state).map(|text| format!("  {}: {text}", words::state(state))));
    }
    if board.tally.lagging > 0 {
        lines.push(format!("  how sure: {}", words::scores()));
        lines.push(format!("  fell, rose: {}; the trend is that of the weeks since", words::FELL));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_none_lags_is_only_said_where_it_is_known() {
        let tally = |sites, judged, lagging, silent| Tally { sites, judged, lagging, silent, ..Tally::default() };
        let said = [
            (tally(12, 12, 0, 0), "none lags, none is silent"),
            (tally(12, 12, 3, 1), "3 lag, 1 silent"),
            (tally(12, 11, 1, 0), "1 lags, 0 silent"),
            (Tally { unjudged: 3, ..tally(3, 0, 0, 0) }, "none can be judged, none is silent"),
            (Tally { unjudged: 2, ..tally(12, 9, 0, 1) }, "none of the 9 judged lags, 1 silent, 2 not judged"),
            (Tally { without_value: 1, ..tally(12, 11, 2, 0) }, "2 lag, 0 silent, 1 without any value"),
        ];
        for (tally, words) in said {
            assert_eq!(counts(&tally), words);
        }
    }
}
