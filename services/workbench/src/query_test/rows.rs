//! Inserted rows, as far as cases are told by them.

use arrow::{
    array::{AsArray, RecordBatch},
    compute::cast,
    datatypes::{DataType, Int64Type, TimestampMicrosecondType},
    error::ArrowError,
    util::display::{ArrayFormatter, FormatOptions},
};
use contracts::Contract;

/// An event. Times in microseconds since the epoch.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub key: String,
    pub revision: i64,
    pub site: String,
    /// Event time.
    pub at: i64,
    pub recorded_at: i64,
    /// All its times but `recorded_at`: those that can put it into a week.
    pub moments: Vec<i64>,
    /// Every column of its contract.
    pub text: String,
}

/// The events of a batch of a stream that is no reference stream.
pub(super) fn events(contract: &Contract, batch: &RecordBatch) -> Result<Vec<Event>, ArrowError> {
    let texts = texts(contract, batch)?;
    let column = |name: &str| contract.schema().index_of(name);
    let (key, site) = (column(contract.key())?, column("site_id")?);
    let revision = cast(batch.column(column("revision")?), &DataType::Int64)?;
    let time = |name: &str| Ok::<_, ArrowError>(times(batch, column(name)?));
    let (at, recorded_at) = (time(contract.event_time().unwrap_or_default())?, time("recorded_at")?);
    let fields = contract.schema().fields().iter().enumerate();
    let timed = fields.filter(|(_, field)| matches!(field.data_type(), DataType::Timestamp(..)));
    let moments: Vec<Vec<Option<i64>>> =
        timed.filter(|(_, field)| field.name() != "recorded_at").map(|(index, _)| times(batch, index)).collect();
    let event = |(row, texts): (usize, Vec<String>)| Event {
        key: texts[key].clone(),
        revision: revision.as_primitive::<Int64Type>().value(row),
        site: texts[site].clone(),
        at: at[row].unwrap_or_default(),
        recorded_at: recorded_at[row].unwrap_or_default(),
        moments: moments.iter().filter_map(|column| column[row]).collect(),
        text: texts.join("\u{1f}"),
    };
    Ok(texts.into_iter().enumerate().map(event).collect())
}

/// A row of the reference stream `sites`.
pub(super) struct Site {
    pub id: String,
    /// A deletion has none.
    pub revision: Option<i64>,
    pub zone: String,
}

/// The rows of the reference stream `sites`.
pub(super) fn zones(contract: &Contract, batch: &RecordBatch) -> Result<Vec<Site>, ArrowError> {
    let index = |name: &str| contract.schema().index_of(name);
    let (id, revision, zone) = (index("site_id")?, index("revision")?, index("timezone")?);
    let site =
        |row: Vec<String>| Site { id: row[id].clone(), revision: row[revision].parse().ok(), zone: row[zone].clone() };
    Ok(texts(contract, batch)?.into_iter().map(site).collect())
}

fn times(batch: &RecordBatch, index: usize) -> Vec<Option<i64>> {
    batch.column(index).as_primitive::<TimestampMicrosecondType>().iter().collect()
}

/// Each row as the texts of the contract's columns.
fn texts(contract: &Contract, batch: &RecordBatch) -> Result<Vec<Vec<String>>, ArrowError> {
    let options = FormatOptions::default();
    let columns = &batch.columns()[..contract.schema().fields().len()];
    let formatters: Vec<_> =
        columns.iter().map(|column| ArrayFormatter::try_new(column, &options)).collect::<Result<_, _>>()?;
    let row = |row| formatters.iter().map(|formatter| formatter.value(row).try_to_string()).collect();
    (0..batch.num_rows()).map(row).collect()
}
