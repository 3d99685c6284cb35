//! Where a lake lives: URL or path → absolute URL of a folder.

use crate::{
    error::LakeError,
    shown::{has_user, is_scheme, without_credentials},
};
use std::path::PathBuf;
use url::Url;

const NO_USER: &str = "a folder has no user and password: use file:///path/to/lake, or a path";

/// The absolute URL, with a trailing slash, of `file:///…`, `file://./…` (relative to the working directory) or a path.
pub(crate) fn locate(url: &str) -> Result<Url, LakeError> {
    let wrong = |why: &str| LakeError::Url { url: without_credentials(url), why: why.into() };
    let path = match url.split_once("://") {
        None if url.is_empty() => return Err(wrong("give a folder: file:///path/to/lake, or a path")),
        None => PathBuf::from(plain(url).map_err(|why| wrong(&why))?),
        Some(("file", "")) => return Err(wrong("give a folder: file:///path/to/lake")),
        Some(("file", rest)) => {
            unambiguous(rest).map_err(|why| wrong(&why))?;
            if rest.starts_with('/') {
                let parsed = Url::parse(url).map_err(|e| wrong(&e.to_string()))?;
                parsed.to_file_path().map_err(|()| wrong("not a path of this machine"))?
            } else {
                PathBuf::from(rest)
            }
        }
        Some(("s3" | "s3a", _)) => {
            return Err(wrong("object storage is not built into this program yet; use a folder: file:///path/to/lake"));
        }
        Some((scheme, _)) => return Err(wrong(&format!("scheme {scheme:?} is not known; use file:///path/to/lake"))),
    };
    let absolute =
        std::path::absolute(&path).map_err(|e| LakeError::storage(format!("lake folder {}", path.display()), e))?;
    let url = Url::from_directory_path(absolute).map_err(|()| wrong("not a path of this machine"))?;
    // Parsed once more it has no `..`: one folder has one URL (the folder itself need not exist yet).
    Url::parse(url.as_str()).map_err(|e| wrong(&e.to_string()))
}

/// A path, and no URL that lacks its slashes: `file:data` would be a folder of that name.
fn plain(path: &str) -> Result<&str, String> {
    if path.starts_with("//") && has_user(path) {
        return Err(NO_USER.to_owned());
    }
    let Some((scheme, rest)) = path.split_once(':') else { return Ok(path) };
    let rest = rest.trim_start_matches('/');
    match scheme {
        "file" if rest.is_empty() => Err("give a folder: file:///path/to/lake".to_owned()),
        "file" if path.starts_with("file:/") => Err(format!("write file:///{rest}, or the path alone: /{rest}")),
        "file" => {
            let rest = rest.trim_start_matches("./");
            Err(format!("write file://./{rest}, or the path alone: ./{rest}"))
        }
        _ if is_scheme(scheme) => {
            Err("neither a path nor a URL: use file:///path/to/lake, or put ./ in front of a folder of that name"
                .to_owned())
        }
        _ => Ok(path),
    }
}

/// What follows `file://` names one folder, whoever reads it: with a query or a fragment, which name none, two
/// lakes were one.
fn unambiguous(rest: &str) -> Result<(), String> {
    let relative = !rest.starts_with('/');
    if let Some(mark) = rest.chars().find(|c| matches!(c, '?' | '#' | '\\') || c.is_control()) {
        let (shown, code) = (mark.escape_default(), u32::from(mark));
        let instead = if relative {
            "write the path alone, without file://".to_owned()
        } else {
            format!("write the path alone, without file://, or %{code:02X} for it")
        };
        return Err(format!("`{shown}` has a meaning of its own in a URL and names no folder; {instead}"));
    }
    if relative && rest.contains('%') {
        return Err("`%` has a meaning of its own in a URL; write the path alone, without file://".to_owned());
    }
    if relative && has_user(rest) {
        return Err(NO_USER.to_owned());
    }
    match rest.strip_prefix("localhost/") {
        Some(path) => Err(format!("write file:///{path}, or file://./localhost/{path} for a folder of that name")),
        None => Ok(()),
    }
}

/// The folder of a lake on this machine; it need not exist.
///
/// # Errors
/// What is no such place.
pub fn folder(url: &str) -> Result<PathBuf, LakeError> {
    let path = locate(url)?.to_file_path();
    let path = path.map_err(|()| LakeError::Url { url: without_credentials(url), why: "is no folder".into() })?;
    // Without the slash at the end, behind which nothing but a folder is looked for.
    Ok(path.components().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_folder() {
        let here = std::env::current_dir().unwrap();
        let data = Url::from_directory_path(here.join("data")).unwrap();
        for spelling in ["file://./data", "./data", "data", "data/", "file://data", "file://./x/../data"] {
            assert_eq!(locate(spelling).unwrap(), data, "{spelling}");
        }
        assert_eq!(locate("file:///a%20b/lake").unwrap().as_str(), "file:///a%20b/lake/");
        assert_eq!(locate("/a b/lake").unwrap().as_str(), "file:///a%20b/lake/");
    }

    #[test]
    fn other_places_are_refused_by_name() {
        let s3 = locate("s3://bucket/lake").unwrap_err().to_string();
        assert!(s3.contains("s3://bucket/lake") && s3.contains("not built into this program yet"), "{s3}");
        assert!(locate("ftp://x/y").unwrap_err().to_string().contains("\"ftp\""));
        assert!(locate("").is_err() && locate("file://").is_err());
    }

    /// `file:data` was a folder of that name, `file:///lake?a` and `file:///lake#b` the same as `file:///lake`.
    #[test]
    fn what_two_readers_would_take_for_two_folders_is_refused_with_what_to_write() {
        let refused = [
            ("file:data", "write file://./data, or the path alone: ./data"),
            ("file:./data", "./data"),
            ("file:/srv/lake", "write file:///srv/lake, or the path alone: /srv/lake"),
            ("file:", "give a folder"),
            ("s3:bucket/lake", "file:///path/to/lake"),
            ("http:host", "file:///path/to/lake"),
            ("//user:secret@host/lake", "a folder has no user and password"),
            ("file://user:secret@host/lake", "a folder has no user and password"),
            ("user:secret@host/lake", "file:///path/to/lake"),
            ("file:///lake?a", "without file://, or %3F for it"),
            ("file:///lake#b", "without file://, or %23 for it"),
            ("file:///a\\b", "without file://, or %5C for it"),
            ("file:///a\tb", "`\\t`"),
            ("file://./lake?a", "write the path alone, without file://"),
            ("file://./lake#b", "write the path alone, without file://"),
            ("file://./a%20b", "write the path alone, without file://"),
            ("file://localhost/lake", "write file:///lake"),
        ];
        for (url, words) in refused {
            let message = locate(url).unwrap_err().to_string();
            assert!(message.contains(words) && !message.contains("secret"), "{url}: {message}");
        }
        for (path, url) in
            [("/lake?a", "file:///lake%3Fa/"), ("/lake#b", "file:///lake%23b/"), ("/a:b", "file:///a:b/")]
        {
            assert_eq!(locate(path).unwrap().as_str(), url);
        }
        assert_eq!(locate("file:///lake%3Fa").unwrap(), locate("/lake?a").unwrap());
        assert_eq!(
            locate("./a:b").unwrap(),
            locate(&format!("{}/a:b", std::env::current_dir().unwrap().display())).unwrap()
        );
    }

    /// The error once printed the whole URL.
    #[test]
    fn credentials_in_a_url_are_not_shown() {
        let shown = locate("s3://AKIA:sec/r@et?x@bucket/lake?token=abc").unwrap_err().to_string();
        assert!(shown.contains("s3://********@bucket/lake?********"), "{shown}");
        for secret in ["AKIA", "sec", "r@et", "abc"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
