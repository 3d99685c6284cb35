//! The calendar functions against a minute-by-minute brute force.

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, TimestampMicrosecondArray},
        datatypes::{Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType},
    },
    prelude::SessionContext,
};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use proptest::prelude::*;
use std::{collections::BTreeMap, sync::Arc};

const MINUTE: i64 = 60_000_000;
/// Where clocks change at odd hours, by half an hour, across the date line, or at midnight itself.
const ZONES: [&str; 8] = [
    "UTC",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Pacific/Apia",
];

fn monday(at: i64, zone: &TimeZone) -> Date {
    let date = Timestamp::from_microsecond(at).unwrap().to_zoned_datetime(zone.clone()).date();
    date - i64::from(date.weekday().to_monday_zero_offset()).days()
}

fn days(date: Date) -> i32 {
    (date - Date::constant(1970, 1, 1)).get_days()
}

fn session(rows: &[(i64, i64, &str, i64)]) -> SessionContext {
    let ctx = evaluation::session(256 << 20, 2).unwrap();
    let times = |of: fn(&(i64, i64, &str, i64)) -> i64| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from_iter_values(rows.iter().map(of)).with_timezone("UTC"))
    };
    let batch = RecordBatch::try_from_iter([
        ("starts_at", times(|row| row.0)),
        ("ends_at", times(|row| row.1)),
        ("zone", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.2))) as ArrayRef),
        ("team", Arc::new(rows.iter().map(|row| Some(row.3)).collect::<datafusion::arrow::array::Int64Array>())),
    ]);
    ctx.register_batch("t", batch.unwrap()).unwrap();
    ctx
}

async fn query(ctx: &SessionContext, sql: &str) -> Vec<RecordBatch> {
    ctx.sql(sql).await.unwrap().collect().await.unwrap()
}

/// Instants around the changes of clocks of 2017 to 2026, and any others; whole minutes.
fn instant() -> impl Strategy<Value = i64> {
    let day = 86_400_000_000;
    // 2017-10-15 (Sao Paulo skips midnight), 2023-04-28 (Cairo skips midnight), 2026-03-29, 2026-10-25, 2026-04-05
    let changes = prop::sample::select(vec![17_454i64, 19_475, 20_541, 20_751, 20_548, 17_457, 17_480]);
    let near = (changes, -3 * 1440i64..8 * 1440).prop_map(move |(change, minutes)| change * day + minutes * MINUTE);
    let any = (10_957 * 1440i64..22_000 * 1440).prop_map(|minute| minute * MINUTE);
    prop_oneof![3 => near, 1 => any]
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn pieces_are_the_minutes_of_each_week(start in instant(), minutes in 0i64..7 * 1440, zone in prop::sample::select(&ZONES[..])) {
        let end = start + minutes * MINUTE;
        let ctx = session(&[(start, end, zone, 0)]);
        let batches = run(query(&ctx, "SELECT p['week'] AS week, p['starts_at'] AS starts_at, p['ends_at'] AS ends_at
            FROM (SELECT unnest(cut_at_weeks(starts_at, ends_at, zone)) AS p FROM t)"));
        let mut pieces = Vec::new();
        for batch in &batches {
            let (from, to) = (batch.column(1).as_primitive::<TimestampMicrosecondType>(), batch.column(2).as_primitive::<TimestampMicrosecondType>());
            for row in 0..batch.num_rows() {
                pieces.push((batch.column(0).as_primitive::<Date32Type>().value(row), from.value(row), to.value(row)));
            }
        }
        let tz = TimeZone::get(zone).unwrap();
        let mut brute: BTreeMap<i32, i64> = BTreeMap::new();
        for minute in 0..minutes {
            *brute.entry(days(monday(start + minute * MINUTE, &tz))).or_default() += 1;
        }
        let found: BTreeMap<i32, i64> = pieces.iter().map(|(week, from, to)| (*week, (to - from) / MINUTE)).collect();
        prop_assert_eq!(&found, &brute);
        prop_assert_eq!(found.len(), pieces.len(), "one piece a week");
        prop_assert!(pieces.len() <= 3);
        // The pieces tile the interval.
        let mut at = start;
        for (_, from, to) in &pieces {
            prop_assert_eq!(*from, at);
            prop_assert!(to > from);
            at = *to;
        }
        prop_assert_eq!(at, if minutes == 0 { start } else { end });
    }

    #[test]
    fn hours_and_local_times_are_what_clocks_showed_minute_by_minute(start in instant(), minutes in 0i64..1440, zone in prop::sample::select(&ZONES[..])) {
        let end = start + minutes * MINUTE;
        let ctx = session(&[(start, end, zone, 0)]);
        let batches = run(query(&ctx, "SELECT p['local_hour'], p['starts_at'], p['ends_at'], local_time(p['starts_at'], zone)
            FROM (SELECT unnest(cut_at_hours(starts_at, ends_at, zone)) AS p, zone FROM t)"));
        let tz = TimeZone::get(zone).unwrap();
        let shown = |at: i64| Timestamp::from_microsecond(at).unwrap().to_zoned_datetime(tz.clone()).datetime();
        let civil = |micros: i64| jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0) + jiff::SignedDuration::from_micros(micros);
        let (mut found, mut brute, mut at) = (BTreeMap::<_, i64>::new(), BTreeMap::<_, i64>::new(), start);
        for batch in &batches {
            let column = |column: usize| batch.column(column).as_primitive::<TimestampMicrosecondType>();
            for row in 0..batch.num_rows() {
                let (from, to) = (column(1).value(row), column(2).value(row));
                prop_assert_eq!(from, at, "the pieces tile the interval");
                prop_assert_eq!(civil(column(3).value(row)), shown(from));
                *found.entry(civil(column(0).value(row))).or_default() += (to - from) / MINUTE;
                at = to;
            }
        }
        prop_assert_eq!(at, end);
        for minute in 0..minutes {
            let hour = shown(start + minute * MINUTE).with().minute(0).build().unwrap();
            *brute.entry(hour).or_default() += 1;
        }
        prop_assert_eq!(found, brute);
    }

    #[test]
    fn week_in_is_the_monday_of_the_local_date(at in instant(), zone in prop::sample::select(&ZONES[..])) {
        let ctx = session(&[(at, at, zone, 0)]);
        let batches = run(query(&ctx, "SELECT week_in(starts_at, zone) FROM t"));
        let week = batches[0].column(0).as_primitive::<Date32Type>().value(0);
        prop_assert_eq!(week, days(monday(at, &TimeZone::get(zone).unwrap())));
    }

    #[test]
    fn covered_seconds_counts_every_minute_once(rows in prop::collection::vec((0i64..600, 0i64..200, 0i64..4, any::<bool>()), 0..120)) {
        let table: Vec<_> = rows.iter().map(|(start, length, team, _)| (start * MINUTE, (start + length) * MINUTE, "UTC", *team)).collect();
        // `zone` serves as the filter's column.
        let table: Vec<_> = table.into_iter().zip(&rows).map(|((s, e, _, t), row)| (s, e, if row.3 { "in" } else { "out" }, t)).collect();
        let ctx = session(&table);
        let batches = run(query(&ctx, "SELECT team, covered_seconds(starts_at, ends_at) AS every,
            covered_seconds(starts_at, ends_at) FILTER (WHERE zone = 'in') AS some FROM t GROUP BY team"));
        let brute = |team: i64, all: bool| {
            let mut minutes = vec![false; 800];
            for (start, length, _, counted) in rows.iter().filter(|row| row.2 == team) {
                if all || *counted {
                    minutes[*start as usize..(start + length) as usize].fill(true);
                }
            }
            i128::from(minutes.into_iter().filter(|m| *m).count() as i64 * MINUTE)
        };
        let mut teams = 0;
        for batch in &batches {
            for row in 0..batch.num_rows() {
                let team = batch.column(0).as_primitive::<Int64Type>().value(row);
                let seconds = |column: usize| batch.column(column).as_primitive::<Decimal128Type>().value(row);
                prop_assert_eq!((seconds(1), seconds(2)), (brute(team, true), brute(team, false)));
                teams += 1;
            }
        }
        prop_assert_eq!(teams, rows.iter().map(|row| row.2).collect::<std::collections::BTreeSet<_>>().len());
    }
}

#[tokio::test]
async fn covered_seconds_of_nothing_is_0_and_never_null() {
    let ctx = session(&[]);
    let batches = query(&ctx, "SELECT covered_seconds(starts_at, ends_at) FROM t").await;
    let seconds = batches[0].column(0).as_primitive::<Decimal128Type>();
    assert_eq!((seconds.len(), seconds.null_count(), seconds.value(0)), (1, 0, 0));
}

#[tokio::test]
async fn a_million_small_intervals_in_many_groups_survive_partial_aggregation() {
    let rows: Vec<_> = (0..200_000i64).map(|i| (i % 7 * MINUTE, (i % 7 + 1) * MINUTE, "UTC", i / 2)).collect();
    let ctx = session(&rows);
    let batches =
        query(&ctx, "SELECT SUM(s) FROM (SELECT covered_seconds(starts_at, ends_at) AS s FROM t GROUP BY team)").await;
    let expected: i64 = (0..100_000i64).map(|team| if (2 * team) % 7 == (2 * team + 1) % 7 { 60 } else { 120 }).sum();
    assert_eq!(batches[0].column(0).as_primitive::<Decimal128Type>().value(0), i128::from(expected) * 1_000_000);
}

#[tokio::test]
async fn an_unknown_zone_is_utc() {
    let sunday_night = 20_514 * 86_400_000_000 - MINUTE; // 2026-03-01 23:59 UTC
    let ctx = session(&[(sunday_night, sunday_night, "Mars/Olympus", 0)]);
    let batches = query(&ctx, "SELECT week_in(starts_at, zone), week_in(starts_at, NULL) FROM t").await;
    for column in 0..2 {
        assert_eq!(batches[0].column(column).as_primitive::<Date32Type>().value(0), days(Date::constant(2026, 2, 23)));
    }
}
