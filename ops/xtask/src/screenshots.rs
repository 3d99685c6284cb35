//! `cargo xtask screenshots`: the pages of a demonstration, as the README shows them.

use crate::{cargo, say, setup};
use anyhow::{Context, Result, bail};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

/// Where the pictures are kept, from the repository's root.
const FOLDER: &str = "docs/screenshots";

/// Starts a demonstration with the whole catalogue, takes the pictures, and ends it.
pub fn run() -> Result<()> {
    setup::browser();
    let folder = cargo::root().join(FOLDER);
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    say("xtask: building, and starting a demonstration of 20 sites");
    let demonstration =
        ["run", "--bin", "bellwether", "--", "demo", "--catalogue", "--sites", "20", "--listen", "127.0.0.1:0"];
    let mut running = Running(cargo::command(&demonstration).stdout(Stdio::piped()).spawn().context("starting cargo")?);
    let out = running.0.stdout.take().context("the demonstration says nothing")?;
    // Read on to the end: who writes into a pipe that nobody reads stands still.
    let mut lines = BufReader::new(out).lines().map_while(Result::ok);
    let url = lines.find_map(|line| Some(line.split_once("The pages are at ")?.1.split(',').next()?.to_owned()));
    let url = url.context("the demonstration ended before it served")?;
    let rest = std::thread::spawn(move || lines.for_each(drop));
    let folder = folder.display().to_string();
    let taking = ["run", "-p", "exporter", "--example", "screenshots", "--", url.trim_end_matches('/'), &folder];
    let taken = cargo::command(&taking).status().context("starting cargo")?;
    drop(running);
    drop(rest.join());
    if !taken.success() {
        bail!("no pictures were taken ({taken})");
    }
    say(&format!("xtask: the pictures are in {FOLDER}: look at them"));
    Ok(())
}

/// Ends its process when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
