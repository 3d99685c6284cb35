//! What the columns of the results mean, parts aside.

/// What a column means, whichever table of results it is in; `None` where it is none of theirs.
pub fn meaning(column: &str) -> Option<&'static str> {
    MEANINGS.iter().find(|(name, _)| *name == column).map(|(_, meaning)| *meaning)
}

const MEANINGS: [(&str, &str); 29] = [
    ("metric", "Name of the metric."),
    ("week", "Monday of the week, in the site's time zone."),
    ("site", "Site; NULL for roll-ups."),
    ("labels", "The query's other labels: `labels['kind']`."),
    ("computed_at", "When the row was computed."),
    ("evaluation", "Number of the evaluation that stored the row: 1, 2, …"),
    ("version", "1 when the week was first shown, 2 when enough further people had answered, …"),
    ("published_at", "The clock when it was shown."),
    ("scope", "`site`, `region` or `company`."),
    ("region", "Region of the site, or that was rolled up; NULL for the company."),
    (
        "window",
        "`week`, `week_to_date`, `4w` or `13w`; NULL where a site has no value in any. Write \"window\": it is a word \
         of SQL.",
    ),
    ("last_week", "Monday of the last complete week."),
    ("value", "Σ numerator / Σ denominator of the window; of a count Σ numerator."),
    ("lower", "Lower 95 % bound."),
    ("upper", "Upper 95 % bound."),
    ("sample_size", "Observations that the bounds rest on; NULL for a census."),
    ("target", "The site's own target, else the metric's."),
    (
        "state",
        "`silent`, `suppressed`, `no_data`, `insufficient`, `lagging`, `unjudged` or `ok`: the first that holds.",
    ),
    ("reasons", "Why the site lags, or did when it went quiet: `below`, `behind_peers`, `falling`."),
    ("reasons_last_week", "Monday of the week that the reasons rest on: the site's last with a value."),
    ("lacking", "What is lacking before the site can be judged; NULL where it is judged."),
    ("score_below", "How near the alarm `below` is: on from 5, off under 2.5."),
    ("score_behind_peers", "How near the alarm `behind_peers` is: on from 5, off under 2.5."),
    ("score_falling", "How near the alarm `falling` is: on from 3.5."),
    ("coverage", "Share of what was to be logged that was, in the last complete week."),
    ("streak", "Weeks in a row worse than the alarm's threshold."),
    ("trend_per_week", "Change a week over the last 13 weeks; where there are reasons, since the earliest onset."),
    ("sites_shown", "Of roll-ups of metrics with `privacy`: sites that are in the value."),
    ("sites", "Of the same: sites with rows in the window, suppressed or not."),
];
