//! How old the clock of the values may be that are served.

use jiff::{SignedDuration, Timestamp};
use std::{fmt, sync::Arc, time::Duration};

/// A limit on the age of the values' clock. Cheap to clone.
#[derive(Clone)]
pub struct Recency {
    limit: Duration,
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl fmt::Debug for Recency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recency({:?})", self.limit)
    }
}

impl Recency {
    /// Values whose clock is more than `limit` before `now` are too old. An evaluation at a moment of the past is recent by
    /// its own clock: `now` need not be that of the wall.
    pub fn new(limit: Duration, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { limit, now: Arc::new(now) }
    }

    /// Why values with this clock are too old; `None` where they are not.
    pub(crate) fn refuses(&self, as_of: Timestamp) -> Option<String> {
        let age = (self.now)().duration_since(as_of);
        let limit = SignedDuration::try_from(self.limit).unwrap_or(SignedDuration::MAX);
        (age > limit).then(|| {
            let age = SignedDuration::from_secs(age.as_secs());
            format!("the values are as of {as_of}, {age:#} ago, and http.ready_max_age allows {limit:#}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_too_old_beyond_the_limit_and_says_how_old() {
        let now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let recency = Recency::new(Duration::from_secs(900), move || now);
        let refused = |as_of: &str| recency.refuses(as_of.parse().unwrap());
        assert_eq!(refused("2026-03-02T08:45:00Z"), None);
        assert_eq!(refused("2026-03-02T10:00:00Z"), None, "the clock of the one who evaluates may be ahead");
        assert_eq!(
            refused("2026-03-02T08:44:59Z").unwrap(),
            "the values are as of 2026-03-02T08:44:59Z, 15m 1s ago, and http.ready_max_age allows 15m"
        );
    }
}
