//! Names that were nearly right.

use datafusion::execution::session_state::SessionState;
use std::cmp::Reverse;

/// `did you mean …?` of the known name nearest to one that is not known; `None` where none is near.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, known).map(|(_, known)| format!("did you mean `{known}`?"))
}

/// The known name (in small letters) nearest to one that is not known, and how many letters are between the two; `None`
/// where none is near.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<(usize, &'a str)> {
    let lower = name.to_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&lower, known);
    // Of two as near the longer one: letters are left out more often than added (`cont` is `count`, not `cot`).
    let near = known.into_iter().map(|known| (distance(known), Reverse(known.len()), known)).min();
    near.filter(|(distance, _, known)| *distance <= 1 + known.len() / 4).map(|(distance, _, known)| (distance, known))
}

/// The name of a function that is not there.
pub fn missing_function(message: &str) -> Option<&str> {
    message.strip_prefix("there is no function `")?.strip_suffix('`')
}

/// The function that was meant: the engine names the nearest of one kind only.
pub fn near_function(message: &str, state: &SessionState) -> Option<String> {
    let name = missing_function(message)?;
    let scalar = state.scalar_functions().keys();
    let known = scalar.chain(state.aggregate_functions().keys()).chain(state.window_functions().keys());
    did_you_mean(name, known.map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_named() {
        let known = ["calendar_audits", "sites", "leaders"];
        assert_eq!(did_you_mean("calender_audit", known).as_deref(), Some("did you mean `calendar_audits`?"));
        assert_eq!(did_you_mean("Site", known).as_deref(), Some("did you mean `sites`?"));
        assert_eq!(did_you_mean("weather", known), None);
        assert_eq!(did_you_mean("cont", ["cot", "count"]).as_deref(), Some("did you mean `count`?"));
    }
}
