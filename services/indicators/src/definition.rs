//! A metric as its query file declares it.

use crate::reason::Reason;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One metric: validated front matter and the SELECT below it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metric {
    /// The file's stem, e.g. `field_time`.
    pub name: String,
    /// One sentence for people.
    pub help: String,
    /// What the parts mean.
    pub kind: Kind,
    /// Kind `rate`: per how much of the denominator; else 1.
    pub per: u32,
    /// Kind `rate`: what the denominator counts, in words (`hours`).
    pub unit: Option<String>,
    /// Columns that name a series; always holds `site`.
    pub labels: Vec<String>,
    /// The aspiration. `None`: no target, no peers, no falling.
    pub target: Option<f64>,
    /// Which way is better.
    pub direction: Direction,
    /// How sure a value is.
    pub uncertainty: Uncertainty,
    /// The alarm.
    pub lagging: Option<Lagging>,
    /// Weeks before its own that one row can change.
    pub horizon_back: u32,
    /// Weeks after its own that one row can change.
    pub horizon_ahead: u32,
    /// Least share of `expected` that must be logged.
    pub coverage: Option<f64>,
    /// Present where survey answers are read.
    pub privacy: Option<Privacy>,
    /// Who answers for it.
    pub owner: String,
    /// Whose alerts they are, in a word: the label `team` of alerts. `None` where nobody said.
    pub team: Option<String>,
    /// How urgent an alert of it is.
    pub severity: Severity,
    /// What to talk about with a site that lags, by the reason that is on.
    pub talk: BTreeMap<Reason, String>,
    /// Which metrics it belongs with, in a word; `None` for the core ones.
    pub group: Option<String>,
    /// So many weeks without an event of its streams make a site silent; more than four where events are rare.
    pub silence: u32,
    /// The SELECT, without the front matter.
    pub sql: String,
    /// Streams the query reads, reference tables left out.
    pub streams: BTreeSet<String>,
    /// Every table the query reads, reference tables too, and the columns it needs of each.
    pub reads: BTreeMap<String, BTreeSet<String>>,
    /// First 63 bits of the SHA-256 of the file's text and the contracts it reads: a change recomputes the metric.
    pub fingerprint: i64,
}

/// So many weeks without an event make a site silent, unless a metric says otherwise.
pub const SILENCE: u32 = 2;

/// What metrics without a group belong to.
pub const CORE: &str = "core";

/// A metric that is silent only after more weeks than this is of rare events: a month without any is nothing special.
const RARE: u32 = 4;

impl Metric {
    /// One with the label `site` alone, and else what holds where a query file says nothing: a census without target, alarm and
    /// group, that reads nothing yet.
    pub fn new(name: impl Into<String>, kind: Kind, direction: Direction) -> Self {
        Self {
            name: name.into(),
            help: String::new(),
            kind,
            per: 1,
            unit: None,
            labels: vec!["site".to_owned()],
            target: None,
            direction,
            uncertainty: Uncertainty::None,
            lagging: None,
            horizon_back: 0,
            horizon_ahead: 0,
            coverage: None,
            privacy: None,
            owner: String::new(),
            team: None,
            severity: Severity::default(),
            talk: BTreeMap::new(),
            group: None,
            silence: SILENCE,
            sql: String::new(),
            streams: BTreeSet::new(),
            reads: BTreeMap::new(),
            fingerprint: 0,
        }
    }
    /// The word of its group.
    pub fn group(&self) -> &str {
        self.group.as_deref().unwrap_or(CORE)
    }
    /// Its place in every list for people: the core metrics, then group by group, by name within.
    pub fn place(&self) -> (Option<&str>, &str) {
        (self.group.as_deref(), &self.name)
    }
    /// Whether four weeks without a value are to be expected of it.
    pub fn is_rare(&self) -> bool {
        self.silence > RARE
    }
    /// What a value is per, in words: `per 200,000 hours`. `None` where it needs no saying: of what is no rate, and of a
    /// rate per 1 of something that has no name.
    pub fn said_per(&self) -> Option<String> {
        if self.kind != Kind::Rate {
            return None;
        }
        match (self.per, &self.unit) {
            (1, None) => None,
            (1, Some(unit)) => Some(format!("per {unit}")),
            (per, None) => Some(format!("per {}", grouped(per))),
            (per, Some(unit)) => Some(format!("per {} {unit}", grouped(per))),
        }
    }
}

/// `200,000`
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let comma = |(at, digit): (usize, char)| {
        let before = at > 0 && (digits.len() - at).is_multiple_of(3);
        before.then_some(',').into_iter().chain([digit])
    };
    digits.chars().enumerate().flat_map(comma).collect()
}

/// What a metric's parts mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Σ numerator / Σ denominator.
    Ratio,
    /// The same, of respondents' means; carries `sum_squares`.
    Mean,
    /// Σ numerator; no denominator, each week counts 1.
    Count,
    /// `per` · Σ numerator / Σ denominator: so many per so much exposure.
    Rate,
}

impl Kind {
    /// All, in the order they are told.
    pub const ALL: [Self; 4] = [Self::Ratio, Self::Mean, Self::Count, Self::Rate];
    /// The word in a query file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ratio => "ratio",
            Self::Mean => "mean",
            Self::Count => "count",
            Self::Rate => "rate",
        }
    }
    /// What it means, for the reference.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Ratio => "a share: Σ numerator / Σ denominator, from 0 to 1",
            Self::Mean => {
                "the same of respondents' own means of the week, each from 0 to 1, with `sum_squares` for bounds"
            }
            Self::Count => "a number of things: Σ numerator, without denominator",
            Self::Rate => {
                "so many per so much: `per` · Σ numerator / Σ denominator, 0 or more; incidents per 200,000 hours, \
                 sessions per leader, days per case"
            }
        }
    }
    /// What its families end in.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Ratio | Self::Mean => "_ratio",
            Self::Count => "",
            Self::Rate => "_rate",
        }
    }
    /// Whether its values lie from 0 to 1, and are read as per cent.
    pub fn is_share(self) -> bool {
        matches!(self, Self::Ratio | Self::Mean)
    }
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

impl Direction {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Higher, Self::Lower];
    /// The word in a query file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Higher => "higher",
            Self::Lower => "lower",
        }
    }
    /// What it means, for the reference.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Higher => "more is better",
            Self::Lower => "less is better",
        }
    }
}

/// How the bounds of a value are made (DERIVED, "Bounds").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Uncertainty {
    /// A census.
    None,
    /// Wilson's interval of a proportion.
    Wilson,
    /// Student's t of a mean of respondents.
    Normal,
    /// Garwood's exact interval of a number of events.
    Poisson,
}

impl Uncertainty {
    /// All, in the order they are told.
    pub const ALL: [Self; 4] = [Self::None, Self::Wilson, Self::Normal, Self::Poisson];
    /// The word in a query file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Wilson => "wilson",
            Self::Normal => "normal",
            Self::Poisson => "poisson",
        }
    }
    /// What it means, for the reference.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::None => "a census, such as measured time: no bounds",
            Self::Wilson => "so many kept of so many due: Wilson's interval; needs kind `ratio`",
            Self::Normal => "a mean of respondents, or of cases: Student's interval; needs kind `mean` or `rate`",
            Self::Poisson => {
                "a number of events that happen on their own: Garwood's interval; needs kind `count` or `rate`"
            }
        }
    }
}

/// How urgent an alert is: the label `severity` of alerts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Told, and no more.
    Info,
    /// Seen to in working hours.
    #[default]
    Warning,
    /// Seen to at once.
    Critical,
}

impl Severity {
    /// All three, the least urgent first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];
    /// The word in a query file, and in an alert.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
    /// What it means, for the reference.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Info => "told, and no more",
            Self::Warning => "somebody sees to it in working hours",
            Self::Critical => "somebody sees to it at once",
        }
    }
}

/// The alarm: truly worse than `below`, by the evidence of at least `weeks` weeks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Lagging {
    /// The threshold.
    pub below: f64,
    /// Fewest valued weeks.
    pub weeks: u32,
}

/// Suppression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Privacy {
    /// Rows of fewer respondents are suppressed; at least 5.
    pub minimum: u32,
}

impl Privacy {
    /// Whether so many respondents are too few to be shown. A row that does not say how many is not shown either.
    pub fn hides(self, respondents: Option<i64>) -> bool {
        respondents.is_none_or(|respondents| respondents < i64::from(self.minimum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let said = [1, 12, 100, 1_000, 20_000, 200_000, 1_000_000].map(grouped);
        assert_eq!(said, ["1", "12", "100", "1,000", "20,000", "200,000", "1,000,000"]);
    }
}
