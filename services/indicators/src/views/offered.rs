//! What the view of a stream looks like, without its rows.

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use contracts::Contract;
use std::{collections::HashMap, sync::Arc};

/// Field metadata that follows a person's column through a plan, with the column's domain as its value.
pub(crate) const PERSON: &str = "bellwether.person";

/// The contract's columns, and `week` unless it is a reference stream. Columns that name a person say so in their metadata.
pub(crate) fn offered(contract: &Contract) -> SchemaRef {
    let mut fields: Vec<Field> = contract.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    for field in &mut fields {
        if let Some((_, domain)) = contract.persons().iter().find(|(column, _)| column == field.name()) {
            field.set_metadata(HashMap::from([(PERSON.to_owned(), domain.clone())]));
        }
    }
    if !contract.is_reference() {
        fields.push(Field::new("week", DataType::Date32, false));
    }
    Arc::new(Schema::new(fields))
}
