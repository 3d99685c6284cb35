//! Whether a lake can be written where the settings say, before anybody tries.

use crate::{error_code::ErrorCode, failure::Failure};
use std::path::Path;

/// Says what stands there. Leaves nothing behind.
///
/// # Errors
/// A place that is no folder, or one that this user may not write to.
pub fn check(url: &str) -> Result<String, Failure> {
    let folder = lake::folder(url).map_err(Failure::usage)?;
    let shown = folder.display();
    let existing = folder.ancestors().find(|place| place.exists()).unwrap_or(Path::new("/"));
    let written = if existing.is_dir() {
        tempfile::tempfile_in(existing).map(drop)
    } else {
        Err(std::io::Error::from(std::io::ErrorKind::NotADirectory))
    };
    written.map_err(|error| {
        Failure::misuse(format!(
            "lake.url: the folder {shown} cannot be written: {}: {error}; give this user write access to it, or set \
             lake.url (BELLWETHER__LAKE__URL) to another",
            existing.display()
        ))
        .coded(ErrorCode::LakeFolder)
    })?;
    Ok(if existing == folder { format!("the lake is in {shown}") } else { format!("the lake will be made in {shown}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_judged_without_being_touched() {
        let place = tempfile::tempdir().unwrap();
        let url = |path: &str| place.path().join(path).display().to_string();
        assert!(check(&url("")).unwrap().starts_with("the lake is in "));
        assert!(check(&url("a/lake")).unwrap().starts_with("the lake will be made in "));
        std::fs::write(place.path().join("file"), "").unwrap();
        for refused in [url("file"), url("file/lake"), "/proc/lake".to_owned()] {
            let message = check(&refused).unwrap_err().message();
            assert!(message.contains(&refused) && message.contains("lake.url"), "{message}");
        }
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1, "only the file that was there");
    }
}
