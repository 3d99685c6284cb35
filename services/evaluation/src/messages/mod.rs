//! What people read where a query is wrong or fails: the engine's errors in words that name what, where and the remedy.

pub mod engine_words;

mod did_you_mean;

pub use did_you_mean::{did_you_mean, missing_function, near_function, nearest};

use datafusion::{arrow::error::ArrowError, error::DataFusionError, parquet::errors::ParquetError};
use lake::LakeError;
use std::{error::Error, iter::successors};

/// An error in words. In the lake's own words where it is a data file that cannot be read, which name table, file and remedy; in the engine's
/// otherwise.
pub fn error_text(error: &DataFusionError) -> String {
    let engine = engine_words::at_run_time(&error.strip_backtrace());
    match LakeError::within(error) {
        Some(named) => named.to_string(),
        None if within_a_file(error) => format!(
            "a data file is damaged inside, of a table that was read here; the reader does not say which ({engine}): \
             restore the data files from a backup of the lake"
        ),
        None if overflows(error) => {
            "arithmetic leaves its type, as a product of large numbers does: CAST to a wider type, or use smaller numbers"
                .to_owned()
        }
        None if of_a_value(error) => without_values(&engine),
        None => engine,
    }
}

/// Failures over a single value, which the engine repeats between quotes: it may be somebody's.
fn of_a_value(error: &(dyn Error + 'static)) -> bool {
    let value = |cause: &(dyn Error + 'static)| {
        matches!(cause.downcast_ref(), Some(ArrowError::CastError(_) | ArrowError::ParseError(_)))
    };
    successors(Some(error), |&cause| cause.source()).any(value)
}

/// Arithmetic that does not fit: the engine's message repeats both numbers.
fn overflows(error: &(dyn Error + 'static)) -> bool {
    let overflow =
        |cause: &(dyn Error + 'static)| matches!(cause.downcast_ref(), Some(ArrowError::ArithmeticOverflow(_)));
    successors(Some(error), |&cause| cause.source()).any(overflow)
}

/// The text without what stands between quotes.
fn without_values(text: &str) -> String {
    let pieces = text.split('\'').enumerate().map(|(at, piece)| if at % 2 == 0 { piece } else { "'…'" });
    pieces.collect()
}

/// Pages that cannot be decoded: by then the engine no longer knows the file.
fn within_a_file(error: &(dyn Error + 'static)) -> bool {
    let parquet = |cause: &(dyn Error + 'static)| {
        cause.is::<ParquetError>() || matches!(cause.downcast_ref(), Some(ArrowError::ParquetError(_)))
    };
    successors(Some(error), |&cause| cause.source()).any(parquet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_file_is_told_by_name_or_else_as_what_it_is() {
        let (table, file) = ("sites".to_owned(), "/lake/sites/part-1.parquet".to_owned());
        let named = ParquetError::External(Box::new(LakeError::MissingFile { table, file }));
        let named = error_text(&DataFusionError::from(named).context("reading"));
        assert!(named.starts_with("table sites: the data file /lake/sites/part-1.parquet is missing"), "{named}");
        let page = ArrowError::ParquetError("dictionary index out of bounds".to_owned());
        let page = error_text(&DataFusionError::from(page));
        assert!(page.contains("damaged inside") && page.contains("out of bounds") && page.contains("backup"), "{page}");
        let other = error_text(&DataFusionError::Plan("no such column".to_owned()));
        assert!(!other.contains("damaged"), "{other}");
        let value = "Cannot cast string 'p-4711' to value of Int64 type".to_owned();
        let value = error_text(&DataFusionError::from(ArrowError::CastError(value)));
        assert_eq!(value, "Arrow error: Cast error: Cannot cast string '…' to value of Int64 type");
        let product = "Overflow happened on: 4711 * 4712".to_owned();
        let product = error_text(&DataFusionError::from(ArrowError::ArithmeticOverflow(product)));
        assert!(product.starts_with("arithmetic leaves its type") && !product.contains("4711"), "{product}");
    }
}
