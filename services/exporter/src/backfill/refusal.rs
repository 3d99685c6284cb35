//! What a server means by not taking samples.
//!
//! Statuses alone do not tell: Prometheus up to 2.4x answers 500 for samples that are too old, newer ones 400, Thanos 409.
//! The words do, and only what they leave open is tried again.

use std::fmt;

/// Words of Prometheus, Mimir and Thanos for samples older than what they take.
const TOO_OLD: [&str; 6] = ["too old", "too-old", "out of bounds", "out-of-bounds", "out of order", "out-of-order"];
/// Their words for another value at the same time.
const CONFLICT: [&str; 3] = ["duplicate sample", "duplicate-timestamp", "duplicate timestamp"];
/// As much of an answer as a person reads.
const READABLE: usize = 300;

/// A server's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The beginning of the answer, on one line.
    pub words: String,
}

/// What to do about an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has the samples.
    Accepted,
    /// It may take them later.
    Later,
    /// It never takes samples of that age.
    TooOld,
    /// It has another value for one of them.
    Conflict,
    /// It takes none from us, or not there.
    Refused,
}

impl Refusal {
    /// Keeps what a person reads of an answer.
    pub(super) fn new(status: u16, body: &str) -> Self {
        let words: String = body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(READABLE).collect();
        Self { status, words }
    }

    pub(super) fn verdict(&self) -> Verdict {
        let words = self.words.to_lowercase();
        let says = |known: &[&str]| known.iter().any(|known| words.contains(known));
        match self.status {
            200..=299 => Verdict::Accepted,
            _ if says(&CONFLICT) => Verdict::Conflict,
            _ if says(&TOO_OLD) => Verdict::TooOld,
            429 | 500..=599 => Verdict::Later,
            _ => Verdict::Refused,
        }
    }

    /// What most likely helps.
    pub(super) fn advice(&self) -> &'static str {
        match self.status {
            300..=399 => "it is elsewhere: name the address that it redirects to",
            401 | 403 => {
                "set `remote_write.username` with `password_file`, or `remote_write.bearer_token_file`, as the server wants"
            }
            404 | 405 => {
                "Prometheus takes remote write at /api/v1/write, when it is started with \
                 --web.enable-remote-write-receiver"
            }
            413 => "the server, or a proxy before it, takes no request of this size: raise its limit",
            _ => "the server's log may say more",
        }
    }
}

/// `HTTP 400, "out of bounds"`.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        if self.words.is_empty() { Ok(()) } else { write!(f, ", {:?}", self.words) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_decide_before_the_status() {
        let cases = [
            (204, "", Verdict::Accepted),
            (500, "too old sample\n", Verdict::TooOld), // Prometheus 2.42
            (400, "out of bounds\n", Verdict::TooOld),
            (400, "out of order sample", Verdict::TooOld),
            (400, "send data to ingesters: err-mimir-sample-timestamp-too-old", Verdict::TooOld),
            (400, "duplicate sample for timestamp", Verdict::Conflict),
            (500, "label store: disk is full", Verdict::Later),
            (429, "slow down", Verdict::Later),
            (503, "", Verdict::Later),
            (401, "Unauthorized", Verdict::Refused),
            (404, "remote write receiver needs to be enabled", Verdict::Refused),
            (302, "", Verdict::Refused),
        ];
        for (status, words, verdict) in cases {
            assert_eq!(Refusal::new(status, words).verdict(), verdict, "{status} {words}");
        }
    }

    #[test]
    fn an_answer_is_told_on_one_short_line() {
        let refusal = Refusal::new(502, &format!("<html>\n{}", "x".repeat(9_000)));
        assert!(refusal.to_string().starts_with("HTTP 502, \"<html> xxx") && refusal.words.len() == READABLE);
        assert_eq!(Refusal::new(500, "").to_string(), "HTTP 500");
    }
}
