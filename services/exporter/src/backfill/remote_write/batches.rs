//! A stretch, cut into requests.

use super::message::{Label, Sample, TimeSeries, WriteRequest};
use crate::backfill::stretch::{Stamped, Stretch};

/// Samples of one request: some 100 kB before compression.
const BATCH: usize = 5_000;

/// Requests of at most [`BATCH`] samples.
pub(super) struct Batches<'a> {
    series: Box<dyn Iterator<Item = TimeSeries> + Send + 'a>,
    next: Option<TimeSeries>,
}

impl<'a> Batches<'a> {
    pub fn of(stretch: &'a Stretch) -> Self {
        let mut series: Box<dyn Iterator<Item = TimeSeries> + Send + 'a> =
            Box::new(stretch.series().flat_map(|stamped| pieces(&stamped)));
        let next = series.next();
        Self { series, next }
    }
}

impl Iterator for Batches<'_> {
    type Item = WriteRequest;

    fn next(&mut self) -> Option<WriteRequest> {
        let first = self.next.take()?;
        let mut samples = first.samples.len();
        let mut timeseries = vec![first];
        for series in self.series.by_ref() {
            samples += series.samples.len();
            if samples > BATCH {
                self.next = Some(series);
                break;
            }
            timeseries.push(series);
        }
        Some(WriteRequest { timeseries })
    }
}

/// A series, cut where it is too long for one request.
fn pieces(stamped: &Stamped<'_>) -> Vec<TimeSeries> {
    let label = |(name, value): (&str, &str)| Label { name: name.to_owned(), value: value.to_owned() };
    let labels: Vec<Label> =
        [("__name__", stamped.name)].into_iter().chain(stamped.labels.iter().copied()).map(label).collect();
    let samples: Vec<Sample> =
        stamped.samples().map(|(hour, value)| Sample { value, timestamp: hour.seconds() * 1_000 }).collect();
    samples.chunks(BATCH).map(|piece| TimeSeries { labels: labels.clone(), samples: piece.to_vec() }).collect()
}
