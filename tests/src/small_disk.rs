//! A disk of a few megabytes that a test can fill.

use prerequisites::missing;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system of its own, mounted at a folder; unmounted when dropped.
#[derive(Debug)]
pub struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// Mounts one at this folder, which is made, or leaves word of why not: only root may.
    ///
    /// # Panics
    /// When the folder cannot be made.
    #[expect(clippy::unwrap_used, reason = "a test without a folder has failed")]
    pub fn mount(folder: &Path, megabytes: u32) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { folder: folder.to_owned() }),
            other => missing(&format!("no file system could be mounted ({other:?})"), "only root may"),
        }
    }

    /// Writes until there is no room.
    ///
    /// # Panics
    /// When writing ends for another reason.
    #[expect(clippy::unwrap_used, reason = "a test whose fault does not strike has failed")]
    pub fn fill(&self) {
        let mut file = std::fs::File::options().create(true).append(true).open(self.filler()).unwrap();
        // The last bytes, too.
        for size in [65_536, 4_096, 1] {
            let block = vec![0; size];
            let full = (0..).find_map(|_| file.write_all(&block).err()).unwrap();
            assert_eq!(full.kind(), ErrorKind::StorageFull, "{full}");
        }
    }

    /// Makes room again.
    ///
    /// # Panics
    /// When it was not full.
    #[expect(clippy::unwrap_used, reason = "part of the test")]
    pub fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.folder.join(".filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.folder).status();
    }
}
