//! Rows of one partition value → one Parquet file, and what the log has to know of it.

use crate::{LakeError, rows::Group, settle::settle, table::Table};
use arrow::{array::StructArray, record_batch::RecordBatch};
use buoyant_kernel::{FileMeta, engine::arrow_data::ArrowEngineData, transaction::BoundWriteContext};
use buoyant_kernel_engine::{build_add_file_metadata, parquet::DataFileMetadata, stats::FileStatsAccumulator};
use object_store::{ObjectStoreExt, path::Path};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};

/// Rows a row group. Large enough to compress, small enough that a scan of one file spreads over several threads.
const ROW_GROUP_ROWS: usize = 256 * 1024;

/// A file in the store that no version of the table names yet.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// One row, as the log's add action wants it.
    pub(crate) add: RecordBatch,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) written_ms: i64,
}

pub(crate) struct Encoded {
    bytes: Vec<u8>,
    statistics: StructArray,
    rows: u64,
}

/// Encodes and measures the rows. Busy for long: not for a runtime thread.
pub(crate) fn encode(group: &Group, context: &BoundWriteContext) -> Result<Encoded, crate::error::Cause> {
    let mut statistics = FileStatsAccumulator::new(context.stats_columns(), context.physical_schema());
    let first = group.rows.first().ok_or("a group without rows")?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), first.schema(), Some(properties))?;
    let mut rows = 0;
    for batch in &group.rows {
        statistics.merge(batch)?;
        writer.write(batch)?;
        rows += batch.num_rows() as u64;
    }
    let statistics = statistics.finish()?.ok_or("a file without statistics")?;
    Ok(Encoded { bytes: writer.into_inner()?, statistics, rows })
}

/// Puts the file under a name of its own into the partition's folder. One put: half a file is never seen.
pub(crate) async fn store(table: &Table, context: &BoundWriteContext, encoded: Encoded) -> Result<File, LakeError> {
    let failed = |e: crate::error::Cause| table.failed("writing a file", e);
    let name = format!("part-{}.zstd.parquet", uuid::Uuid::new_v4());
    let url = context.write_dir().join(&name).map_err(|e| failed(e.into()))?;
    let path = Path::from_url_path(url.path()).map_err(|e| failed(e.into()))?;
    let Encoded { bytes, statistics, rows } = encoded;
    let size = bytes.len() as u64;
    table.home.store.put(&path, bytes.into()).await.map_err(|e| failed(e.into()))?;
    settle(url.clone()).await.map_err(|e| failed(e.into()))?;
    let written_ms = now_ms();
    let metadata = DataFileMetadata::new(FileMeta::new(url, written_ms, size), statistics);
    let add = build_add_file_metadata(metadata, context).map_err(|e| failed(e.into()))?;
    let add = ArrowEngineData::try_from_engine_data(add).map_err(|e| failed(e.into()))?;
    Ok(File { add: (*add).into(), rows, bytes: size, written_ms })
}

/// The age of files on a disk is wall-clock time by nature; nothing that evaluates sees it.
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
