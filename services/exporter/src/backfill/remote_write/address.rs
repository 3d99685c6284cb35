//! Addresses, checked before anything is derived for them.

use super::RemoteWriteError;
use ureq::http::Uri;

/// An address for remote write, as it may be shown: without user, password and query.
///
/// # Errors
/// [`RemoteWriteError::Url`] for what is no address of a server, or has a password in it.
pub fn check_url(url: &str) -> Result<String, RemoteWriteError> {
    let open = url.split(['?', '#']).next().unwrap_or_default();
    let shown = match open.split_once("://").map(|(scheme, rest)| (scheme, rest.split_once('@'))) {
        Some((scheme, Some((_, host)))) => format!("{scheme}://…@{host}"),
        _ => open.to_owned(),
    };
    let fault = |fault| Err(RemoteWriteError::Url { url: shown.clone(), fault });
    let Ok(uri) = url.parse::<Uri>() else { return fault("it cannot be read") };
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return fault("it starts with neither http:// nor https://");
    }
    match uri.authority() {
        None => fault("it names no host"),
        Some(authority) if authority.as_str().contains('@') => {
            fault("a password does not belong there; take `remote_write.username` and `remote_write.password_file`")
        }
        Some(_) => Ok(shown),
    }
}
