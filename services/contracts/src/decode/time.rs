//! RFC 3339 timestamps and dates, strictly: what JSON Schema's `date-time` and `date` accept, leap seconds aside.

/// Microseconds since the epoch of `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`; finer fractions are cut towards the past.
pub(super) fn timestamp(text: &[u8]) -> Option<i64> {
    let (day, rest) = text.split_at_checked(10)?;
    let days = i64::from(date(day)?);
    let (&[b'T' | b't', h1, h2, b':', m1, m2, b':', s1, s2], rest) = rest.split_first_chunk::<9>()? else {
        return None;
    };
    let (hour, minute, second) = (pair(h1, h2)?, pair(m1, m2)?, pair(s1, s2)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (micros, rest) = fraction(rest)?;
    let local = days * 86_400 + hour * 3_600 + minute * 60 + second;
    Some((local - offset(rest)?) * 1_000_000 + micros)
}

/// Days since the epoch of `YYYY-MM-DD`.
pub(super) fn date(text: &[u8]) -> Option<i32> {
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

/// The microseconds of an optional fraction, and what follows it.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = text.strip_prefix(b".") else { return Some((0, text)) };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let (digits, rest) = digits.split_at(length);
    let micros = (0..6).fold(0, |sum, i| sum * 10 + digits.get(i).copied().and_then(digit).unwrap_or_default());
    Some((micros, rest))
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
            let epoch = civil::date(1970, 1, 1);
            prop_assert_eq!(date(text.as_bytes()), civil.map(|day| (day - epoch).get_days()));

            let sign = if east { '+' } else { '-' };
            let text = format!("{text}T{hour:02}:{minute:02}:{second:02}.{nanos:09}{sign}{offset:02}:30");
            let expected = text.parse::<jiff::Timestamp>().ok().map(|at| at.as_nanosecond().div_euclid(1_000));
            prop_assert_eq!(timestamp(text.as_bytes()).map(i128::from), expected);
        }
    }
}
