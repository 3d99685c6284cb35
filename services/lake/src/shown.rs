//! URLs as they may be shown.

use url::Url;

const MASK: &str = "********";

/// A URL, or what somebody took for one, without user, password, query and fragment. What is no URL stays as it is.
///
/// A password may hold any character, and one that is not encoded (`@`, `/`, `?`, `#`) makes a parser see another host than
/// its author did. So what is masked reaches to the last `@`, and what does not parse then shows its scheme alone: too much
/// masked is no harm.
pub fn without_credentials(text: &str) -> String {
    match text.split_once("://") {
        Some((scheme, path)) if scheme.eq_ignore_ascii_case("file") && !has_user(path) => {
            format!("{scheme}://{}", without_query(path))
        }
        Some((scheme, rest)) if is_scheme(scheme) => format!("{scheme}://{}", address(rest)),
        _ if has_user(text) => address(text),
        _ => text.to_owned(),
    }
}

/// `user:password@` in front of something. An `@` alone is one of a path or a name.
pub(crate) fn has_user(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(before, _)| before.contains(':'))
}

/// The name of a scheme.
pub(crate) fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// What follows `://`.
fn address(rest: &str) -> String {
    let (user, place) = rest.rsplit_once('@').map_or(("", rest), |(_, place)| (MASK, place));
    let at = if user.is_empty() { "" } else { "@" };
    let place = if is_place(place) { without_query(place) } else { MASK.to_owned() };
    format!("{user}{at}{place}")
}

/// Host, port and path, as a parser sees them, and not a user and a password that lack their host or hide their `@`.
fn is_place(place: &str) -> bool {
    let host = place.split(['/', '?', '#']).next().unwrap_or_default();
    !host.contains('%') && Url::parse(&format!("any://{place}")).is_ok()
}

fn without_query(place: &str) -> String {
    match place.find(['?', '#']) {
        Some(at) => format!("{}{MASK}", &place[..=at]),
        None => place.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `pw-` begins every piece of a password, so that none can hide.
    #[test]
    fn no_piece_of_a_password_shows_in_any_form() {
        let table = [
            ("http://user:pw-1@host/", "http://********@host/"),
            // Those of which a part was shown once.
            ("http://user:pw-1@pw-2@host/", "http://********@host/"),
            ("http://user:pw-1?pw-2@host/x", "http://********@host/x"),
            ("http://user:pw-1#pw-2@host", "http://********@host"),
            ("http://user:pw-1/pw-2@host/x", "http://********@host/x"),
            ("http://user:1?pw-1@host/x", "http://********@host/x"),
            ("http://user:1/pw-1@host/x", "http://********@host/x"),
            ("http://user:pw-1%40pw-2@host", "http://********@host"),
            ("http://user:pw-1%zz@host", "http://********@host"),
            ("http://user:pw-1 pw-2@host", "http://********@host"),
            ("http://user:pw-1\\pw-2@host", "http://********@host"),
            ("http://user:pw-1://pw-2@host", "http://********@host"),
            ("http://user:pw-1\u{e9}\u{ff20}@host", "http://********@host"),
            ("http://:pw-1@host", "http://********@host"),
            ("http://pw-1@host", "http://********@host"),
            ("http://user:pw-1@[::1]:9090/x", "http://********@[::1]:9090/x"),
            ("http://user:pw-1@pw-2@[::1]/x", "http://********@[::1]/x"),
            ("http://user:pw-1@[::1/x", "http://********@********"),
            // Without a host, with its @ encoded, without a scheme, with one that is none.
            ("http://user:pw-1@", "http://********@"),
            ("http://user:pw-1@/x", "http://********@/x"),
            ("http://user:pw-1@?pw-2", "http://********@?********"),
            ("http://user:pw-1", "http://********"),
            ("http://user:pw-1?pw-2", "http://********"),
            ("http://user:pw-1/pw-2", "http://********"),
            ("http://user:pw-1%40host/", "http://********"),
            ("s3://user%3Apw-1%40bucket/lake", "s3://********"),
            ("http://user:pw-1@pw-2:pw-3", "http://********@********"),
            ("user:pw-1@host:9092/x?pw-2", "********@host:9092/x?********"),
            ("//user:pw-1@host", "********@host"),
            ("http:user:pw-1@host", "********@host"),
            ("http:\\\\user:pw-1@host", "********@host"),
            ("user:pw-1://pw-2@host", "********@host"),
            ("a_b://user:pw-1@host", "********@host"),
            ("k:9092,user:pw-1@k:9092", "********@k:9092"),
            ("file://user:pw-1@host/lake", "file://********@host/lake"),
            // Tokens and signatures.
            ("https://host:9090/x?token=pw-1", "https://host:9090/x?********"),
            ("https://host/x#pw-1", "https://host/x#********"),
            ("file:///lake?token=pw-1", "file:///lake?********"),
            ("s3://AKIA:pw-1/pw-2+pw-3@bucket/lake?sig=pw-4#pw-5", "s3://********@bucket/lake?********"),
        ];
        for (url, shown) in table {
            assert_eq!(without_credentials(url), shown, "{url}");
            assert!(!shown.contains("pw-") && !shown.contains("user"), "{shown}");
        }
    }

    #[test]
    fn what_holds_none_stays_as_it_is() {
        let open = [
            "s3://bucket/lake",
            "https://prometheus:9090/api/v1/write",
            "http://[::1]:9090/",
            "file:///a@b/lake",
            "file://./data",
            "/a@b/lake",
            "kafka-1:9092,kafka-2:9092",
            "bellwether",
            "client@REALM",
            "5s",
            "",
        ];
        for text in open {
            assert_eq!(without_credentials(text), text);
        }
    }
}
