//! The digest in Markdown: for a terminal, a chat, and who reads mail without HTML.

use super::told::{TALKED, TOLD, Told, numbers};
use indicators::{
    Change, State,
    board::{Changed, Lags, SilentSite, words},
};

impl Told {
    /// In words, with marks.
    pub fn markdown(&self) -> String {
        of(self)
    }
}

fn of(told: &Told) -> String {
    let digest = &told.digest;
    let as_of = digest.as_of.strftime("%A %-d %B %Y, %H:%M UTC");
    let mut sections = vec![format!("# {}", escaped(&told.title())), format!("{}. As of {as_of}.", digest.headline)];
    sections.push(format!("## Since the week before\n\n{}", changed(told)));
    if !digest.lagging.is_empty() {
        sections.push(format!("## Who lags\n\n{}", lagging(told)));
    }
    if !digest.silent.is_empty() {
        sections.push(format!("## Silent\n\n{}", silent(told)));
    }
    sections.extend(told.url.as_ref().map(|url| format!("[All sites, with every number](<{url}/>)")));
    sections.join("\n\n") + "\n"
}

fn changed(told: &Told) -> String {
    if told.digest.changed.is_empty() {
        return words::NOTHING_CHANGED.to_owned();
    }
    let line = |changed: &Changed| {
        format!(
            "- {} {}: {}",
            link(told, &changed.site, &changed.name),
            words::change(changed.change),
            escaped(&changed.title)
        )
    };
    let changes = Change::ALL.into_iter().flat_map(|change| told.digest.of_kind(change));
    limited(changes.map(line).collect())
}

fn lagging(told: &Told) -> String {
    let line = |(at, lags): (usize, &Lags)| {
        let state =
            if lags.state == State::Lagging { String::new() } else { format!(" ({})", words::state(lags.state)) };
        let mut lines = vec![format!(
            "- **{}**, {}{state}: {}",
            link(told, &lags.site, &lags.name),
            escaped(&lags.title),
            lags.reasons.join("; ")
        )];
        lines.extend(Some(numbers(lags)).filter(|numbers| !numbers.is_empty()));
        if at < TALKED {
            lines.extend(lags.talk.iter().map(|said| format!("To talk about: {}", escaped(said))));
        }
        lines.join("\\\n  ")
    };
    limited(told.digest.lagging.iter().enumerate().map(line).collect())
}

fn silent(told: &Told) -> String {
    let line = |silent: &SilentSite| {
        let in_what = if silent.metrics.is_empty() { "everything".to_owned() } else { silent.metrics.join(", ") };
        format!("- {}: {}", link(told, &silent.site, &silent.name), escaped(&in_what))
    };
    limited(told.digest.silent.iter().map(line).collect())
}

fn limited(mut lines: Vec<String>) -> String {
    let more = lines.len().saturating_sub(TOLD);
    lines.truncate(TOLD);
    if more > 0 {
        lines.push(format!("- and {more} more"));
    }
    lines.join("\n")
}

fn link(told: &Told, site: &str, name: &str) -> String {
    let name = escaped(name);
    told.site(site).map_or_else(|| name.clone(), |url| format!("[{name}](<{url}>)"))
}

/// Names are what others wrote: they are no marks, no links and no lines of their own.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '~' | '&' | ':') {
            escaped.push('\\');
        }
        escaped.push(if c.is_control() { ' ' } else { c });
    }
    escaped
}
