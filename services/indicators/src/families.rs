//! The families of Prometheus that all metrics share, declared once: the exporter gives no others, no query file may take
//! one of them, and the reference tells them all.
//!
//! A family of a site in a metric is one entry here, with what it reads of a judgement: the exporter gives whatever is declared.
//! One with other labels (of a site, a metric, a window) has its name and help here, and its series in the exporter's
//! `families/`, which knows those labels; those of `LEAD_FAMILIES` are given by `validate`, which alone knows of outcomes.

use crate::{
    definition::Kind,
    lacking::Lacking,
    outlook::{Assurance, Course},
    reason::ReasonValue,
    values::{Judgement, State},
};
use jiff::civil::Date;

/// A family of gauges.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// Its name, `leading_` included.
    pub name: &'static str,
    /// Its labels; `…` stands for the query's own.
    pub labels: &'static str,
    /// Its help text.
    pub help: &'static str,
    /// Its series at a site in a metric; `None` where it is of something else.
    pub read: Option<fn(&Judgement) -> Vec<Reading>>,
}

/// One series of a judgement: the value of the family's own label, of a family that has one, and the gauge's.
pub type Reading = (Option<&'static str>, Amount);

/// What a gauge shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// A number.
    Number(f64),
    /// When that day began at the site.
    Day(Date),
}

/// The labels of every judgement; a family of judgements has one of its own besides, or none.
const JUDGED: &str = "metric, site, region";
const OF: &str = "Sites with rows in the window, suppressed or not; only of metrics with privacy.";
const SHOWN: &str = "Sites that are in the value: what is suppressed is not; only of metrics with privacy.";

/// Labels that the engine sets itself, or that Prometheus gives a meaning.
pub const RESERVED_LABELS: [&str; 11] =
    ["region", "window", "reason", "state", "metric", "scope", "week", "le", "quantile", "job", "instance"];

/// Every shared family.
pub const FAMILIES: [Family; 23] = [
    family(
        "leading_as_of_timestamp_seconds",
        "",
        "The evaluation clock: the values stand as of then, and later data are not in them.",
    ),
    family(
        "leading_site_info",
        "site, region, name, timezone",
        "A site that is shown, its name, region and time zone; always 1.",
    ),
    family(
        "leading_indicator_info",
        "metric, family, group, kind, direction, uncertainty, unit, owner",
        "A metric as its query file declares it; always 1. The unit is that of a rate: per 200,000 hours.",
    ),
    family(
        "leading_bad_rows",
        "metric",
        "Rows of the last 52 weeks without a value because they are outside their kind's range; the board names them.",
    ),
    family(
        "leading_minimum_refused",
        "metric",
        "In how many of the last 52 weeks the query file's privacy.minimum is refused, because more was promised; only of \
         metrics with privacy.",
    ),
    judged(
        "leading_state",
        "metric, site, region, state",
        "State of a site in a metric: 1 for the one that it is in, 0 for the six others.",
        |judgement| one_of(State::ALL.map(|state| (state.as_str(), judgement.state == state))),
    ),
    judged(
        "leading_course",
        "metric, site, region, course",
        "Which way a site is going in a metric: 1 for the course that it is on, 0 for the three others; else absent.",
        |judgement| {
            let on = |course| one_of(Course::ALL.map(|other| (other.as_str(), course == other)));
            judgement.course.map(on).unwrap_or_default()
        },
    ),
    judged(
        "leading_assurance",
        "metric, site, region, assurance",
        "In how many weeks a site meets its target at its present level and noise: 1 for what holds of most, some or \
         hardly_any, 0 for the two others; else absent.",
        |judgement| {
            let holds = |assurance| one_of(Assurance::ALL.map(|other| (other.as_str(), assurance == other)));
            judgement.assurance().map(holds).unwrap_or_default()
        },
    ),
    judged(
        "leading_lagging",
        "metric, site, region, reason",
        "1 where a site lags in a metric for this reason, or did when it went quiet; 0 where it is judged and does not; \
         else absent.",
        |judgement| {
            // Where nothing is judged now only what is carried is said: a 0 would call the site recovered.
            let now = matches!(judgement.state, State::Ok | State::Lagging);
            reasons(judgement, |value| (value.on || value.judged && now).then_some(flag(value.on)))
        },
    ),
    judged(
        "leading_lagging_since_timestamp_seconds",
        "metric, site, region, reason",
        "When the first week of it began; only where a reason is on. It may have begun earlier than a year ago.",
        |judgement| reasons(judgement, |value| value.since.filter(|_| value.on).map(Amount::Day)),
    ),
    judged(
        "leading_lagging_last_week_timestamp_seconds",
        "metric, site, region, reason",
        "When the week began that the reason rests on, the site's last with a value; only where a reason is on.",
        |judgement| reasons(judgement, |value| value.last_week.filter(|_| value.on).map(Amount::Day)),
    ),
    judged(
        "leading_lagging_score",
        "metric, site, region, reason",
        "How near the alarm is: below and behind_peers start at 5 and end under 2.5, falling starts at 3.5.",
        |judgement| reasons(judgement, |value| value.score.map(Amount::Number)),
    ),
    judged(
        "leading_lacking",
        "metric, site, region, what",
        "What is lacking to judge a site: site_weeks of all sites, weeks of its own, variation, an alarm; else absent.",
        |judgement| {
            let amounts = judgement.lacking.map(Lacking::amounts).unwrap_or_default().into_iter();
            amounts.map(|(what, amount)| (Some(what), Amount::Number(f64::from(amount)))).collect()
        },
    ),
    judged("leading_target", JUDGED, "What the site aims at: its own target, else the metric's.", |judgement| {
        number(judgement.target)
    }),
    judged(
        "leading_coverage",
        JUDGED,
        "Share of what was to be logged that was, in the last complete week.",
        |judgement| number(judgement.coverage),
    ),
    judged(
        "leading_streak_below",
        JUDGED,
        "Weeks in a row, up to the last complete one, with a value worse than the alarm's threshold.",
        |judgement| number(judgement.streak.map(f64::from)),
    ),
    judged(
        "leading_trend_per_week",
        JUDGED,
        "Change a week (Theil-Sen slope) over the last 13 weeks; where a reason is on, since its onset.",
        |judgement| number(judgement.trend_per_week),
    ),
    judged(
        "leading_week_start_timestamp_seconds",
        JUDGED,
        "When the site's last complete week began, in the site's time zone: Monday 00:00.",
        |judgement| vec![(None, Amount::Day(judgement.last_week))],
    ),
    family(
        "leading_sample_size",
        "metric, site, region, window, …",
        "Observations that a site's value rests on, as its bounds count them; absent for a census.",
    ),
    family("leading_region_sites", "metric, region, window, …", OF),
    family("leading_region_sites_shown", "metric, region, window, …", SHOWN),
    family("leading_company_sites", "metric, window, …", OF),
    family("leading_company_sites_shown", "metric, window, …", SHOWN),
];

const PAIR: &str = "metric, outcome, effect";

/// Families about whether metrics lead: of each metric with each outcome that the settings name.
pub const LEAD_FAMILIES: [Family; 5] = [
    family(
        "leading_strength",
        PAIR,
        "Effect on the outcome at the strongest lag: a rate_ratio, or points, for 10 points (a tenth) more of the metric.",
    ),
    family("leading_strength_lower", PAIR, "Lower end of its 95 % interval, simultaneous over all lags."),
    family("leading_strength_upper", PAIR, "Upper end of its 95 % interval, simultaneous over all lags."),
    family("leading_strength_lag_weeks", "metric, outcome", "The strongest lag: weeks from the metric to the outcome."),
    family(
        "leading_finding",
        "metric, outcome, finding",
        "Whether the metric leads the outcome: 1 for the finding that holds, 0 for the others.",
    ),
];

const fn family(name: &'static str, labels: &'static str, help: &'static str) -> Family {
    Family { name, labels, help, read: None }
}

const fn judged(
    name: &'static str,
    labels: &'static str,
    help: &'static str,
    read: fn(&Judgement) -> Vec<Reading>,
) -> Family {
    Family { name, labels, help, read: Some(read) }
}

/// A state set: 1 for what holds, 0 for the others.
fn one_of<const N: usize>(words: [(&'static str, bool); N]) -> Vec<Reading> {
    words.into_iter().map(|(word, holds)| (Some(word), flag(holds))).collect()
}

/// What is known of each of the reasons.
fn reasons(judgement: &Judgement, of: impl Fn(&ReasonValue) -> Option<Amount>) -> Vec<Reading> {
    judgement.reasons.iter().filter_map(|value| Some((Some(value.reason.as_str()), of(value)?))).collect()
}

fn number(value: Option<f64>) -> Vec<Reading> {
    value.map(|value| (None, Amount::Number(value))).into_iter().collect()
}

fn flag(on: bool) -> Amount {
    Amount::Number(f64::from(u8::from(on)))
}

impl Family {
    /// The label that it has besides those of every judgement.
    pub fn own_label(&self) -> Option<&'static str> {
        self.labels.strip_prefix(JUDGED)?.strip_prefix(", ")
    }

    /// The shared family of that name.
    pub fn shared(name: &str) -> Option<&'static Self> {
        FAMILIES.iter().chain(&LEAD_FAMILIES).find(|family| family.name == name)
    }
}

/// The families of one metric: its value at sites, regions and the company, then the bounds of each.
pub fn families_of(metric: &str, kind: Kind) -> Vec<String> {
    let suffix = kind.suffix();
    let values = ["", "region_", "company_"].map(|scope| format!("leading_{scope}{metric}{suffix}"));
    let bounds: Vec<String> =
        values.iter().flat_map(|family| ["_lower", "_upper"].map(|bound| format!("{family}{bound}"))).collect();
    values.into_iter().chain(bounds).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exporter gives each judgement three labels and the family's own, whatever is declared.
    #[test]
    fn a_family_of_judgements_has_their_labels_and_one_more_at_most() {
        for family in FAMILIES.iter().filter(|family| family.read.is_some()) {
            let own = family.own_label().map_or(0, |own| own.split(", ").count());
            assert!(family.labels.starts_with(JUDGED) && own <= 1, "{}: {}", family.name, family.labels);
        }
        let names: std::collections::BTreeSet<_> = FAMILIES.iter().chain(&LEAD_FAMILIES).map(|f| f.name).collect();
        assert_eq!(names.len(), FAMILIES.len() + LEAD_FAMILIES.len(), "declared twice");
    }
}
