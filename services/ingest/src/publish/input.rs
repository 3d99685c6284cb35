//! Where lines come from.

use super::{meter::Meter, publisher::PublishError};
use flate2::read::MultiGzDecoder;
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

const BUFFER: usize = 256 * 1024;

/// Opens a file, unpacking it where its name ends in `.gz`; `-` is standard input.
pub(super) fn open(path: &Path, meter: &Meter) -> io::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(buffered(meter.watch(io::stdin())));
    }
    let file = meter.watch(File::open(path)?);
    if path.extension().is_some_and(|extension| extension == "gz") {
        return Ok(buffered(MultiGzDecoder::new(file)));
    }
    Ok(buffered(file))
}

/// A line that is not blank.
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: usize,
    /// The event, or why it is no text.
    pub(super) event: Result<&'a [u8], NoText>,
}

/// Which character of a line (from 1) is no UTF-8, and what to do.
pub(super) struct NoText {
    pub(super) column: usize,
    pub(super) problem: &'static str,
}

/// Shows each line that is not blank.
pub(super) fn lines(
    file: &Path,
    meter: &Meter,
    mut each: impl FnMut(Line<'_>) -> Result<(), PublishError>,
) -> Result<(), PublishError> {
    let unreadable = |source| PublishError::Unreadable { file: file.display().to_string(), source };
    let mut lines = open(file, meter).map_err(unreadable)?;
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if lines.read_until(b'\n', &mut line).map_err(unreadable)? == 0 {
            break;
        }
        let event = match no_text(&line, number) {
            Some(fault) => Err(fault),
            None => Ok(line.trim_ascii()),
        };
        if !matches!(event, Ok(b"")) {
            each(Line { number, event })?;
        }
    }
    Ok(())
}

fn no_text(line: &[u8], number: usize) -> Option<NoText> {
    let first = |problem| Some(NoText { column: 1, problem });
    if number == 1 && (line.starts_with(b"\xFF\xFE") || line.starts_with(b"\xFE\xFF")) {
        return first("UTF-16: convert the file, e.g. `iconv -f UTF-16 -t UTF-8`");
    }
    if number == 1 && line.starts_with(b"\xEF\xBB\xBF") {
        return first("a byte order mark: convert the file, e.g. `tail -c +4`");
    }
    let error = std::str::from_utf8(line).err()?;
    let before = String::from_utf8_lossy(&line[..error.valid_up_to()]).chars().count();
    Some(NoText { column: before + 1, problem: "not UTF-8: convert the file, e.g. `iconv -f WINDOWS-1252 -t UTF-8`" })
}

fn buffered(reader: impl Read + 'static) -> Box<dyn BufRead> {
    Box::new(BufReader::with_capacity(BUFFER, reader))
}
