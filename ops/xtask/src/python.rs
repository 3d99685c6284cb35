//! Folders of Python packages, each as its list says, outside of the repository.

use crate::{cargo, say};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder with what a list of the repository asks for, installed anew when the list has changed; `what` is it in words.
pub fn environment(folder: &Path, list: &str, what: &str) -> Result<PathBuf> {
    let list = cargo::root().join(list);
    let wanted = std::fs::read(&list).with_context(|| format!("reading {}", list.display()))?;
    let installed = folder.join("installed.txt");
    if std::fs::read(&installed).is_ok_and(|found| found == wanted) {
        return Ok(folder.to_owned());
    }
    say(&format!("xtask: installing {what}"));
    call(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
    call(Command::new(folder.join("bin/python")).args(["-m", "pip", "install", "--quiet", "-r"]).arg(&list))?;
    std::fs::write(&installed, wanted).context("noting what is installed")?;
    Ok(folder.to_owned())
}

fn call(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("starting {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed ({status})");
    }
    Ok(())
}
