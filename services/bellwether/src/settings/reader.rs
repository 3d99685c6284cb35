//! Reads typed settings out of the layers, collecting faults instead of stopping at the first.

use super::{
    environment::{self, variable},
    fault::{Fault, Faults},
    layers::{Layers, Origin, Raw},
    values::{MASK, Setting},
};
use evaluation::messages::nearest;
use serde::Serialize;

/// One setting as it holds, for `config print`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Dotted key.
    pub key: String,
    /// Its value, masked if secret; `None` where it is not set.
    pub value: Option<String>,
    /// Where the value stands.
    pub source: Origin,
}

/// Reads each key once; what is left over at the end is unknown.
pub struct Reader {
    layers: Layers,
    known: Vec<&'static str>,
    entries: Vec<Entry>,
    faults: Vec<Fault>,
}

impl Reader {
    /// A reader of these layers.
    pub fn new(layers: Layers) -> Self {
        Self { layers, known: Vec::new(), entries: Vec::new(), faults: Vec::new() }
    }

    /// A setting that may be absent (empty text counts as absent, so that a variable can be unset by `KEY=`).
    pub fn optional<T: Setting>(&mut self, key: &'static str) -> Option<T> {
        self.known.push(key);
        let Some((raw, origin)) = self.layers.values.remove(key) else {
            self.entries.push(Entry { key: key.to_owned(), value: None, source: Origin::Default });
            return None;
        };
        let (text, parsed) = match &raw {
            Raw::Scalar(text) if text.is_empty() => (None, None),
            Raw::Scalar(text) => (Some(text.as_str()), T::parse(text)),
            Raw::Other(what) => (Some(*what), None),
        };
        if let (Some(text), None) = (text, &parsed) {
            self.faults.push(Fault::value(key, text, T::SECRET, &origin, T::right(text)));
        }
        let shown = text.map(|t| if T::SECRET { MASK.to_owned() } else { lake::without_credentials(t) });
        self.entries.push(Entry { key: key.to_owned(), value: shown, source: origin });
        parsed
    }

    /// A setting that must be there. `None` only after a fault was noted.
    pub fn required<T: Setting>(&mut self, key: &'static str) -> Option<T> {
        let before = self.faults.len();
        let value = self.optional(key);
        if value.is_none() && self.faults.len() == before {
            let origin = self.entries.last().map_or(Origin::Default, |e| e.source.clone());
            self.faults.push(Fault::value(key, "", T::SECRET, &origin, T::right("")));
        }
        value
    }

    /// Everything below `prefix`, free in its names: `(name without the prefix, text)`. `shown` says of name and text what
    /// may be shown.
    pub fn passthrough(&mut self, prefix: &'static str, shown: impl Fn(&str, &str) -> String) -> Vec<(String, String)> {
        let keys: Vec<String> = self.layers.values.keys().filter(|k| k.starts_with(prefix)).cloned().collect();
        let mut found = Vec::new();
        for key in keys {
            let Some((raw, origin)) = self.layers.values.remove(&key) else { continue };
            let name = key[prefix.len()..].to_owned();
            match raw {
                Raw::Scalar(text) => {
                    let shown = shown(&name, &text);
                    self.entries.push(Entry { key, value: Some(shown), source: origin });
                    found.push((name, text));
                }
                Raw::Other(what) => {
                    self.faults.push(Fault::value(&key, what, false, &origin, "expected a string".to_owned()))
                }
            }
        }
        found
    }

    /// Notes a fault that concerns several keys.
    pub fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// The entries read, if there was no fault and no key is left over.
    pub fn finish(mut self) -> Result<Vec<Entry>, Faults> {
        for (key, (_, origin)) in &self.layers.values {
            self.faults.push(unknown(key, origin, &self.known));
        }
        self.faults.extend(self.layers.strays.iter().filter_map(|name| environment::fault(name, &self.known)));
        if self.faults.is_empty() { Ok(self.entries) } else { Err(Faults(self.faults)) }
    }
}

/// A key that nothing reads.
fn unknown(key: &str, origin: &Origin, known: &[&str]) -> Fault {
    let right = match (nearest(key, known.iter().copied()), origin) {
        (Some((_, name)), Origin::Environment(_)) => format!("did you mean `{}`?", variable(name)),
        (Some((_, name)), _) => format!("did you mean `{name}`?"),
        (None, _) => "`bellwether config print` lists every key; remove this one".to_owned(),
    };
    Fault { what: format!("`{key}` is not a setting"), origin: origin.to_string(), right }
}
