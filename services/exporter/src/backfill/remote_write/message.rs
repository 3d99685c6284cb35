//! The messages of Prometheus' remote write 1.0 (`prometheus.WriteRequest`), in protobuf and snappy.

use prost::Message;

/// A request: series, each with its labels sorted by name and its samples by time.
#[derive(Clone, PartialEq, Message)]
pub(super) struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    pub timeseries: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Label {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Sample {
    #[prost(double, tag = "1")]
    pub value: f64,
    /// Milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub timestamp: i64,
}

impl WriteRequest {
    /// What is sent. The standard wants the labels of a series in the order of their names.
    pub fn compressed(mut self) -> Result<Vec<u8>, snap::Error> {
        for series in &mut self.timeseries {
            series.labels.sort_by(|a, b| a.name.cmp(&b.name));
        }
        snap::raw::Encoder::new().compress_vec(&self.encode_to_vec())
    }
}
