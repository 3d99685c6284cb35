//! What is asked of Prometheus, in PromQL. `of` is a selector's matchers: `metric=~"$metric",site=~"$site"`.

use indicators::{Reason, State, board::words};

/// Seconds from the beginning of 1970 to its first Monday.
const FIRST_MONDAY: u32 = 345_600;
const NOON: u32 = 43_200;
const WEEK: u32 = 604_800;

/// Metrics, 100 for shares and 1 for the others: what their values are shown times; the label `unit` says what they then are.
fn scale(metrics: &str) -> String {
    format!(
        "label_replace(leading_indicator_info{{{metrics},kind=~\"ratio|mean\"}} * 100, \"unit\", \"%\", \"\", \"\")\n    \
         or leading_indicator_info{{{metrics},kind!~\"ratio|mean\"}}"
    )
}

/// A number of a site in a metric, in the metric's unit.
pub(super) fn in_unit(number: &str, metrics: &str) -> String {
    format!("{number}\n  * on (metric) group_left (unit) max by (metric, unit) (\n    {}\n  )", scale(metrics))
}

/// Values of sites, or a bound of theirs (`_lower`, `_upper`), with the query's own labels.
pub(super) fn values(metrics: &str, sites: &str, window: &str, bound: &str) -> String {
    let families = format!("{{__name__=~\"leading_.+{bound}\",{sites},site!=\"\",window=\"{window}\"}}");
    let known = format!("max by (family, metric, unit) (\n    {}\n  )", scale(metrics));
    of_families(&families, bound, &known)
}

/// The same of the company.
pub(super) fn company(metrics: &str, window: &str, bound: &str) -> String {
    let families = format!("{{__name__=~\"leading_company_.+{bound}\",window=\"{window}\"}}");
    let scale = scale(metrics);
    let known = format!(
        "max by (family, metric, unit) (label_replace(\n    {scale},\n    \"family\", \"leading_company_$1\", \"family\", \
         \"leading_(.+)\"\n  ))"
    );
    of_families(&families, bound, &known)
}

fn of_families(families: &str, bound: &str, known: &str) -> String {
    format!(
        "label_replace({families}, \"family\", \"$1\", \"__name__\", \"(.+){bound}\")\n  * on (family) group_left (metric, \
         unit) {known}"
    )
}

/// One value for each of these labels: where a metric has labels of its own the worst.
pub(super) fn worst(values: &str, by: &str) -> String {
    format!(
        "(\n  max by ({by}) (\n  {values}\n  )\n  and on (metric) leading_indicator_info{{direction=\"lower\"}}\n)\nor min by \
         ({by}) (\n  {values}\n)"
    )
}

/// The Monday of a week's beginning, as the noon of that day in UTC and in milliseconds: midnight at a site is another day
/// elsewhere.
pub(super) fn monday(start: &str) -> String {
    format!("(round({start} - {FIRST_MONDAY}, {WEEK}) + {FIRST_MONDAY} + {NOON}) * 1000")
}

/// The state of a site as a number to sort by, most urgent first: the greater, the sooner.
pub(super) fn state(of: &str) -> String {
    let one =
        |(state, urgency): (State, u32)| format!("leading_state{{state=\"{}\",{of}}} * {urgency}", state.as_str());
    urgency().map(one).join("\n  or ")
}

/// States, with the number that stands for each.
pub(super) fn urgency() -> [(State, u32); 7] {
    [
        (State::Lagging, 7),
        (State::Silent, 6),
        (State::Insufficient, 5),
        (State::Suppressed, 4),
        (State::NoData, 3),
        (State::Unjudged, 2),
        (State::Ok, 1),
    ]
}

/// Sites and metrics where a reason is on, now or when the site was last heard of.
pub(super) fn lagging(of: &str) -> String {
    format!("max by (metric, site, region) (leading_lagging{{{of}}} == 1)")
}

/// Sites and metrics that are in a state.
pub(super) fn in_state(states: &str, of: &str) -> String {
    format!("max by (metric, site, region) (leading_state{{state=~\"{states}\",{of}}} == 1)")
}

/// The reason that is surest, with its score as a share of that at which it comes on.
pub(super) fn foremost_reason(of: &str) -> String {
    let one = |reason: Reason| {
        format!("leading_lagging_score{{reason=\"{}\",{of}}} / {}", reason.as_str(), words::on_at(reason))
    };
    let scores = Reason::ALL.map(one).join("\n    or ");
    format!(
        "max by (metric, site, region, reason) (topk by (metric, site) (1,\n  (\n    {scores}\n  )\n  and on (metric, site, \
         reason) (leading_lagging == 1)\n))"
    )
}

/// How many there are, 0 where there is none.
pub(super) fn count(of: &str) -> String {
    format!("count({of}) or vector(0)")
}
