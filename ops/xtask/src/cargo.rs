//! The cargo that this program itself was run by.

use std::path::{Path, PathBuf};
use std::process::Command;

/// `cargo ARGUMENTS` in the repository.
pub fn command(arguments: &[&str]) -> Command {
    // Asked at run time: another cargo than the one that runs this would build everything again.
    let cargo = std::env::var_os("CARGO").unwrap_or(env!("CARGO").into());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(root());
    // What `cargo xtask` told this program about its own package is not for the cargo below: build scripts that watch these
    // variables would run again, and everything that stands on them, DataFusion included, would be built again.
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_about_xtask(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command
}

fn is_about_xtask(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|prefix| variable.starts_with(prefix))
}

/// The repository. Asked of cargo at run time: a shared target folder may hold this program as another clone built it.
pub fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
    Path::new(&own).join("../..")
}
