//! The weekly digest: what changed, who lags and since when, who is silent, and what to talk about.
//!
//! ```text
//!  Values ─► indicators::board::Digest ─► told ─┬─► markdown, html, JSON        `bellwether digest`
//!     │                                         └─► mail (SMTP), webhook ─┐
//!     └─ desk: once a week (occasion), of what is stored after that ──────┴─► sent: marks in the lake
//! ```
//!
//! Invariant: it comes **at least once**, and twice only where the program ends, or the lake fails, between the server's word
//! that it has taken it and the mark that says so. A digest that comes twice is a nuisance; one that never comes looks like
//! a week without trouble.

mod desk;
mod html;
mod mail;
mod markdown;
mod occasion;
mod sent;
mod told;
mod webhook;

#[cfg(test)]
mod tests;

pub use desk::Desk;
pub use told::{Format, Told};

use std::fmt;

/// A digest that was not sent. It names no address: addresses are of people, and that of a webhook is a secret.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The mail server does not take it.
    #[error("the digest for {to} is not sent: the mail server {server} {why}")]
    Mail {
        /// Whose it is: `all`, `region North`.
        to: String,
        /// Host and port.
        server: String,
        /// What it says.
        why: MailFault,
    },
    /// The webhook does not take it.
    #[error("the digest is not sent: the webhook {why}")]
    Webhook {
        /// What it says.
        why: String,
    },
}

/// What a mail server says, without its words: they repeat addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailFault {
    /// A status.
    Answered(u16),
    /// Nothing, for too long.
    Timeout,
    /// No agreement on TLS.
    Tls,
    /// No connection, or one that broke off.
    Connection,
}

impl fmt::Display for MailFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(status) => write!(f, "answers {status}; its own log says of which address, and why"),
            Self::Timeout => f.write_str("does not answer in time (`digest.timeout`)"),
            Self::Tls => f.write_str("and this program agree on no TLS (`digest.smtp_tls`, `digest.ca_file`)"),
            Self::Connection => f.write_str("is not to be reached, or broke off (`digest.smtp`)"),
        }
    }
}
