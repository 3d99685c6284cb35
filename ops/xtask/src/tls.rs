//! `cargo xtask tls`: the program as it is shipped, with TLS and SASL, on Apache Kafka.

use crate::{cargo, say, setup};
use anyhow::{Context, Result, bail};

/// The same selection as the other tests have, so that of all libraries only Kafka's is built again; and the feature.
const WHAT: [&str; 3] = ["--workspace", "--features", "bellwether/tls,end-to-end/tls"];

/// Sets up, builds the program with TLS in the place of the one without, and runs the tests that need it.
pub fn run() -> Result<()> {
    let found = setup::all()?;
    for task in [&["build", "--bin", "bellwether"][..], &["test", "--test", "tls"]] {
        let arguments = [task, &WHAT].concat();
        say(&format!("xtask: cargo {}", arguments.join(" ")));
        let mut command = cargo::command(&arguments);
        command.envs(found.iter().map(|(name, path)| (name, path)));
        let status = command.status().context("starting cargo")?;
        if !status.success() {
            bail!("cargo {} failed ({status})", arguments.join(" "));
        }
    }
    Ok(())
}
