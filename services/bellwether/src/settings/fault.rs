//! What is wrong with the settings, all of it at once.

use super::values::MASK;
use std::fmt::{self, Display};

/// One fault: key, value, where it stands and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong, with key and value.
    pub what: String,
    /// Where it stands.
    pub origin: String,
    /// What would be right.
    pub right: String,
}

impl Fault {
    /// A value that its key does not take, and what would be right. A secret's value is masked.
    pub fn value(key: &str, value: &str, secret: bool, origin: &impl Display, right: String) -> Self {
        let shown = if secret { MASK.to_owned() } else { lake::without_credentials(value) };
        Self { what: format!("`{key}` is {shown:?}"), origin: origin.to_string(), right }
    }

    /// A file that cannot be read or is not TOML.
    pub fn unreadable(file: &str, why: impl Display) -> Self {
        Self {
            what: format!("cannot read the settings: {}", why.to_string().trim_end()),
            origin: file.to_owned(),
            right: "expected a readable TOML file; `bellwether.toml` in the repository is a complete example"
                .to_owned(),
        }
    }
}

/// One fault or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// Just one.
    pub fn one(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.0.len() == 1 { "fault" } else { "faults" };
        write!(f, "the settings have {} {noun}", self.0.len())?;
        for fault in &self.0 {
            write!(f, "\n  {}\n    at: {}\n    {}", fault.what, fault.origin, fault.right)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
