//! A web configuration file and those that it names → the rules.

use super::{
    config::{Tls, WebConfig},
    headers::{self, Headers},
    password::Users,
    source::Source,
    tls,
};
use rustls::ServerConfig;
use std::{path::Path, sync::Arc};

/// The web configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("web configuration {file}: {reason}")]
pub struct WebConfigError {
    file: String,
    reason: String,
}

/// What holds.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// `None`: not encrypted.
    pub tls: Option<Arc<ServerConfig>>,
    /// Certificates of clients are demanded.
    knows_clients: bool,
    pub users: Arc<Users>,
    pub headers: Headers,
    /// Of everything that was read for it.
    digest: [u8; 32],
}

impl PartialEq for Rules {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Rules {
    /// Reads them. Files are named as seen from the folder of this one.
    pub fn read(file: &Path) -> Result<Self, WebConfigError> {
        let mut source = Source::new(file.parent().unwrap_or(Path::new("")));
        let fault = |reason| WebConfigError { file: file.display().to_string(), reason };
        let text = source.text(file).map_err(|error| fault(format!("it cannot be read: {error}")))?;
        Self::of(&text, &mut source).map_err(fault)
    }

    fn of(text: &str, source: &mut Source) -> Result<Self, String> {
        let config = WebConfig::parse(text)?;
        let users = Arc::new(Users::new(config.basic_auth_users.unwrap_or_default())?);
        let headers = headers::of(config.http_server_config.and_then(|http| http.headers).unwrap_or_default())?;
        let tls = config.tls_server_config.filter(Tls::is_configured);
        let knows_clients = tls.as_ref().is_some_and(|tls| tls::demands_certificates(tls.client_auth_type));
        let tls = tls.map(|tls| tls::server(&tls, source)).transpose()?;
        Ok(Self { tls, knows_clients, users, headers, digest: source.digest() })
    }

    /// Whether a client has to say who it is.
    pub fn authenticates(&self) -> bool {
        self.knows_clients || !self.users.is_empty()
    }
}
