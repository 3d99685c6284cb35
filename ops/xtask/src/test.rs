//! `cargo xtask test`: everything that is claimed, run.

use crate::{say, setup};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Sets up and runs all tests. Testing the whole workspace builds the program, too, with one set of features: asking for
/// it by name first would build the dependencies twice.
pub fn run(arguments: &[String]) -> Result<()> {
    let found = setup::all()?;
    let mut test = vec!["test", "--workspace"];
    test.extend(arguments.iter().map(String::as_str));
    cargo(&test, &found)
}

fn cargo(arguments: &[&str], found: &setup::Found) -> Result<()> {
    say(&format!("xtask: cargo {}", arguments.join(" ")));
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).current_dir(root()).envs(found.iter().map(|(name, path)| (name, path)));
    // What `cargo xtask` told this program about its own package is not for the cargo below: build scripts that watch these
    // variables would run again, and everything that stands on them, DataFusion included, would be built again.
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_about_xtask(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    let status = command.status().context("starting cargo")?;
    if !status.success() {
        bail!("cargo {} failed ({status})", arguments.join(" "));
    }
    Ok(())
}

fn is_about_xtask(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|prefix| variable.starts_with(prefix))
}

/// The repository. Asked of cargo at run time: a shared target folder may hold this program as another clone built it.
fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
    Path::new(&own).join("../..")
}
