//! How large a record is, the same wherever it is bounded: key, value and headers.

use contracts::{Reason, Rejection};

/// Bytes of key, value and headers, of each of these the name's length and the value.
pub(crate) fn of_record<'a>(
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    headers: impl IntoIterator<Item = (usize, Option<&'a [u8]>)>,
) -> usize {
    let bytes = |part: Option<&[u8]>| part.map_or(0, <[u8]>::len);
    let headers: usize = headers.into_iter().map(|(name, value)| name + bytes(value)).sum();
    bytes(key) + bytes(value) + headers
}

/// Why a record of this size is no row, where it is larger than `ingest.max_record_bytes` allows.
pub(crate) fn rejection(size: usize, limit: usize) -> Option<Rejection> {
    let message =
        || format!("{size} bytes of key, value and headers, more than the {limit} of ingest.max_record_bytes");
    (size > limit).then(|| Rejection::new(Reason::TooLarge, message()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_its_key_its_value_and_its_headers() {
        let headers = [("trace".len(), Some(&b"abc"[..])), ("empty".len(), None)];
        assert_eq!(of_record(Some(b"k"), Some(b"12345"), headers), 1 + 5 + 8 + 5);
        assert_eq!(of_record(None, None, []), 0);
    }

    #[test]
    fn a_record_of_exactly_the_limit_is_taken() {
        assert_eq!(rejection(10, 10), None);
        let refused = rejection(11, 10).unwrap();
        assert_eq!(refused.reason, Reason::TooLarge);
        assert!(refused.message.starts_with("11 bytes of key, value and headers"), "{refused}");
    }
}
