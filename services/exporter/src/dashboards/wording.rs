//! The words and colours that stand for values: the board's, wherever it has them.

use super::queries;
use indicators::{
    Assurance, Course, Reason, State,
    board::words::{self, capital},
};
use serde_json::{Value, json};

/// What tells nothing good or bad.
pub(super) const GREY: &str = "#8e8e8e";

/// Words for values, each with its colour.
pub(super) fn words_for<'a>(words: impl Iterator<Item = (String, String, &'a str)>) -> Value {
    let one = |(index, (value, text, colour)): (usize, (String, String, &str))| {
        (value, json!({"text": text, "color": colour, "index": index}))
    };
    json!({"type": "value", "options": Value::Object(words.enumerate().map(one).collect())})
}

/// The colour of a state.
pub(super) fn colour(state: State) -> &'static str {
    match state {
        State::Lagging => "red",
        State::Silent => "purple",
        State::Insufficient => "yellow",
        State::Ok => "green",
        State::Suppressed | State::NoData | State::Unjudged => GREY,
    }
}

/// States by the number that stands for each.
pub(super) fn states() -> Value {
    words_for(
        queries::urgency()
            .into_iter()
            .map(|(state, number)| (number.to_string(), capital(words::state(state)), colour(state))),
    )
}

/// Courses: whichever way is better, red is worse.
pub(super) fn courses() -> Value {
    let colour = |course| match course {
        Course::Worsening => "red",
        Course::Steady => "text",
        Course::Improving | Course::Recovering => "green",
    };
    words_for(Course::ALL.into_iter().map(|course| (course.as_str().to_owned(), words::course(course), colour(course))))
}

/// In how many weeks the target is met.
pub(super) fn assurances() -> Value {
    let colour = |assurance| match assurance {
        Assurance::Most => "green",
        Assurance::Some => "yellow",
        Assurance::HardlyAny => "red",
    };
    let one = |assurance: Assurance| {
        (assurance.as_str().to_owned(), words::assurance(assurance).to_owned(), colour(assurance))
    };
    words_for(Assurance::ALL.into_iter().map(one))
}

/// Reasons, without saying which way is worse.
pub(super) fn reasons() -> Value {
    let text = |reason| match reason {
        Reason::Below => "past its alarm",
        Reason::BehindPeers => "behind peers",
        Reason::Falling => "worse than it was",
    };
    words_for(Reason::ALL.into_iter().map(|reason| (reason.as_str().to_owned(), text(reason).to_owned(), "text")))
}

/// How sure a reason is, by its score as a share of that at which it comes on; in the board's words.
pub(super) fn sureness() -> Vec<Value> {
    let range = |from: Option<f64>, to: Option<f64>, text: &str| json!({"type": "range", "options": {"from": from, "to": to, "result": {"text": text}}});
    vec![range(Some(1.3), None, "very sure"), range(Some(1.0), Some(1.3), "sure"), range(None, Some(1.0), "easing")]
}

/// Yes (1) and no (0).
pub(super) fn yes_no() -> Value {
    let both = [("1", "yes", "green"), ("0", "no", "red")];
    words_for(both.into_iter().map(|(value, text, colour)| (value.to_owned(), text.to_owned(), colour)))
}
