//! What may change about a table, and what is refused.

use super::support::{append, lake, number, pretty, rows, spec};
use crate::{LakeError, TableSpec};
use arrow::{
    array::{ArrayRef, Date32Array, Int64Array, StringArray},
    datatypes::{DataType, Field, Schema},
    record_batch::RecordBatch,
};
use std::sync::Arc;

fn with_fields(change: impl FnOnce(&mut Vec<Field>)) -> TableSpec {
    let mut spec = spec();
    let mut fields: Vec<Field> = spec.schema.fields().iter().map(|f| f.as_ref().clone()).collect();
    change(&mut fields);
    spec.schema = Arc::new(Schema::new(fields));
    spec
}

#[tokio::test]
async fn an_optional_column_is_added_without_a_rewrite() {
    let (_dir, lake) = lake().await;
    let mut old = lake.writer(&spec()).await.unwrap();
    append(&mut old, &[rows(0..3, 1)]).await;
    let wider = with_fields(|fields| {
        fields.insert(0, Field::new("minutes", DataType::Int64, true));
        fields.push(Field::new("tags", DataType::new_list(DataType::Utf8, true), true));
    });
    let mut new = lake.writer(&wider).await.unwrap();
    assert_eq!(lake.snapshot("events").await.unwrap().unwrap().files(), 1);
    let row: [(&str, ArrayRef); 3] = [
        ("id", Arc::new(Int64Array::from(vec![9]))),
        ("day", Arc::new(Date32Array::from(vec![1]))),
        ("minutes", Arc::new(Int64Array::from(vec![30]))),
    ];
    append(&mut new, &[RecordBatch::try_from_iter(row).unwrap()]).await;
    // A writer from before goes on, without the columns that it does not know.
    append(&mut old, &[rows(3..5, 2)]).await;
    assert_eq!(number(&lake, "events", "select count(*) from events").await, 6);
    assert_eq!(number(&lake, "events", "select id from events where minutes = 30").await, 9);
    let table =
        pretty(&lake, "events", "select id, name, minutes, tags from events where id in (2, 9) order by id").await;
    let expected = "+----+--------+---------+------+\n| id | name   | minutes | tags |\n+----+--------+---------+------+\n\
                    | 2  | name 2 |         |      |\n| 9  |        | 30      |      |\n+----+--------+---------+------+";
    assert_eq!(table, expected);
    // Opening again changes nothing.
    assert_eq!(lake.writer(&wider).await.unwrap().version(), 4);
}

/// A schema that was rolled back, or a column that another engine had added, stopped ingestion for good.
#[tokio::test]
async fn an_optional_column_that_the_schema_does_not_name_stays_and_is_filled_with_null() {
    let (_dir, lake) = lake().await;
    let wider = with_fields(|fields| fields.push(Field::new("minutes", DataType::Int64, true)));
    lake.writer(&wider).await.unwrap();
    let mut rolled_back = lake.writer(&spec()).await.unwrap();
    append(&mut rolled_back, &[rows(0..3, 1)]).await;
    assert_eq!(number(&lake, "events", "select count(*) from events where minutes is null").await, 3);
    // Rolled forward again, it is the same column.
    assert_eq!(lake.writer(&wider).await.unwrap().version(), 1);
}

#[tokio::test]
async fn two_programs_may_add_the_same_column() {
    let (_dir, lake) = lake().await;
    lake.writer(&spec()).await.unwrap();
    let wider = with_fields(|fields| fields.push(Field::new("minutes", DataType::Int64, true)));
    let (a, b) = tokio::join!(lake.writer(&wider), lake.writer(&wider));
    assert_eq!((a.unwrap().schema().fields().len(), b.unwrap().schema().fields().len()), (4, 4));
}

#[tokio::test]
async fn the_order_of_columns_and_their_descriptions_do_not_matter() {
    let (_dir, lake) = lake().await;
    lake.writer(&spec()).await.unwrap();
    let other = with_fields(|fields| {
        fields.reverse();
        fields[0].set_metadata([("description".to_string(), "who".to_string())].into());
    });
    assert_eq!(lake.writer(&other).await.unwrap().version(), 0);
}

#[tokio::test]
async fn every_other_change_is_refused_by_name() {
    let (_dir, lake) = lake().await;
    lake.writer(&spec()).await.unwrap();
    let changes: Vec<(TableSpec, &str)> = vec![
        (
            with_fields(|f| f[0] = Field::new("id", DataType::Utf8, false)),
            "column id is long in the table, string in the schema",
        ),
        (
            with_fields(|f| f[0] = Field::new("id", DataType::Int64, true)),
            "column id is required in the table, optional in the schema",
        ),
        (
            with_fields(|f| f[2] = Field::new("name", DataType::Utf8, false)),
            "column name is optional in the table, required in the schema",
        ),
        (with_fields(|f| f.push(Field::new("x", DataType::Utf8, false))), "column x is new and required"),
        (
            with_fields(|f| drop(f.remove(0))),
            "column id of the table is required, and the schema does not name it (name it again, or let the table do \
             without it: ALTER TABLE events ALTER COLUMN id DROP NOT NULL)",
        ),
        (TableSpec { partition_by: vec![], ..spec() }, "it is partitioned by [\"day\"], not by []"),
    ];
    for (changed, why) in changes {
        let error = lake.writer(&changed).await.unwrap_err();
        assert!(matches!(&error, LakeError::Schema { differences, .. } if differences == &[why]), "{why}: {error}");
        assert!(
            error.to_string().starts_with("table events does not fit its schema: column") || why.starts_with("it is")
        );
    }
    assert_eq!(lake.snapshot("events").await.unwrap().unwrap().version(), 0);
}

#[tokio::test]
async fn another_kafka_cluster_is_refused() {
    let (_dir, lake) = lake().await;
    lake.writer(&spec()).await.unwrap();
    let mut other = spec();
    other.properties.insert("bellwether.kafka.cluster".into(), "cluster-b".into());
    let text = lake.writer(&other).await.unwrap_err().to_string();
    assert!(
        text.contains("bellwether.kafka.cluster") && text.contains("cluster-a") && text.contains("cluster-b"),
        "{text}"
    );
}

#[tokio::test]
async fn rows_that_do_not_fit_are_refused_by_column() {
    let (_dir, lake) = lake().await;
    let writer = lake.writer(&spec()).await.unwrap();
    let day = || Arc::new(Date32Array::from(vec![1])) as ArrayRef;
    let id = || Arc::new(Int64Array::from(vec![1])) as ArrayRef;
    let text = || Arc::new(StringArray::from(vec!["1"])) as ArrayRef;
    for (columns, why) in [
        (vec![("id", text()), ("day", day())], "column id: "),
        (vec![("id", id()), ("day", day()), ("extra", text())], "column extra is not one of the table's"),
        (vec![("day", day())], "column id is required and lacks values"),
    ] {
        let error = writer.write(&[RecordBatch::try_from_iter(columns).unwrap()]).await.unwrap_err().to_string();
        assert!(error.contains("rows for table events") && error.contains(why), "{error}");
    }
}
