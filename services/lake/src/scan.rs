//! Active files → DataFusion: a plain Parquet scan of those files that can hold a wanted row. What goes wrong with a file
//! says which file of which table it is, and what to do.

use crate::{active::ActiveFiles, error::LakeError, table::Table};
use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use async_trait::async_trait;
use bytes::Bytes;
use datafusion::{
    catalog::{Session, TableProvider},
    common::{DFSchema, Statistics, config::TableParquetOptions, stats::Precision},
    datasource::{
        TableType,
        listing::PartitionedFile,
        physical_plan::{
            FileGroup, FileScanConfigBuilder, ParquetSource,
            parquet::{CachedParquetFileReaderFactory, ParquetFileReaderFactory},
        },
        source::DataSourceExec,
        table_schema::TableSchema,
    },
    error::DataFusionError,
    execution::object_store::ObjectStoreUrl,
    logical_expr::{Expr, TableProviderFilterPushDown, utils::conjunction},
    physical_optimizer::pruning::PruningPredicateBuilder,
    physical_plan::{ExecutionPlan, empty::EmptyExec, metrics::ExecutionPlanMetricsSet},
};
use futures::{FutureExt, future::BoxFuture};
use object_store::{ObjectStoreExt, path::Path};
use parquet::{
    arrow::{arrow_reader::ArrowReaderOptions, async_reader::AsyncFileReader},
    errors::ParquetError,
    file::metadata::ParquetMetaData,
};
use std::{ops::Range, sync::Arc};

/// The table as a query sees it.
#[derive(Debug)]
pub(crate) struct ActiveFilesProvider {
    table: Table,
    /// Columns in the table's order.
    columns: SchemaRef,
    /// The same columns as a scan of files has them: those in the files first, then the partition columns.
    scanned: TableSchema,
    store: ObjectStoreUrl,
    files: Arc<ActiveFiles>,
}

impl ActiveFilesProvider {
    pub(crate) fn new(table: Table, columns: SchemaRef, files: Arc<ActiveFiles>) -> Result<Self, DataFusionError> {
        let is_partition = |field: &&FieldRef| files.partition_by().contains(field.name());
        let in_files: Vec<FieldRef> = columns.fields().iter().filter(|f| !is_partition(f)).cloned().collect();
        let by = files.partition_by().iter().map(|name| columns.field_with_name(name).map(|f| Arc::new(f.clone())));
        let by: Vec<FieldRef> = by.collect::<Result<_, _>>()?;
        let scanned = TableSchema::builder(Arc::new(Schema::new(in_files))).with_table_partition_cols(by).build();
        let store = ObjectStoreUrl::parse(&table.url[..url::Position::BeforePath])?;
        Ok(Self { table, columns, scanned, store, files })
    }

    /// Places of the files that can hold a row for which all filters hold.
    fn prune(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<usize>, DataFusionError> {
        let all = 0..self.files.len();
        let Some(filter) = conjunction(filters.to_vec()) else { return Ok(all.collect()) };
        let filter = state.create_physical_expr(filter, &DFSchema::try_from(self.columns.clone())?)?;
        let predicate = PruningPredicateBuilder::new().with_file_schema(self.columns.clone()).try_build(filter)?;
        if predicate.always_true() {
            return Ok(all.collect());
        }
        let keep = predicate.prune(self.files.as_ref())?;
        Ok(all.filter(|i| keep[*i]).collect())
    }

    fn rows(&self, kept: &[usize]) -> Precision<usize> {
        let rows = self.files.rows(kept).and_then(|rows| usize::try_from(rows).ok());
        rows.map_or(Precision::Absent, Precision::Exact)
    }

    /// A projection of the table's columns, as places in the scanned ones.
    fn projection(&self, projection: Option<&Vec<usize>>) -> Result<Vec<usize>, DataFusionError> {
        let all: Vec<usize> = (0..self.columns.fields().len()).collect();
        let place = |i: &usize| Ok(self.scanned.table_schema().index_of(self.columns.field(*i).name())?);
        projection.unwrap_or(&all).iter().map(place).collect()
    }

    fn groups(&self, kept: &[usize], parallel: usize) -> Result<Vec<FileGroup>, DataFusionError> {
        let file = |i: &usize| {
            let (meta, partition_values) = self.files.file(&self.table, *i)?;
            Ok(PartitionedFile::from(meta).with_partition_values(partition_values))
        };
        let files = kept.iter().map(file).collect::<Result<Vec<_>, DataFusionError>>()?;
        Ok(FileGroup::new(files).split_files(parallel.max(1)))
    }
}

#[async_trait]
impl TableProvider for ActiveFilesProvider {
    fn schema(&self) -> SchemaRef {
        self.columns.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Filters choose files and row groups, not rows: the query checks them again.
    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>, DataFusionError> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let kept = self.prune(state, filters).unwrap_or_else(|error| {
            tracing::debug!(table = %self.table.name, %error, "filters do not prune files");
            (0..self.files.len()).collect()
        });
        let projection = self.projection(projection)?;
        if kept.is_empty() {
            let schema = self.scanned.table_schema().project(&projection)?;
            return Ok(Arc::new(EmptyExec::new(Arc::new(schema))));
        }
        let mut statistics = Statistics::new_unknown(self.scanned.table_schema());
        statistics.num_rows = self.rows(&kept);
        let parquet = state.config_options().execution.parquet.clone();
        let options = TableParquetOptions { global: parquet, ..TableParquetOptions::default() };
        let runtime = state.runtime_env();
        let cached = runtime.cache_manager.get_file_metadata_cache();
        let readers = CachedParquetFileReaderFactory::new(runtime.object_store(&self.store)?, cached);
        let source = ParquetSource::new(self.scanned.clone())
            .with_table_parquet_options(options)
            .with_parquet_file_reader_factory(Arc::new(NamingReaders { table: self.table.clone(), inner: readers }));
        let scan = FileScanConfigBuilder::new(self.store.clone(), Arc::new(source))
            .with_file_groups(self.groups(&kept, state.config().target_partitions())?)
            .with_statistics(statistics)
            .with_projection_indices(Some(projection))?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(scan))
    }

    fn statistics(&self) -> Option<Statistics> {
        let all: Vec<usize> = (0..self.files.len()).collect();
        let mut statistics = Statistics::new_unknown(&self.columns);
        statistics.num_rows = self.rows(&all);
        Some(statistics)
    }
}

/// DataFusion's own readers, with table and file on what goes wrong.
#[derive(Debug)]
struct NamingReaders {
    table: Table,
    inner: CachedParquetFileReaderFactory,
}

impl ParquetFileReaderFactory for NamingReaders {
    fn create_reader(
        &self,
        partition: usize,
        file: PartitionedFile,
        metadata_size_hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>, DataFusionError> {
        let name = DataFileName { table: self.table.clone(), location: file.object_meta.location.clone() };
        let inner = self.inner.create_reader(partition, file, metadata_size_hint, metrics)?;
        Ok(Box::new(NamingReader { inner, name }))
    }
}

/// A reader of one file.
struct NamingReader {
    inner: Box<dyn AsyncFileReader + Send>,
    name: DataFileName,
}

/// Which file of which table.
struct DataFileName {
    table: Table,
    location: Path,
}

impl DataFileName {
    /// An error that names the file. The cause becomes text: DataFusion's own errors do not all say that a file is missing.
    async fn on<T>(&self, result: Result<T, ParquetError>) -> Result<T, ParquetError> {
        let Err(error) = result else { return result };
        let (table, file) = (self.table.name.to_string(), format!("/{}", self.location));
        let named = match self.table.home.store.head(&self.location).await {
            Err(object_store::Error::NotFound { .. }) => LakeError::MissingFile { table, file },
            _ => LakeError::DamagedFile { table, file, source: error.to_string().into() },
        };
        Err(ParquetError::External(Box::new(named)))
    }
}

impl AsyncFileReader for NamingReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, ParquetError>> {
        async move { self.name.on(self.inner.get_bytes(range).await).await }.boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>, ParquetError>> {
        async move { self.name.on(self.inner.get_byte_ranges(ranges).await).await }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>, ParquetError>> {
        async move { self.name.on(self.inner.get_metadata(options).await).await }.boxed()
    }
}
