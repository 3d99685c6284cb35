//! Every column type comes back as it went in.

use super::{
    advancing::listing,
    support::{append, lake, query},
};
use crate::TableSpec;
use arrow::{
    array::{
        ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int32Array, Int64Array,
        ListArray, MapArray, RecordBatch, StringArray, StringDictionaryBuilder, StructArray, TimestampMicrosecondArray,
        builder::{MapBuilder, StringBuilder},
    },
    buffer::OffsetBuffer,
    datatypes::{DataType, Field, Fields, Int32Type, Schema, TimeUnit},
    util::pretty::pretty_format_batches,
};
use std::{collections::BTreeMap, sync::Arc};

fn items() -> ArrayRef {
    let fields = Fields::from(vec![
        Field::new("item", DataType::Utf8, false),
        Field::new("score", DataType::Float64, false),
        Field::new("note", DataType::Utf8, true),
    ]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec!["engaging", "clear", "safe"])),
        Arc::new(Float64Array::from(vec![1.0, 4.5, 5.0])),
        Arc::new(StringArray::from(vec![Some("x"), None, None])),
    ];
    let entries = StructArray::new(fields.clone(), columns, None);
    let item = Arc::new(Field::new("item", DataType::Struct(fields), false));
    let nulls = Some(vec![true, true, false].into());
    Arc::new(ListArray::new(item, OffsetBuffer::from_lengths([2, 1, 0]), Arc::new(entries), nulls))
}

fn labels() -> MapArray {
    let mut labels = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    labels.keys().append_value("team");
    labels.values().append_value("day shift");
    labels.append(true).unwrap();
    labels.append(true).unwrap();
    labels.append(false).unwrap();
    labels.finish()
}

fn dictionary() -> DictionaryArray<Int32Type> {
    let mut words = StringDictionaryBuilder::<Int32Type>::new();
    words.append_value("field");
    words.append_value("leave");
    words.append_value("field");
    words.finish()
}

fn columns() -> Vec<(&'static str, ArrayRef, DataType)> {
    let decimal = |scale, values: Vec<Option<i128>>| {
        let array = Decimal128Array::from(values).with_precision_and_scale(38, scale).unwrap();
        Arc::new(array) as ArrayRef
    };
    let times = vec![Some(1_700_000_000_123_456), None, Some(-1)];
    let largest = 99_999_999_999_999_999_999_999_999_999_999_999_999;
    let plain: Vec<(&'static str, ArrayRef)> = vec![
        ("text", Arc::new(StringArray::from(vec![Some("é"), None, Some("")]))),
        ("whole", Arc::new(Int64Array::from(vec![Some(i64::MIN), None, Some(i64::MAX)]))),
        ("small", Arc::new(Int32Array::from(vec![Some(i32::MIN), None, Some(i32::MAX)]))),
        ("real", Arc::new(Float64Array::from(vec![Some(0.1), None, Some(-1e300)]))),
        ("yes", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
        ("week", Arc::new(Date32Array::from(vec![Some(19_000), None, Some(-1)]))),
        ("at", Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC"))),
        ("part", decimal(9, vec![Some(largest), None, Some(-1)])),
        ("squares", decimal(18, vec![Some(-largest), None, Some(1)])),
        ("items", items()),
        ("labels", Arc::new(labels())),
    ];
    let mut columns: Vec<_> = plain.into_iter().map(|(n, a)| (n, a.clone(), a.data_type().clone())).collect();
    columns.push(("word", Arc::new(dictionary()), DataType::Utf8));
    columns
}

async fn round_trip(partition_by: Vec<String>) {
    let (_dir, lake) = lake().await;
    let mut fields = vec![Field::new("day", DataType::Date32, false)];
    fields.extend(columns().iter().map(|(name, _, of)| Field::new(*name, of.clone(), *name != "word")));
    let schema = Arc::new(Schema::new(fields));
    let spec = TableSpec { name: "all_types".into(), schema, partition_by, properties: BTreeMap::new() };
    let mut batch: Vec<(&str, ArrayRef)> = columns().into_iter().map(|(name, array, _)| (name, array)).collect();
    batch.push(("day", Arc::new(Date32Array::from(vec![19_001, 19_000, 19_001]))));
    let batch = RecordBatch::try_from_iter(batch).unwrap();
    let mut writer = lake.writer(&spec).await.unwrap();
    append(&mut writer, std::slice::from_ref(&batch)).await;
    let select = "select text, whole, small, real, yes, week, at, part, squares, items, labels, word, day \
                  from all_types order by whole nulls last, text";
    let read = query(&lake, "all_types", select).await;
    let order = arrow::array::UInt32Array::from(vec![0, 2, 1]);
    let sent = arrow::compute::take_record_batch(&batch, &order).unwrap();
    let text = |batches: &[RecordBatch]| pretty_format_batches(batches).unwrap().to_string();
    assert_eq!(text(&read), text(&[sent]));
    let schema = read[0].schema();
    assert_eq!(schema.field_with_name("text").unwrap().data_type(), &DataType::Utf8);
    assert_eq!(schema.field_with_name("word").unwrap().data_type(), &DataType::Utf8);
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    assert_eq!(schema.field_with_name("at").unwrap().data_type(), &utc);
    assert_eq!(schema.field_with_name("squares").unwrap().data_type(), &DataType::Decimal128(38, 18));
    // Statistics of every type prune or keep, but never lose a row.
    for (filter, rows) in [
        ("at = '2023-11-14T22:13:20.123456Z'", 1),
        ("part > 0", 1),
        ("squares < 0", 1),
        ("whole = 9223372036854775807", 1),
        ("real > 0", 1),
        ("text is null", 1),
        ("week < '1970-01-01'", 1),
        ("not yes", 1),
        ("labels['team'] = 'day shift'", 1),
        ("items[1]['score'] = 5.0", 1),
        ("text = 'nobody'", 0),
    ] {
        let read = query(&lake, "all_types", &format!("select whole from all_types where {filter}")).await;
        assert_eq!(read.iter().map(RecordBatch::num_rows).sum::<usize>(), rows, "{filter}");
    }
    // What a commit says of every type is read as the kernel reads it.
    let before = lake.snapshot("all_types").await.unwrap().unwrap();
    append(&mut writer, &[batch]).await;
    let (advanced, loaded) = (before.latest().await.unwrap(), lake.snapshot("all_types").await.unwrap().unwrap());
    assert_eq!(listing(&advanced), listing(&loaded));
    assert!(advanced.files() > before.files());
}

#[tokio::test]
async fn every_type_returns_from_a_partitioned_table() {
    round_trip(vec!["day".into()]).await;
}

#[tokio::test]
async fn every_type_returns_from_an_unpartitioned_table() {
    round_trip(vec![]).await;
}
