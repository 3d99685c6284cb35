//! Watching the folder of queries: events say when to look, what is read decides.
//!
//! The folder and its parent are listened to, so that a file that is written, a folder that is replaced and a symbolic link
//! that is pointed elsewhere (as Kubernetes does with a ConfigMap) are all noticed within a second. What makes no event
//! (network file systems, links further up) is found by reading every [`Pace::poll`]. A look that finds the same texts as
//! the last one is none.

use contracts::Contracts;
use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{Notify, mpsc},
    task::JoinError,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::task::AbortOnDropHandle;
use workbench::{Listing, QueryFileError, QuerySet};

/// What the folder holds now, or why nobody can tell.
pub type Reading = Result<QuerySet, QueryFileError>;

/// How fast the watch is.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Events must have ceased for so long,
    pub quiet: Duration,
    /// … unless they go on for so long.
    pub patience: Duration,
    /// Without events, between readings.
    pub poll: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { quiet: Duration::from_millis(500), patience: Duration::from_secs(5), poll: Duration::from_secs(10) }
    }
}

/// A folder being watched; ends when dropped.
#[derive(Debug)]
pub struct Watch {
    readings: mpsc::Receiver<Reading>,
    _task: AbortOnDropHandle<()>,
}

impl Watch {
    /// Begins. The first reading is there as soon as the folder has been read.
    pub fn start(folder: &Path, contracts: Contracts, pace: Pace) -> Self {
        let (sender, readings) = mpsc::channel(1);
        let watching = watch(folder.to_owned(), contracts, pace, sender);
        Self { readings, _task: AbortOnDropHandle::new(tokio::spawn(watching)) }
    }

    /// The next reading that differs from the one before. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Reading {
        match self.readings.recv().await {
            Some(reading) => reading,
            None => std::future::pending().await, // the task only ends with its receiver
        }
    }
}

async fn watch(folder: PathBuf, contracts: Contracts, pace: Pace, readings: mpsc::Sender<Reading>) {
    let mut last = None;
    loop {
        // Watch before reading, so that no change falls between the two.
        let events = Events::of(&folder);
        look(&folder, &contracts, &mut last, &readings).await;
        loop {
            tokio::select! {
                () = events.ceased(pace) => break,
                () = sleep(pace.poll) => {
                    // It changed without an event: what is watched may be what used to be the folder.
                    if look(&folder, &contracts, &mut last, &readings).await {
                        break;
                    }
                }
                () = readings.closed() => return,
            }
        }
    }
}

/// What was read last; an unreadable folder counts by its message.
type Seen = Result<Listing, String>;

/// Reads, and tells if it is anything new.
async fn look(folder: &Path, contracts: &Contracts, last: &mut Option<Seen>, readings: &mpsc::Sender<Reading>) -> bool {
    let path = folder.to_owned();
    let listed: Result<_, JoinError> = tokio::task::spawn_blocking(move || Listing::read(&path)).await;
    let Ok(listed) = listed else { return false };
    let seen = listed.as_ref().map(Listing::clone).map_err(ToString::to_string);
    if last.as_ref() == Some(&seen) {
        return false;
    }
    let reading = match listed {
        Ok(listing) => QuerySet::of(&listing, contracts).await,
        Err(error) => Err(error),
    };
    *last = Some(seen);
    readings.send(reading).await.is_ok()
}

/// Events of a folder and of its parent.
struct Events {
    changed: Arc<Notify>,
    _watcher: Option<RecommendedWatcher>,
}

impl Events {
    fn of(folder: &Path) -> Self {
        let changed = Arc::new(Notify::new());
        let watcher = listen(folder, Arc::clone(&changed));
        if let Err(error) = &watcher {
            tracing::debug!(%error, folder = %folder.display(), "no events: the folder of queries is read by the clock");
        }
        Self { changed, _watcher: watcher.ok() }
    }

    /// Resolves once something has happened, and then nothing more for a while.
    async fn ceased(&self, pace: Pace) {
        self.changed.notified().await;
        let end = Instant::now() + pace.patience;
        while timeout_at(end.min(Instant::now() + pace.quiet), self.changed.notified()).await.is_ok() {
            if Instant::now() >= end {
                return;
            }
        }
    }
}

fn listen(folder: &Path, changed: Arc<Notify>) -> notify::Result<RecommendedWatcher> {
    let folder = std::path::absolute(folder)?;
    let watched = folder.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.map_or(true, |event| matters(&event, &watched)) {
            changed.notify_one();
        }
    })?;
    if let Some(parent) = folder.parent() {
        watcher.watch(parent, RecursiveMode::NonRecursive)?;
    }
    // Where the folder is missing, its parent tells when it comes.
    if folder.exists() {
        watcher.watch(&folder, RecursiveMode::NonRecursive)?;
    }
    Ok(watcher)
}

/// Whether an event is about the folder or what is in it. Reading makes events, too: those do not count.
fn matters(event: &Event, folder: &Path) -> bool {
    let read = matches!(event.kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write));
    let about = |path: &PathBuf| path == folder || path.parent() == Some(folder);
    !read && (event.need_rescan() || event.paths.iter().any(about))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::symlink};
    use tempfile::TempDir;

    /// By the events alone, or (where polling is quick) also without.
    const HEARING: Pace =
        Pace { quiet: Duration::from_millis(50), patience: Duration::from_secs(1), poll: Duration::from_secs(600) };
    const POLLING: Pace = Pace { poll: Duration::from_millis(50), ..HEARING };
    const LIMIT: Duration = Duration::from_secs(60);

    fn query(help: &str) -> String {
        format!(
            "/*---\nhelp = \"{help}\"\nkind = \"count\"\nlabels = [\"site\"]\ndirection = \"lower\"\nowner = \"o\"\n---*/\n\
             SELECT week, site_id AS site, COUNT(*) AS numerator FROM outcomes GROUP BY week, site_id\n"
        )
    }

    /// In one piece: a test that is made to wait between opening and writing would read an empty file.
    fn put(folder: &Path, name: &str, text: &str) {
        fs::write(folder.join("new"), text).unwrap();
        fs::rename(folder.join("new"), folder.join(name)).unwrap();
    }

    fn watch(folder: &Path, pace: Pace) -> Watch {
        Watch::start(folder, Contracts::shipped().unwrap(), pace)
    }

    /// The next reading, as names with their help, and the number of faults.
    async fn next(watch: &mut Watch) -> (String, usize) {
        let reading = tokio::time::timeout(LIMIT, watch.next()).await.expect("a reading").unwrap();
        let told: Vec<_> = reading.metrics.iter().map(|m| format!("{}: {}", m.name, m.help)).collect();
        (told.join(", "), reading.faults.len())
    }

    fn told(text: &str, faults: usize) -> (String, usize) {
        (text.to_owned(), faults)
    }

    #[tokio::test]
    async fn files_that_come_change_break_and_go_are_told_once_each() {
        let dir = TempDir::new().unwrap();
        let folder = dir.path().join("queries");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("alpha.sql"), query("one")).unwrap();
        let mut watch = watch(&folder, HEARING);
        assert_eq!(next(&mut watch).await, told("alpha: one", 0));
        put(&folder, "beta.sql", &query("two"));
        assert_eq!(next(&mut watch).await, told("alpha: one, beta: two", 0));
        put(&folder, "beta.sql", "SELECT");
        assert_eq!(next(&mut watch).await, told("alpha: one", 1));
        put(&folder, "alpha.slt", "no query");
        put(&folder, "beta.sql", &query("three"));
        assert_eq!(next(&mut watch).await, told("alpha: one, beta: three", 0));
        fs::remove_file(folder.join("alpha.sql")).unwrap();
        assert_eq!(next(&mut watch).await, told("beta: three", 0));
    }

    #[tokio::test]
    async fn a_file_without_text_is_a_fault_of_its_own() {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("alpha.sql"), query("one")).unwrap();
        fs::write(dir.path().join("beta.sql"), b"\xff\xfe").unwrap();
        symlink("nowhere", dir.path().join("gamma.sql")).unwrap();
        symlink("an-editor's-lock", dir.path().join(".#alpha.sql")).unwrap();
        let reading = watch(dir.path(), HEARING).next().await.unwrap();
        assert_eq!(reading.metrics.len(), 1);
        assert_eq!(reading.names.iter().collect::<Vec<_>>(), ["alpha", "beta", "gamma"]);
        let faults: Vec<String> = reading.faults.iter().map(ToString::to_string).collect();
        assert!(faults[0].contains("beta.sql:1:1: this character is not UTF-8"), "{faults:?}");
        assert!(faults[1].contains("gamma.sql:1:1: cannot be read: No such file"), "{faults:?}");
    }

    #[tokio::test]
    async fn a_folder_that_goes_and_comes_back_is_told() {
        let dir = TempDir::new().unwrap();
        let (folder, other) = (dir.path().join("queries"), dir.path().join("other"));
        fs::create_dir(&folder).unwrap();
        fs::create_dir(&other).unwrap();
        fs::write(folder.join("alpha.sql"), query("one")).unwrap();
        fs::write(other.join("alpha.sql"), query("two")).unwrap();
        let mut watch = watch(&folder, HEARING);
        assert_eq!(next(&mut watch).await, told("alpha: one", 0));
        fs::rename(&folder, dir.path().join("away")).unwrap();
        let gone = tokio::time::timeout(LIMIT, watch.next()).await.unwrap().unwrap_err();
        assert!(gone.to_string().contains("cannot be read"), "{gone}");
        fs::rename(&other, &folder).unwrap();
        assert_eq!(next(&mut watch).await, told("alpha: two", 0));
        put(&folder, "alpha.sql", &query("three"));
        assert_eq!(next(&mut watch).await, told("alpha: three", 0), "the new folder is listened to");
    }

    /// `..data` → `..1`, and each file a link through it; then `..data` is replaced by a link to `..2`.
    #[tokio::test]
    async fn a_config_map_that_is_updated_is_told_as_one() {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        for (version, help) in [("..1", "one"), ("..2", "two")] {
            fs::create_dir(path(version)).unwrap();
            fs::write(path(version).join("alpha.sql"), query(help)).unwrap();
            fs::write(path(version).join("beta.sql"), query(help)).unwrap();
        }
        symlink("..1", path("..data")).unwrap();
        symlink("..data/alpha.sql", path("alpha.sql")).unwrap();
        symlink("..data/beta.sql", path("beta.sql")).unwrap();
        let mut watch = watch(folder.path(), HEARING);
        assert_eq!(next(&mut watch).await.0, "alpha: one, beta: one");
        symlink("..2", path("..data_tmp")).unwrap();
        fs::rename(path("..data_tmp"), path("..data")).unwrap();
        assert_eq!(next(&mut watch).await.0, "alpha: two, beta: two");
    }

    /// A link further up makes no event that anybody listens to: polling finds it.
    #[tokio::test]
    async fn a_release_that_is_linked_anew_is_found_by_polling() {
        let dir = TempDir::new().unwrap();
        for (release, help) in [("1", "one"), ("2", "two")] {
            fs::create_dir_all(dir.path().join(release).join("queries")).unwrap();
            fs::write(dir.path().join(release).join("queries/alpha.sql"), query(help)).unwrap();
        }
        symlink("1", dir.path().join("current")).unwrap();
        let mut watch = watch(&dir.path().join("current/queries"), POLLING);
        assert_eq!(next(&mut watch).await.0, "alpha: one");
        symlink("2", dir.path().join("next")).unwrap();
        fs::rename(dir.path().join("next"), dir.path().join("current")).unwrap();
        assert_eq!(next(&mut watch).await.0, "alpha: two");
    }

    #[test]
    fn reading_and_files_beside_the_folder_are_no_change() {
        use notify::event::{CreateKind, ModifyKind};
        let folder = Path::new("/etc/queries");
        let event = |kind, path: &str| Event::new(kind).add_path(PathBuf::from(path));
        let close = |mode| EventKind::Access(AccessKind::Close(mode));
        assert!(matters(&event(EventKind::Create(CreateKind::File), "/etc/queries/alpha.sql"), folder));
        assert!(matters(&event(close(AccessMode::Write), "/etc/queries/alpha.sql"), folder));
        assert!(matters(&event(EventKind::Modify(ModifyKind::Any), "/etc/queries"), folder));
        assert!(!matters(&event(close(AccessMode::Read), "/etc/queries/alpha.sql"), folder));
        assert!(!matters(
            &event(EventKind::Access(AccessKind::Open(AccessMode::Any)), "/etc/queries/alpha.sql"),
            folder
        ));
        assert!(!matters(&event(EventKind::Create(CreateKind::File), "/etc/passwd"), folder));
    }
}
