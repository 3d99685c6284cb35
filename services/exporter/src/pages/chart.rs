//! Weeks as pictures: inline SVG that takes its colours from the style sheet, with the same in words for who cannot see it.

use super::content::Others;
use indicators::{Metric, Window, board::words};
use jiff::civil::Date;
use maud::{Markup, html};
use std::{collections::BTreeMap, fmt::Write};

/// Weeks of a sparkline, and the most of a chart, which has no fewer.
const SPARK_WEEKS: u32 = 26;
const CHART_WEEKS: u32 = 52;

/// What a chart shows.
pub(super) struct Chart<'a> {
    pub weeks: &'a [(Date, Window)],
    /// Monday of the last week on the axis.
    pub last: Date,
    pub others: &'a [(Date, Others)],
    pub target: Option<f64>,
    /// The alarm's threshold.
    pub alarm: Option<f64>,
    /// Mondays from which on reasons hold, in words.
    pub onsets: &'a [(Date, String)],
    /// What it shows, for who cannot see it.
    pub told: String,
    pub metric: &'a Metric,
}

/// A box in which weeks run from left to right and values from the bottom up.
struct Axes {
    first: Date,
    weeks: u32,
    width: f64,
    height: f64,
    /// Left and vertical margins.
    left: f64,
    margin: f64,
    low: f64,
    high: f64,
}

impl Axes {
    fn new(last: Date, weeks: u32, size: (f64, f64), margins: (f64, f64), values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        // A line that is flat lies in the middle.
        let (low, high) = if low < high { (low, high) } else { (low - 0.5, low + 0.5) };
        let room = (high - low) * 0.06;
        Self {
            first: last.saturating_sub(jiff::Span::new().weeks(i64::from(weeks) - 1)),
            weeks,
            width: size.0,
            height: size.1,
            left: margins.0,
            margin: margins.1,
            low: low - room,
            high: high + room,
        }
    }

    /// Round values across it, some four.
    fn ticks(&self) -> impl Iterator<Item = f64> {
        let (low, high, step) = (self.low, self.high, step((self.high - self.low) / 4.0));
        let first = (low / step).ceil();
        (0..9).map(move |nth| (first + f64::from(nth)) * step).take_while(move |tick| *tick <= high)
    }

    /// None before the first week.
    fn x(&self, week: Date) -> Option<f64> {
        let days = self.first.until(week).ok()?.get_days();
        let span = f64::from(self.weeks - 1) * 7.0;
        (days >= 0).then(|| self.left + (self.width - self.left - self.margin) * f64::from(days) / span)
    }

    fn y(&self, value: f64) -> f64 {
        let inner = self.height - 2.0 * self.margin;
        self.margin + inner * (1.0 - (value - self.low) / (self.high - self.low))
    }

    /// One line a run of weeks without a gap.
    fn path(&self, points: impl Iterator<Item = (Date, f64)>) -> String {
        let mut path = String::new();
        let mut before: Option<Date> = None;
        for (week, value) in points {
            let Some(x) = self.x(week) else { continue };
            let joined = before.is_some_and(|before| is_next(before, week));
            let _ = write!(path, "{}{x:.1} {:.1}", if joined { "L" } else { "M" }, self.y(value));
            before = Some(week);
        }
        path
    }

    /// The area between two lines; nothing is drawn where weeks are missing.
    fn band(&self, points: &[(Date, f64, f64)]) -> String {
        let joined = |one: &(Date, f64, f64), next: &(Date, f64, f64)| is_next(one.0, next.0);
        let mut band = String::new();
        for run in points.chunk_by(joined).filter(|run| run.len() > 1) {
            let there = run.iter().filter_map(|(week, lower, _)| Some((self.x(*week)?, self.y(*lower))));
            let back = run.iter().rev().filter_map(|(week, _, upper)| Some((self.x(*week)?, self.y(*upper))));
            for (index, (x, y)) in there.chain(back).enumerate() {
                let _ = write!(band, "{}{x:.1} {y:.1}", if index == 0 { "M" } else { "L" });
            }
            band.push('Z');
        }
        band
    }
}

fn is_next(week: Date, next: Date) -> bool {
    week.saturating_add(jiff::Span::new().weeks(1)) == next
}

/// The next of 1, 2, 5, 10, 20, … (or 0.1, …).
fn step(least: f64) -> f64 {
    let magnitude = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|digit| digit * magnitude).find(|step| *step >= least).unwrap_or(10.0 * magnitude)
}

/// From the first week that has a value on, half a year at least and a year at most.
fn weeks_shown(weeks: &[(Date, Window)], last: Date) -> u32 {
    let days = weeks.first().map_or(0, |(first, _)| first.duration_until(last).as_hours() / 24);
    u32::try_from(days / 7 + 1).unwrap_or(0).clamp(SPARK_WEEKS, CHART_WEEKS)
}

/// The last half-year as a line, with the target.
pub(super) fn sparkline(weeks: &[(Date, Window)], last: Date, target: Option<f64>, told: &str) -> Markup {
    let values = || weeks.iter().map(|(week, window)| (*week, window.value));
    let axes = Axes::new(last, SPARK_WEEKS, (120.0, 28.0), (3.0, 3.0), values().map(|(_, v)| v).chain(target));
    let shown = values().filter(|(week, _)| axes.x(*week).is_some());
    let Some((week, value)) = shown.clone().next_back() else { return html! { span .soft { "–" } } };
    html! {
        svg .spark viewBox="0 0 120 28" width="120" height="28" role="img" aria-label=(told) {
            @if let Some(target) = target {
                line .target x1="3" x2="117" y1=(point(axes.y(target))) y2=(point(axes.y(target))) {}
            }
            path .value d=(axes.path(shown)) {}
            @if let Some(x) = axes.x(week) { circle .last cx=(point(x)) cy=(point(axes.y(value))) r="2.5" {} }
        }
    }
}

/// A year: the value with its bounds, the target, the others' middle half, and from when on reasons hold.
pub(super) fn weekly(chart: &Chart<'_>) -> Markup {
    let bounds = |(week, w): &(Date, Window)| Some((*week, w.lower?, w.upper?));
    let values = chart.weeks.iter().flat_map(|(_, w)| [Some(w.value), w.lower, w.upper]).flatten();
    let others = chart.others.iter().flat_map(|(_, o)| [o.lower, o.upper]);
    let (target, alarm) = (chart.target, chart.alarm);
    let all = values.chain(others).chain(target).chain(alarm);
    let shown = weeks_shown(chart.weeks, chart.last);
    let axes = Axes::new(chart.last, shown, (720.0, 240.0), (56.0, 22.0), all);
    let on_axis = |week: &Date| axes.x(*week).is_some();
    let bounds: Vec<_> = chart.weeks.iter().filter_map(bounds).filter(|(week, ..)| on_axis(week)).collect();
    let peers: Vec<_> = chart.others.iter().map(|(w, o)| (*w, o.lower, o.upper)).filter(|(w, ..)| on_axis(w)).collect();
    let apart = if shown > SPARK_WEEKS { 8 } else { 4 };
    let months =
        (0..shown).step_by(apart).map(|weeks| axes.first.saturating_add(jiff::Span::new().weeks(i64::from(weeks))));
    let level = |value: f64, class: &str, word: &str| {
        let y = axes.y(value);
        html! {
            line class=(class) x1="56" x2="698" y1=(point(y)) y2=(point(y)) {}
            text class=(class) x="698" y=(point(y - 4.0)) text-anchor="end" { (word) " " (words::value(chart.metric, value)) }
        }
    };
    html! {
        svg .chart viewBox="0 0 720 240" role="img" aria-label=(chart.told) {
            @for tick in axes.ticks() {
                line .grid x1="56" x2="698" y1=(point(axes.y(tick))) y2=(point(axes.y(tick))) {}
                text .tick x="50" y=(point(axes.y(tick) + 4.0)) text-anchor="end" { (words::value(chart.metric, tick)) }
            }
            @for month in months {
                @if let Some(x) = axes.x(month) {
                    text .tick x=(point(x)) y="236" text-anchor="middle" { (month.strftime("%-d %b")) }
                }
            }
            path .others d=(axes.band(&peers)) {}
            path .median d=(axes.path(chart.others.iter().map(|(week, others)| (*week, others.median)))) {}
            path .bounds d=(axes.band(&bounds)) {}
            @if let Some(target) = target { (level(target, "target", "target")) }
            @if let Some(alarm) = alarm { (level(alarm, "alarm", "alarm")) }
            @for (row, (onset, words)) in by_week(chart.onsets).into_iter().enumerate() {
                @if let Some(x) = axes.x(onset) {
                    line .onset x1=(point(x)) x2=(point(x)) y1="22" y2="218" {}
                    // One below the other, because the weeks may be close.
                    text .onset x=(point(x + 4.0)) y=(14 * (row + 1)) { (words.join(", ")) }
                }
            }
            path .value d=(axes.path(chart.weeks.iter().map(|(week, window)| (*week, window.value)))) {}
            @for (week, window) in chart.weeks {
                @if let Some(x) = axes.x(*week) {
                    circle .week cx=(point(x)) cy=(point(axes.y(window.value))) r="2.5" {
                        title { (week.strftime("%-d %b %Y")) ": " (words::value(chart.metric, window.value)) }
                    }
                }
            }
        }
    }
}

/// The reasons that begin in a week, by week.
fn by_week(onsets: &[(Date, String)]) -> BTreeMap<Date, Vec<&str>> {
    let mut weeks: BTreeMap<Date, Vec<&str>> = BTreeMap::new();
    for (onset, word) in onsets {
        weeks.entry(*onset).or_default().push(word);
    }
    weeks
}

/// A coordinate, to a tenth of a pixel.
fn point(coordinate: f64) -> String {
    format!("{coordinate:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines across a chart stood at 8 %, 36 %, 64 % and 92 %.
    #[test]
    fn the_lines_across_a_chart_are_at_round_values() {
        let ticks = |low: f64, high: f64| {
            let last = jiff::civil::date(2026, 3, 2);
            let axes = Axes::new(last, 26, (720.0, 240.0), (56.0, 22.0), [low, high].into_iter());
            axes.ticks().map(|tick| format!("{tick:.2}")).collect::<Vec<_>>()
        };
        assert_eq!(ticks(0.0, 1.0), ["0.00", "0.50", "1.00"]);
        assert_eq!(ticks(0.18, 0.52), ["0.20", "0.30", "0.40", "0.50"]);
        assert_eq!(ticks(3.0, 17.0), ["5.00", "10.00", "15.00"]);
        assert_eq!(ticks(7.0, 7.0), ["6.50", "7.00", "7.50"]);
    }

    /// Between two weeks a month apart stood a grey box, as if somebody had measured there.
    #[test]
    fn no_area_is_drawn_over_weeks_without_a_value() {
        let week = |day: i8| jiff::civil::date(2026, 3, day);
        let axes = Axes::new(week(30), 26, (720.0, 240.0), (56.0, 22.0), [0.0, 1.0].into_iter());
        let band = axes.band(&[(week(2), 0.1, 0.2), (week(9), 0.1, 0.2), (week(23), 0.1, 0.2), (week(30), 0.1, 0.2)]);
        assert_eq!((band.matches('M').count(), band.matches('Z').count()), (2, 2), "{band}");
        assert_eq!(axes.band(&[(week(2), 0.1, 0.2)]), "");
    }
}
