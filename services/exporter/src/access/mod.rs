//! Who may read what is served, and over what: told by a web configuration file, as Prometheus and its exporters have it.
//!
//! ```text
//!  FILE ─config─► WebConfig ─┬─ tls ──────► how connections are encrypted ─► listener
//!    ▲                       ├─ password ─► who is let in ─────────────────► guard ─► the routes
//!    └── read again: watch   └─ headers ──► what every answer carries ─────►
//! ```
//!
//! Invariant: what cannot be used is refused as a whole; at the start that ends the program, later the last good one stays.

mod config;
mod guard;
mod headers;
mod listener;
mod password;
mod rules;
mod source;
mod tls;

pub use rules::WebConfigError;

pub(crate) use {guard::admit, listener::Listening};

use arc_swap::ArcSwap;
use rules::Rules;
use std::{
    convert::Infallible,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// How often the file, and those that it names, are read again.
const AGAIN: Duration = Duration::from_secs(2);

/// The rules that hold now. Clones share them.
#[derive(Debug, Clone)]
pub struct Access {
    file: Option<PathBuf>,
    rules: Arc<ArcSwap<Rules>>,
}

impl Access {
    /// For everybody, without encryption.
    pub fn open() -> Self {
        Self { file: None, rules: Arc::default() }
    }

    /// As a file says, and goes on to say while it is watched.
    pub fn read(file: &Path) -> Result<Self, WebConfigError> {
        let rules = Rules::read(file)?;
        Ok(Self { file: Some(file.to_owned()), rules: Arc::new(ArcSwap::from_pointee(rules)) })
    }

    /// Whether connections are encrypted: `https` or `http`.
    pub fn scheme(&self) -> &'static str {
        if self.rules().tls.is_some() { "https" } else { "http" }
    }

    /// What somebody should know who serves there, if anything.
    pub fn warning(&self, address: SocketAddr) -> Option<&'static str> {
        let rules = self.rules();
        match (address.ip().is_loopback(), rules.authenticates(), rules.tls.is_some()) {
            (true, ..) | (_, true, true) => None,
            (_, false, _) => Some(
                "open to the network, and everybody who reaches it may read it: let http.listen be an address of loopback, \
                 or name users in the file of http.web_config_file",
            ),
            (_, true, false) => Some(
                "passwords cross the network as they are: encrypt it with tls_server_config in the file of \
                 http.web_config_file",
            ),
        }
    }

    pub(crate) fn rules(&self) -> Arc<Rules> {
        self.rules.load_full()
    }

    /// Reads the file again and again. Tells a fault when it begins, and `None` when it is over.
    pub(crate) async fn watch(&self, tell: impl Fn(Option<&WebConfigError>)) -> Infallible {
        let Some(file) = self.file.clone() else { return std::future::pending().await };
        let mut told: Option<String> = None;
        loop {
            tokio::time::sleep(AGAIN).await;
            let path = file.clone();
            let Ok(read) = tokio::task::spawn_blocking(move || Rules::read(&path)).await else { continue };
            match read {
                Ok(rules) => {
                    if told.take().is_some() {
                        tell(None);
                    }
                    if *self.rules() != rules {
                        tracing::info!(file = %file.display(), "the web configuration has changed, and holds from now on");
                        self.rules.store(Arc::new(rules));
                    }
                }
                Err(fault) => {
                    if told.as_ref() != Some(&fault.to_string()) {
                        tracing::error!("{fault}; the one before it stays in force");
                        told = Some(fault.to_string());
                    }
                    tell(Some(&fault));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_open_to_the_network_is_warned() {
        let at = |address: &str| Access::open().warning(address.parse().unwrap());
        assert_eq!(at("127.0.0.1:9464"), None);
        assert_eq!(at("[::1]:9464"), None);
        for open in ["0.0.0.0:9464", "[::]:9464", "192.0.2.7:9464"] {
            assert!(at(open).unwrap().contains("http.web_config_file"), "{open}");
        }
    }
}
