//! What a test needs and a machine may lack: a tool, or data that is no part of the project.
//!
//! A test without its tool does not run. On somebody's own machine that is written down, and `cargo xtask test` names it at
//! its end; where `CI=true` it fails: what CI has not run, nobody has. Data may be absent in CI, too; it is named there as well.
//!
//! ```text
//!  a test ──► tool, command, data ──► there: its path
//!                                └──► missing: CI fails; else a file in $BELLWETHER_TEST_SKIPPED ──► skipped ──► xtask
//! ```

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The variable that names the folder in which tests that did not run leave word.
pub const SKIPPED: &str = "BELLWETHER_TEST_SKIPPED";

/// A tool that `cargo xtask test` finds or installs, by the variable that it sets; `None`: the calling test does not run.
///
/// # Panics
/// When it is missing in CI.
pub fn tool(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.exists());
    found.or_else(|| missing(&format!("{variable} names nothing that is there"), "`cargo xtask test` sets it"))
}

/// A program on the path, by its name and the Debian package that has it; `None`: the calling test does not run.
///
/// # Panics
/// When it is missing in CI.
pub fn command(name: &str, package: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    found.or_else(|| missing(&format!("{name} is not installed"), &format!("sudo apt-get install {package}")))
}

/// A folder of data that not everybody has; `None`: the calling test does not run, in CI either.
pub fn data(folder: &Path) -> Option<PathBuf> {
    if folder.exists() {
        return Some(folder.to_owned());
    }
    skip(&format!("{} is not there: data beside the project, which is no part of it", folder.display()));
    None
}

/// The calling test does not run for want of something else: what it is, and how one gets it.
///
/// # Panics
/// In CI.
#[expect(clippy::panic, reason = "that is how a test fails")]
pub fn missing<T>(what: &str, remedy: &str) -> Option<T> {
    if std::env::var_os("CI").is_some_and(|value| value == "true") {
        panic!("{what}: in CI every test runs; {remedy}");
    }
    skip(&format!("{what}; {remedy}"));
    None
}

/// Leaves word for whoever started the tests; a test program's own output is swallowed where its tests are green.
#[expect(clippy::print_stderr, reason = "for who runs one test with --nocapture")]
fn skip(why: &str) {
    let line = format!("{}: {why}", test());
    eprintln!("\n!!! did NOT run: {line}\n");
    let Some(folder) = std::env::var_os(SKIPPED).map(PathBuf::from) else { return };
    if let Err(error) = note(&folder, &line) {
        eprintln!("!!! and nobody will hear of it: {}: {error}", folder.display());
    }
}

fn note(folder: &Path, line: &str) -> std::io::Result<()> {
    let file = folder.join(test().replace(['/', ' '], "."));
    std::fs::File::options().create(true).append(true).open(file)?.write_all(format!("{line}\n").as_bytes())
}

/// `suite alerting::a_dead_instance…`: the test program, without the hash that cargo gave it, and its test, after which
/// the thread is named.
fn test() -> String {
    let program = std::env::current_exe().ok().and_then(|path| Some(path.file_stem()?.to_string_lossy().into_owned()));
    let program = program.unwrap_or_default();
    let program = program.rsplit_once('-').map_or(program.as_str(), |(name, _)| name);
    format!("{program} {}", std::thread::current().name().unwrap_or("(a thread without a name)"))
}

/// What the tests that did not run have left in this folder: a line each, and each once.
///
/// # Errors
/// The folder or a file of it cannot be read.
pub fn skipped(folder: &Path) -> std::io::Result<BTreeSet<String>> {
    let mut lines = BTreeSet::new();
    for entry in std::fs::read_dir(folder)? {
        lines.extend(std::fs::read_to_string(entry?.path())?.lines().map(str::to_owned));
    }
    Ok(lines)
}
