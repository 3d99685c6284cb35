//! Whole numbers that are written with a fraction or an exponent (`3.0`, `1e3`), written out as integers.
//!
//! To JSON Schema an integer is any number without a fraction, however it is written; a parser makes a double of such a
//! number, which is exact up to 2^53 only, and which takes `9007199254740991.3` for whole.

use std::ops::Range;

/// The same JSON, with every number that is whole and within 64 bits as plain digits. The text must be JSON.
pub(super) fn written_out(json: &str) -> String {
    let bytes = json.as_bytes();
    let (mut out, mut at, mut copied) = (String::with_capacity(json.len()), 0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = string_end(bytes, at),
            b'-' | b'0'..=b'9' => {
                let end = number_end(bytes, at);
                if let Some(digits) = integer(&json[at..end]) {
                    out.push_str(&json[copied..at]);
                    out.push_str(&digits);
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    out.push_str(&json[copied..]);
    out
}

/// Behind the string that begins at `at`.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn number_end(bytes: &[u8], at: usize) -> usize {
    let of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    at + bytes[at..].iter().take_while(|byte| of_number(byte)).count()
}

/// No 64-bit integer has more digits.
const MOST_DIGITS: usize = 20;

/// The digits of a whole number that is written otherwise; `None` where it is not whole, too large, or plain already.
/// Zero has no sign.
fn integer(number: &str) -> Option<String> {
    let (sign, rest) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        // An exponent too large for 64 bits is beyond any number but 0.
        Some(at) => (&rest[..at], rest[at + 1..].parse::<i64>().ok()?),
        None if rest.contains('.') || number == "-0" => (rest, 0),
        None => return None,
    };
    let (before, behind) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: String = [before, behind].concat();
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some("0".to_owned());
    }
    let significant = digits.trim_end_matches('0');
    let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
    // The number is `significant` times ten to the power of this.
    let power = exponent.checked_sub(i64::try_from(behind.len()).ok()?)?.checked_add(zeros)?;
    let zeros: Range<usize> = 0..usize::try_from(power).ok()?;
    if significant.len().saturating_add(zeros.len()) > MOST_DIGITS {
        return None;
    }
    Some(format!("{sign}{significant}{}", "0".repeat(zeros.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn whole_numbers_are_written_out_and_all_else_stays() {
        for (given, expected) in [
            (r#"{"a": 9007199254740993.0, "b": 1e3}"#, r#"{"a": 9007199254740993, "b": 1000}"#),
            (r#"[-12.50e+1,0.0,-0e7,-0,120e-1,1E0]"#, "[-125,0,0,0,12,1]"),
            (
                "[1.5, 125e-1, 9007199254740991.3, 1.00000000000000000001, 1e-400]",
                "[1.5, 125e-1, 9007199254740991.3, 1.00000000000000000001, 1e-400]",
            ),
            (r#"["1.0", "\"2.0", "\\", 3.0]"#, r#"["1.0", "\"2.0", "\\", 3]"#),
            (r#"{"1.0": 1e400, "x": 1e99999999999999999999}"#, r#"{"1.0": 1e400, "x": 1e99999999999999999999}"#),
            (
                "[9223372036854775807.0, 18446744073709551615.0, 1e21]",
                "[9223372036854775807, 18446744073709551615, 1e21]",
            ),
        ] {
            assert_eq!(written_out(given), expected);
        }
    }

    proptest! {
        #[test]
        fn every_integer_comes_out_however_it_is_written(number: i64, zeros in 0_usize..25, shift in 0_i64..25) {
            let text = number.to_string();
            prop_assert_eq!(integer(&format!("{text}.{}", "0".repeat(zeros + 1))), Some(text.clone()));
            // As many zeros at its end as the exponent takes away again.
            let shifted = format!("{text}{}e-{shift}", "0".repeat(usize::try_from(shift).unwrap()));
            prop_assert_eq!(integer(&shifted), Some(text.clone()));
            prop_assert_eq!(written_out(&format!("{{\"a\":{text}}}")), format!("{{\"a\":{text}}}"));
        }
    }
}
