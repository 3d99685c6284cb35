//! The privacy key: what turns a person's id into a pseudonym, and never shows itself; and files that hold a secret.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::{fmt, io, path::Path};

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
    /// The file holds no key.
    #[error("privacy.key_file: {path} {source}")]
    File {
        /// The file.
        path: String,
        /// The cause.
        source: SecretFileError,
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

    /// A key from a file that holds its text, in one line.
    pub fn from_file(path: &Path) -> Result<Self, PrivacyKeyError> {
        let failed = |source| PrivacyKeyError::File { path: path.display().to_string(), source };
        Self::new(&secret_file(path).map_err(failed)?)
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

    /// By which a record is known again; without the key it tells nothing of what the record says. Lengths go in too, so
    /// that moving a byte from key to value shows.
    pub(crate) fn record(&self, key: Option<&[u8]>, value: Option<&[u8]>) -> i64 {
        let mut code = self.0.clone();
        code.update(b"\0\0bellwether record");
        for part in [key, value] {
            code.update(&part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
            code.update(part.unwrap_or_default());
        }
        let first = code.finalize().into_bytes().iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        (first >> 1).cast_signed()
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

/// Why a file holds no secret. Shows nothing of what it holds.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// The operating system's words.
    #[error("cannot be read: {source}; {}", advice(source))]
    Unreadable {
        /// The cause.
        #[from]
        source: io::Error,
    },
    /// Not UTF-8.
    #[error("is no text: write the secret into it as one line")]
    NoText,
    /// Nothing but white space.
    #[error("is empty: write the secret into it as one line")]
    Empty,
    /// More than a secret, whichever of them is meant.
    #[error("has {0} lines: leave the one with the secret")]
    Lines(usize),
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "write the secret into a file of that name, or name the file that it is in",
        io::ErrorKind::IsADirectory => "name the file within it that holds the secret",
        io::ErrorKind::PermissionDenied => "give this user read access to it",
        _ => "name a file that holds the secret",
    }
}

/// The one line of a file; a line break at its end, and white space around it, do not count.
///
/// # Errors
/// A file that cannot be read, or holds anything else.
pub fn secret_file(path: &Path) -> Result<String, SecretFileError> {
    let text = String::from_utf8(std::fs::read(path)?).map_err(|_| SecretFileError::NoText)?;
    let secret = text.trim();
    match secret.lines().count() {
        0 => Err(SecretFileError::Empty),
        1 => Ok(secret.to_owned()),
        lines => Err(SecretFileError::Lines(lines)),
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
    fn records_are_told_apart_key_from_value_null_from_empty_and_by_key() {
        let key = PrivacyKey::new("0123456789abcdef").unwrap();
        let hashes = [
            key.record(Some(b"ab"), Some(b"c")),
            key.record(Some(b"a"), Some(b"bc")),
            key.record(None, Some(b"abc")),
            key.record(Some(b""), Some(b"abc")),
            key.record(Some(b"abc"), None),
            PrivacyKey::new("0123456789abcdeF").unwrap().record(Some(b"abc"), None),
        ];
        assert!(hashes.iter().all(|hash| *hash >= 0));
        assert_eq!(std::collections::BTreeSet::from(hashes).len(), hashes.len());
    }

    #[test]
    fn shows_nothing() {
        assert_eq!(format!("{:?}", PrivacyKey::new("0123456789abcdef").unwrap()), "PrivacyKey(***)");
        assert!(matches!(PrivacyKey::new("short"), Err(PrivacyKeyError::Short { length: 5 })));
    }

    fn of(bytes: &[u8]) -> Result<String, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        secret_file(file.path()).map_err(|error| error.to_string())
    }

    /// Of a password file only the first line was taken, of a key file all of them.
    #[test]
    fn a_secret_is_one_line() {
        for good in ["s3cret", "s3cret\n", "s3cret\r\n", " s3cret \n\n"] {
            assert_eq!(of(good.as_bytes()), Ok("s3cret".to_owned()), "{good:?}");
        }
        let refused: [(&[u8], &str); 5] = [
            (b"s3cret\nother", "has 2 lines"),
            (b"s3cret\n\n# made in May\n", "has 3 lines"),
            (b"", "is empty"),
            (b" \n", "is empty"),
            (b"s3cret\xff", "is no text"),
        ];
        for (bytes, words) in refused {
            let message = of(bytes).unwrap_err();
            assert!(message.contains(words) && !message.contains("s3cret"), "{message}");
        }
        let missing = secret_file(Path::new("/nowhere/key")).unwrap_err().to_string();
        assert!(
            missing.contains("cannot be read: No such file") && missing.contains("write the secret into"),
            "{missing}"
        );
        let folder = secret_file(Path::new("/")).unwrap_err().to_string();
        assert!(folder.contains("Is a directory") && folder.contains("name the file within it"), "{folder}");
    }
}
