//! How tables are laid out.

use arrow::datatypes::SchemaRef;
use contracts::Contract;
use std::collections::BTreeMap;

/// Partition column of event streams: the UTC date of the event time.
pub const EVENT_DATE: &str = "event_date";
/// Kafka partition the row came from (Int32).
pub const PARTITION: &str = "_partition";
/// Kafka offset the row came from (Int64).
pub const OFFSET: &str = "_offset";
/// When the row was ingested (Timestamp(Microsecond, "UTC")).
pub const INGESTED_AT: &str = "_ingested_at";

/// A table as it is to be created, or checked against what stands there.
#[derive(Debug, Clone)]
pub struct TableSpec {
    /// Table name: its folder in the lake.
    pub name: String,
    /// All columns, partition columns included.
    pub schema: SchemaRef,
    /// Partition columns.
    pub partition_by: Vec<String>,
    /// Properties remembered in the table (`bellwether.kafka.cluster` …); one that differs from what stands refuses to open.
    pub properties: BTreeMap<String, String>,
}

impl TableSpec {
    /// The table of a stream: the contract's columns, `event_date` (not for reference streams), `_partition`,
    /// `_offset`, `_ingested_at`; remembers the Kafka cluster that feeds it.
    pub fn stream(_contract: &Contract, _cluster_id: &str) -> Self {
        todo!()
    }
}
