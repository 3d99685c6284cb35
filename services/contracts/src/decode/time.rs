//! RFC 3339 timestamps and dates, strictly: what JSON Schema's `date-time` and `date` accept, leap seconds and the year 0
//! aside.

use std::ops::RangeInclusive;

/// Why a text is no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeError {
    /// Not written as RFC 3339 has it.
    Form,
    /// Before the year 1 or after the year 9999, which calendars and other engines do not take.
    Range,
}

/// A moment as the table holds it, and what it cannot hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Moment<'a> {
    /// Since the epoch; finer fractions are cut towards the past.
    pub(super) micros: i64,
    /// The digits of the fraction behind the sixth, without zeros at their end.
    pub(super) submicros: &'a [u8],
}

/// Days since the epoch of 0001-01-01 and 9999-12-31.
const DAYS: RangeInclusive<i32> = -719_162..=2_932_896;
const SECONDS_A_DAY: i64 = 86_400;

/// The moment `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`, in the years 1 to 9999 of UTC.
pub(super) fn timestamp(text: &[u8]) -> Result<Moment<'_>, TimeError> {
    let (seconds, micros, submicros) = parts(text).ok_or(TimeError::Form)?;
    let day = i32::try_from(seconds.div_euclid(SECONDS_A_DAY)).map_err(|_| TimeError::Range)?;
    if !DAYS.contains(&day) {
        return Err(TimeError::Range);
    }
    Ok(Moment { micros: seconds * 1_000_000 + micros, submicros })
}

/// Seconds since the epoch, microseconds of the fraction, and its finer digits.
fn parts(text: &[u8]) -> Option<(i64, i64, &[u8])> {
    let (day, rest) = text.split_at_checked(10)?;
    let days = i64::from(calendar_day(day)?);
    let (&[b'T' | b't', h1, h2, b':', m1, m2, b':', s1, s2], rest) = rest.split_first_chunk::<9>()? else {
        return None;
    };
    let (hour, minute, second) = (pair(h1, h2)?, pair(m1, m2)?, pair(s1, s2)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (micros, submicros, rest) = fraction(rest)?;
    let local = days * SECONDS_A_DAY + hour * 3_600 + minute * 60 + second;
    Some((local - offset(rest)?, micros, submicros))
}

/// Days since the epoch of `YYYY-MM-DD`, in the years 1 to 9999.
pub(super) fn date(text: &[u8]) -> Result<i32, TimeError> {
    let day = calendar_day(text).ok_or(TimeError::Form)?;
    if DAYS.contains(&day) { Ok(day) } else { Err(TimeError::Range) }
}

fn calendar_day(text: &[u8]) -> Option<i32> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let year = i32::try_from(pair(y1, y2)? * 100 + pair(y3, y4)?).ok()?;
    let (month, day) = (i32::try_from(pair(m1, m2)?).ok()?, i32::try_from(pair(d1, d2)?).ok()?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=last).contains(&day).then(|| days_from_civil(year, month, day))
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant's `days_from_civil`): a year that begins
/// in March has its leap day at the end.
fn days_from_civil(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn digit(byte: u8) -> Option<i64> {
    byte.is_ascii_digit().then(|| i64::from(byte - b'0'))
}

fn pair(tens: u8, ones: u8) -> Option<i64> {
    Some(digit(tens)? * 10 + digit(ones)?)
}

/// The microseconds of an optional fraction, its finer digits without zeros at their end, and what follows it.
fn fraction(text: &[u8]) -> Option<(i64, &[u8], &[u8])> {
    let Some(digits) = text.strip_prefix(b".") else { return Some((0, &[], text)) };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let (digits, rest) = digits.split_at(length);
    let micros = (0..6).fold(0, |sum, i| sum * 10 + digits.get(i).copied().and_then(digit).unwrap_or_default());
    let submicros = digits.get(6..).unwrap_or_default();
    let end = submicros.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
    Some((micros, &submicros[..end], rest))
}

/// Seconds east of UTC.
fn offset(text: &[u8]) -> Option<i64> {
    match *text {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (pair(h1, h2)?, pair(m1, m2)?);
            let seconds = hours * 3_600 + minutes * 60;
            (hours <= 23 && minutes <= 59).then_some(if sign == b'+' { seconds } else { -seconds })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn times_are_those_of_jiff(
            year in 0_i16..=9998, month in 1_i8..=12, day in 1_i8..=31, hour in 0_i8..24, minute in 0_i8..60,
            second in 0_i8..60, nanos in 0_i64..1_000_000_000, east in any::<bool>(), offset in 0_i8..24,
        ) {
            let text = format!("{year:04}-{month:02}-{day:02}");
            let civil = civil::Date::new(year, month, day).ok();
            let days = civil.map(|day| (day - civil::date(1970, 1, 1)).get_days());
            prop_assert_eq!(date(text.as_bytes()).ok(), days.filter(|_| year > 0));

            let sign = if east { '+' } else { '-' };
            let text = format!("{text}T{hour:02}:{minute:02}:{second:02}.{nanos:09}{sign}{offset:02}:30");
            let in_range = |at: &i128| *at >= i128::from(FIRST) * 1_000_000;
            let expected = text.parse::<jiff::Timestamp>().ok().map(|at| at.as_nanosecond().div_euclid(1_000));
            let found = timestamp(text.as_bytes());
            prop_assert_eq!(found.as_ref().ok().map(|at| i128::from(at.micros)), expected.filter(in_range));
            if let Ok(found) = found {
                let submicros = format!("{:03}", nanos % 1_000);
                prop_assert_eq!(found.submicros, submicros.trim_end_matches('0').as_bytes());
            }
        }
    }

    /// Seconds since the epoch of 0001-01-01T00:00:00Z.
    const FIRST: i64 = -62_135_596_800;

    /// `9999-12-31T23:59:59-05:00` was taken: a moment of the year 10000, which no calendar of the evaluation holds.
    #[test]
    fn the_years_are_1_to_9999_after_the_offset() {
        let micros = |text: &str| timestamp(text.as_bytes()).map(|at| at.micros);
        assert_eq!(micros("0001-01-01T00:00:00Z"), Ok(FIRST * 1_000_000));
        assert_eq!(micros("0000-12-31T23:59:59-00:01"), Ok((FIRST + 59) * 1_000_000));
        assert_eq!(micros("9999-12-31T23:59:59.999999999Z"), Ok(253_402_300_799_999_999));
        assert_eq!(micros("9999-12-31T23:59:59+00:01"), Ok(253_402_300_739_000_000));
        for out in ["0001-01-01T00:00:00+00:01", "0000-12-31T23:59:59Z", "9999-12-31T23:59:59-05:00"] {
            assert_eq!(micros(out), Err(TimeError::Range), "{out}");
        }
        assert_eq!((date(b"0001-01-01"), date(b"9999-12-31")), (Ok(*DAYS.start()), Ok(*DAYS.end())));
        assert_eq!((date(b"0000-12-31"), date(b"10000-01-01")), (Err(TimeError::Range), Err(TimeError::Form)));
    }
}
