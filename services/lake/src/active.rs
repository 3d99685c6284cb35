//! The active files of one version, with what the log knows of each: enough to decide which can hold a wanted row. Those of
//! a later version follow from what the commits between them added and removed: listing all files of a table takes time with
//! every file that there ever was, this with those of the commits.

use crate::{
    error::LakeError,
    log::{Action, Add},
    table::Table,
};
use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, StringArray, StructArray, UInt64Array},
    compute::{cast, concat_batches, filter_record_batch, is_null, nullif},
    datatypes::{
        DataType, Date32Type, Field, Fields, Int64Type, Schema, TimeUnit, TimestampMicrosecondType, UInt64Type,
    },
    error::ArrowError,
    json::ReaderBuilder,
    record_batch::RecordBatch,
};
use buoyant_kernel::{
    DeltaResult, Engine, SnapshotRef,
    engine::arrow_data::ArrowEngineData,
    scan::{PartitionValuesOptions, StatsOptions},
};
use datafusion::{
    common::{Column, ScalarValue, pruning::PruningStatistics},
    error::DataFusionError,
};
use object_store::{ObjectMeta, path::Path};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

/// One row a file, of the columns in [`COLUMNS`], as the kernel lists them.
#[derive(Debug)]
pub(crate) struct ActiveFiles {
    /// `None` where no file is active.
    pub(crate) list: Option<RecordBatch>,
    partition_by: Vec<String>,
}

/// The columns of a listing that are used. Tables without partitions have none of their values; listings of single commits, no statistics.
const COLUMNS: [&str; 5] = ["path", "size", "modificationTime", "stats_parsed", "partitionValues_parsed"];

/// Delta keeps timestamps of statistics in milliseconds, cut off: the true maximum lies up to this much later.
const CUT_OFF_MICROS: i64 = 999;

impl ActiveFiles {
    /// Replays the log. Blocks.
    pub(crate) fn load(table: &Table, snapshot: &SnapshotRef) -> Result<Self, LakeError> {
        let list = list(snapshot, table.engine()).map_err(|e| table.broken(e))?;
        let partition_by = snapshot.table_configuration().logical_partition_columns().to_vec();
        let vectors = list.as_ref().and_then(|list| list.column_by_name("deletionVector"));
        if vectors.is_some_and(|vectors| vectors.null_count() < vectors.len()) {
            return Err(table.failed("reading", "it has deletion vectors, which Bellwether does not write or read"));
        }
        let list = list.map(|list| projected(&list)).transpose();
        Ok(Self { list: list.map_err(|e| table.broken(e))?, partition_by })
    }

    /// Whether these are as many as the table version's checksum counts, if it has one. Another file in a checkpoint's place
    /// can be sound and hold something else.
    pub(crate) fn agree_with(&self, snapshot: &SnapshotRef) -> bool {
        let counted = snapshot.get_file_stats_if_present().map(|stats| usize::try_from(stats.num_files()));
        counted.is_none_or(|counted| counted == Ok(self.len()))
    }

    /// Files that were listed elsewhere.
    pub(crate) fn of(list: RecordBatch, partition_by: Vec<String>) -> Self {
        Self { list: Some(list), partition_by }
    }

    pub(crate) fn len(&self) -> usize {
        self.list.as_ref().map_or(0, RecordBatch::num_rows)
    }

    pub(crate) fn partition_by(&self) -> &[String] {
        &self.partition_by
    }

    /// Bytes of all files.
    pub(crate) fn bytes(&self) -> u64 {
        self.longs("size").map_or(0, |sizes| sizes.iter().flatten().filter_map(|size| u64::try_from(size).ok()).sum())
    }

    /// Rows of the files at these places, `None` if one has no statistics.
    pub(crate) fn rows(&self, kept: &[usize]) -> Option<u64> {
        let Some(counts) = self.row_counts() else { return kept.is_empty().then_some(0) };
        let counts: &UInt64Array = counts.as_primitive();
        kept.iter().map(|i| counts.is_valid(*i).then(|| counts.value(*i))).sum()
    }

    /// What the reader of a file has to know: where it is, and its partition values.
    pub(crate) fn file(&self, table: &Table, index: usize) -> Result<(ObjectMeta, Vec<ScalarValue>), DataFusionError> {
        let missing = |what: &str| DataFusionError::Internal(format!("{what} of a file of table {}", table.name));
        let paths: &StringArray = self.column("path").and_then(|c| c.as_string_opt()).ok_or_else(|| missing("path"))?;
        let url = table.url.join(paths.value(index)).map_err(|e| DataFusionError::External(e.into()))?;
        let location = Path::from_url_path(url.path()).map_err(|e| DataFusionError::External(e.into()))?;
        let long = |name: &str| self.longs(name).map(|values| values.value(index));
        let size = long("size").and_then(|size| u64::try_from(size).ok()).ok_or_else(|| missing("size"))?;
        let modified = arrow::temporal_conversions::timestamp_ms_to_datetime(long("modificationTime").unwrap_or(0));
        let last_modified = modified.ok_or_else(|| missing("modification time"))?.and_utc();
        let value = |name: &String| match self.partition_values(name) {
            Some(values) => ScalarValue::try_from_array(&values, index),
            None => Err(missing(name)),
        };
        let values = self.partition_by.iter().map(value).collect::<Result<_, _>>()?;
        Ok((ObjectMeta { location, last_modified, size, e_tag: None, version: None }, values))
    }

    /// Rows by value of a date partition column, from statistics; `None` where the table has no such partitions.
    pub(crate) fn rows_by_date(&self, column: &str) -> Option<BTreeMap<i32, u64>> {
        let mut rows = BTreeMap::new();
        if self.len() == 0 {
            return self.is_partition(column).then_some(rows);
        }
        let dates = self.is_partition(column).then(|| self.partition_values(column)).flatten()?;
        let dates = dates.as_primitive_opt::<Date32Type>()?;
        let counts = self.row_counts();
        let counts = counts.as_ref().map(|counts| counts.as_primitive::<UInt64Type>());
        for (file, date) in dates.iter().enumerate().filter_map(|(file, date)| Some((file, date?))) {
            *rows.entry(date).or_default() += counts.map_or(0, |counts| counts.value(file));
        }
        Some(rows)
    }

    /// The newest value of a timestamp column in microseconds since the epoch, to the millisecond, by the statistics of the
    /// files that have some. Nothing counts as newer than the file that it is in: a source whose clock is ahead would hide
    /// that all others are silent.
    pub(crate) fn newest(&self, column: &str) -> Option<i64> {
        let newest = self.statistics("maxValues", column)?;
        let newest = newest.as_primitive_opt::<TimestampMicrosecondType>()?.iter();
        let written = self.longs("modificationTime")?.iter();
        let files = newest.zip(written).filter_map(|(newest, written)| {
            let written = written.map_or(i64::MAX, |millis| millis.saturating_mul(1000));
            newest.map(|newest| newest.min(written))
        });
        files.max()
    }

    /// The files after these commits; `None` where they did more than add and remove files, or none is known to go by.
    pub(crate) fn after(&self, actions: &[Action]) -> Result<Option<Self>, ArrowError> {
        let Some(before) = self.list.as_ref().filter(|_| actions.iter().all(Action::is_plain)) else { return Ok(None) };
        let (mut added, mut touched) = (BTreeMap::new(), HashSet::new());
        for action in actions {
            if let Some(remove) = &action.remove {
                added.remove(remove.path.as_str());
                touched.insert(remove.path.as_str());
            }
            if let Some(add) = &action.add {
                added.insert(add.path.as_str(), add);
                touched.insert(add.path.as_str());
            }
        }
        let paths = before.column_by_name("path").and_then(|paths| paths.as_string_opt::<i32>());
        let paths = paths.ok_or_else(|| ArrowError::SchemaError("a list of files without paths".to_owned()))?;
        let stay: BooleanArray = paths.iter().map(|path| path.map(|path| !touched.contains(path))).collect();
        let added = listed(&added.into_values().collect::<Vec<_>>(), &before.schema())?;
        let list = concat_batches(&before.schema(), [&filter_record_batch(before, &stay)?, &added])?;
        Ok(Some(Self::of(list, self.partition_by.clone())))
    }

    fn column(&self, name: &str) -> Option<&ArrayRef> {
        self.list.as_ref()?.column_by_name(name)
    }

    fn longs(&self, name: &str) -> Option<&Int64Array> {
        self.column(name)?.as_primitive_opt::<Int64Type>()
    }

    fn partition_values(&self, name: &str) -> Option<ArrayRef> {
        field(self.column("partitionValues_parsed")?.as_struct_opt()?, name)
    }

    fn is_partition(&self, name: &str) -> bool {
        self.partition_by.iter().any(|p| p == name)
    }

    /// A column of the statistics: `which` is minValues, maxValues or nullCount.
    fn statistics(&self, which: &str, column: &str) -> Option<ArrayRef> {
        let of_kind = field(self.column("stats_parsed")?.as_struct_opt()?, which)?;
        field(of_kind.as_struct_opt()?, column)
    }
}

/// A field of a struct, null where the struct is.
fn field(of: &StructArray, name: &str) -> Option<ArrayRef> {
    let values = of.column_by_name(name)?;
    match of.null_count() {
        0 => Some(values.clone()),
        _ => nullif(values, &is_null(of).ok()?).ok(),
    }
}

fn projected(list: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let places = COLUMNS.iter().filter_map(|name| list.schema_ref().index_of(name).ok());
    list.project(&places.collect::<Vec<_>>())
}

fn list(snapshot: &SnapshotRef, engine: &dyn Engine) -> DeltaResult<Option<RecordBatch>> {
    let scan = snapshot
        .clone()
        .scan_builder()
        .without_row_transforms()
        .with_stats(StatsOptions::all_struct())
        .with_partition_values(PartitionValuesOptions::with_struct())
        .build()?;
    let mut batches = Vec::new();
    for files in scan.scan_metadata(engine)? {
        let selected = files?.scan_files.apply_selection_vector()?;
        batches.push(ArrowEngineData::try_from_engine_data(selected)?.record_batch().clone());
    }
    let Some(first) = batches.first() else { return Ok(None) };
    Ok(Some(concat_batches(&first.schema(), &batches)?))
}

impl PruningStatistics for ActiveFiles {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        match self.is_partition(&column.name) {
            true => self.partition_values(&column.name),
            false => self.statistics("minValues", &column.name),
        }
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        if self.is_partition(&column.name) {
            return self.partition_values(&column.name);
        }
        let values = self.statistics("maxValues", &column.name)?;
        let DataType::Timestamp(TimeUnit::Microsecond, zone) = values.data_type().clone() else { return Some(values) };
        let raised = values
            .as_primitive::<TimestampMicrosecondType>()
            .unary::<_, TimestampMicrosecondType>(|v| v.saturating_add(CUT_OFF_MICROS));
        Some(Arc::new(raised.with_timezone_opt(zone)))
    }

    fn num_containers(&self) -> usize {
        self.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        if !self.is_partition(&column.name) {
            return cast(&self.statistics("nullCount", &column.name)?, &DataType::UInt64).ok();
        }
        let (values, rows) = (self.partition_values(&column.name)?, self.row_counts()?);
        let rows: &UInt64Array = rows.as_primitive();
        let nulls =
            (0..self.len()).map(|i| if values.is_null(i) { rows.is_valid(i).then(|| rows.value(i)) } else { Some(0) });
        Some(Arc::new(nulls.collect::<UInt64Array>()))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        let counts = field(self.column("stats_parsed")?.as_struct_opt()?, "numRecords")?;
        cast(&counts, &DataType::UInt64).ok()
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}

/// Files of the log as rows of a list of active files.
pub(crate) fn listed(adds: &[&Add], schema: &Arc<Schema>) -> Result<RecordBatch, ArrowError> {
    let longs = |of: fn(&Add) -> i64| -> ArrayRef { Arc::new(adds.iter().map(|add| of(add)).collect::<Int64Array>()) };
    let columns = schema.fields().iter().map(|field| {
        Ok::<ArrayRef, ArrowError>(match (field.name().as_str(), field.data_type()) {
            ("path", _) => Arc::new(adds.iter().map(|add| Some(add.path.as_str())).collect::<StringArray>()),
            ("size", _) => longs(|add| add.size),
            ("modificationTime", _) => longs(|add| add.modification_time),
            ("stats_parsed", DataType::Struct(fields)) => Arc::new(parsed_statistics(adds, fields)?),
            ("partitionValues_parsed", DataType::Struct(fields)) => Arc::new(parsed_partitions(adds, fields)?),
            (other, _) => return Err(ArrowError::SchemaError(format!("a list of files has no column {other}"))),
        })
    });
    RecordBatch::try_new(Arc::clone(schema), columns.collect::<Result<_, _>>()?)
}

fn parsed_partitions(adds: &[&Add], fields: &Fields) -> Result<StructArray, ArrowError> {
    let values = fields.iter().map(|field: &Arc<Field>| {
        let text = adds.iter().map(|add| add.partition_values.get(field.name()).cloned().flatten());
        cast(&text.collect::<StringArray>(), field.data_type())
    });
    StructArray::try_new_with_length(fields.clone(), values.collect::<Result<_, _>>()?, None, adds.len())
}

/// The statistics as the kernel reads them; null where a file has none.
fn parsed_statistics(adds: &[&Add], fields: &Fields) -> Result<StructArray, ArrowError> {
    let schema = Arc::new(Schema::new(fields.clone()));
    let mut decoder = ReaderBuilder::new(Arc::clone(&schema)).with_batch_size(adds.len().max(1)).build_decoder()?;
    for add in adds {
        let text = add.stats.as_deref().unwrap_or("{}").as_bytes();
        if decoder.decode(text)? < text.len() {
            return Err(ArrowError::JsonError("the statistics of a file are more than one JSON object".to_owned()));
        }
    }
    let rows = decoder.flush()?.unwrap_or_else(|| RecordBatch::new_empty(schema));
    Ok(StructArray::from(rows))
}
