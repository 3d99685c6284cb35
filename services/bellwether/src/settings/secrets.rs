//! Secrets, given as they are or by the file that they are in.

use super::{fault::Fault, reader::Reader, values::Secret};
use std::path::PathBuf;

/// Where a secret comes from.
#[derive(Debug, Clone)]
pub enum SecretFrom {
    /// Given as it is.
    Inline(Secret),
    /// The one line of a file.
    File(PathBuf),
}

/// A secret given as it is, or by the file that it is in.
pub(super) fn secret(r: &mut Reader, section: &str, [inline, file]: [&'static str; 2]) -> Option<SecretFrom> {
    let (secret, path): (Option<Secret>, Option<PathBuf>) = (r.optional(inline), r.optional(file));
    match (secret, path) {
        (Some(_), Some(_)) => {
            both(r, section, inline, file);
            None
        }
        (Some(secret), None) => Some(SecretFrom::Inline(secret)),
        (None, path) => path.map(SecretFrom::File),
    }
}

pub(super) fn both(r: &mut Reader, section: &str, one: &str, other: &str) {
    r.fault(Fault {
        what: format!("`{one}` and `{other}` are both set"),
        origin: section.to_owned(),
        right: "expected one of them".to_owned(),
    });
}
