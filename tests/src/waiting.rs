//! Waiting for something to come true: the one place of the tests that sleeps, asserted by `suite/waiting.rs`.

use std::time::{Duration, Instant};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Asks again until `f` answers, at most so long: a limit for a machine that does much else, not for the thing itself.
///
/// # Panics
/// When it does not, with the last error.
#[expect(clippy::panic, reason = "that is how a test fails")]
pub fn wait_for<T>(what: &str, limit: Duration, f: impl FnMut() -> Result<T, String>) -> T {
    within(limit, f).unwrap_or_else(|error| panic!("{what} not after {limit:?}: {error}"))
}

/// The same, for who knows what to do without.
///
/// # Errors
/// The last error, when the time is over.
#[expect(clippy::disallowed_methods, reason = "no runtime here to block")]
pub(crate) fn within<T>(limit: Duration, mut f: impl FnMut() -> Result<T, String>) -> Result<T, String> {
    let start = Instant::now();
    loop {
        match f() {
            Err(_) if start.elapsed() <= limit => std::thread::sleep(PAUSE),
            done => return done,
        }
    }
}
