//! One request.

use super::{RemoteWriteError, address, remote::Remote};
use crate::backfill::refusal::Refusal;
use std::{fmt, io::Read, sync::Arc, time::Duration};
use ureq::{
    Agent,
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
};

/// As much of an answer as is read.
const ANSWER: u64 = 4_096;

/// What a request needs; cheap to clone into a thread of its own.
#[derive(Debug, Clone)]
pub(super) struct Client {
    agent: Agent,
    url: Arc<str>,
    shown: Arc<str>,
    authorization: Option<Hidden>,
}

#[derive(Clone)]
struct Hidden(Arc<str>);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// How a request ended.
pub(super) enum Answer {
    Given { refusal: Refusal, after: Option<Duration> },
    None(String),
}

impl Client {
    pub fn new(remote: &Remote) -> Result<Self, RemoteWriteError> {
        let shown = address::check_url(&remote.url)?;
        let roots = remote.authorities.as_deref().map(authorities).transpose()?;
        let roots = roots.map_or(RootCerts::WebPki, |certificates| RootCerts::new_with_certs(&certificates));
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(remote.timeout))
            .user_agent(concat!("bellwether/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build()
            .into();
        let authorization = remote.credentials.header().map(|header| Hidden(header.into()));
        Ok(Self { agent, url: remote.url.as_str().into(), shown: shown.into(), authorization })
    }

    /// The address without user, password and query.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Blocks.
    pub fn post(&self, body: &[u8]) -> Answer {
        match self.try_post(body) {
            Ok((refusal, after)) => Answer::Given { refusal, after },
            Err(error) => Answer::None(error.to_string().replace(&*self.url, &self.shown)),
        }
    }

    fn try_post(&self, body: &[u8]) -> Result<(Refusal, Option<Duration>), ureq::Error> {
        let mut request = self
            .agent
            .post(&*self.url)
            .header("Content-Type", "application/x-protobuf")
            .header("Content-Encoding", "snappy")
            .header("X-Prometheus-Remote-Write-Version", "0.1.0");
        if let Some(Hidden(authorization)) = &self.authorization {
            request = request.header("Authorization", &**authorization);
        }
        let mut response = request.send(body)?;
        let after = response.headers().get("Retry-After").and_then(|value| value.to_str().ok()?.parse().ok());
        let mut words = Vec::new();
        // Words that break off are better than none, and the status has come.
        let _ = response.body_mut().as_reader().take(ANSWER).read_to_end(&mut words);
        let refusal = Refusal::new(response.status().as_u16(), &String::from_utf8_lossy(&words));
        Ok((refusal, after.map(Duration::from_secs)))
    }
}

fn authorities(pem: &[u8]) -> Result<Vec<Certificate<'static>>, RemoteWriteError> {
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {}
            Err(error) => return Err(RemoteWriteError::Authorities(error.to_string())),
        }
    }
    if certificates.is_empty() {
        return Err(RemoteWriteError::Authorities("it has none".to_owned()));
    }
    Ok(certificates)
}
