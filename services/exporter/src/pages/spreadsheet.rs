//! The board as lines for a spreadsheet, which computes nothing of what is in them.

use indicators::board::{Board, lines};

/// The board as CSV (RFC 4180): one line a site and metric. Text that a spreadsheet would take for a formula begins with `'`.
pub fn spreadsheet(board: &Board) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Into memory, of fields that are text and numbers: neither can fail.
    let written = lines(board).iter().try_for_each(|line| writer.serialize(line));
    let bytes = written.ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default();
    inert(&bytes).unwrap_or_default()
}

fn inert(lines: &[u8]) -> Option<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(lines);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in reader.records() {
        writer.write_record(record.ok()?.iter().map(quoted)).ok()?;
    }
    String::from_utf8(writer.into_inner().ok()?).ok()
}

/// `=1+1` → `'=1+1`; a number stays what it is.
fn quoted(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']) && field.parse::<f64>().is_err();
    if formula { format!("'{field}") } else { field.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_a_formula_and_numbers_stay() {
        for text in ["=HYPERLINK(\"http://x\")", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "-", "+a"] {
            assert_eq!(quoted(text), format!("'{text}"));
        }
        for plain in ["", "Leith", "-0.25", "+3", "1e-5", "a=b", "2026-03-02", "'=1"] {
            assert_eq!(quoted(plain), plain);
        }
        assert_eq!(inert(b"a,b\n=1,\"-x\"\"\"\n").unwrap(), "a,b\n'=1,\"'-x\"\"\"\n");
    }
}
