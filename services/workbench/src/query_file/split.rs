//! A query file as its two halves.

use super::fault::Faults;

const OPEN: &str = "/*---";
const CLOSE: &str = "---*/";

/// Front matter and SELECT, with where they begin in the file (bytes).
#[derive(Debug)]
pub(super) struct Halves<'a> {
    pub front_matter: &'a str,
    pub front_matter_at: usize,
    pub sql: &'a str,
    /// The whole file with all that comes before the SELECT blanked out, so that lines and columns are the file's.
    pub padded_sql: String,
}

pub(super) fn split<'a>(text: &'a str, faults: &mut Faults) -> Option<Halves<'a>> {
    if !faults.require_utf8() {
        return None;
    }
    if text.starts_with('\u{feff}') {
        faults.helped(0..0, "the file begins with a byte order mark", Some("save it as UTF-8 without one".to_owned()));
        return None;
    }
    let start = text.len() - text.trim_start().len();
    if !text[start..].starts_with(OPEN) {
        faults.at(
            start..start,
            format!("the file must begin with front matter: {OPEN} … {CLOSE} (`bellwether query new` writes one)"),
        );
        return None;
    }
    let front_matter_at = start + OPEN.len();
    let Some(length) = text[front_matter_at..].find(CLOSE) else {
        faults.at(start..start, format!("the front matter does not end: {CLOSE} is missing"));
        return None;
    };
    let sql_at = front_matter_at + length + CLOSE.len();
    let sql = &text[sql_at..];
    let blank = text[..sql_at].chars().map(|c| if c == '\n' { '\n' } else { ' ' });
    let padded_sql = blank.chain(sql.chars()).collect();
    Some(Halves {
        front_matter: &text[front_matter_at..front_matter_at + length],
        front_matter_at,
        sql: sql.trim(),
        padded_sql,
    })
}
