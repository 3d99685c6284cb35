//! By HTTP: a POST of JSON with `text`, in Markdown, as chats take it, and `digest` for programs.

use super::{SendError, told::Told};
use crate::{configured, failure::Failure, settings::Digest};
use serde_json::json;
use std::sync::Arc;
use ureq::{
    Agent,
    tls::{PemItem, RootCerts, TlsConfig, parse_pem},
};

/// Where to post. Cheap to clone into a thread of its own. The address is a secret: whoever has it may write there.
#[derive(Clone)]
pub(super) struct Webhook {
    agent: Agent,
    url: Arc<str>,
}

impl Webhook {
    /// Connects to nothing yet; `None` where none is configured.
    ///
    /// # Errors
    /// A file of the address or of certificates that cannot be used, an address that is none.
    pub(super) fn new(settings: &Digest) -> Result<Option<Self>, Failure> {
        let Some(from) = &settings.webhook else { return Ok(None) };
        let url = configured::secret("digest.webhook_file", from)?;
        if !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(configured::refused(
                "`digest.webhook` is no address: it starts with neither http:// nor https://",
            ));
        }
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(settings.timeout))
            .user_agent(concat!("bellwether/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(roots(settings)?).build())
            .build();
        Ok(Some(Self { agent: agent.into(), url: url.into() }))
    }

    /// Sends a digest. Blocks.
    pub(super) fn send(&self, told: &Told) -> Result<(), SendError> {
        let failed = |why: String| SendError::Webhook { why };
        let body = json!({"text": told.markdown(), "digest": told});
        let answer = self.agent.post(&*self.url).send_json(&body);
        // The client's words may repeat the address.
        let answer = answer.map_err(|error| failed(format!("is not to be reached: {}", kind(&error))))?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(failed(format!("answers {}", status.as_u16()))),
        }
    }
}

fn kind(error: &ureq::Error) -> &'static str {
    match error {
        ureq::Error::Timeout(_) => "no answer in time (`digest.timeout`)",
        ureq::Error::HostNotFound => "no such host",
        ureq::Error::Io(_) | ureq::Error::ConnectionFailed => "no connection",
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => "no agreement on TLS (`digest.ca_file`)",
        _ => "the address, or what answers there, is not usable",
    }
}

fn roots(settings: &Digest) -> Result<RootCerts, Failure> {
    let Some(path) = &settings.ca_file else { return Ok(RootCerts::WebPki) };
    let pem = configured::file("digest.ca_file", path)?;
    let certificates = parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    let certificates: Vec<_> = certificates.collect();
    if certificates.is_empty() {
        return Err(configured::refused(&format!("`digest.ca_file`: {} holds no certificate", path.display())));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}
