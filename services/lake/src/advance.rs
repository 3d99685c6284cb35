//! The active files of a later version from those of an earlier one: what the commits between them added and removed.
//!
//! Listing all files of a table takes time with every file that there ever was; this, with those of the commits.

use crate::{
    active::ActiveFiles,
    log::{Action, Add},
};
use arrow::{
    array::{ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray, StructArray},
    compute::{cast, concat_batches, filter_record_batch},
    datatypes::{DataType, Field, Fields, Schema},
    error::ArrowError,
    json::ReaderBuilder,
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

impl ActiveFiles {
    /// The files after these commits; `None` where they did more than add and remove files, or none is known to go by.
    pub(crate) fn after(&self, actions: &[Action]) -> Result<Option<Self>, ArrowError> {
        let Some(before) = self.list().filter(|_| actions.iter().all(Action::is_plain)) else { return Ok(None) };
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
        Ok(Some(Self::of(list, self.partition_by().to_vec())))
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
            ("stats_parsed", DataType::Struct(fields)) => Arc::new(statistics(adds, fields)?),
            ("partitionValues_parsed", DataType::Struct(fields)) => Arc::new(partitions(adds, fields)?),
            (other, _) => return Err(ArrowError::SchemaError(format!("a list of files has no column {other}"))),
        })
    });
    RecordBatch::try_new(Arc::clone(schema), columns.collect::<Result<_, _>>()?)
}

fn partitions(adds: &[&Add], fields: &Fields) -> Result<StructArray, ArrowError> {
    let values = fields.iter().map(|field: &Arc<Field>| {
        let text = adds.iter().map(|add| add.partition_values.get(field.name()).cloned().flatten());
        cast(&text.collect::<StringArray>(), field.data_type())
    });
    StructArray::try_new_with_length(fields.clone(), values.collect::<Result<_, _>>()?, None, adds.len())
}

/// The statistics as the kernel reads them; null where a file has none.
fn statistics(adds: &[&Add], fields: &Fields) -> Result<StructArray, ArrowError> {
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
