//! Where a lake lives: URL or path → absolute URL of a folder.

use crate::LakeError;
use std::path::{Path, PathBuf};
use url::Url;

/// The absolute URL, with a trailing slash, of `file:///…`, `file://./…` (relative to the working directory) or a path.
pub(crate) fn locate(url: &str) -> Result<Url, LakeError> {
    let wrong = |why: &str| LakeError::Url { url: without_credentials(url), why: why.into() };
    let path = match url.split_once("://") {
        None if url.is_empty() => return Err(wrong("give a folder: file:///path/to/lake, or a path")),
        None => PathBuf::from(url),
        Some(("file", rest)) if rest.starts_with('/') => {
            let parsed = Url::parse(url).map_err(|e| wrong(&e.to_string()))?;
            parsed.to_file_path().map_err(|()| wrong("not a path of this machine"))?
        }
        Some(("file", "")) => return Err(wrong("give a folder: file:///path/to/lake")),
        Some(("file", rest)) => PathBuf::from(rest),
        Some(("s3" | "s3a", _)) => {
            return Err(wrong("object storage is not built into this program yet; use a folder: file:///path/to/lake"));
        }
        Some((scheme, _)) => return Err(wrong(&format!("scheme {scheme:?} is not known; use file:///path/to/lake"))),
    };
    let absolute = absolute(&path).map_err(|e| LakeError::storage(format!("lake folder {}", path.display()), e))?;
    Url::from_directory_path(&absolute).map_err(|()| wrong("not a path of this machine"))
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

/// A URL to be shown: user and password, and what stands behind `?`, masked. A password may hold any character, so what
/// is masked reaches to the last `@`.
pub fn without_credentials(url: &str) -> String {
    const MASK: &str = "********";
    match url.split_once("://") {
        Some((scheme, rest)) if scheme != "file" => {
            let (at, place) =
                rest.rsplit_once('@').map_or((String::new(), rest), |(_, place)| (format!("{MASK}@"), place));
            let (place, query) =
                place.split_once('?').map_or((place, String::new()), |(place, _)| (place, format!("?{MASK}")));
            format!("{scheme}://{at}{place}{query}")
        }
        _ => url.to_owned(),
    }
}

/// Absolute and without `.` or `..`, so that one folder has one URL (the folder itself need not exist yet).
fn absolute(path: &Path) -> std::io::Result<PathBuf> {
    let mut clean = PathBuf::new();
    for part in std::path::absolute(path)?.components() {
        match part {
            std::path::Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    Ok(clean)
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

    /// The error once printed the whole URL.
    #[test]
    fn credentials_in_a_url_are_not_shown() {
        let shown = locate("s3://AKIA:sec/r@et?x@bucket/lake?token=abc").unwrap_err().to_string();
        assert!(shown.contains("s3://********@bucket/lake?********"), "{shown}");
        for secret in ["AKIA", "sec", "r@et", "abc"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        for open in ["s3://bucket/lake", "file:///a@b/lake?", "/a@b/lake", ""] {
            assert_eq!(without_credentials(open), open);
        }
    }
}
