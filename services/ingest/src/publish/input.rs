//! Where lines come from.

use super::meter::Meter;
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

fn buffered(reader: impl Read + 'static) -> Box<dyn BufRead> {
    Box::new(BufReader::with_capacity(BUFFER, reader))
}
