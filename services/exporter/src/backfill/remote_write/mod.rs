//! Stretches → a server that takes Prometheus' remote write 1.0, a batch at a time.
//!
//! ```text
//!  Stretch ─batches of at most 5,000 samples─► protobuf, snappy ─► POST ─► 2xx: the next one
//!                                                                    ├──► 429, 5xx, no answer: wait, again, a few times
//!                                                                    └──► anything else, or "too old": the end
//! ```
//!
//! Invariant: one request at a time, each batch acknowledged before the next, and every wait ends: a server that will
//! never take a sample is asked for it once.

mod address;
mod batches;
mod client;
mod error;
mod message;
mod remote;

pub use address::check_url;
pub use error::RemoteWriteError;
pub use remote::{Credentials, Patience, Remote};

use super::{
    hours::Hour,
    refusal::{Refusal, Verdict},
    stretch::Stretch,
};
use batches::Batches;
use client::{Answer, Client};
use jiff::civil::Date;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// The longest wait that a server may ask for.
const LONGEST: Duration = Duration::from_secs(60);

/// A connection to such a server.
#[derive(Debug)]
pub struct RemoteWriter {
    client: Client,
    patience: Patience,
    /// The run's clock, for the age of samples.
    now: Hour,
    reached: bool,
    stop: CancellationToken,
}

impl RemoteWriter {
    /// Connects to nothing yet. `now` is the run's clock; `stop` ends every wait.
    ///
    /// # Errors
    /// An address or certificates that cannot be used.
    pub fn new(remote: &Remote, now: Hour, stop: CancellationToken) -> Result<Self, RemoteWriteError> {
        Ok(Self { client: Client::new(remote)?, patience: remote.patience, now, reached: false, stop })
    }

    /// Where it writes, without what may be secret.
    pub fn shown(&self) -> &str {
        self.client.shown()
    }

    /// Writes all samples of a stretch; gives how many they were.
    ///
    /// # Errors
    /// Everything of [`RemoteWriteError`].
    pub async fn write(&mut self, stretch: &Stretch) -> Result<u64, RemoteWriteError> {
        let mut written = 0;
        for batch in Batches::of(stretch) {
            let samples: usize = batch.timeseries.iter().map(|series| series.samples.len()).sum();
            let body = batch.compressed().map_err(|error| RemoteWriteError::Compress(error.to_string()))?;
            self.post(stretch, body.into()).await?;
            written += samples as u64;
        }
        Ok(written)
    }

    async fn post(&mut self, stretch: &Stretch, body: Arc<[u8]>) -> Result<(), RemoteWriteError> {
        let week = stretch.week();
        let mut wait = self.patience.wait;
        for attempt in 1.. {
            let last = attempt >= self.patience.attempts;
            let pause = match self.ask(week, &body).await? {
                Answer::Given { refusal, .. } if refusal.verdict() == Verdict::Accepted => {
                    self.reached = true;
                    return Ok(());
                }
                Answer::Given { refusal, after } if refusal.verdict() == Verdict::Later && !last => {
                    tracing::warn!(attempt, answer = %refusal, "the server does not take samples just now; trying again");
                    after.unwrap_or(wait)
                }
                Answer::Given { refusal, .. } => return Err(self.refused(stretch, refusal, attempt)),
                // Where nothing was ever reached, the address is wrong more likely than the server is restarting.
                Answer::None(reason) if last || !self.reached => {
                    let url = self.client.shown().to_owned();
                    return Err(RemoteWriteError::Unreachable { url, attempts: attempt, reason });
                }
                Answer::None(reason) => {
                    tracing::warn!(attempt, reason, "the server does not answer; trying again");
                    wait
                }
            };
            wait *= 2;
            tokio::select! {
                () = tokio::time::sleep(pause.min(LONGEST)) => {}
                () = self.stop.cancelled() => break,
            }
        }
        Err(RemoteWriteError::Stopped { week })
    }

    /// One request, in a thread that may block.
    async fn ask(&self, week: Date, body: &Arc<[u8]>) -> Result<Answer, RemoteWriteError> {
        let (client, body) = (self.client.clone(), Arc::clone(body));
        let asking = tokio::task::spawn_blocking(move || client.post(&body));
        tokio::select! {
            answer = asking => Ok(answer.unwrap_or_else(|died| Answer::None(died.to_string()))),
            () = self.stop.cancelled() => Err(RemoteWriteError::Stopped { week }),
        }
    }

    fn refused(&self, stretch: &Stretch, refusal: Refusal, attempts: u32) -> RemoteWriteError {
        let (url, week, hour) = (self.client.shown().to_owned(), stretch.week(), stretch.hours().first);
        match refusal.verdict() {
            Verdict::TooOld => {
                let age = (self.now.seconds() - hour.seconds()).max(0);
                RemoteWriteError::TooOld { url, week, hour, days: age / 86_400 + 1, refusal }
            }
            Verdict::Conflict => RemoteWriteError::Conflict { url, week, hour, refusal },
            Verdict::Later => RemoteWriteError::Busy { url, week, attempts, refusal },
            Verdict::Refused | Verdict::Accepted => RemoteWriteError::Refused { url, week, refusal },
        }
    }
}
