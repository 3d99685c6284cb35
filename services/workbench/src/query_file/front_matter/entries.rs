//! Typed reading of a TOML table that remembers where everything stands.

use super::{
    super::fault::Faults,
    keys::{Key, Presence, Shape},
};
use evaluation::messages::did_you_mean;
use std::ops::Range;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A table of the front matter; `at` is where the front matter begins in the file.
pub(super) struct Entries<'a> {
    table: &'a DeTable<'a>,
    span: Range<usize>,
    at: usize,
    keys: &'static [Key],
    /// How messages call it: nothing, or e.g. `lagging.`.
    prefix: String,
}

/// A value and its place in the file.
pub(super) type Placed<T> = (T, Range<usize>);

impl<'a> Entries<'a> {
    /// The front matter itself, its keys checked.
    pub(super) fn new(table: &'a DeTable<'a>, at: usize, keys: &'static [Key], faults: &mut Faults) -> Self {
        let entries = Self { table, span: at..at, at, keys, prefix: String::new() };
        entries.check_keys(faults);
        entries
    }

    /// Refuses keys that are not declared, with the nearest one that is, and reports those that are missing.
    fn check_keys(&self, faults: &mut Faults) {
        let known: Vec<&str> = self.keys.iter().map(|key| key.name).collect();
        for name in self.table.keys() {
            let key: &str = name.get_ref();
            if known.contains(&key) {
                continue;
            }
            let help = did_you_mean(key, known.iter().copied());
            let help = help.unwrap_or_else(|| format!("known keys: {}", known.join(", ")));
            faults.helped(self.shift(name.span()), format!("unknown key `{}{key}`", self.prefix), Some(help));
        }
        let required = self.keys.iter().filter(|key| key.presence == Presence::Required);
        for key in required.filter(|key| self.find(key.name).is_none()) {
            faults.at(self.span.clone(), format!("`{}{}` is missing: it is required", self.prefix, key.name));
        }
    }

    fn shape(&self, key: &str) -> Option<&'static Shape> {
        self.keys.iter().find(|known| known.name == key).map(|known| &known.shape)
    }

    fn find(&self, key: &str) -> Option<(&'a Spanned<DeValue<'a>>, Range<usize>)> {
        let (_, value) = self.table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some((value, self.shift(value.span())))
    }

    fn shift(&self, span: Range<usize>) -> Range<usize> {
        span.start + self.at..span.end + self.at
    }

    /// Where a key stands; the table itself where it is missing.
    pub(super) fn place(&self, key: &str) -> Range<usize> {
        self.find(key).map_or_else(|| self.span.clone(), |(_, span)| span)
    }

    /// Whether a key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Whether a text stands behind a key.
    pub(super) fn has_text(&self, key: &str) -> bool {
        self.find(key).is_some_and(|(value, _)| value.get_ref().as_str().is_some())
    }

    fn typed<T>(
        &self,
        key: &str,
        wanted: &str,
        faults: &mut Faults,
        read: impl Fn(&'a DeValue<'a>) -> Option<T>,
    ) -> Option<Placed<T>> {
        let (value, span) = self.find(key)?;
        let read = read(value.get_ref());
        if read.is_none() {
            let found = value.get_ref().type_str();
            faults.at(span.clone(), format!("`{}{key}` must be {wanted}, not a TOML {found}", self.prefix));
        }
        read.map(|value| (value, span))
    }

    /// Text that is not blank.
    pub(super) fn text(&self, key: &str, faults: &mut Faults) -> Option<Placed<&'a str>> {
        let (text, span) = self.typed(key, "text", faults, DeValue::as_str)?;
        if text.trim().is_empty() {
            faults.at(span.clone(), format!("`{}{key}` is empty", self.prefix));
        }
        Some((text, span))
    }

    /// A finite number.
    pub(super) fn number(&self, key: &str, faults: &mut Faults) -> Option<Placed<f64>> {
        self.typed(key, "a number", faults, |value| match value {
            DeValue::Float(float) => float.as_str().replace('_', "").parse().ok().filter(|x: &f64| x.is_finite()),
            DeValue::Integer(_) => integer(value).map(rounded),
            _ => None,
        })
    }

    /// A whole number of the range that is declared.
    pub(super) fn whole(&self, key: &str, faults: &mut Faults) -> Option<u32> {
        let Some(Shape::Whole(range)) = self.shape(key) else { return None };
        let (number, span) = self.typed(key, "a whole number", faults, integer)?;
        if !range.contains(&number) {
            let (from, to) = (range.start(), range.end());
            faults.at(span, format!("`{}{key}` is {number}: it must be from {from} to {to}", self.prefix));
            return None;
        }
        u32::try_from(number).ok()
    }

    /// The one of all that has the word as its name.
    pub(super) fn word<T: Copy>(
        &self,
        key: &str,
        all: &[T],
        name: fn(T) -> &'static str,
        faults: &mut Faults,
    ) -> Option<T> {
        let (text, span) = self.typed(key, "text", faults, DeValue::as_str)?;
        let found = all.iter().copied().find(|one| name(*one) == text);
        if found.is_none() {
            let words: Vec<&str> = all.iter().map(|one| name(*one)).collect();
            let message = format!("`{}{key}` is \"{text}\": it must be {}", self.prefix, words.join(" | "));
            faults.helped(span, message, did_you_mean(text, words));
        }
        found
    }

    /// A list of texts.
    pub(super) fn texts(&self, key: &str, faults: &mut Faults) -> Option<Vec<Placed<&'a str>>> {
        let (list, _) = self.typed(key, "a list of texts", faults, DeValue::as_array)?;
        let mut texts = Vec::new();
        for item in list.iter() {
            match item.get_ref().as_str() {
                Some(text) => texts.push((text, self.shift(item.span()))),
                None => faults.at(self.shift(item.span()), format!("`{}{key}` must hold texts only", self.prefix)),
            }
        }
        Some(texts)
    }

    /// A table within, its keys checked.
    pub(super) fn table(&self, key: &str, faults: &mut Faults) -> Option<Entries<'a>> {
        let (keys, wanted) = match self.shape(key)? {
            Shape::Table(keys) => (keys, "a table"),
            Shape::TextOr(keys) => (keys, "text or a table"),
            _ => return None,
        };
        let (table, span) = self.typed(key, wanted, faults, DeValue::as_table)?;
        let within = Entries { table, span, at: self.at, keys, prefix: format!("{}{key}.", self.prefix) };
        within.check_keys(faults);
        Some(within)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a target beyond 2^53 is as good as its nearest float")]
fn rounded(integer: i64) -> f64 {
    integer as f64
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(&integer.as_str().replace('_', ""), integer.radix()).ok()
}
