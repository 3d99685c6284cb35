//! The keys of the front matter, declared once: the parser knows no others, the reference lists them all.

use indicators::{Direction, Kind, Severity, Uncertainty};
use std::ops::RangeInclusive;

/// One key.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What may stand behind it.
    pub shape: Shape,
    /// Whether it may be left out.
    pub presence: Presence,
    /// What it means.
    pub meaning: &'static str,
}

/// Whether a key may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must be there.
    Required,
    /// What holds where it is left out, in words.
    Default(&'static str),
}

/// What may stand behind a key.
#[derive(Debug, Clone)]
pub enum Shape {
    /// Text that is not blank.
    Text,
    /// A list of texts.
    Texts,
    /// A finite number.
    Number,
    /// A whole number of a range.
    Whole(RangeInclusive<i64>),
    /// One of these words, each with its meaning.
    Word(fn() -> Vec<(&'static str, &'static str)>),
    /// A table of these keys.
    Table(&'static [Key]),
    /// One text for all, or a table of these keys.
    TextOr(&'static [Key]),
}

/// Fewer respondents than this are never shown.
pub(super) const PRIVACY_FLOOR: u32 = 5;

/// Every key of the front matter.
pub const KEYS: &[Key] = &[
    Key {
        name: "help",
        shape: Shape::Text,
        presence: Presence::Required,
        meaning: "One sentence for people: what is measured. It becomes the help text of the families.",
    },
    Key {
        name: "kind",
        shape: Shape::Word(kinds),
        presence: Presence::Required,
        meaning: "What the parts mean, and so which are needed.",
    },
    Key {
        name: "per",
        shape: Shape::Whole(1..=1_000_000_000),
        presence: Presence::Default("1"),
        meaning: "Kind `rate` alone: the value is so many of the numerator per so much of the denominator. 200000 for \
                  incidents per 200,000 hours.",
    },
    Key {
        name: "unit",
        shape: Shape::Text,
        presence: Presence::Default("the number alone is said"),
        meaning: "Kind `rate` alone: what the denominator counts, as it is said after `per`: \"hours\" is told as per \
                  200,000 hours, and without `per` \"leader\" as per leader.",
    },
    Key {
        name: "labels",
        shape: Shape::Texts,
        presence: Presence::Required,
        meaning: "Columns of the result that name a series. Must hold \"site\"; region and company are rolled up from it. \
                  Identifiers of people are refused.",
    },
    Key {
        name: "target",
        shape: Shape::Number,
        presence: Presence::Default("no target: nothing is behind its peers or falling"),
        meaning: "What the best reach. From 0 to 1, of a count or a rate 0 or more. A site's own target is shown in its place.",
    },
    Key {
        name: "direction",
        shape: Shape::Word(directions),
        presence: Presence::Required,
        meaning: "Which way is better.",
    },
    Key {
        name: "uncertainty",
        shape: Shape::Word(uncertainties),
        presence: Presence::Default("\"none\""),
        meaning: "How the 95 % bounds of a value are made, and so how much one bad week counts.",
    },
    Key {
        name: "lagging",
        shape: Shape::Table(LAGGING),
        presence: Presence::Default("no alarm: every site with a value is `unjudged`"),
        meaning: "When a site is called lagging: truly worse than this, by the evidence of at least so many weeks.",
    },
    Key {
        name: "horizon",
        shape: Shape::Table(HORIZON),
        presence: Presence::Default("{ back = 0, ahead = 0 }"),
        meaning: "Weeks around its own that one row of a stream can change. Too short, and results go stale.",
    },
    Key {
        name: "coverage",
        shape: Shape::Number,
        presence: Presence::Default("completeness is not judged"),
        meaning: "Least share of `expected` that must be `logged`, above 0 and at most 1. With less, a site is \
                  `insufficient`. Needs these two parts.",
    },
    Key {
        name: "privacy",
        shape: Shape::Table(PRIVACY),
        presence: Presence::Default("none; required where survey answers are read"),
        meaning: "Rows of too few respondents are suppressed wherever they are shown. Needs the part `respondents`.",
    },
    Key { name: "owner", shape: Shape::Text, presence: Presence::Required, meaning: "Who answers for the metric." },
    Key {
        name: "group",
        shape: Shape::Text,
        presence: Presence::Default("none: one of the core metrics"),
        meaning: "Which metrics it belongs with, in one word: \"learning\". Lists show the core metrics first, then group by \
                  group.",
    },
    Key {
        name: "silence",
        shape: Shape::Whole(2..=52),
        presence: Presence::Default("2"),
        meaning: "So many complete weeks without an event of the query's streams, while other sites send some, make a site \
                  `silent`. More where events are rare, such as audits; above 4, a month without a value is no cause for \
                  attention either.",
    },
    Key {
        name: "talk",
        shape: Shape::TextOr(TALK),
        presence: Presence::Default("nothing is proposed"),
        meaning: "What to talk about with a site that lags: one sentence that can be said on Monday, of at most 200 \
                  letters. One for every reason, or one each. The board, the site's page and the digest show it.",
    },
    Key {
        name: "team",
        shape: Shape::Text,
        presence: Presence::Default("alerts have no team"),
        meaning: "Whose alerts they are, in one word: \"site_ops\". The label `team` of alerts.",
    },
    Key {
        name: "severity",
        shape: Shape::Word(severities),
        presence: Presence::Default("\"warning\""),
        meaning: "How urgent an alert is. The label `severity` of alerts.",
    },
];

const LAGGING: &[Key] = &[
    Key {
        name: "below",
        shape: Shape::Number,
        presence: Presence::Required,
        meaning: "The threshold, on the worse side of `target` (above it where less is better).",
    },
    Key {
        name: "weeks",
        shape: Shape::Whole(1..=52),
        presence: Presence::Required,
        meaning: "Fewest weeks with a value before the alarm.",
    },
];

const HORIZON: &[Key] = &[
    Key {
        name: "back",
        shape: Shape::Whole(0..=520),
        presence: Presence::Default("0"),
        meaning: "Weeks before its own that a row can change.",
    },
    Key {
        name: "ahead",
        shape: Shape::Whole(0..=520),
        presence: Presence::Default("0"),
        meaning: "Weeks after its own that a row can change.",
    },
];

const TALK: &[Key] = &[
    Key {
        name: "below",
        shape: Shape::Text,
        presence: Presence::Default("nothing is proposed"),
        meaning: "Where the site is beyond the threshold.",
    },
    Key {
        name: "behind_peers",
        shape: Shape::Text,
        presence: Presence::Default("nothing is proposed"),
        meaning: "Where the site is worse than the others.",
    },
    Key {
        name: "falling",
        shape: Shape::Text,
        presence: Presence::Default("nothing is proposed"),
        meaning: "Where the site is worse than it was.",
    },
];

const PRIVACY: &[Key] = &[Key {
    name: "minimum",
    shape: Shape::Whole(PRIVACY_FLOOR as i64..=1_000_000),
    presence: Presence::Required,
    meaning: "Fewest respondents of a row that is shown.",
}];

fn kinds() -> Vec<(&'static str, &'static str)> {
    Kind::ALL.map(|kind| (kind.as_str(), kind.meaning())).to_vec()
}

fn directions() -> Vec<(&'static str, &'static str)> {
    Direction::ALL.map(|direction| (direction.as_str(), direction.meaning())).to_vec()
}

fn uncertainties() -> Vec<(&'static str, &'static str)> {
    Uncertainty::ALL.map(|uncertainty| (uncertainty.as_str(), uncertainty.meaning())).to_vec()
}

fn severities() -> Vec<(&'static str, &'static str)> {
    Severity::ALL.map(|severity| (severity.as_str(), severity.meaning())).to_vec()
}
