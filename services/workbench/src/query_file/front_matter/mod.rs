//! A query file's text → its two halves, and of the first one, the front matter, the metric's declaration.

mod entries;
pub(super) mod keys;
pub(super) mod names;
mod talk;

use super::fault::Faults;
use contracts::Contracts;
use entries::{Entries, Placed};
use indicators::{CORE, Direction, Kind, Lagging, Metric, Privacy, SILENCE, Severity, Uncertainty};
use keys::{KEYS, PRIVACY_FLOOR};
use std::collections::BTreeSet;
use toml::de::DeTable;

const OPEN: &str = "/*---";
const CLOSE: &str = "---*/";

/// Front matter and SELECT, with where they begin in the file (bytes).
#[derive(Debug)]
pub(super) struct Halves<'a> {
    pub front_matter: &'a str,
    pub front_matter_at: usize,
    pub sql: &'a str,
    /// The whole file with all that comes before the SELECT blanked out, so that lines and columns are the file's.
    pub padded_sql: String,
}

pub(super) fn split<'a>(text: &'a str, faults: &mut Faults) -> Option<Halves<'a>> {
    if !faults.require_utf8() {
        return None;
    }
    if text.starts_with('\u{feff}') {
        faults.helped(0..0, "the file begins with a byte order mark", Some("save it as UTF-8 without one".to_owned()));
        return None;
    }
    let start = text.len() - text.trim_start().len();
    if !text[start..].starts_with(OPEN) {
        faults.at(
            start..start,
            format!("the file must begin with front matter: {OPEN} … {CLOSE} (`bellwether query new` writes one)"),
        );
        return None;
    }
    let front_matter_at = start + OPEN.len();
    let Some(length) = text[front_matter_at..].find(CLOSE) else {
        faults.at(start..start, format!("the front matter does not end: {CLOSE} is missing"));
        return None;
    };
    let sql_at = front_matter_at + length + CLOSE.len();
    let sql = &text[sql_at..];
    let blank = text[..sql_at].chars().map(|c| if c == '\n' { '\n' } else { ' ' });
    let padded_sql = blank.chain(sql.chars()).collect();
    Some(Halves {
        front_matter: &text[front_matter_at..front_matter_at + length],
        front_matter_at,
        sql: sql.trim(),
        padded_sql,
    })
}

/// The declaration as far as it can be read, faults noted; SQL, streams and fingerprint are left for the caller.
/// `None` where it is no TOML or lacks what everything else is checked against.
pub(super) fn declare(name: String, halves: &Halves<'_>, contracts: &Contracts, faults: &mut Faults) -> Option<Metric> {
    let at = halves.front_matter_at;
    let table = match DeTable::parse(halves.front_matter) {
        Ok(table) => table,
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            faults.at(span.start + at..span.end + at, format!("front matter is not TOML: {}", error.message().trim()));
            return None;
        }
    };
    let entries = Entries::new(table.get_ref(), at, KEYS, faults);
    let metric = read(name, &entries, contracts, faults)?;
    check_levels(&metric, &entries, faults);
    check_uncertainty(&metric, &entries, faults);
    check_unit(&metric, &entries, faults);
    Some(metric)
}

fn read(name: String, entries: &Entries<'_>, contracts: &Contracts, faults: &mut Faults) -> Option<Metric> {
    let help = entries.text("help", faults).map(|(help, _)| help.to_owned());
    let owner = entries.text("owner", faults).map(|(owner, _)| owner.to_owned());
    let group = group(entries, faults);
    let team = team(entries, faults);
    let severity = entries.word("severity", &Severity::ALL, Severity::as_str, faults).unwrap_or_default();
    let talk = talk::read(entries, faults);
    let silence = entries.whole("silence", faults).unwrap_or(SILENCE);
    let kind = entries.word("kind", &Kind::ALL, Kind::as_str, faults);
    let direction = entries.word("direction", &Direction::ALL, Direction::as_str, faults);
    let uncertainty = entries.word("uncertainty", &Uncertainty::ALL, Uncertainty::as_str, faults);
    let per = entries.whole("per", faults);
    let unit = entries.text("unit", faults).map(|(unit, _)| unit.trim().to_owned());
    let labels = labels(entries, contracts, faults);
    let (horizon_back, horizon_ahead) = horizon(entries, faults);
    let (target, lagging) = (entries.number("target", faults).map(|(target, _)| target), lagging(entries, faults));
    let coverage = coverage(entries, faults);
    let privacy = privacy(entries, faults);
    Some(Metric {
        help: help.unwrap_or_default(),
        per: per.unwrap_or(1),
        unit,
        labels: labels?,
        target,
        uncertainty: uncertainty.unwrap_or(Uncertainty::None),
        lagging,
        horizon_back,
        horizon_ahead,
        coverage,
        privacy,
        owner: owner.unwrap_or_default(),
        team,
        severity,
        talk,
        group,
        silence,
        ..Metric::new(name, kind?, direction.unwrap_or(Direction::Higher))
    })
}

fn labels(entries: &Entries<'_>, contracts: &Contracts, faults: &mut Faults) -> Option<Vec<String>> {
    let labels = entries.texts("labels", faults)?;
    let persons: Vec<&str> =
        contracts.iter().flat_map(|contract| contract.persons().iter().map(|(column, _)| column.as_str())).collect();
    let mut seen = BTreeSet::new();
    for (label, span) in &labels {
        names::check_label(label, &persons, span.clone(), faults);
        if !seen.insert(*label) {
            faults.at(span.clone(), format!("label `{label}` is named twice"));
        }
    }
    if !seen.contains("site") {
        faults.at(entries.place("labels"), "`labels` must hold \"site\": region and company are rolled up from it");
    }
    Some(labels.into_iter().map(|(label, _)| label.to_owned()).collect())
}

/// It becomes a heading, a label and an argument: a word.
fn group(entries: &Entries<'_>, faults: &mut Faults) -> Option<String> {
    let (group, span) = word_of_text(entries, "group", faults)?;
    if group == CORE {
        let message =
            format!("`group` is \"{CORE}\", which metrics without a group are in: remove the key, or name another");
        faults.at(span, message);
    }
    Some(group.to_owned())
}

/// It becomes a label, which alerts are routed by: a word.
fn team(entries: &Entries<'_>, faults: &mut Faults) -> Option<String> {
    word_of_text(entries, "team", faults).map(|(team, _)| team.to_owned())
}

/// A text that is one word, fit for a label and an address.
fn word_of_text<'a>(entries: &Entries<'a>, key: &str, faults: &mut Faults) -> Option<Placed<&'a str>> {
    const LONGEST: usize = 40;
    let (text, span) = entries.text(key, faults)?;
    let is_word = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    // That it is empty is said already.
    if !text.trim().is_empty() && (!is_word || text.len() > LONGEST) {
        let wanted = format!("it must be one word of lower-case letters, digits and _, at most {LONGEST}");
        faults.at(span.clone(), format!("`{key}` is {text:?}: {wanted}"));
    }
    Some((text, span))
}

fn horizon(entries: &Entries<'_>, faults: &mut Faults) -> (u32, u32) {
    let Some(horizon) = entries.table("horizon", faults) else { return (0, 0) };
    let mut weeks = |key| horizon.whole(key, faults).unwrap_or(0);
    (weeks("back"), weeks("ahead"))
}

fn lagging(entries: &Entries<'_>, faults: &mut Faults) -> Option<Lagging> {
    let lagging = entries.table("lagging", faults)?;
    let below = lagging.number("below", faults).map(|(below, _)| below);
    let weeks = lagging.whole("weeks", faults);
    Some(Lagging { below: below?, weeks: weeks? })
}

fn coverage(entries: &Entries<'_>, faults: &mut Faults) -> Option<f64> {
    let (coverage, span) = entries.number("coverage", faults)?;
    if !(coverage > 0.0 && coverage <= 1.0) {
        faults.at(span, format!("`coverage` is {coverage}: it must be a share above 0, at most 1"));
    }
    Some(coverage)
}

fn privacy(entries: &Entries<'_>, faults: &mut Faults) -> Option<Privacy> {
    let privacy = entries.table("privacy", faults)?;
    // Declared, if wrongly: what reads survey answers is not to be told to declare it.
    Some(Privacy { minimum: privacy.whole("minimum", faults).unwrap_or(PRIVACY_FLOOR) })
}

/// Target and threshold: in the range of the kind, and on the right sides of each other.
fn check_levels(metric: &Metric, entries: &Entries<'_>, faults: &mut Faults) {
    let (top, range) = if metric.kind.is_share() { (1.0, "from 0 to 1") } else { (f64::INFINITY, "0 or more") };
    if let Some(target) = metric.target
        && !(0.0..=top).contains(&target)
    {
        faults.at(entries.place("target"), format!("`target` is {target}: it must be {range}"));
    }
    let Some(lagging) = metric.lagging else { return };
    if !(0.0..=top).contains(&lagging.below) {
        faults.at(entries.place("lagging"), format!("`lagging.below` is {}: it must be {range}", lagging.below));
    }
    let Some(target) = metric.target else { return };
    let (wrong, side) = match metric.direction {
        Direction::Higher => (lagging.below > target, "above"),
        Direction::Lower => (lagging.below < target, "below"),
    };
    if wrong {
        let message = format!(
            "`lagging.below` ({}) lies {side} the target ({target}): a site could reach its target and still be alarmed",
            lagging.below
        );
        faults.at(entries.place("lagging"), message);
    }
}

/// Bounds need the sums that they are made of.
fn check_uncertainty(metric: &Metric, entries: &Entries<'_>, faults: &mut Faults) {
    let wanted = match (metric.uncertainty, metric.kind) {
        (Uncertainty::Wilson, Kind::Mean | Kind::Count | Kind::Rate) => {
            "`wilson` is the interval of a share: it needs kind = \"ratio\""
        }
        (Uncertainty::Normal, Kind::Ratio | Kind::Count) => {
            "`normal` is the interval of a mean: it needs kind = \"mean\" or \"rate\""
        }
        (Uncertainty::Poisson, Kind::Ratio | Kind::Mean) => {
            "`poisson` is the interval of a number of events: it needs kind = \"count\" or \"rate\""
        }
        (Uncertainty::None, _)
        | (Uncertainty::Wilson, Kind::Ratio)
        | (Uncertainty::Normal, Kind::Mean | Kind::Rate)
        | (Uncertainty::Poisson, Kind::Count | Kind::Rate) => return,
    };
    faults.at(entries.place("uncertainty"), wanted);
}

/// Only a rate is per something, and what it is per is said on one line.
fn check_unit(metric: &Metric, entries: &Entries<'_>, faults: &mut Faults) {
    const LONGEST: usize = 40;
    for key in ["per", "unit"].into_iter().filter(|key| metric.kind != Kind::Rate && entries.has(key)) {
        let kind = metric.kind.as_str();
        faults.at(
            entries.place(key),
            format!("`{key}` is only for kind = \"rate\": remove it, or change kind = \"{kind}\""),
        );
    }
    let Some(unit) = &metric.unit else { return };
    if unit.chars().count() > LONGEST || unit.chars().any(char::is_control) {
        faults
            .at(entries.place("unit"), format!("`unit` must be a word or two on one line, at most {LONGEST} letters"));
    }
}
