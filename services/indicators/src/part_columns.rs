//! The columns of a query's result that are parts, declared once: the check knows no others, the reference tells them all.

use crate::definition::{Kind, Metric, Uncertainty};

/// A part.
#[derive(Debug, Clone, Copy)]
pub struct PartColumn {
    /// Name of its column.
    pub name: &'static str,
    /// Digits after the point that it may have; 0 is an integer.
    pub digits: i8,
    /// What metrics it belongs to, in words.
    pub of: &'static str,
    /// What it means.
    pub meaning: &'static str,
    allowed: fn(&Metric) -> bool,
    required: fn(&Metric) -> Option<&'static str>,
}

impl PartColumn {
    /// Those that a metric may return.
    pub fn of(metric: &Metric) -> impl Iterator<Item = &'static Self> {
        PART_COLUMNS.iter().filter(|part| (part.allowed)(metric))
    }

    /// Digits after the point that it may have in a metric. Events are whole: a sum of amounts has another interval.
    pub fn digits(&self, metric: &Metric) -> i8 {
        let events = !metric.kind.is_share() && metric.uncertainty == Uncertainty::Poisson;
        if events && self.name == "numerator" { 0 } else { self.digits }
    }

    /// Why a metric must return it; `None`: it need not.
    pub fn required(&self, metric: &Metric) -> Option<&'static str> {
        (self.required)(metric)
    }
}

const EVERY: &str = "it is a part of every such metric";
const COVERAGE: &str = "`coverage` is declared";

/// Every part, in the order of the stored results.
pub const PART_COLUMNS: [PartColumn; 6] = [
    PartColumn {
        name: "numerator",
        digits: 9,
        of: "every metric",
        meaning: "What counts: time in the field, commitments kept, things that happened. For `mean` the sum over \
                  respondents of each one's own mean of the week. With uncertainty `poisson` an integer.",
        allowed: |_| true,
        required: |_| Some(EVERY),
    },
    PartColumn {
        name: "denominator",
        digits: 9,
        of: "`ratio`, `mean` and `rate`",
        meaning: "Of how much: time worked, commitments due; for `mean` the number of respondents; for `rate` the \
                  exposure, such as hours. Rows of 0 of 0 are left out.",
        allowed: |metric| metric.kind != Kind::Count,
        required: |_| Some(EVERY),
    },
    PartColumn {
        name: "sum_squares",
        digits: 18,
        of: "`mean` and `rate`; needed by uncertainty `normal`",
        meaning: "Sum of the squares of the respondents' means, or of whatever the numerator sums one by one.",
        allowed: |metric| matches!(metric.kind, Kind::Mean | Kind::Rate),
        required: |metric| (metric.uncertainty == Uncertainty::Normal).then_some("`normal` bounds are made of it"),
    },
    PartColumn {
        name: "logged",
        digits: 9,
        of: "every metric; needed by `coverage`",
        meaning: "How much was recorded. Comes with `expected`.",
        allowed: |_| true,
        required: |metric| metric.coverage.map(|_| COVERAGE),
    },
    PartColumn {
        name: "expected",
        digits: 9,
        of: "every metric; needed by `coverage`",
        meaning: "How much was to be recorded. Comes with `logged`: coverage is one over the other.",
        allowed: |_| true,
        required: |metric| metric.coverage.map(|_| COVERAGE),
    },
    PartColumn {
        name: "respondents",
        digits: 0,
        of: "every metric; needed by `privacy`",
        meaning: "How many people stand behind the row: `respondents(respondent_id, survey_id)`. Rows with too few \
                  are suppressed.",
        allowed: |_| true,
        required: |metric| metric.privacy.map(|_| "`privacy` is declared: respondents(respondent_id, survey_id)"),
    },
];
