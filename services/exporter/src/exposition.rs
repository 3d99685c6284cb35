//! The text format 0.0.4, of an evaluation's families (once, kept) and of the program's own (every scrape).

use crate::gzip::{self, Tail};
use prometheus::{Registry, TextEncoder, proto::MetricFamily};
use std::io;

/// An evaluation, ready to be sent.
#[derive(Debug)]
pub(crate) struct Exposition {
    text: String,
    tail: Tail,
}

impl Exposition {
    /// Encodes and compresses; a second or so for 100,000 series, once an evaluation.
    pub(crate) fn of(families: &[MetricFamily]) -> Result<Self, ExpositionError> {
        let text = TextEncoder::new().encode_to_string(families)?;
        let tail = Tail::new(text.as_bytes())?;
        Ok(Self { text, tail })
    }

    /// The own metrics, then these.
    pub(crate) fn plain(&self, own: &str) -> String {
        [own, &self.text].concat()
    }

    /// The same, gzipped: only `own` is compressed now.
    pub(crate) fn gzipped(&self, own: &str) -> io::Result<Vec<u8>> {
        gzip::join(own.as_bytes(), &self.tail)
    }
}

/// Families that the format has no words for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExpositionError {
    #[error("{0}")]
    Encode(#[from] prometheus::Error),
    #[error("{0}")]
    Compress(#[from] io::Error),
}

/// The program's own metrics. A family that cannot be encoded is left out and logged; the others are served.
pub(crate) fn own(registry: &Registry) -> String {
    let mut text = String::new();
    for family in registry.gather() {
        let before = text.len();
        if let Err(error) = TextEncoder::new().encode_utf8(std::slice::from_ref(&family), &mut text) {
            text.truncate(before);
            tracing::error!(family = family.name(), %error, "own metric left out of the scrape");
        }
    }
    text
}
