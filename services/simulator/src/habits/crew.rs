//! How the people of a crew differ: in tenure, and in the shift that they work.

/// From those who came last to those who came first.
pub(super) const BANDS: [&str; 3] = ["under 2 years", "2 to 10 years", "over 10 years"];
pub(super) const GROUPS: [&str; 2] = ["day shift", "night shift"];

/// The tenure of the so-manieth of a crew.
pub(super) fn band(person: usize) -> &'static str {
    BANDS[person % BANDS.len()]
}

/// The group of staff of the so-manieth of a crew.
pub(super) fn group(person: usize) -> &'static str {
    GROUPS[person % GROUPS.len()]
}
