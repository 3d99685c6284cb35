//! Rows as handed in → rows as the table stores them, one group a partition value → one Parquet file each, with what the log
//! has to know of it.

use crate::{
    error::{Cause, LakeError},
    home::sync_to_disk,
    table::Table,
};
use arrow::{
    array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, UInt32Array, new_null_array},
    compute::{CastOptions, cast_with_options, take_record_batch},
    datatypes::{DataType, SchemaRef, TimeUnit},
    error::ArrowError,
    record_batch::RecordBatch,
    row::{OwnedRow, RowConverter, SortField},
};
use buoyant_kernel::{
    FileMeta, engine::arrow_data::ArrowEngineData, expressions::Scalar, schema::DataType as DeltaType,
    transaction::BoundWriteContext,
};
use buoyant_kernel_engine::{build_add_file_metadata, parquet::DataFileMetadata, stats::FileStatsAccumulator};
use datafusion::common::ScalarValue;
use object_store::{ObjectStoreExt, path::Path};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Rows of one partition value, without the partition columns.
#[derive(Debug)]
pub(crate) struct PartitionRows {
    pub(crate) partition: HashMap<String, Scalar>,
    pub(crate) rows: Vec<RecordBatch>,
}

/// Brings the rows to the table's columns and splits them by partition value, in the order of the values.
pub(crate) fn group(
    rows: &[RecordBatch],
    columns: &SchemaRef,
    partition_by: &[String],
) -> Result<Vec<PartitionRows>, ArrowError> {
    let keys: Vec<usize> = partition_by.iter().map(|name| columns.index_of(name)).collect::<Result<_, _>>()?;
    let data: Vec<usize> = (0..columns.fields().len()).filter(|i| !keys.contains(i)).collect();
    let sort_fields = keys.iter().map(|i| SortField::new(columns.field(*i).data_type().clone())).collect();
    let converter = RowConverter::new(sort_fields)?;
    let mut groups: BTreeMap<Option<OwnedRow>, PartitionRows> = BTreeMap::new();
    for batch in rows.iter().filter(|b| b.num_rows() > 0) {
        let batch = conform(batch, columns)?;
        for (key, indices) in row_indices(&batch, &keys, &converter)? {
            let part = match indices.len() == batch.num_rows() {
                true => batch.project(&data)?,
                false => take_record_batch(&batch.project(&data)?, &UInt32Array::from(indices.clone()))?,
            };
            if !groups.contains_key(&key) {
                let partition = partition(&batch, &keys, indices[0] as usize)?;
                groups.insert(key.clone(), PartitionRows { partition, rows: vec![] });
            }
            groups.entry(key).and_modify(|group| group.rows.push(part));
        }
    }
    Ok(groups.into_values().collect())
}

type RowIndices = BTreeMap<Option<OwnedRow>, Vec<u32>>;

fn row_indices(batch: &RecordBatch, keys: &[usize], converter: &RowConverter) -> Result<RowIndices, ArrowError> {
    let rows = u32::try_from(batch.num_rows()).map_err(|e| ArrowError::from_external_error(e.into()))?;
    if keys.is_empty() {
        return Ok(BTreeMap::from([(None, (0..rows).collect())]));
    }
    let columns: Vec<ArrayRef> = keys.iter().map(|i| batch.column(*i).clone()).collect();
    let encoded = converter.convert_columns(&columns)?;
    // Rows of one event date mostly follow one another: look a key up once a run, not once a row.
    let mut found: HashMap<OwnedRow, Vec<u32>> = HashMap::new();
    let mut start = 0;
    while start < rows {
        let row = encoded.row(start as usize);
        let end = (start + 1..rows).find(|i| encoded.row(*i as usize) != row).unwrap_or(rows);
        found.entry(row.owned()).or_default().extend(start..end);
        start = end;
    }
    Ok(found.into_iter().map(|(key, indices)| (Some(key), indices)).collect())
}

fn partition(batch: &RecordBatch, keys: &[usize], row: usize) -> Result<HashMap<String, Scalar>, ArrowError> {
    let value = |i: &usize| {
        let scalar = ScalarValue::try_from_array(batch.column(*i), row)
            .map_err(|e| ArrowError::from_external_error(e.into()))?;
        Ok((batch.schema().field(*i).name().clone(), delta_scalar(scalar)?))
    };
    keys.iter().map(value).collect()
}

fn delta_scalar(value: ScalarValue) -> Result<Scalar, ArrowError> {
    Ok(match value {
        ScalarValue::Date32(v) => v.map_or(Scalar::Null(DeltaType::DATE), Scalar::Date),
        ScalarValue::Utf8(v) => v.map_or(Scalar::Null(DeltaType::STRING), Scalar::String),
        ScalarValue::Int32(v) => v.map_or(Scalar::Null(DeltaType::INTEGER), Scalar::Integer),
        ScalarValue::Int64(v) => v.map_or(Scalar::Null(DeltaType::LONG), Scalar::Long),
        ScalarValue::Boolean(v) => v.map_or(Scalar::Null(DeltaType::BOOLEAN), Scalar::Boolean),
        other => return Err(ArrowError::NotYetImplemented(format!("partition column of type {}", other.data_type()))),
    })
}

/// The batch with the table's columns, by name: missing optional ones are null, unknown ones an error.
pub(crate) fn conform(batch: &RecordBatch, columns: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    if let Some(unknown) = batch.schema().fields().iter().find(|f| columns.index_of(f.name()).is_err()) {
        return Err(ArrowError::SchemaError(format!("column {} is not one of the table's", unknown.name())));
    }
    let arrays = columns.fields().iter().map(|field| {
        let array = match batch.column_by_name(field.name()) {
            Some(array) => convert(array, field.data_type()),
            None => Ok(new_null_array(field.data_type(), batch.num_rows())),
        };
        let array = array.map_err(|e| ArrowError::SchemaError(format!("column {}: {e}", field.name())))?;
        match field.is_nullable() || array.null_count() == 0 {
            true => Ok(array),
            false => Err(ArrowError::SchemaError(format!("column {} is required and lacks values", field.name()))),
        }
    });
    RecordBatch::try_new(columns.clone(), arrays.collect::<Result<_, _>>()?)
}

/// Lossless changes of representation only; nested fields go by name, the wrappers' own names (`item`, `entries`) differ freely.
fn convert(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    let from = array.data_type();
    Ok(match (from, to) {
        (from, to) if from == to => array.clone(),
        (DataType::List(_), DataType::List(item)) => {
            let list: &ListArray = array.as_list();
            let values = convert(list.values(), item.data_type())?;
            Arc::new(ListArray::try_new(item.clone(), list.offsets().clone(), values, list.nulls().cloned())?)
        }
        (DataType::Map(..), DataType::Map(entries, sorted)) => {
            let (map, DataType::Struct(pair)) = (array.as_map(), entries.data_type()) else {
                return Err(refused(from, to));
            };
            let columns = vec![convert(map.keys(), pair[0].data_type())?, convert(map.values(), pair[1].data_type())?];
            let pairs = StructArray::try_new(pair.clone(), columns, None)?;
            Arc::new(MapArray::try_new(entries.clone(), map.offsets().clone(), pairs, map.nulls().cloned(), *sorted)?)
        }
        (DataType::Struct(has), DataType::Struct(fields)) => {
            if let Some(unknown) = has.iter().find(|f| fields.find(f.name()).is_none()) {
                return Err(ArrowError::SchemaError(format!("field {} is not one of the table's", unknown.name())));
            }
            let rows = array.as_struct();
            let columns = fields.iter().map(|field| match rows.column_by_name(field.name()) {
                Some(column) => convert(column, field.data_type()),
                None => Ok(new_null_array(field.data_type(), rows.len())),
            });
            let columns = columns.collect::<Result<_, _>>()?;
            Arc::new(StructArray::try_new_with_length(fields.clone(), columns, rows.nulls().cloned(), rows.len())?)
        }
        (from, to) if lossless(from, to) => {
            cast_with_options(array, to, &CastOptions { safe: false, ..CastOptions::default() })?
        }
        (from, to) => return Err(refused(from, to)),
    })
}

fn refused(from: &DataType, to: &DataType) -> ArrowError {
    ArrowError::SchemaError(format!("{from} is not the table's {to}"))
}

fn lossless(from: &DataType, to: &DataType) -> bool {
    use DataType::{Decimal128, Dictionary, Int8, Int16, Int32, Int64, LargeUtf8, Timestamp, Utf8, Utf8View};
    match (from, to) {
        (Dictionary(_, value), to) => value.as_ref() == to || lossless(value, to),
        (LargeUtf8 | Utf8View, Utf8) | (Int8 | Int16, Int32) | (Int8 | Int16 | Int32, Int64) => true,
        (
            Timestamp(TimeUnit::Second | TimeUnit::Millisecond | TimeUnit::Microsecond, Some(_)),
            Timestamp(TimeUnit::Microsecond, Some(_)),
        ) => true,
        // A value that needs more digits than the table has is an error of the cast.
        (Decimal128(_, from), Decimal128(_, to)) => from <= to,
        _ => false,
    }
}

/// Rows a row group. Large enough to compress, small enough that a scan of one file spreads over several threads.
const ROW_GROUP_ROWS: usize = 256 * 1024;

/// A Parquet file in the store that no version of the table names yet.
#[derive(Debug, Clone)]
pub(crate) struct DataFile {
    /// One row, as the log's add action wants it.
    pub(crate) add: RecordBatch,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) written_ms: i64,
}

pub(crate) struct Encoded {
    bytes: Vec<u8>,
    statistics: StructArray,
    rows: u64,
}

/// Encodes and measures the rows. Busy for long: not for a runtime thread.
pub(crate) fn encode(group: &PartitionRows, context: &BoundWriteContext) -> Result<Encoded, Cause> {
    let mut statistics = FileStatsAccumulator::new(context.stats_columns(), context.physical_schema());
    let first = group.rows.first().ok_or("a group without rows")?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), first.schema(), Some(properties))?;
    let mut rows = 0;
    for batch in &group.rows {
        statistics.merge(batch)?;
        writer.write(batch)?;
        rows += batch.num_rows() as u64;
    }
    let statistics = statistics.finish()?.ok_or("a file without statistics")?;
    Ok(Encoded { bytes: writer.into_inner()?, statistics, rows })
}

/// Puts the file under a unique name into the partition's folder. One put: half a file is never seen.
pub(crate) async fn store(table: &Table, context: &BoundWriteContext, encoded: Encoded) -> Result<DataFile, LakeError> {
    let failed = |e: Cause| table.failed("writing a file", e);
    let name = format!("part-{}.zstd.parquet", uuid::Uuid::new_v4());
    let url = context.write_dir().join(&name).map_err(|e| failed(e.into()))?;
    let path = Path::from_url_path(url.path()).map_err(|e| failed(e.into()))?;
    let Encoded { bytes, statistics, rows } = encoded;
    let size = bytes.len() as u64;
    table.home.store.put(&path, bytes.into()).await.map_err(|e| failed(e.into()))?;
    sync_to_disk(url.clone()).await.map_err(|e| failed(e.into()))?;
    let written_ms = now_ms();
    let metadata = DataFileMetadata::new(FileMeta::new(url, written_ms, size), statistics);
    let add = build_add_file_metadata(metadata, context).map_err(|e| failed(e.into()))?;
    let add = ArrowEngineData::try_from_engine_data(add).map_err(|e| failed(e.into()))?;
    Ok(DataFile { add: (*add).into(), rows, bytes: size, written_ms })
}

/// The age of files on a disk is wall-clock time by nature; nothing that evaluates sees it.
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
