//! The families of Prometheus that all metrics share, declared once: the exporter gives no others, no query file may take
//! one of them, and the reference tells them all.

use crate::definition::Kind;

/// A family of gauges.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// Its name, `leading_` included.
    pub name: &'static str,
    /// Its labels; `…` stands for the query's own.
    pub labels: &'static str,
    /// Its help text.
    pub help: &'static str,
}

const JUDGED: &str = "metric, site, region";
const OF: &str = "Sites with rows in the window, suppressed or not; only of metrics with privacy.";
const SHOWN: &str = "Sites that are in the value: what is suppressed is not; only of metrics with privacy.";

/// Labels that the engine sets itself, or that Prometheus gives a meaning.
pub const RESERVED_LABELS: [&str; 11] =
    ["region", "window", "reason", "state", "metric", "scope", "week", "le", "quantile", "job", "instance"];

/// Every shared family.
pub const FAMILIES: [Family; 20] = [
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
        "leading_state",
        "metric, site, region, state",
        "State of a site in a metric: 1 for the one that it is in, 0 for the six others.",
    ),
    family(
        "leading_lagging",
        "metric, site, region, reason",
        "1 where a site lags in a metric for this reason, or did when it went quiet; 0 where it is judged and does not; \
         else absent.",
    ),
    family(
        "leading_lagging_since_timestamp_seconds",
        "metric, site, region, reason",
        "When the first week of it began; only where a reason is on. It may have begun earlier than a year ago.",
    ),
    family(
        "leading_lagging_last_week_timestamp_seconds",
        "metric, site, region, reason",
        "When the week began that the reason rests on, the site's last with a value; only where a reason is on.",
    ),
    family(
        "leading_lagging_score",
        "metric, site, region, reason",
        "How near the alarm is: below and behind_peers start at 5 and end under 2.5, falling starts at 3.5.",
    ),
    family(
        "leading_lacking",
        "metric, site, region, what",
        "What is lacking to judge a site: site_weeks of all sites, weeks of its own, variation, an alarm; else absent.",
    ),
    family("leading_target", JUDGED, "What the site aims at: its own target, else the metric's."),
    family("leading_coverage", JUDGED, "Share of what was to be logged that was, in the last complete week."),
    family(
        "leading_streak_below",
        JUDGED,
        "Weeks in a row, up to the last complete one, with a value worse than the alarm's threshold.",
    ),
    family(
        "leading_trend_per_week",
        JUDGED,
        "Change a week (Theil-Sen slope) over the last 13 weeks; where a reason is on, since its onset.",
    ),
    family(
        "leading_sample_size",
        "metric, site, region, window, …",
        "Observations that a site's value rests on, as its bounds count them; absent for a census.",
    ),
    family(
        "leading_week_start_timestamp_seconds",
        JUDGED,
        "When the site's last complete week began, in the site's time zone: Monday 00:00.",
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
    Family { name, labels, help }
}

impl Family {
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
