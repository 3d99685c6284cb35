//! How tables are laid out.

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use contracts::Contract;
use std::{collections::BTreeMap, sync::Arc};

/// Partition column of event streams: the UTC date of the event time.
pub const EVENT_DATE: &str = "event_date";
/// Kafka partition the row came from (Int32).
pub const PARTITION: &str = "_partition";
/// Kafka offset the row came from (Int64).
pub const OFFSET: &str = "_offset";
/// When the row was ingested (Timestamp(Microsecond, "UTC")).
pub const INGESTED_AT: &str = "_ingested_at";
/// Table property: id of the Kafka cluster whose offsets the table's marks are.
pub const KAFKA_CLUSTER: &str = "bellwether.kafka.cluster";

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
    pub fn stream(contract: &Contract, cluster_id: &str) -> Self {
        Self::of_columns(contract.name(), contract.schema(), contract.is_reference(), cluster_id)
    }

    /// As [`TableSpec::stream`], from the parts of a contract that matter here.
    pub(crate) fn of_columns(name: &str, columns: &Schema, reference: bool, cluster_id: &str) -> Self {
        let mut fields: Vec<_> = columns.fields().iter().cloned().collect();
        let mut own = |name: &str, of: DataType| fields.push(Arc::new(Field::new(name, of, false)));
        if !reference {
            own(EVENT_DATE, DataType::Date32);
        }
        own(PARTITION, DataType::Int32);
        own(OFFSET, DataType::Int64);
        own(INGESTED_AT, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
        Self {
            name: name.into(),
            schema: Arc::new(Schema::new(fields)),
            partition_by: if reference { vec![] } else { vec![EVENT_DATE.into()] },
            properties: BTreeMap::from([(KAFKA_CLUSTER.into(), cluster_id.into())]),
        }
    }
}
