//! Kafka → lake, exactly once.
//!
//! ```text
//!            thread         thread                          a task a stream
//!  Kafka ──► consume ─────► decode ───► pseudonymise ─────► quarantine ───► write ──► ONE commit:
//!            batches with   columns by   persons become     dead letters    Parquet   rows + positions
//!            generations    contract     pseudonyms         acknowledged
//! ```
//!
//! Invariant: a record is in the table, or in the dead-letter topic, if and only if the table's position lies behind
//! it; both change with one commit, which happens only where the batch starts exactly at the table's position. What
//! Kafka, a rebalance or a crash do in between can cost repeated work, never a row too many or too few.
//!
//! Every channel between stages is bounded, and so are the bytes that wait for their commit ([`room`]); the time that a
//! stage waits for the next is exported.

mod client;
mod dead_letter_topics;
pub mod dead_letters;
mod error;
mod handshake;
mod ingestion;
mod metrics;
mod native;
mod pipeline;
mod positions;
mod probe;
mod properties;
mod publish;
mod reach;
mod room;
mod run;
mod secret;
mod secret_file;
mod settings;
mod state;
mod waits;

pub use error::{IngestError, PositionError, PositionFault, Unreachable};
pub use ingestion::Ingestion;
pub use properties::shown_property;
pub use publish::{Checked, LineFault, PublishError, Published, Publisher, check_lines, publish};
pub use run::{Report, StreamReport, Until, run};
pub use secret::{PrivacyKey, PrivacyKeyError};
pub use secret_file::{SecretFileError, secret_file};
pub use settings::{EventTimes, IngestSettings, KafkaSettings, Settings, SettingsError};
pub use tokio_util::sync::CancellationToken;
