//! What a table is to be: its columns, partitions and properties. Does an existing table fit, what can be added to it, what
//! is refused?

use crate::{error::LakeError, table::Table};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit};
use buoyant_kernel::{
    Snapshot,
    engine::arrow_conversion::TryIntoKernel,
    schema::{StructField, StructType},
};
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

/// A table as it is to be created, or as one that exists has to be.
#[derive(Debug, Clone)]
pub struct TableSpec {
    /// Table name: its folder in the lake.
    pub name: String,
    /// All columns, partition columns included.
    pub schema: SchemaRef,
    /// Partition columns.
    pub partition_by: Vec<String>,
    /// Properties remembered in the table (`bellwether.kafka.cluster` …); a table that remembers
    /// another is refused.
    pub properties: BTreeMap<String, String>,
}

impl TableSpec {
    /// The table of a stream: the contract's columns, `event_date` (not for reference streams), `_partition`,
    /// `_offset`, `_ingested_at`; remembers the Kafka cluster that feeds it.
    pub fn stream(contract: &Contract, cluster_id: &str) -> Self {
        let reference = contract.is_reference();
        let mut fields: Vec<_> = contract.schema().fields().iter().cloned().collect();
        let mut own = |name: &str, of: DataType| fields.push(Arc::new(Field::new(name, of, false)));
        if !reference {
            own(EVENT_DATE, DataType::Date32);
        }
        own(PARTITION, DataType::Int32);
        own(OFFSET, DataType::Int64);
        own(INGESTED_AT, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
        Self {
            name: contract.name().into(),
            schema: Arc::new(Schema::new(fields)),
            partition_by: if reference { vec![] } else { vec![EVENT_DATE.into()] },
            properties: BTreeMap::from([(KAFKA_CLUSTER.into(), cluster_id.into())]),
        }
    }
}

/// The spec's columns as Delta knows them, without Arrow's field metadata.
pub(crate) fn delta_schema(spec: &TableSpec) -> Result<StructType, LakeError> {
    let fields: Vec<_> = spec.schema.fields().iter().map(plain).collect();
    (&Schema::new(fields))
        .try_into_kernel()
        .map_err(|e| LakeError::storage(format!("table {}: columns that Delta cannot hold", spec.name), e))
}

/// Descriptions and the like belong to the contract, not to the table: two spellings of them are one schema.
fn plain(field: &FieldRef) -> FieldRef {
    let of = match field.data_type() {
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(plain).collect()),
        DataType::List(item) => DataType::List(plain(item)),
        DataType::Map(entries, sorted) => DataType::Map(plain(entries), *sorted),
        other => other.clone(),
    };
    Arc::new(Field::new(field.name(), of, field.is_nullable()))
}

/// Optional columns of the spec that the table lacks. Order does not matter; any other difference is an error.
pub(crate) fn missing_columns(
    table: &Table,
    snapshot: &Snapshot,
    spec: &TableSpec,
) -> Result<Vec<StructField>, LakeError> {
    let (wanted, existing) = (delta_schema(spec)?, snapshot.schema());
    let (mut missing, mut differences) = (Vec::new(), Vec::new());
    for field in wanted.fields() {
        match existing.field(field.name()) {
            None if field.is_nullable() => missing.push(field.clone()),
            None => differences.push(format!("column {} is new and required", field.name())),
            Some(found) => differences.extend(difference(found, field)),
        }
    }
    let required = unnamed(snapshot, &wanted).filter(|field| !field.is_nullable());
    differences.extend(required.map(|field| {
        let name = field.name();
        format!(
            "column {name} of the table is required, and the schema does not name it (name it again, or let the table do \
             without it: ALTER TABLE {} ALTER COLUMN {name} DROP NOT NULL)",
            table.name
        )
    }));
    let partitions = snapshot.table_configuration().logical_partition_columns();
    if partitions != spec.partition_by {
        differences.push(format!("it is partitioned by {partitions:?}, not by {:?}", spec.partition_by));
    }
    match differences.is_empty() {
        true => Ok(missing),
        false => Err(LakeError::Schema { table: table.name.to_string(), differences }),
    }
}

/// Optional columns of the table that the spec does not name: rolled back, or added by another engine. They stay, and
/// rows that are written have no value there.
pub(crate) fn unnamed_columns(snapshot: &Snapshot, spec: &TableSpec) -> Result<Vec<String>, LakeError> {
    Ok(unnamed(snapshot, &delta_schema(spec)?).map(|field| field.name().clone()).collect())
}

fn unnamed(snapshot: &Snapshot, wanted: &StructType) -> impl Iterator<Item = StructField> {
    let existing = snapshot.schema();
    let fields: Vec<_> = existing.fields().filter(|field| wanted.field(field.name()).is_none()).cloned().collect();
    fields.into_iter()
}

fn difference(found: &StructField, wanted: &StructField) -> Option<String> {
    let optional = |field: &StructField| if field.is_nullable() { "optional" } else { "required" };
    if found.data_type() != wanted.data_type() {
        return Some(format!(
            "column {} is {} in the table, {} in the schema",
            found.name(),
            found.data_type(),
            wanted.data_type()
        ));
    }
    (found.is_nullable() != wanted.is_nullable()).then(|| {
        format!("column {} is {} in the table, {} in the schema", found.name(), optional(found), optional(wanted))
    })
}

/// Refuses properties that differ from those the table was created with.
pub(crate) fn check_properties(table: &Table, snapshot: &Snapshot, spec: &TableSpec) -> Result<(), LakeError> {
    let existing = &snapshot.table_properties().unknown_properties;
    for (property, wanted) in &spec.properties {
        let found = existing.get(property);
        if found != Some(wanted) {
            return Err(LakeError::Property {
                table: table.name.to_string(),
                property: property.clone(),
                found: found.cloned(),
                wanted: wanted.clone(),
            });
        }
    }
    Ok(())
}
