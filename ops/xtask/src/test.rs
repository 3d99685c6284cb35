//! `cargo xtask test`: everything that is claimed, run.

use crate::{cargo, say, setup};
use anyhow::{Context, Result, bail};

/// Sets up and runs all tests. Testing the whole workspace builds the program, too, with one set of features: asking for
/// it by name first would build the dependencies twice.
pub fn run(arguments: &[String]) -> Result<()> {
    let found = setup::all()?;
    let mut test = vec!["test", "--workspace"];
    test.extend(arguments.iter().map(String::as_str));
    say(&format!("xtask: cargo {}", test.join(" ")));
    let mut command = cargo::command(&test);
    command.envs(found.iter().map(|(name, path)| (name, path)));
    let status = command.status().context("starting cargo")?;
    if !status.success() {
        bail!("cargo {} failed ({status})", test.join(" "));
    }
    Ok(())
}
