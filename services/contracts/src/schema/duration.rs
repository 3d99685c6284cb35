//! ISO 8601 durations of fixed length: weeks, days and times, no months or years.

use jiff::{Span, SpanRelativeTo};

/// Microseconds of a positive duration such as `P7D`, `P13W` or `PT24H`.
pub(super) fn micros(text: &str) -> Option<i64> {
    let span: Span = text.parse().ok().filter(|_| text.starts_with('P'))?;
    if span.get_years() != 0 || span.get_months() != 0 || !span.is_positive() {
        return None;
    }
    i64::try_from(span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?.as_micros()).ok()
}
