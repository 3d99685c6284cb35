//! The lake: Delta tables on a local disk (object storage later). The only importer of `deltalake` and its kernel.
//!
//! ```text
//!  TableWriter:  rows ─write─► Parquet files (invisible) ─commit─► ONE log entry: files + marks
//!  TableSnapshot: version ──► active files ──► DataFusion scan, partitions pruned
//! ```
//!
//! A commit that fails is tried again by `writer.rs` until it is known whether it took place; `commit.rs` is one attempt.
//!
//! A *mark* is a named number that is committed together with rows: a Kafka offset, an evaluation's number. In Delta it is a
//! transaction id (`txn`).
//!
//! Invariant: a commit happens only on the very snapshot whose marks it was compared with, so a mark moves exactly once from
//! each value to the next, whoever else is writing.
//!
//! ```
//! use arrow::{array::{ArrayRef, Int64Array}, datatypes::{DataType, Field, Schema}, record_batch::RecordBatch};
//! use datafusion::prelude::SessionContext;
//! use lake::{Commit, Lake, Mark, TableSpec};
//! use std::{collections::BTreeMap, sync::Arc};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let url = folder.path().to_str().unwrap();
//! let lake = Lake::create(url).await?;
//! let schema = Arc::new(Schema::new(vec![Field::new("minutes", DataType::Int64, false)]));
//! let spec = TableSpec { name: "talks".into(), schema, partition_by: vec![], properties: BTreeMap::new() };
//!
//! let mut writer = lake.writer(&spec).await?;
//! let minutes: ArrayRef = Arc::new(Int64Array::from(vec![30, 45]));
//! let pending = writer.write(&[RecordBatch::try_from_iter([("minutes", minutes)])?]).await?;
//! let offset = Mark { name: "kafka/talks/0/offset".into(), expected: None, value: 2 };
//! assert_eq!(writer.commit(pending, &[offset]).await?, Commit::Done(1));
//!
//! let snapshot = lake.snapshot("talks").await?.ok_or("no such table")?;
//! assert_eq!(snapshot.mark("kafka/talks/0/offset").await?, Some(2));
//! let session = SessionContext::new();
//! session.register_table("talks", snapshot.provider()?)?;
//! assert_eq!(session.sql("select * from talks where minutes > 30").await?.count().await?, 1);
//! # Ok(())
//! # }
//! ```

mod active;
mod checkpoint;
mod commit;
mod damage;
mod data_files;
mod error;
mod home;
mod lake;
mod log;
mod manifest;
mod opening;
mod place;
mod scan;
mod shown;
mod snapshot;
mod spec;
mod table;
#[cfg(test)]
mod tests;
mod writer;

pub use commit::Mark;
pub use error::LakeError;
pub use lake::Lake;
pub use place::folder;
pub use shown::without_credentials;
pub use snapshot::{Changes, TableSnapshot, TableStatus};
pub use spec::{EVENT_DATE, INGESTED_AT, KAFKA_CLUSTER, OFFSET, PARTITION, TableSpec};
pub use writer::{Commit, Pending, TableWriter};
