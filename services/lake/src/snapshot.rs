//! One version of a table, for reading.

use crate::LakeError;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use std::sync::Arc;

/// A version of a table: the active files and nothing else.
#[derive(Debug, Clone)]
pub struct TableSnapshot {}

impl TableSnapshot {
    /// Delta version.
    pub fn version(&self) -> u64 {
        todo!()
    }
    /// All columns, partition columns included.
    pub fn schema(&self) -> SchemaRef {
        todo!()
    }
    /// A mark as of this version.
    pub async fn mark(&self, _name: &str) -> Result<Option<i64>, LakeError> {
        todo!()
    }
    /// Active files.
    pub fn files(&self) -> usize {
        todo!()
    }
    /// A Parquet scan over the active files; filters on partition columns and statistics prune files.
    pub fn provider(&self) -> Result<Arc<dyn TableProvider>, LakeError> {
        todo!()
    }
}
