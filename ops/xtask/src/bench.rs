//! `cargo xtask bench indicators`: the release build against its peers. What is measured, and how, is in `tests/bench/`.

use crate::{cargo, python, say, setup};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Builds, installs the peers and runs the suites that ARGUMENTS name.
pub fn run(arguments: &[String]) -> Result<()> {
    let home = match std::env::var_os("BELLWETHER_BENCH") {
        Some(folder) => PathBuf::from(folder),
        None => setup::cache()?.join("bench"),
    };
    std::fs::create_dir_all(&home).with_context(|| format!("creating {}", home.display()))?;
    let (program, bench) = build()?;
    let mut command = Command::new(bench);
    command.args(arguments).env("CARGO_MANIFEST_DIR", cargo::root().join("tests"));
    command.env("BELLWETHER_BENCH_PROGRAM", program).env("BELLWETHER_BENCH_DATA", home.join("data"));
    match peers(&home.join("peers")) {
        Ok(python) => drop(command.env("BELLWETHER_BENCH_PYTHON", python)),
        Err(error) => {
            setup::loud(&format!("The peers are not there ({error:#}): Bellwether runs alone, nothing is compared."))
        }
    }
    let status = command.status().context("starting the benchmark")?;
    if !status.success() {
        bail!("the benchmark failed ({status})");
    }
    Ok(())
}

/// The program and the benchmark, in one build so that both share every library.
fn build() -> Result<(PathBuf, PathBuf)> {
    let selection = ["-p", "bellwether", "-p", "end-to-end", "--bin", "bellwether", "--bench", "indicators"];
    let mut arguments = vec!["build", "--release", "--message-format=json-render-diagnostics"];
    arguments.extend(selection);
    say(&format!("xtask: cargo {}", arguments.join(" ")));
    let output = cargo::command(&arguments).stderr(Stdio::inherit()).output().context("starting cargo")?;
    if !output.status.success() {
        bail!("cargo {} failed ({})", arguments.join(" "), output.status);
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    Ok((built(&messages, "bin")?, built(&messages, "bench")?))
}

/// The executable that cargo says it has built for a target of this kind.
fn built(messages: &str, kind: &str) -> Result<PathBuf> {
    let ours = |line: &&str| line.contains(&format!("\"kind\":[\"{kind}\"]")) && line.contains("\"executable\":\"");
    let line = messages.lines().find(ours).with_context(|| format!("cargo built no {kind}"))?;
    let path = line.split("\"executable\":\"").nth(1).and_then(|rest| rest.split('"').next());
    Ok(path.with_context(|| format!("cargo names no {kind}"))?.into())
}

/// The Python with the peers, in a folder of its own outside of the repository.
fn peers(folder: &Path) -> Result<PathBuf> {
    let installed = python::environment(folder, "tests/bench/peers/requirements.txt", "DuckDB, Polars and chDB")?;
    Ok(installed.join("bin/python"))
}
