//! Stage 3: every field that names a person is replaced by a pseudonym before it reaches a file.

use crate::PrivacyKey;
use arrow::{
    array::{Array, ArrayRef, AsArray, StringArray, StringBuilder},
    error::ArrowError,
    record_batch::RecordBatch,
};
use contracts::Contract;
use std::{collections::HashMap, sync::Arc};

/// The rows with the contract's person columns replaced; nulls stay.
pub(crate) fn pseudonymise(
    rows: RecordBatch,
    contract: &Contract,
    key: &PrivacyKey,
) -> Result<RecordBatch, ArrowError> {
    let schema = rows.schema();
    let mut columns = rows.columns().to_vec();
    for (name, domain) in contract.persons() {
        let index = schema.index_of(name)?;
        let Some(raw) = columns[index].as_string_opt::<i32>() else {
            return Err(ArrowError::SchemaError(format!("{name}: a person must be a string")));
        };
        columns[index] = replace(raw, domain, key);
    }
    RecordBatch::try_new(schema, columns)
}

// A batch names few people many times.
fn replace(raw: &StringArray, domain: &str, key: &PrivacyKey) -> ArrayRef {
    let mut known: HashMap<&str, String> = HashMap::new();
    let mut pseudonyms = StringBuilder::with_capacity(raw.len(), raw.len() * 22);
    for value in raw {
        let pseudonym = value.map(|value| &*known.entry(value).or_insert_with(|| key.pseudonym(domain, value)));
        pseudonyms.append_option(pseudonym);
    }
    Arc::new(pseudonyms.finish())
}
