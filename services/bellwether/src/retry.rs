//! Services of one process fail and recover alone: what failed is tried again, the others go on.
//!
//! One rule for all of them. **Wrong configuration** ([`Failure::is_usage`]: no key, a key that is not the lake's, settings,
//! schemas or a folder of queries that are wrong) ends the process with exit code 2, whenever it is found, for trying again
//! fixes nothing. **Everything else** (a broker out of reach, a full disk, a lake that is missing, unreadable or not
//! writable, a stage that died) is tried again, after 1 s, then twice that and so on up to 30 s, until it is told to stop.

use crate::{error_code::ErrorCode, failure::Failure};
use exporter::ServiceHealth;
use std::time::Duration;
use tokio::{pin, time::sleep};
use tokio_util::sync::CancellationToken;

/// How long to wait between attempts: longer each time.
#[derive(Debug, Clone, Copy)]
struct Pause {
    first: Duration,
    longest: Duration,
}

const PAUSE: Pause = Pause { first: Duration::from_secs(1), longest: Duration::from_secs(30) };

impl Pause {
    /// After so many failures in a row.
    fn after(self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.first.saturating_mul(doubled).min(self.longest)
    }
}

/// Tries until an attempt succeeds; `None` where `stop` came first.
///
/// # Errors
/// Wrong configuration, and whatever fails once `stop` has come.
pub async fn until_done<T, F: Future<Output = Result<T, Failure>>>(
    health: &ServiceHealth,
    stop: &CancellationToken,
    attempt: impl FnMut() -> F,
) -> Result<Option<T>, Failure> {
    again(PAUSE, health, Duration::MAX, stop, attempt).await
}

/// The same for an attempt that lasts: it counts as a success each time that it has run for so long.
///
/// # Errors
/// As [`until_done`].
pub async fn keep<T, F: Future<Output = Result<T, Failure>>>(
    health: &ServiceHealth,
    steady: Duration,
    stop: &CancellationToken,
    attempt: impl FnMut() -> F,
) -> Result<Option<T>, Failure> {
    again(PAUSE, health, steady, stop, attempt).await
}

async fn again<T, F: Future<Output = Result<T, Failure>>>(
    pause: Pause,
    health: &ServiceHealth,
    steady: Duration,
    stop: &CancellationToken,
    mut attempt: impl FnMut() -> F,
) -> Result<Option<T>, Failure> {
    let mut failures = 0;
    loop {
        let running = attempt();
        pin!(running);
        let ended = loop {
            tokio::select! {
                ended = &mut running => break ended,
                () = sleep(steady) => {
                    failures = 0;
                    health.succeeded();
                }
            }
        };
        match ended {
            Ok(done) => return Ok(Some(done)),
            Err(failure) if failure.is_usage() || stop.is_cancelled() => return Err(failure),
            Err(failure) => health.failed(&failure.line(), failure.code().map(ErrorCode::id)),
        }
        failures += 1;
        tokio::select! {
            () = stop.cancelled() => return Ok(None),
            () = sleep(pause.after(failures)) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use exporter::Exporter;
    use std::cell::Cell;
    use tokio::task::yield_now;

    fn exporter() -> (Exporter, ServiceHealth) {
        let exporter = Exporter::without_values(prometheus::Registry::new()).unwrap();
        let health = exporter.service("ingest");
        (exporter, health)
    }

    fn value(exporter: &Exporter, family: &str) -> f64 {
        let text = exporter.metrics();
        let series = format!("bellwether_service_{family}{{service=\"ingest\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&series)).unwrap_or_else(|| panic!("{text}")).parse().unwrap()
    }

    #[test]
    fn pauses_grow_from_one_second_to_thirty() {
        let pauses: Vec<u64> = (1..8).map(|failures| PAUSE.after(failures).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(PAUSE.after(u32::MAX).as_secs(), 30);
    }

    const SHORT: Pause = Pause { first: Duration::from_millis(1), longest: Duration::from_millis(2) };

    #[tokio::test]
    async fn what_fails_is_tried_again_until_it_succeeds_and_counted() {
        let ((exporter, health), stop, tries) = (exporter(), CancellationToken::new(), Cell::new(0));
        let done = again(SHORT, &health, Duration::MAX, &stop, || async {
            tries.set(tries.get() + 1);
            if tries.get() < 9 { Err(anyhow::anyhow!("the disk is full").into()) } else { Ok(7) }
        });
        assert_eq!(done.await.unwrap(), Some(7));
        assert_eq!((value(&exporter, "failures_total"), value(&exporter, "consecutive_failures")), (8.0, 8.0));
        assert_eq!(value(&exporter, "up"), 0.0);
        health.succeeded();
        assert_eq!((value(&exporter, "failures_total"), value(&exporter, "consecutive_failures")), (8.0, 0.0));
        assert_eq!(value(&exporter, "up"), 1.0);
    }

    /// A service that fails soon after each start is down all the time, not only while it waits.
    #[tokio::test]
    async fn an_attempt_that_lasts_is_a_success_and_one_that_only_begins_is_none() {
        let ((exporter, health), stop, tries) = (exporter(), CancellationToken::new(), Cell::new(0));
        let kept = again(SHORT, &health, Duration::from_millis(5), &stop, || async {
            tries.set(tries.get() + 1);
            assert_eq!(value(&exporter, "up"), 0.0);
            if tries.get() < 3 {
                return Err(anyhow::anyhow!("the disk is full").into());
            }
            while value(&exporter, "up") < 1.0 {
                yield_now().await;
            }
            Ok(())
        });
        assert_eq!(kept.await.unwrap(), Some(()));
        assert_eq!((value(&exporter, "failures_total"), value(&exporter, "consecutive_failures")), (2.0, 0.0));
    }

    #[tokio::test]
    async fn wrong_configuration_ends_it_and_so_does_a_stop() {
        let ((exporter, health), stop) = (exporter(), CancellationToken::new());
        let wrong = until_done(&health, &stop, || async { Err::<(), _>(Failure::misuse("no such key")) });
        assert!(wrong.await.unwrap_err().is_usage());
        let stopped = again(SHORT, &health, Duration::MAX, &stop, || async {
            Err::<(), Failure>(anyhow::anyhow!("no broker").into())
        });
        let stopping = async {
            while value(&exporter, "failures_total") < 3.0 {
                yield_now().await;
            }
            stop.cancel();
        };
        // While it waits it just ends; what fails after the stop is told.
        match tokio::join!(stopped, stopping).0 {
            Ok(done) => assert_eq!(done, None),
            Err(failure) => assert_eq!(failure.line(), "no broker"),
        }
    }
}
