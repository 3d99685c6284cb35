//! Kafka → lake, exactly once.
//!
//! ```text
//!            thread                thread                            a task a stream    a task a stream
//!  Kafka ──► assign ─► consume ──► decode ─────► pseudonymise ─────► quarantine ──────► write ──► ONE commit:
//!            offsets   batches     columns by    persons become      dead letters       Parquet   rows + positions
//!            of tables             contract      pseudonyms          acknowledged
//! ```
//!
//! Invariant: a row is in the table if and only if the table's position lies behind its record; both change with one
//! commit, which happens only where the batch starts exactly at the table's position. A record that is no row is in the
//! dead-letter topic before a position passes it, once or, where its batch was read twice, more often. What Kafka, a
//! rebalance or a crash do in between can cost repeated work, never a row too many or too few.
//!
//! # The way of a record
//!
//! Read in this order; each step hands on to the next and is not returned to. All paths are below `pipeline/`.
//!
//! 1. `assign/mod.rs::assign`: a partition is assigned at the offset that its table holds (`assign/position.rs::read`),
//!    once the topic is seen to continue the table (`assign/probe.rs::look`, `assign/position.rs::resume`).
//! 2. `consume/mod.rs::read`: records are fetched in batches (`shared/librdkafka.rs::fetch`) and sorted into chunks of one
//!    stream (`consume/chunk.rs::sort`); what cannot be read stops or waits (`consume/setback.rs::weigh`), alone.
//! 3. `decode.rs::decode`: payloads become columns by the contract, and what is no row a rejected record.
//! 4. `pseudonymise.rs::pseudonymise`: persons become pseudonyms; from here on it is a block, which has its bytes of the
//!    memory that is left (`shared/room.rs::take`).
//! 5. `quarantine.rs::run`: rejected records are sent as dead letters and acknowledged (`quarantine.rs::deliver`).
//! 6. `write/mod.rs::run`: blocks are gathered until the batch is due (`write/mod.rs::ripe`).
//! 7. `write/commit.rs::commit`: what is still ours and continues the table is written and committed with its positions,
//!    or dropped and read again from the table where another writer was faster.
//!
//! Lag, and offsets for Kafka's own monitors, are shown by `consume/mod.rs::chores`.
//!
//! # Why not otherwise
//!
//! * `assign` is no thread of its own: librdkafka runs the callbacks of a rebalance on the thread that polls, and the
//!   rebalance must not end before the offsets are set. It is a stage all the same: it alone says where reading begins.
//! * `pseudonymise` shares the thread of `decode`, so that no queue holds the name of a person in a row.
//! * The commit holds the table's lock while it writes Parquet: the batch was compared with the partitions that are ours
//!   under this lock, and a partition that is revoked meanwhile must wait for it. Dead letters are sent before, without it.
//!
//! Every channel between stages is bounded, and so are the bytes that wait for their commit; the time that a stage waits
//! for the next is exported.

mod client;
pub mod dead_letters;
mod error;
mod ingestion;
mod metrics;
mod pipeline;
mod properties;
mod publish;
mod run;
mod secret;
mod settings;
mod size;

pub use error::{IngestError, Objection, PositionError, PositionFault, Unreachable};
pub use ingestion::Ingestion;
pub use pipeline::{shared::Until, write::commit::StreamReport};
pub use properties::{KafkaSettings, shown_property};
pub use publish::{Checked, LineFault, PublishError, Published, Publisher, check_lines, publish};
pub use run::{Report, run};
pub use secret::{PrivacyKey, PrivacyKeyError, SecretFileError, secret_file};
pub use settings::{EventTimes, IngestSettings, Settings, SettingsError};
pub use tokio_util::sync::CancellationToken;
