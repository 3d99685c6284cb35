//! Records ↔ the columns of the table `indicators`.

use super::{
    error::StoreError,
    record::{Kind, Record},
};
use crate::{evaluate::exact, functions::timestamp};
use arrow::{
    array::{
        Array, ArrayRef, AsArray, Date32Array, Decimal128Array, Int64Array, MapArray, MapBuilder, MapFieldNames,
        RecordBatch, StringArray, StringBuilder, TimestampMicrosecondArray,
    },
    compute::cast,
    datatypes::{
        ArrowNativeType, DataType, Date32Type, Decimal128Type, Field, Fields, Int64Type, Schema, SchemaRef,
        TimestampMicrosecondType,
    },
};
use indicators::{
    PartRow,
    calendar::{date_of_days, days_of_date},
};
use jiff::Timestamp;
use lake::TableSpec;
use std::{collections::BTreeMap, sync::Arc};

/// Name of the table.
pub(crate) const TABLE: &str = "indicators";

/// Names inside a map as Delta tables have them.
fn map_names() -> MapFieldNames {
    MapFieldNames { entry: "key_value".to_owned(), key: "key".to_owned(), value: "value".to_owned() }
}

/// The type of `labels`.
pub(crate) fn labels_type() -> DataType {
    let names = map_names();
    let entries =
        Fields::from(vec![Field::new(names.key, DataType::Utf8, false), Field::new(names.value, DataType::Utf8, true)]);
    DataType::Map(Arc::new(Field::new(names.entry, DataType::Struct(entries), false)), false)
}

fn schema() -> SchemaRef {
    let nine = DataType::Decimal128(38, 9);
    Arc::new(Schema::new(vec![
        Field::new("kind", DataType::Utf8, false),
        Field::new("metric", DataType::Utf8, false),
        Field::new("week", DataType::Date32, false),
        Field::new("site", DataType::Utf8, false),
        Field::new("labels", labels_type(), false),
        Field::new("numerator", nine.clone(), false),
        Field::new("denominator", nine.clone(), false),
        Field::new("sum_squares", DataType::Decimal128(38, 18), true),
        Field::new("logged", nine.clone(), true),
        Field::new("expected", nine, true),
        Field::new("respondents", DataType::Int64, true),
        Field::new("version", DataType::Int64, true),
        Field::new("published_at", timestamp(), true),
        Field::new("evaluation", DataType::Int64, false),
        Field::new("computed_at", timestamp(), false),
    ]))
}

/// The table, as the lake creates it.
pub(super) fn spec() -> TableSpec {
    TableSpec { name: TABLE.to_owned(), schema: schema(), partition_by: Vec::new(), properties: BTreeMap::new() }
}

/// Records as one batch, whose columns are those of the views over them, too.
pub(crate) fn batch(records: &[Record]) -> Result<RecordBatch, StoreError> {
    let rows = || records.iter().map(|record| &record.row);
    let decimals = |values: Vec<Option<i128>>, scale| -> Result<ArrayRef, StoreError> {
        Ok(Arc::new(Decimal128Array::from(values).with_precision_and_scale(38, scale)?))
    };
    let times = |values: Vec<Option<i64>>| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
    };
    let published = |record: &Record| match record.kind {
        Kind::Publication { version, at } => Some((version, at.as_microsecond())),
        _ => None,
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(records.iter().map(|record| record.kind.as_str()))),
        Arc::new(StringArray::from_iter_values(rows().map(|row| &row.metric))),
        Arc::new(Date32Array::from_iter_values(rows().map(|row| days_of_date(row.week)))),
        Arc::new(StringArray::from_iter_values(rows().map(|row| &row.site))),
        Arc::new(labels(rows().map(|row| &row.labels))?),
        decimals(rows().map(|row| Some(row.numerator)).collect(), 9)?,
        decimals(rows().map(|row| Some(row.denominator)).collect(), 9)?,
        decimals(rows().map(|row| row.sum_squares).collect(), 18)?,
        decimals(rows().map(|row| row.logged).collect(), 9)?,
        decimals(rows().map(|row| row.expected).collect(), 9)?,
        Arc::new(rows().map(|row| row.respondents).collect::<Int64Array>()),
        Arc::new(records.iter().map(|record| published(record).map(|p| p.0)).collect::<Int64Array>()),
        times(records.iter().map(|record| published(record).map(|p| p.1)).collect()),
        Arc::new(records.iter().map(|record| Some(record.evaluation)).collect::<Int64Array>()),
        times(records.iter().map(|record| Some(record.computed_at.as_microsecond())).collect()),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}

/// Label sets as a map column.
pub(crate) fn labels<'a>(
    sets: impl Iterator<Item = &'a BTreeMap<String, String>>,
) -> Result<MapArray, arrow::error::ArrowError> {
    let mut map = MapBuilder::new(Some(map_names()), StringBuilder::new(), StringBuilder::new());
    for labels in sets {
        for (name, value) in labels {
            map.keys().append_value(name);
            map.values().append_value(value);
        }
        map.append(true)?;
    }
    Ok(map.finish())
}

/// The records of a batch that was read from the table.
pub(super) fn records(batch: &RecordBatch) -> Result<Vec<Record>, StoreError> {
    let columns = Columns::of(batch)?;
    (0..batch.num_rows()).map(|row| columns.record(row)).collect()
}

struct Columns {
    kind: ArrayRef,
    metric: ArrayRef,
    week: ArrayRef,
    site: ArrayRef,
    labels: MapArray,
    label_names: ArrayRef,
    label_values: ArrayRef,
    decimals: [ArrayRef; 5],
    respondents: ArrayRef,
    version: ArrayRef,
    published_at: ArrayRef,
    evaluation: ArrayRef,
    computed_at: ArrayRef,
}

impl Columns {
    fn of(batch: &RecordBatch) -> Result<Self, StoreError> {
        let find =
            |name: &str| batch.column_by_name(name).ok_or_else(|| StoreError::Foreign(format!("no column `{name}`")));
        let of_type = |name: &str, to: DataType| -> Result<ArrayRef, StoreError> { Ok(cast(find(name)?, &to)?) };
        let nine = |name: &str| -> Result<ArrayRef, StoreError> { Ok(exact(find(name)?, 9)?) };
        let labels =
            find("labels")?.as_map_opt().ok_or_else(|| StoreError::Foreign("labels that are no map".into()))?;
        Ok(Self {
            kind: of_type("kind", DataType::Utf8)?,
            metric: of_type("metric", DataType::Utf8)?,
            week: of_type("week", DataType::Date32)?,
            site: of_type("site", DataType::Utf8)?,
            label_names: cast(labels.keys(), &DataType::Utf8)?,
            label_values: cast(labels.values(), &DataType::Utf8)?,
            labels: labels.clone(),
            decimals: [
                nine("numerator")?,
                nine("denominator")?,
                exact(find("sum_squares")?, 18)?,
                nine("logged")?,
                nine("expected")?,
            ],
            respondents: of_type("respondents", DataType::Int64)?,
            version: of_type("version", DataType::Int64)?,
            published_at: of_type("published_at", timestamp())?,
            evaluation: of_type("evaluation", DataType::Int64)?,
            computed_at: of_type("computed_at", timestamp())?,
        })
    }

    fn record(&self, row: usize) -> Result<Record, StoreError> {
        let text = |column: &ArrayRef| column.as_string::<i32>().value(row).to_owned();
        let integer = |column: &ArrayRef| column.is_valid(row).then(|| column.as_primitive::<Int64Type>().value(row));
        let time = |column: &ArrayRef| {
            let micros = column.is_valid(row).then(|| column.as_primitive::<TimestampMicrosecondType>().value(row));
            micros.and_then(|micros| Timestamp::from_microsecond(micros).ok())
        };
        let [numerator, denominator, sum_squares, logged, expected] = &self.decimals;
        let decimal =
            |column: &ArrayRef| column.is_valid(row).then(|| column.as_primitive::<Decimal128Type>().value(row));
        let week = date_of_days(self.week.as_primitive::<Date32Type>().value(row));
        let kind = match (text(&self.kind).as_str(), integer(&self.version), time(&self.published_at)) {
            ("part", ..) => Kind::Part,
            ("bad", ..) => Kind::Bad,
            ("activity", ..) => Kind::Activity,
            ("publication", Some(version), Some(at)) => Kind::Publication { version, at },
            (other, ..) => return Err(StoreError::Foreign(format!("a row of kind `{other}` that cannot be read"))),
        };
        Ok(Record {
            kind,
            row: PartRow {
                metric: text(&self.metric),
                week: week.ok_or_else(|| StoreError::Foreign("a week that is no date".to_owned()))?,
                site: text(&self.site),
                labels: self.labels(row),
                numerator: decimal(numerator).unwrap_or(0),
                denominator: decimal(denominator).unwrap_or(0),
                sum_squares: decimal(sum_squares),
                logged: decimal(logged),
                expected: decimal(expected),
                respondents: integer(&self.respondents),
            },
            evaluation: integer(&self.evaluation).unwrap_or(0),
            computed_at: time(&self.computed_at).unwrap_or(Timestamp::UNIX_EPOCH),
        })
    }

    fn labels(&self, row: usize) -> BTreeMap<String, String> {
        let offsets = self.labels.value_offsets();
        let (names, values) = (self.label_names.as_string::<i32>(), self.label_values.as_string::<i32>());
        let pairs = offsets[row].as_usize()..offsets[row + 1].as_usize();
        pairs.map(|at| (names.value(at).to_owned(), values.value(at).to_owned())).collect()
    }
}
