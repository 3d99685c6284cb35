//! One row of the table of results.

use crate::evaluate::Seen;
use indicators::{BadRow, PartRow, Published, Why};
use jiff::{Timestamp, civil::Date};
use std::collections::BTreeMap;

/// What a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A metric's parts of a week and label set.
    Part,
    /// The parts of a week and label set make no value: in the place of the numerator is why.
    Bad,
    /// A site sent events of a stream (in the place of the metric's name) in a week.
    Activity,
    /// What was shown of a part.
    Publication { version: i64, at: Timestamp },
}

impl Kind {
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Part => "part",
            Self::Bad => "bad",
            Self::Activity => "activity",
            Self::Publication { .. } => "publication",
        }
    }
}

/// A row, with the evaluation that stored it. A denominator of 0 says that the row ceased to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub kind: Kind,
    pub row: PartRow,
    pub evaluation: i64,
    pub computed_at: Timestamp,
}

/// Identity of a part.
pub(crate) type Key = (String, Date, String, BTreeMap<String, String>);

pub(crate) fn key(row: &PartRow) -> Key {
    (row.metric.clone(), row.week, row.site.clone(), row.labels.clone())
}

/// The same row with nothing left of it.
pub(crate) fn gone(row: &PartRow) -> PartRow {
    PartRow {
        numerator: 0,
        denominator: 0,
        sum_squares: None,
        logged: None,
        expected: None,
        respondents: None,
        ..row.clone()
    }
}

/// 1 as an unscaled DECIMAL(38,9).
pub(super) const ONE: i128 = 1_000_000_000;

/// Activity as a row. The number of events is kept of sites that no reference record names, so that those can be counted.
pub(crate) fn active(seen: &Seen, known: bool) -> PartRow {
    PartRow {
        metric: seen.stream.clone(),
        week: seen.week,
        site: seen.site.clone(),
        labels: BTreeMap::new(),
        numerator: if known { ONE } else { i128::from(seen.events) * ONE },
        denominator: ONE,
        sum_squares: None,
        logged: None,
        expected: None,
        respondents: None,
    }
}

/// A bad row as a row: nothing of its parts is kept.
pub(crate) fn bad(bad: &BadRow) -> PartRow {
    PartRow {
        metric: bad.metric.clone(),
        week: bad.week,
        site: bad.site.clone(),
        labels: bad.labels.clone(),
        numerator: i128::from(bad.why.code()) * ONE,
        denominator: ONE,
        sum_squares: None,
        logged: None,
        expected: None,
        respondents: bad.respondents,
    }
}

impl Record {
    /// As a bad row, where it is one that exists.
    pub(crate) fn bad_row(&self) -> Option<BadRow> {
        let row = Some(&self.row).filter(|row| self.kind == Kind::Bad && row.denominator > 0)?;
        Some(BadRow {
            metric: row.metric.clone(),
            week: row.week,
            site: row.site.clone(),
            labels: row.labels.clone(),
            why: Why::of_code(i64::try_from(row.numerator / ONE).unwrap_or_default()),
            respondents: row.respondents,
        })
    }

    /// What is published now.
    pub(crate) fn publication(published: Published, evaluation: i64, computed_at: Timestamp) -> Self {
        let kind = Kind::Publication { version: published.version, at: published.at };
        Self { kind, row: published.row, evaluation, computed_at }
    }

    /// As a publication, where it is one.
    pub(crate) fn published(&self) -> Option<Published> {
        match self.kind {
            Kind::Publication { version, at } => Some(Published { row: self.row.clone(), version, at }),
            _ => None,
        }
    }
}
