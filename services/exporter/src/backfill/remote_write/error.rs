//! What can go wrong with remote write.

use crate::backfill::{hours::Hour, refusal::Refusal};
use jiff::civil::Date;

/// Why not everything was written. What came before stays written; writing it again changes nothing.
#[derive(Debug, thiserror::Error)]
pub enum RemoteWriteError {
    /// An address that cannot be one.
    #[error("`{url}` is no address for remote write: {fault}; such as http://prometheus:9090/api/v1/write")]
    Url {
        /// As given, without what may be secret.
        url: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// Certificates that cannot be read.
    #[error("the file of `remote_write.ca_file` holds no certificate in PEM: {0}")]
    Authorities(String),
    /// Nobody answers.
    #[error("{url} cannot be reached ({attempts} attempts): {reason}; is the address right, and the server up?")]
    Unreachable {
        /// Where.
        url: String,
        /// Requests made.
        attempts: u32,
        /// The client's words.
        reason: String,
    },
    /// The server takes no samples of that age, now or later.
    #[error(
        "{url} refuses samples as old as those of the week of {week} (the hour {hour}): {refusal}. Set \
         `storage.tsdb.out_of_order_time_window` in prometheus.yml to more than their age ({days}d now), reload \
         Prometheus and run this again; or take `--format openmetrics`, which needs no such window"
    )]
    TooOld {
        /// Where.
        url: String,
        /// Monday of the week.
        week: Date,
        /// The first hour of the batch.
        hour: Hour,
        /// Days from that hour to the clock that the run was given, rounded up.
        days: i64,
        /// Status and words.
        refusal: Refusal,
    },
    /// The server has another value at that time.
    #[error(
        "{url} has another value for a sample of the week of {week} (from the hour {hour} on) already: {refusal}. It keeps \
         what it has: delete those series there first, or leave the week out"
    )]
    Conflict {
        /// Where.
        url: String,
        /// Monday of the week.
        week: Date,
        /// The first hour of the batch.
        hour: Hour,
        /// Status and words.
        refusal: Refusal,
    },
    /// The server takes nothing from us, or not there.
    #[error("{url} refuses the samples of the week of {week}: {refusal}; {}", refusal.advice())]
    Refused {
        /// Where.
        url: String,
        /// Monday of the week.
        week: Date,
        /// Status and words.
        refusal: Refusal,
    },
    /// The server was asked to wait for too often.
    #[error("{url} did not take the samples of the week of {week} in {attempts} attempts; the last answer: {refusal}")]
    Busy {
        /// Where.
        url: String,
        /// Monday of the week.
        week: Date,
        /// Requests made.
        attempts: u32,
        /// Status and words.
        refusal: Refusal,
    },
    /// The compressor's words.
    #[error("cannot compress a request: {0}")]
    Compress(String),
    /// The token was cancelled.
    #[error("stopped within the week of {week}")]
    Stopped {
        /// Monday of the week.
        week: Date,
    },
}
