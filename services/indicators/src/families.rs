//! The families of Prometheus that all metrics share, declared once: the exporter gives no others, no query file may take
//! one of them, and the reference tells them all.

use crate::Kind;

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

/// Every shared family.
pub const FAMILIES: [Family; 14] = [
    family(
        "leading_as_of_timestamp_seconds",
        "",
        "The evaluation clock: the values stand as of then, and later data are not in them.",
    ),
    family(
        "leading_site_info",
        "site, region, name, timezone",
        "An open site, its name, region and time zone; always 1.",
    ),
    family(
        "leading_indicator_info",
        "metric, family, kind, direction, uncertainty, unit, owner",
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
        "State of a site in a metric: 1 for the one that it is in, 0 for the five others.",
    ),
    family(
        "leading_lagging",
        "metric, site, region, reason",
        "1 where a site lags in a metric for this reason, else 0; absent where the state is neither ok nor lagging.",
    ),
    family(
        "leading_lagging_since_timestamp_seconds",
        "metric, site, region, reason",
        "When the first week of it began; only where a site lags. It may have begun earlier than a year ago.",
    ),
    family(
        "leading_lagging_score",
        "metric, site, region, reason",
        "How near the alarm is: below and behind_peers start at 5 and end under 2.5, falling starts at 3.5.",
    ),
    family("leading_target", JUDGED, "What the site aims at: its own target, else the metric's."),
    family("leading_coverage", JUDGED, "Share of what was to be logged that was, in the last complete week."),
    family(
        "leading_streak_below",
        JUDGED,
        "Weeks in a row, up to the last complete one, with a value worse than the alarm's threshold.",
    ),
    family("leading_trend_per_week", JUDGED, "Change a week over the last 13 weeks (Theil-Sen slope)."),
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
];

const fn family(name: &'static str, labels: &'static str, help: &'static str) -> Family {
    Family { name, labels, help }
}

impl Family {
    /// The shared family of that name.
    pub fn shared(name: &str) -> Option<&'static Self> {
        FAMILIES.iter().find(|family| family.name == name)
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
