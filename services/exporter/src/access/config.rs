//! The file as it is written: the names and meanings of exporter-toolkit's.

use serde::Deserialize;
use std::{collections::BTreeMap, fmt, path::PathBuf};

/// The whole file. What is left out, or has nothing behind it, is not configured.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WebConfig {
    pub tls_server_config: Option<Tls>,
    pub http_server_config: Option<Http>,
    pub basic_auth_users: Option<BTreeMap<String, String>>,
}

/// `tls_server_config`. PEM stands in the file itself or in one that it names.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Tls {
    pub cert: Option<String>,
    pub cert_file: Option<PathBuf>,
    pub key: Option<Hidden>,
    pub key_file: Option<PathBuf>,
    pub client_auth_type: ClientAuth,
    pub client_ca: Option<String>,
    pub client_ca_file: Option<PathBuf>,
    pub cipher_suites: Vec<String>,
    pub curve_preferences: Vec<String>,
    pub prefer_server_cipher_suites: Option<bool>,
    pub min_version: Option<Version>,
    pub max_version: Option<Version>,
}

/// `http_server_config`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Http {
    /// Taken, and of no effect: HTTP/1.1 is all that is spoken here.
    #[serde(rename = "http2")]
    pub _http2: Option<bool>,
    pub headers: Option<BTreeMap<String, String>>,
}

/// Versions of TLS, the oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Version {
    Tls10,
    Tls11,
    Tls12,
    Tls13,
}

/// Whether clients show certificates, by Go's names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(super) enum ClientAuth {
    #[default]
    NoClientCert,
    RequestClientCert,
    #[serde(alias = "RequireClientCert")]
    RequireAnyClientCert,
    VerifyClientCertIfGiven,
    RequireAndVerifyClientCert,
}

/// A private key, which shows itself to nobody.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Hidden(pub String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl WebConfig {
    /// Reads it. The words on what is wrong never show a line: it may be a key.
    pub fn parse(text: &str) -> Result<Self, String> {
        let options = serde_saphyr::options! { with_snippet: false };
        let read = serde_saphyr::from_str_with_options::<Option<Self>>(text, options);
        read.map(Option::unwrap_or_default).map_err(|error| error.to_string())
    }
}
