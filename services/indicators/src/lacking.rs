//! What is lacking before a site can be judged: one type and one wording for the board, `/metrics` and SQL.

use serde::Serialize;
use std::fmt;

/// Why none of a metric's reasons can be judged at a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Lacking {
    /// The metric declares none: `lagging` is not in its query file.
    Alarm,
    /// So many weeks with a value; one of the two numbers is above 0.
    Weeks {
        /// Of all sites together, each with one in the week before it, until noise can be told from change.
        site_weeks: u32,
        /// Of the site itself.
        weeks: u32,
    },
    /// No two observations of a week differ anywhere (or none has two): there is nothing to compare a difference with.
    Variation,
}

impl Lacking {
    /// What is lacking and how much of it, as `/metrics` gives it: label value and number.
    pub fn amounts(self) -> Vec<(&'static str, u32)> {
        match self {
            Self::Alarm => vec![("alarm", 1)],
            Self::Variation => vec![("variation", 1)],
            Self::Weeks { site_weeks, weeks } => {
                [("site_weeks", site_weeks), ("weeks", weeks)].into_iter().filter(|(_, lacking)| *lacking > 0).collect()
            }
        }
    }
}

/// `judged from 13 more site-weeks on`.
impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: u32| if count == 1 { "" } else { "s" };
        match *self {
            Self::Alarm => write!(f, "no alarm declared (`lagging` in its query file)"),
            Self::Variation => write!(f, "judged once observations of one week differ: so far none do"),
            Self::Weeks { site_weeks, weeks: 0 } => {
                write!(f, "judged from {site_weeks} more site-week{} on", plural(site_weeks))
            }
            Self::Weeks { site_weeks: 0, weeks } => {
                write!(f, "judged from {weeks} more week{} with a value on", plural(weeks))
            }
            Self::Weeks { site_weeks, weeks } => write!(
                f,
                "judged from {site_weeks} more site-week{} on and {weeks} more week{} of its own",
                plural(site_weeks),
                plural(weeks)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_said_in_words_and_in_numbers() {
        let weeks = |site_weeks, weeks| Lacking::Weeks { site_weeks, weeks };
        let said = [
            (weeks(13, 0), "judged from 13 more site-weeks on", vec![("site_weeks", 13)]),
            (weeks(1, 0), "judged from 1 more site-week on", vec![("site_weeks", 1)]),
            (weeks(0, 5), "judged from 5 more weeks with a value on", vec![("weeks", 5)]),
            (
                weeks(16, 5),
                "judged from 16 more site-weeks on and 5 more weeks of its own",
                vec![("site_weeks", 16), ("weeks", 5)],
            ),
            (Lacking::Alarm, "no alarm declared (`lagging` in its query file)", vec![("alarm", 1)]),
            (Lacking::Variation, "judged once observations of one week differ: so far none do", vec![("variation", 1)]),
        ];
        for (lacking, words, amounts) in said {
            assert_eq!((lacking.to_string().as_str(), lacking.amounts()), (words, amounts));
        }
    }
}
