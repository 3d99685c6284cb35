//! What is derived of the parts, and how Prometheus sees it.

use super::{code, codes, table};
use indicators::{Assurance, Course, FAMILIES, Kind, LEAD_FAMILIES, Reason, State, WindowKind, families_of};

/// Windows, states, reasons, courses and assurances.
pub(super) fn derived() -> String {
    let rows = |all: Vec<(&'static str, &'static str)>| -> Vec<Vec<String>> {
        all.into_iter().map(|(word, meaning)| vec![code(word), meaning.to_owned()]).collect()
    };
    let windows = rows(WindowKind::ALL.map(|window| (window.as_str(), window.meaning())).to_vec());
    let states = rows(State::ALL.map(|state| (state.as_str(), state.meaning())).to_vec());
    let reasons = rows(Reason::ALL.map(|reason| (reason.as_str(), reason.meaning())).to_vec());
    let courses = rows(Course::ALL.map(|course| (course.as_str(), course.meaning())).to_vec());
    let assurances = rows(Assurance::ALL.map(|assurance| (assurance.as_str(), assurance.meaning())).to_vec());
    format!(
        "## What is derived\n\nFrom the parts alone, once, for every metric; [VALUES.md](VALUES.md) has the formulas and their sources. A window without a value is absent, never 0.\n\n{}\n\nA site's state in a metric is the first of these that holds:\n\n{}\n\nWhy a site lags (only with `lagging`; the last two only with a target):\n\n{}\n\nWhich way it is going, where that can be told:\n\n{}\n\nIn how many weeks it meets its target, where that can be told:\n\n{}",
        table(&["window", "means"], &windows),
        table(&["state", "means"], &states),
        table(&["reason", "means"], &reasons),
        table(&["course", "means"], &courses),
        table(&["assurance", "means"], &assurances),
    )
}

/// Families of one metric, and those that all share.
pub(super) fn families() -> String {
    let of = |kind: Kind| codes(families_of("NAME", kind).iter().map(String::as_str));
    let shared: Vec<Vec<String>> = FAMILIES
        .iter()
        .chain(&LEAD_FAMILIES)
        .map(|family| {
            let labels = codes(family.labels.split(", ").filter(|label| !label.is_empty()));
            vec![code(family.name), labels, family.help.to_owned()]
        })
        .collect();
    format!(
        "## Families\n\nOf a metric `NAME` of kind `ratio` or `mean`: {}.\n\nOf kind `count`: {}.\n\nOf kind `rate`: {}.\n\nLabels: `site` and `region` (roll-ups: `region`, or none), `window`, and the query's own. Bounds are there where the metric\nhas an uncertainty. No query file may take the name of one of those that all metrics share (`…`: the query's own labels):\n\n{}",
        of(Kind::Ratio),
        of(Kind::Count),
        of(Kind::Rate),
        table(&["family", "labels", "help"], &shared),
    )
}
