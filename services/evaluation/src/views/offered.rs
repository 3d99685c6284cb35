//! What the view of a stream looks like, without its rows.

use super::weeks;
use crate::functions;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use contracts::Contract;
use std::{collections::HashMap, sync::Arc};

/// Field metadata that follows a person's column through a plan, with the column's domain as its value.
pub const PERSON: &str = "bellwether.person";

/// The contract's columns, and `week` and the site's clock unless it is a reference stream. Columns that name a person say so in their metadata.
pub fn offered(contract: &Contract) -> SchemaRef {
    let mut fields: Vec<Field> = contract.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    for field in &mut fields {
        if let Some((_, domain)) = contract.persons().iter().find(|(column, _)| column == field.name()) {
            field.set_metadata(HashMap::from([(PERSON.to_owned(), domain.clone())]));
        }
    }
    if !contract.is_reference() {
        fields.push(Field::new("week", DataType::Date32, false));
    }
    let shown = weeks::local_columns(contract);
    fields.extend(shown.iter().map(|shown| Field::new(&shown.name, functions::civil(), shown.instant.is_nullable())));
    Arc::new(Schema::new(fields))
}

/// What a column of a stream's view means that its contract has not.
pub fn meaning(contract: &Contract, column: &str) -> String {
    match weeks::instant_of(contract, column) {
        Some(instant) => format!("What clocks showed at the site at `{instant}`; UTC where no site record says."),
        None => week_meaning(contract),
    }
}

fn week_meaning(contract: &Contract) -> String {
    let at = contract.event_time().unwrap_or_default();
    if super::weeks::is_interval(contract) {
        return "Monday of the week in the site's time zone. Rows are cut where weeks begin: one a week that the entry \
                lies in, `starts_at` and `ends_at` cut with it, and at `$as_of`."
            .to_owned();
    }
    format!("Monday of the week in the site's time zone that holds `{at}`; UTC where no site record says.")
}
