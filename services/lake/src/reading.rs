//! Readers of data files that say which file of which table cannot be read, and what to do.

use crate::{LakeError, table::Table};
use bytes::Bytes;
use datafusion::{
    datasource::{
        listing::PartitionedFile,
        physical_plan::parquet::{CachedParquetFileReaderFactory, ParquetFileReaderFactory},
    },
    error::DataFusionError,
    physical_plan::metrics::ExecutionPlanMetricsSet,
};
use futures::{FutureExt, future::BoxFuture};
use object_store::{ObjectStoreExt, path::Path};
use parquet::{
    arrow::{arrow_reader::ArrowReaderOptions, async_reader::AsyncFileReader},
    errors::{ParquetError, Result},
    file::metadata::ParquetMetaData,
};
use std::{ops::Range, sync::Arc};

/// The engine's own readers, with table and file on what goes wrong.
#[derive(Debug)]
pub(crate) struct Readers {
    table: Table,
    inner: CachedParquetFileReaderFactory,
}

impl Readers {
    pub(crate) fn new(table: Table, inner: CachedParquetFileReaderFactory) -> Self {
        Self { table, inner }
    }
}

impl ParquetFileReaderFactory for Readers {
    fn create_reader(
        &self,
        partition: usize,
        file: PartitionedFile,
        metadata_size_hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>, DataFusionError> {
        let name = Name { table: self.table.clone(), location: file.object_meta.location.clone() };
        let inner = self.inner.create_reader(partition, file, metadata_size_hint, metrics)?;
        Ok(Box::new(Reader { inner, name }))
    }
}

/// A reader of one file.
struct Reader {
    inner: Box<dyn AsyncFileReader + Send>,
    name: Name,
}

/// Which file of which table.
struct Name {
    table: Table,
    location: Path,
}

impl Name {
    /// An error that names the file. The cause becomes text: the engine's own do not all tell a file that is not there.
    async fn on<T>(&self, result: Result<T>) -> Result<T> {
        let Err(error) = result else { return result };
        let (table, file) = (self.table.name.to_string(), format!("/{}", self.location));
        let named = match self.table.home.store.head(&self.location).await {
            Err(object_store::Error::NotFound { .. }) => LakeError::MissingFile { table, file },
            _ => LakeError::DamagedFile { table, file, source: error.to_string().into() },
        };
        Err(ParquetError::External(Box::new(named)))
    }
}

impl AsyncFileReader for Reader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        async move { self.name.on(self.inner.get_bytes(range).await).await }.boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        async move { self.name.on(self.inner.get_byte_ranges(ranges).await).await }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        async move { self.name.on(self.inner.get_metadata(options).await).await }.boxed()
    }
}
