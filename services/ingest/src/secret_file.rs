//! A file that holds a secret: one line of text.

use std::{io, path::Path};

/// Why a file gives no secret. Shows nothing of what it holds.
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
