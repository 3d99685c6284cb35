//! What the world outside sees: `/metrics`, health and the pages for people.
//!
//! ```text
//!  Values ──families──► checked families ──exposition──► bytes, gzipped bytes ─┐  (once an evaluation)
//!                         │ refused: the last good ones stay, and it is counted│
//!                         ▼                                                    ▼
//!                 bellwether_publish_refused_total          Exporter ──server──► GET /metrics, the pages
//!  prometheus::Registry (the program's own) ───────────────────┘        ▲      (own metrics + those bytes)
//!  a web configuration file ──access──► who may ask, and over what ─────┘
//!
//!  Values of the past ──families──► backfill ──► an OpenMetrics file, or remote write
//! ```
//!
//! Invariant: a request never evaluates, never reads the lake and never fails for what was evaluated: everything that
//! can go wrong with a name, a label or a value is found when values are published.
//!
//! ```
//! use exporter::Exporter;
//! use indicators::Values;
//!
//! let exporter = Exporter::new(prometheus::Registry::new())?;
//! assert!(exporter.not_ready().is_some());
//! exporter.publish(Values::default().into())?;
//! assert!(exporter.not_ready().is_none());
//! assert!(exporter.metrics().contains("leading_as_of_timestamp_seconds 0\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod access;
mod dashboards;
mod exporter;
mod exposition;
mod families;
mod gzip;
mod health;
mod own;
mod pages;
mod recency;
mod server;

pub mod backfill;
pub mod probe;

pub use access::{Access, WebConfigError};
pub use dashboards::{Dashboard, dashboards};
pub use exporter::{Exporter, PublishError};
pub use families::FamilyError;
pub use health::ServiceHealth;
pub use pages::{site_path, spreadsheet};
pub use recency::Recency;
pub use server::{CONTENT_TYPE, ServeError, serve};
