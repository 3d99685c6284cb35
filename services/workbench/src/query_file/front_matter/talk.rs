//! What to talk about with a site that lags: one sentence for every reason, or one each.

use super::{super::fault::Faults, entries::Entries};
use indicators::Reason;
use std::{collections::BTreeMap, ops::Range};

/// Longer is no sentence that can be said.
const LONGEST: usize = 200;

pub(super) fn read(entries: &Entries<'_>, faults: &mut Faults) -> BTreeMap<Reason, String> {
    if entries.has_text("talk") {
        let said = sentence(entries, "talk", "talk", faults);
        return Reason::ALL.into_iter().filter_map(|reason| Some((reason, said.clone()?))).collect();
    }
    let Some(table) = entries.table("talk", faults) else { return BTreeMap::new() };
    if !Reason::ALL.into_iter().any(|reason| table.has(reason.as_str())) {
        faults.at(entries.place("talk"), "`talk` is empty: say something, or remove it");
    }
    let said = |reason: Reason| {
        let key = reason.as_str();
        Some((reason, sentence(&table, key, &format!("talk.{key}"), faults)?))
    };
    Reason::ALL.into_iter().filter_map(said).collect()
}

fn sentence(entries: &Entries<'_>, key: &str, called: &str, faults: &mut Faults) -> Option<String> {
    let (text, span) = entries.text(key, faults)?;
    check(text, called, span, faults);
    Some(text.trim().to_owned())
}

fn check(text: &str, called: &str, span: Range<usize>, faults: &mut Faults) {
    let letters = text.chars().count();
    if letters > LONGEST {
        faults.at(span, format!("`{called}` has {letters} letters: it must be one sentence of at most {LONGEST}"));
    } else if text.chars().any(char::is_control) {
        faults.at(span, format!("`{called}` must stand on one line, without tabs and the like"));
    }
}
