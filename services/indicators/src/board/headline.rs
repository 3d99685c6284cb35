//! The first lines of every board: as of when, and how many sites are how.

use super::{model::Board, words};
use crate::tally::Tally;

/// `As of Tuesday 10 March 2026, 06:30 UTC; last complete week: from 2 Mar 2026`
pub fn as_of(board: &Board) -> String {
    let as_of = board.as_of.strftime("%A %-d %B %Y, %H:%M UTC");
    let week = board.last_week().map(|w| format!("; last complete week: from {}", words::date(w))).unwrap_or_default();
    format!("as of {as_of}{week}")
}

/// `3 lag, 1 silent`; of one `1 site lags`. That none lags is only said of sites that are judged.
pub fn counts(tally: &Tally) -> String {
    let Tally { sites, lagging, silent, judged, unjudged, without_value } = *tally;
    let first = match (lagging, judged) {
        (0, 0) => "none can be judged".to_owned(),
        (0, judged) if judged == sites => "none lags".to_owned(),
        (0, 1) => "the one that is judged does not lag".to_owned(),
        (0, judged) => format!("none of the {judged} judged lags"),
        (1, _) => "1 site lags".to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// "12 sites: 1 lags" stood above the board.
    #[test]
    fn that_none_lags_is_only_said_where_it_is_known() {
        let tally = |sites, judged, lagging, silent| Tally { sites, judged, lagging, silent, ..Tally::default() };
        let said = [
            (tally(12, 12, 0, 0), "none lags, none is silent"),
            (tally(12, 12, 3, 1), "3 lag, 1 silent"),
            (tally(12, 11, 1, 0), "1 site lags, 0 silent"),
            (Tally { unjudged: 3, ..tally(3, 0, 0, 0) }, "none can be judged, none is silent"),
            (
                Tally { unjudged: 11, ..tally(12, 1, 0, 0) },
                "the one that is judged does not lag, none is silent, 11 not judged",
            ),
            (Tally { unjudged: 2, ..tally(12, 9, 0, 1) }, "none of the 9 judged lags, 1 silent, 2 not judged"),
            (Tally { without_value: 1, ..tally(12, 11, 2, 0) }, "2 lag, 0 silent, 1 without any value"),
        ];
        for (tally, words) in said {
            assert_eq!(counts(&tally), words);
        }
    }
}
