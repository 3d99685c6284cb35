//! The privacy key: what turns a person's id into a pseudonym, and never shows itself.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::{fmt, path::Path};

/// Fewer bytes than this can be guessed.
const MINIMUM_BYTES: usize = 16;
/// Bytes of the code that are kept: 128 bits.
const PSEUDONYM_BYTES: usize = 16;

/// A secret key for pseudonyms. Printing it shows nothing.
#[derive(Clone)]
pub struct PrivacyKey(Hmac<Sha256>);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum PrivacyKeyError {
    /// None was set.
    #[error(
        "no privacy key: set BELLWETHER__PRIVACY__KEY_FILE (or `privacy.key_file`) to a file that holds it, made once \
         with `openssl rand -base64 32`, and keep it: the same person gets another pseudonym under another key"
    )]
    Missing,
    /// Both a key and a file were set.
    #[error("both `privacy.key` and `privacy.key_file` are set: remove one")]
    Ambiguous,
    /// The file cannot be read.
    #[error("privacy.key_file {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// Too short to be a secret.
    #[error("the privacy key has {length} bytes, fewer than {MINIMUM_BYTES}: make one with `openssl rand -base64 32`")]
    Short {
        /// Bytes it has.
        length: usize,
    },
}

impl PrivacyKey {
    /// A key from its text; white space around it does not count.
    pub fn new(text: &str) -> Result<Self, PrivacyKeyError> {
        let bytes = text.trim().as_bytes();
        if bytes.len() < MINIMUM_BYTES {
            return Err(PrivacyKeyError::Short { length: bytes.len() });
        }
        let code = Hmac::<Sha256>::new_from_slice(bytes).map_err(|_| PrivacyKeyError::Short { length: bytes.len() })?;
        Ok(Self(code))
    }

    /// A key from a file that holds its text.
    pub fn from_file(path: &Path) -> Result<Self, PrivacyKeyError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| PrivacyKeyError::Unreadable { path: path.display().to_string(), source })?;
        Self::new(&text)
    }

    /// What stands for `value` within `domain`: 22 characters of base64url. The same value in another domain has
    /// another pseudonym, so that survey answers cannot be joined to a person's other records.
    pub fn pseudonym(&self, domain: &str, value: &str) -> String {
        self.code(&[domain.as_bytes(), &[0], value.as_bytes()])
    }

    /// Tells two keys apart without telling either.
    pub fn fingerprint(&self) -> String {
        // No domain contains a NUL, so this input is no pseudonym's.
        self.code(&[b"\0\0bellwether privacy key fingerprint"])
    }

    fn code(&self, parts: &[&[u8]]) -> String {
        let mut code = self.0.clone();
        parts.iter().for_each(|part| code.update(part));
        URL_SAFE_NO_PAD.encode(&code.finalize().into_bytes()[..PSEUDONYM_BYTES])
    }
}

impl fmt::Debug for PrivacyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivacyKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pseudonyms_are_stable_differ_by_domain_and_are_128_bits() {
        let key = PrivacyKey::new("0123456789abcdef\n").unwrap();
        let pseudonym = key.pseudonym("person", "leader-1");
        assert_eq!(pseudonym, key.pseudonym("person", "leader-1"));
        assert_eq!(pseudonym.len(), 22);
        assert_ne!(pseudonym, key.pseudonym("respondent", "leader-1"));
        assert_ne!(pseudonym, PrivacyKey::new("0123456789abcdeF").unwrap().pseudonym("person", "leader-1"));
    }

    /// Against an independent computation: `printf 'person\0leader-1' | openssl dgst -sha256 -hmac 0123456789abcdef`.
    #[test]
    fn is_hmac_sha256_truncated() {
        let key = PrivacyKey::new("0123456789abcdef").unwrap();
        assert_eq!(key.pseudonym("person", "leader-1"), "2EiMSgJmVZ8VdWzslNODbQ");
    }

    #[test]
    fn shows_nothing() {
        assert_eq!(format!("{:?}", PrivacyKey::new("0123456789abcdef").unwrap()), "PrivacyKey(***)");
        assert!(matches!(PrivacyKey::new("short"), Err(PrivacyKeyError::Short { length: 5 })));
    }
}
