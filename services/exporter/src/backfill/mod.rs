//! The past, as scrapes would have found it: one sample a series and full hour (UTC).
//!
//! ```text
//!  Values at a clock ─families──► Stretch: these families, the hours in which they stood
//!                                    ├──► History (runs of equal values, by series) ──► an OpenMetrics file
//!                                    └──► batches ──► RemoteWriter ──► POST, again where that can help
//! ```
//!
//! Invariant: names, labels and values are those of the exporter's own families; nothing is encoded a second way but the
//! bytes around them. Only `leading_as_of_timestamp_seconds` moves within a stretch: it is the hour itself.

#![expect(clippy::cast_precision_loss, reason = "what Prometheus stores is f64")]

mod hours;
mod openmetrics;
mod refusal;
mod remote_write;
mod stretch;

pub use hours::{Hour, Hours};
pub use openmetrics::{History, OpenMetricsError};
pub use refusal::Refusal;
pub use remote_write::{Credentials, Patience, Remote, RemoteWriteError, RemoteWriter, check_url};
pub use stretch::{Stretch, StretchError};
