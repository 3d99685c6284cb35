//! What a column of a result holds, as a letter: T text, I integer, R other number.

use arrow::datatypes::{DataType, Schema};
use sqllogictest::ColumnType;

/// One column. There is no letter for "any": a test says what comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    Text,
    Integer,
    Number,
}

impl ColumnType for Column {
    fn from_char(letter: char) -> Option<Self> {
        match letter {
            'T' => Some(Self::Text),
            'I' => Some(Self::Integer),
            'R' => Some(Self::Number),
            _ => None,
        }
    }
    fn to_char(&self) -> char {
        match self {
            Self::Text => 'T',
            Self::Integer => 'I',
            Self::Number => 'R',
        }
    }
}

/// The columns of a result; what is no number is text.
pub(super) fn columns(schema: &Schema) -> Vec<Column> {
    let column = |of: &DataType| match of {
        of if of.is_integer() => Column::Integer,
        of if of.is_numeric() => Column::Number,
        _ => Column::Text,
    };
    schema.fields().iter().map(|field| column(field.data_type())).collect()
}
