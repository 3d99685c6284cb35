//! The tables of the shipped contracts.

use super::support::{lake, number};
use crate::{Commit, EVENT_DATE, Pending, TableSpec};
use arrow::{
    array::{
        ArrayRef, Date32Array, Int32Array, Int64Array, TimestampMicrosecondArray, new_empty_array, new_null_array,
    },
    record_batch::RecordBatch,
};
use contracts::{Contract, Contracts};
use std::sync::Arc;

/// A row of the key alone, as a deletion is stored; `None` where the contract requires more.
fn row(contract: &Contract, spec: &TableSpec) -> Option<RecordBatch> {
    let column = |field: &arrow::datatypes::FieldRef| -> Option<ArrayRef> {
        Some(match field.name().as_str() {
            "event_date" => Arc::new(Date32Array::from(vec![20_000])),
            "_partition" => Arc::new(Int32Array::from(vec![0])),
            "_offset" => Arc::new(Int64Array::from(vec![7])),
            "_ingested_at" => Arc::new(TimestampMicrosecondArray::from(vec![1]).with_timezone("UTC")),
            name if name == contract.key() => Arc::new(arrow::array::StringArray::from(vec!["key"])),
            _ if field.is_nullable() => new_null_array(field.data_type(), 1),
            _ => return None,
        })
    };
    let columns = spec.schema.fields().iter().map(column).collect::<Option<Vec<_>>>()?;
    Some(RecordBatch::try_new(spec.schema.clone(), columns).unwrap())
}

#[tokio::test]
async fn every_stream_has_a_table_that_opens_again_and_reads() {
    let (_dir, lake) = lake().await;
    let mut written = 0;
    for contract in Contracts::shipped().unwrap().iter() {
        let (name, spec) = (contract.name(), TableSpec::stream(contract, "cluster-a"));
        assert_eq!(spec.partition_by.is_empty(), contract.is_reference(), "{name}");
        let mut writer = lake.writer(&spec).await.unwrap();
        let empty = spec.schema.fields().iter().map(|f| new_empty_array(f.data_type())).collect();
        let empty = RecordBatch::try_new(spec.schema.clone(), empty).unwrap();
        assert_eq!(writer.write(&[empty]).await.unwrap().files(), 0, "{name}");
        if let Some(deletion) = row(contract, &spec) {
            let pending = writer.write(&[deletion]).await.unwrap();
            assert_eq!(writer.commit(pending, &[]).await.unwrap(), Commit::Done(1), "{name}");
            assert_eq!(number(&lake, name, &format!("select _offset from {name}")).await, 7);
            written += 1;
        }
        assert_eq!(writer.commit(Pending::default(), &[]).await.unwrap(), Commit::Done(writer.version()));
        assert_eq!(lake.writer(&spec).await.unwrap().version(), writer.version(), "{name}");
        assert_eq!(spec.schema.index_of(EVENT_DATE).is_ok(), !contract.is_reference(), "{name}");
        let rows = number(&lake, name, &format!("select count(*) from {name}")).await;
        assert_eq!(rows, i64::from(contract.is_reference()), "{name}");
    }
    assert_eq!(written, 2);
}
