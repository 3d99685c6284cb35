//! One random history of a lake: events arrive in portions, the clock moves, programs restart.

use super::{
    difference::{ConvergeError, Difference, FAR, words},
    events,
};
use arrow::{
    array::{
        ArrayRef, AsArray, Date32Array, Int32Array, Int64Array, RecordBatch, TimestampMicrosecondArray, new_null_array,
    },
    datatypes::{Field, TimestampMicrosecondType},
};
use contracts::{Contract, Contracts};
use datafusion::sql::sqlparser::{
    ast::{Expr, Value, visit_expressions},
    dialect::GenericDialect,
    parser::Parser,
};
use evaluation::{Limits, Results, Tables, evaluate};
use indicators::{BadRow, Labels, Metric, PartRow};
use jiff::{SignedDuration, Timestamp, civil::Date};
use lake::{EVENT_DATE, INGESTED_AT, Lake, OFFSET, PARTITION, TableSpec};
use rand::{RngExt, SeedableRng};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
    sync::Arc,
};

const DAY: i64 = 86_400_000_000;
/// Portions of events in a history.
const PORTIONS: usize = 8;

/// Weeks that the events of a history are spread over, so that a horizon can be seen to be too short.
pub(super) fn span((back, ahead): (u32, u32)) -> i64 {
    i64::from((back + ahead).min(FAR)) + 20
}

/// Plays one history of so many weeks with the horizon in the place of the metric's.
pub(super) async fn play(
    metric: &Metric,
    (back, ahead): (u32, u32),
    weeks: i64,
    contracts: &Contracts,
    seed: u64,
    limits: &Limits,
) -> Result<usize, ConvergeError> {
    let metric = Arc::new(Metric { horizon_back: back, horizon_ahead: ahead, ..metric.clone() });
    Ok(play_all(&[metric], weeks, contracts, seed, limits).await?.into_values().sum())
}

/// Plays one history of all these metrics together. Returns how many rows of each were equal.
pub(super) async fn play_all(
    metrics: &[Arc<Metric>],
    weeks: i64,
    contracts: &Contracts,
    seed: u64,
    limits: &Limits,
) -> Result<BTreeMap<String, usize>, ConvergeError> {
    let folder = tempfile::tempdir()?;
    let lake = Lake::create(&folder.path().display().to_string()).await?;
    let events = events::Events {
        random: rand_chacha::ChaCha8Rng::seed_from_u64(seed),
        words: Vec::new(),
        keys: events::KEYS * u32::try_from(metrics.len()).unwrap_or(1),
        start: Timestamp::constant(1_767_571_200, 0), // Monday 2026-01-05
        weeks,
    };
    // Chance makes incidents without hours, too: that is no fault of the query, and says nothing of its horizon.
    let limits = &Limits { bad_percent: 100, ..limits.clone() };
    History::new(metrics, contracts, limits, lake, events).play(seed).await
}

/// Text that the query compares with.
fn words_of(sql: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for statement in Parser::parse_sql(&GenericDialect {}, sql).unwrap_or_default() {
        let _ = visit_expressions(&statement, |expr: &Expr| {
            if let Expr::Value(value) = expr
                && let Value::SingleQuotedString(text) = &value.value
            {
                words.insert(text.clone());
            }
            ControlFlow::<()>::Continue(())
        });
    }
    words
}

/// Rows with parts, and those that have none to be summed.
type Rows = (Vec<PartRow>, Vec<BadRow>);

/// A lake in a folder of its own, and what came into it.
struct History<'a> {
    metrics: &'a [Arc<Metric>],
    contracts: &'a Contracts,
    limits: &'a Limits,
    lake: Lake,
    events: events::Events,
    offset: i64,
}

impl<'a> History<'a> {
    fn new(
        metrics: &'a [Arc<Metric>],
        contracts: &'a Contracts,
        limits: &'a Limits,
        lake: Lake,
        events: events::Events,
    ) -> Self {
        Self { metrics, contracts, limits, lake, events, offset: 0 }
    }

    /// Plays it to its end. Returns how many rows of each metric were compared.
    async fn play(mut self, seed: u64) -> Result<BTreeMap<String, usize>, ConvergeError> {
        let end = self.events.weeks * 7 * 24;
        let (mut compared, mut hour, mut held) = (BTreeMap::new(), end / 2, None);
        for portion in 0..PORTIONS {
            // A few events reach few weeks, and with a clock that hardly moves only those are computed: that is what tells.
            let few = portion > 0 && self.events.random.random_bool(0.6);
            for metric in self.metrics {
                self.arrive(metric, if few { 3 } else { 60 }).await?;
            }
            if portion + 1 < PORTIONS && self.events.random.random_bool(0.4) {
                continue;
            }
            let far = if self.events.random.random_bool(0.5) { 24 } else { end / 4 };
            hour = (hour + self.events.random.random_range(-24..=far)).clamp(1, end + 24 * 7 * 60);
            let as_of = self.events.start + SignedDuration::from_hours(hour);
            let restart = self.events.random.random_bool(0.3);
            let mut results = match held.take().filter(|_| !restart) {
                Some(results) => results,
                None => Results::open(&self.lake, self.contracts, self.limits).await?,
            };
            let refreshed = results.refresh(self.metrics, &BTreeSet::new(), as_of, Timestamp::UNIX_EPOCH).await?;
            for run in refreshed.runs {
                run.outcome.map_err(ConvergeError::Query)?;
            }
            let tables = Tables::open(&self.lake, self.contracts).await?;
            let full = evaluate(&tables, self.metrics, as_of, self.limits).await?;
            let stored = results.stored().map(|stored| (stored.parts, stored.bad)).unwrap_or_default();
            let full = (full.parts, full.bad);
            if stored != full {
                return Err(self.difference(seed, &stored, &full).into());
            }
            for metric in full.0.iter().map(|row| &row.metric).chain(full.1.iter().map(|bad| &bad.metric)) {
                *compared.entry(metric.clone()).or_default() += 1;
            }
            held = Some(results);
        }
        Ok(compared)
    }

    /// Some events of one of the tables that a query reads, at most so many beside those that are delivered twice.
    async fn arrive(&mut self, metric: &Metric, most: usize) -> Result<(), ConvergeError> {
        self.events.words = words_of(&metric.sql).into_iter().collect();
        let mut tables: Vec<&String> = metric.streams.iter().chain(metric.reads.keys()).collect();
        let sites = "sites".to_owned();
        tables.push(&sites);
        let table = tables[self.events.random.random_range(0..tables.len())];
        let Some(contract) = self.contracts.get(table).cloned() else { return Ok(()) };
        let number = if contract.is_reference() { 1 } else { self.events.random.random_range(1..=most) };
        let mut made = Vec::new();
        for _ in 0..number {
            let event = self.events.next(&contract);
            made.push(event.ok_or_else(|| ConvergeError::Events(contract.name().to_owned()))?);
        }
        if self.events.random.random_bool(0.3) {
            made.extend(made.clone()); // delivered twice
        }
        let rows = events::rows(&contract, &made);
        self.append(&contract, &rows).await
    }

    async fn append(&mut self, contract: &Contract, rows: &RecordBatch) -> Result<(), ConvergeError> {
        let spec = TableSpec::stream(contract, "none");
        let many = rows.num_rows();
        let column = |field: &Field| -> ArrayRef {
            match field.name().as_str() {
                EVENT_DATE => {
                    let times = contract.event_time().and_then(|column| rows.column_by_name(column));
                    let times = times.map(|times| times.as_primitive::<TimestampMicrosecondType>().values().to_vec());
                    let day = |at: i64| i32::try_from(at.div_euclid(DAY)).unwrap_or(0);
                    Arc::new(Date32Array::from_iter_values(times.into_iter().flatten().map(day)))
                }
                PARTITION => Arc::new(Int32Array::from(vec![0; many])),
                OFFSET => Arc::new((self.offset..).take(many).collect::<Int64Array>()),
                INGESTED_AT => Arc::new(TimestampMicrosecondArray::from(vec![self.offset; many]).with_timezone("UTC")),
                name => rows.column_by_name(name).cloned().unwrap_or_else(|| new_null_array(field.data_type(), many)),
            }
        };
        let columns = spec.schema.fields().iter().map(|field| column(field)).collect();
        let rows =
            RecordBatch::try_new(Arc::clone(&spec.schema), columns).map_err(|e| ConvergeError::Rows(e.to_string()))?;
        self.offset += i64::try_from(many).unwrap_or(0);
        let mut writer = self.lake.writer(&spec).await?;
        let pending = writer.write(&[rows]).await?;
        writer.commit(pending, &[]).await?;
        Ok(())
    }

    /// The first row that differs.
    fn difference(&self, seed: u64, stored: &Rows, full: &Rows) -> Difference {
        let by_key = |(good, bad): &Rows| -> BTreeMap<_, Result<PartRow, BadRow>> {
            let good = good.iter().map(|row| (key(&row.metric, row.week, &row.site, &row.labels), Ok(row.clone())));
            let bad = bad.iter().map(|row| (key(&row.metric, row.week, &row.site, &row.labels), Err(row.clone())));
            good.chain(bad).collect()
        };
        let (stored, full) = (by_key(stored), by_key(full));
        let all: BTreeSet<_> = stored.keys().chain(full.keys()).collect();
        let differ: Vec<_> = all.into_iter().filter(|key| stored.get(*key) != full.get(*key)).collect();
        let first = differ.first();
        let (name, week, site) =
            first.map_or_else(Default::default, |(name, week, site, _)| (name.clone(), *week, site.clone()));
        let metric = self.metrics.iter().find(|metric| metric.name == name);
        let in_words = |rows: &BTreeMap<_, Result<PartRow, BadRow>>| {
            first.and_then(|key| rows.get(*key)).map_or_else(|| "no row".to_owned(), words)
        };
        Difference {
            metric: name,
            seed,
            week,
            site,
            incremental: in_words(&stored),
            full: in_words(&full),
            horizon: metric.map_or((0, 0), |metric| (metric.horizon_back, metric.horizon_ahead)),
            sufficient: None,
        }
    }
}

fn key(metric: &str, week: Date, site: &str, labels: &Labels) -> (String, Date, String, Labels) {
    (metric.to_owned(), week, site.to_owned(), labels.clone())
}
