//! Asking a running program how it is: what a container's health check does, where there is no other client.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

/// Longer than any page takes, shorter than an orchestrator waits.
const LIMIT: Duration = Duration::from_secs(4);
/// Of a reason, as much as somebody reads.
const READ: u64 = 4096;

/// Why a program is not well.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// Nobody answered.
    #[error("{url} does not answer ({source}): is the program running, and is this its http.listen?")]
    Silent {
        /// What was asked.
        url: String,
        /// What came instead of an answer.
        source: Box<ureq::Error>,
    },
    /// It answered that it is not well.
    #[error("{url} answers {status}: {reason}")]
    Unwell {
        /// What was asked.
        url: String,
        /// The status of HTTP.
        status: u16,
        /// What it said.
        reason: String,
    },
}

/// Where a program that listens on an address is asked from its own machine.
pub fn beside(listen: SocketAddr, path: &str) -> String {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}{path}", SocketAddr::new(ip, listen.port()))
}

/// What it answers, where that is a success. Blocks for seconds at most.
pub fn probe(url: &str) -> Result<String, ProbeError> {
    let silent = |source| ProbeError::Silent { url: url.to_owned(), source: Box::new(source) };
    let asked = ureq::get(url).config().http_status_as_error(false).timeout_global(Some(LIMIT)).build().call();
    let mut answer = asked.map_err(silent)?;
    let said = answer.body_mut().with_config().limit(READ).read_to_string().unwrap_or_default();
    match answer.status() {
        status if status.is_success() => Ok(said),
        status => {
            Err(ProbeError::Unwell { url: url.to_owned(), status: status.as_u16(), reason: said.trim().to_owned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::beside;

    #[test]
    fn who_listens_everywhere_is_asked_here() {
        let of = |listen: &str| beside(listen.parse().unwrap(), "/-/healthy");
        assert_eq!(of("0.0.0.0:9464"), "http://127.0.0.1:9464/-/healthy");
        assert_eq!(of("[::]:9464"), "http://[::1]:9464/-/healthy");
        assert_eq!(of("192.0.2.7:80"), "http://192.0.2.7:80/-/healthy");
    }
}
