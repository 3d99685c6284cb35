//! Addresses, checked before anything is derived for them.

use super::RemoteWriteError;
use ureq::http::Uri;
use url::Url;

/// What stands for a part that may be a password.
const HIDDEN: &str = "…";

/// An address for remote write, as it may be shown: without user, password, query and fragment.
///
/// # Errors
/// [`RemoteWriteError::Url`] for what is no address of a server, or has a password in it.
pub fn check_url(url: &str) -> Result<String, RemoteWriteError> {
    let shown = shown(url);
    let fault = |fault| Err(RemoteWriteError::Url { url: shown.clone(), fault });
    if url.contains('@') {
        return fault(
            "a password does not belong there; take `remote_write.username` and `remote_write.password_file`",
        );
    }
    if scheme(url).is_empty() {
        return fault("it starts with neither http:// nor https://");
    }
    match (Url::parse(url), url.parse::<Uri>()) {
        (Ok(_), Ok(_)) => Ok(shown),
        _ => fault("it cannot be read, or names no host"),
    }
}

/// A password that is not encoded may hold an `@`, a `/` or a `?`, and then a parser sees another host than its author
/// did: what is hidden reaches to the last `@`, and what does not parse is hidden altogether.
fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_at(scheme(url).len());
    let (user, place) = rest.rsplit_once('@').map_or((String::new(), rest), |(_, at)| (format!("{HIDDEN}@"), at));
    let place = place.split(['?', '#']).next().unwrap_or_default();
    // An encoded `@` parts nothing; behind it may stand a host all the same.
    let readable = !place.contains("%40") && Url::parse(&format!("http://{place}")).is_ok();
    format!("{scheme}{user}{}", if readable { place } else { HIDDEN })
}

/// `http://` or `https://`, as it is written; nothing if it begins otherwise.
fn scheme(url: &str) -> &str {
    let heads = ["http://", "https://"].into_iter().filter_map(|scheme| Some((scheme, url.get(..scheme.len())?)));
    heads.into_iter().find(|(scheme, head)| head.eq_ignore_ascii_case(scheme)).map_or("", |(_, head)| head)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of `user:p@ss@host` and `user:pa?ss@host` a part of the password was shown. Here `pw-` begins every piece of one.
    #[test]
    fn a_password_is_refused_in_every_form_and_no_piece_of_it_is_shown() {
        let table = [
            ("http://user:pw-1@host/x", "`http://…@host/x`"),
            ("http://user:pw-1@pw-2@host/", "`http://…@host/`"),
            ("http://user:pw-1?pw-2@host/", "`http://…@host/`"),
            ("http://user:1?pw-2@host/", "`http://…@host/`"),
            ("http://user:pw-1#pw-2@host/", "`http://…@host/`"),
            ("http://user:pw-1/pw-2@host/", "`http://…@host/`"),
            ("http://user:pw-1 pw-2@host/", "`http://…@host/`"),
            ("http://user:pw-1%40pw-2@host/", "`http://…@host/`"),
            ("http://user:pw-1%40host/", "`http://…`"),
            ("http://user:pw-1?pw-2", "`http://…`"),
            ("http://user:pw-1@", "`http://…@…`"),
            ("http://:pw-1@[::1]:9090/x?pw-2", "`http://…@[::1]:9090/x`"),
            ("https://user:pw-1@host:pw-2", "`https://…@…`"),
            ("user:pw-1@host:9090", "`…@host:9090`"),
            ("//user:pw-1@host", "`…@host`"),
            ("http:user:pw-1@host", "`…@host`"),
            ("ftp://user:pw-1@host", "`…@host`"),
        ];
        for (url, words) in table {
            let message = check_url(url).unwrap_err().to_string();
            assert!(message.contains(words), "{url}: {message}");
            assert!(!message.contains("pw-") && !message.contains("user:"), "{message}");
        }
    }

    #[test]
    fn addresses_are_taken_and_others_refused_by_what_they_lack() {
        let shown = |url: &str| check_url(url).map_err(|error| error.to_string());
        assert_eq!(shown("http://127.0.0.1:9090/api/v1/write").as_deref(), Ok("http://127.0.0.1:9090/api/v1/write"));
        assert_eq!(shown("https://[::1]/x?token=abc#d").as_deref(), Ok("https://[::1]/x"));
        for (url, words) in [
            ("localhost:9090", "`localhost:9090` is no address for remote write: it starts with neither http://"),
            ("ftp://host/x", "neither http:// nor https://"),
            ("http:host", "neither http:// nor https://"),
            ("http://", "it cannot be read, or names no host"),
            ("http://ho st/", "it cannot be read, or names no host"),
            ("", "neither http:// nor https://"),
        ] {
            let message = shown(url).unwrap_err();
            assert!(message.contains(words), "{url}: {message}");
        }
    }
}
