//! What was asked for, held against what is stored: metrics, weeks, labels.

use crate::failure::Failure;
use evaluation::{Stored, messages::did_you_mean};
use exporter::backfill::Hour;
use indicators::{Metric, clock};
use jiff::{civil::Date, tz::TimeZone};
use std::{ops::RangeInclusive, sync::Arc};

/// The metrics of these names; all without a name.
pub fn metrics(all: Vec<Arc<Metric>>, names: &[String]) -> Result<Vec<Arc<Metric>>, Failure> {
    if let Some(unknown) = names.iter().find(|name| all.iter().all(|metric| metric.name != **name)) {
        let known: Vec<&str> = all.iter().map(|metric| metric.name.as_str()).collect();
        let advice = did_you_mean(unknown, known.iter().copied());
        let advice = advice.unwrap_or_else(|| format!("there are {}", known.join(", ")));
        return Err(Failure::misuse(format!("there is no metric `{unknown}`; {advice}")));
    }
    Ok(all.into_iter().filter(|metric| names.is_empty() || names.contains(&metric.name)).collect())
}

/// The weeks of the range of which something can be said: from the first with rows of the metrics on.
pub fn weeks(stored: &Stored, metrics: &[Arc<Metric>], from: Date, to: Date) -> Result<RangeInclusive<Date>, Failure> {
    let last = last_complete(stored);
    if to > last {
        return Err(Failure::misuse(format!(
            "--to: the week of {to} is complete nowhere at the clock of what is stored ({}); the last one that is: the \
             week of {last} (a week is complete a day after its end)",
            stored.as_of
        )));
    }
    let Some(first) = metrics.iter().filter_map(|metric| first_row(stored, metric)).min() else {
        let names: Vec<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
        return Err(anyhow::anyhow!(
            "nothing is stored of {}: `bellwether indicators --once` evaluates what the lake holds",
            names.join(", ")
        )
        .into());
    };
    if to < first {
        return Err(anyhow::anyhow!(
            "nothing is stored of the weeks of {from} to {to}; the first week with rows is that of {first}"
        )
        .into());
    }
    if from < first {
        tracing::info!("nothing is stored before the week of {first}: beginning there");
    }
    Ok(from.max(first)..=to)
}

/// All hours of the range lie ahead.
pub fn nothing(weeks: &RangeInclusive<Date>, until: Hour) -> Failure {
    anyhow::anyhow!(
        "there is no hour to write yet: the week of {} is complete after {until}, where this ends (the clock of what is \
         stored; for a file, three hours ago at the latest)",
        weeks.start()
    )
    .into()
}

/// The latest week that is complete at a site, or in UTC.
fn last_complete(stored: &Stored) -> Date {
    let zones = stored.sites.iter().map(|site| clock::zone(&site.timezone)).chain([TimeZone::UTC]);
    zones.map(|zone| clock::last_complete_week(stored.as_of, &zone)).max().unwrap_or_default()
}

/// Metrics with privacy count by what was published.
fn first_row(stored: &Stored, metric: &Metric) -> Option<Date> {
    let published = stored.publications.iter().map(|published| &published.row);
    match metric.privacy {
        Some(_) => published.filter(|row| row.metric == metric.name).map(|row| row.week).min(),
        None => stored.parts.iter().filter(|row| row.metric == metric.name).map(|row| row.week).min(),
    }
}

/// A label for every sample: `NAME=VALUE`.
pub fn label(text: &str) -> Result<(String, String), String> {
    let Some((name, value)) = text.split_once('=') else {
        return Err("give NAME=VALUE, such as job=bellwether".to_owned());
    };
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !starts || !letters || name.starts_with("__") {
        return Err(format!("`{name}` is no label: letters, digits and _, not with a digit or __ in front"));
    }
    if value.is_empty() {
        return Err(format!("`{name}` has no value: to Prometheus an empty label is an absent one"));
    }
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_name_and_a_value() {
        assert_eq!(label("instance=host:9464"), Ok(("instance".to_owned(), "host:9464".to_owned())));
        for bad in ["job", "=x", "9=x", "a-b=x", "__name__=x", "job="] {
            assert!(label(bad).is_err(), "{bad}");
        }
    }
}
