//! Free ports on loopback.

use std::net::TcpListener;

/// A port that was free a moment ago.
///
/// # Panics
/// When the machine has none left.
#[expect(clippy::unwrap_used, reason = "a machine without ports runs no tests")]
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
