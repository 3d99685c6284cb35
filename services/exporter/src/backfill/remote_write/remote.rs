//! Where to write, as whom, and how patiently.

use base64::{Engine, prelude::BASE64_STANDARD};
use std::{fmt, time::Duration};

/// Where to write, and as whom.
#[derive(Debug, Clone)]
pub struct Remote {
    /// `http://` or `https://`, such as `http://prometheus:9090/api/v1/write`.
    pub url: String,
    /// As whom.
    pub credentials: Credentials,
    /// Certificates in PEM that are trusted instead of the built-in ones.
    pub authorities: Option<Vec<u8>>,
    /// Of one request.
    pub timeout: Duration,
    /// With servers that are busy.
    pub patience: Patience,
}

/// As whom to write. Never shown.
#[derive(Clone, Default)]
pub enum Credentials {
    /// As nobody.
    #[default]
    None,
    /// HTTP basic authentication.
    Basic {
        /// Name.
        username: String,
        /// Password.
        password: String,
    },
    /// A token.
    Bearer(String),
}

/// How often, and how long.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Requests of one batch, the first included.
    pub attempts: u32,
    /// The first wait; each further one is twice as long.
    pub wait: Duration,
}

impl Default for Patience {
    /// Half a minute in all.
    fn default() -> Self {
        Self { attempts: 7, wait: Duration::from_millis(500) }
    }
}

impl Credentials {
    /// The value of `Authorization`.
    pub(super) fn header(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Basic { username, password } => {
                Some(format!("Basic {}", BASE64_STANDARD.encode(format!("{username}:{password}"))))
            }
            Self::Bearer(token) => Some(format!("Bearer {token}")),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Basic { .. } => "Basic(…)",
            Self::Bearer(_) => "Bearer(…)",
        })
    }
}
