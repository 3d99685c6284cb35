//! Where settings come from: the built-in defaults, a file, the environment. A later layer wins, key by key.

use super::{
    environment::{self, PREFIX},
    fault::{Fault, Faults},
};
use serde::Serialize;
use std::{collections::BTreeMap, fmt, path::Path};
use toml::de::{DeTable, DeValue};

/// The defaults are the annotated example: it cannot drift from the program.
const DEFAULTS: &str = include_str!("../../bellwether.toml");

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub enum Origin {
    /// Built in.
    Default,
    /// `FILE:LINE:COLUMN`.
    File(String),
    /// An environment variable, by name.
    Environment(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(place) => f.write_str(place),
            Self::Environment(name) => write!(f, "environment variable {name}"),
        }
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.to_string()
    }
}

/// A value as written, before anybody judged it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw {
    /// A string, number, truth value or date, as text.
    Scalar(String),
    /// Something no setting takes: what it is.
    Other(&'static str),
}

/// All layers in one: dotted key → value and origin.
#[derive(Debug, Default)]
pub struct Layers {
    /// By dotted key, e.g. `ingest.flush_age`.
    pub values: BTreeMap<String, (Raw, Origin)>,
    /// Variables of the environment that look like ours and are none.
    pub strays: Vec<String>,
}

impl Layers {
    /// Defaults, then `file` if there is one, then those of `environment` that carry [`PREFIX`].
    pub fn stack(file: Option<&Path>, environment: impl IntoIterator<Item = (String, String)>) -> Result<Self, Faults> {
        let mut layers = Self::default();
        layers.text(DEFAULTS, |_| Origin::Default).map_err(|e| Faults::one(Fault::unreadable("the defaults", e)))?;
        if let Some(path) = file {
            let shown = path.display().to_string();
            let unreadable = |why| Faults::one(Fault::unreadable(&shown, why));
            let text = std::fs::read_to_string(path).map_err(|e| unreadable(e.to_string()))?;
            layers.text(&text, |at| Origin::File(place(&shown, &text, at))).map_err(|error| {
                // Not the parser's own picture of the line: what is not quoted there may be a password.
                let at = error.span().map_or_else(|| shown.clone(), |span| place(&shown, &text, span.start));
                Faults::one(Fault::unreadable(&at, error.message()))
            })?;
        }
        for (name, value) in environment {
            if let Some(rest) = name.strip_prefix(PREFIX) {
                layers.values.insert(environment::key(rest), (Raw::Scalar(value), Origin::Environment(name)));
            } else if environment::is_stray(&name) {
                layers.strays.push(name);
            }
        }
        Ok(layers)
    }

    fn text(&mut self, text: &str, origin: impl Fn(usize) -> Origin) -> Result<(), toml::de::Error> {
        let document = DeTable::parse(text)?;
        self.table("", document.get_ref(), &origin);
        Ok(())
    }

    fn table(&mut self, prefix: &str, table: &DeTable<'_>, origin: &impl Fn(usize) -> Origin) {
        for (key, value) in table {
            let dotted = format!("{prefix}{}", key.get_ref());
            let raw = match value.get_ref() {
                DeValue::Table(inner) => {
                    self.table(&format!("{dotted}."), inner, origin);
                    continue;
                }
                DeValue::Array(_) => Raw::Other("a list"),
                DeValue::String(s) => Raw::Scalar(s.to_string()),
                DeValue::Integer(i) => Raw::Scalar(i.to_string()),
                DeValue::Float(x) => Raw::Scalar(x.to_string()),
                DeValue::Boolean(b) => Raw::Scalar(b.to_string()),
                DeValue::Datetime(d) => Raw::Scalar(d.to_string()),
            };
            self.values.insert(dotted, (raw, origin(key.span().start)));
        }
    }
}

fn place(file: &str, text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    format!("{file}:{line}:{column}")
}
