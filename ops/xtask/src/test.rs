//! `cargo xtask test`: everything that is claimed, run; and what was not, named.

use crate::{cargo, say, setup};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// Sets up and runs all tests. Testing the whole workspace builds the program, too, with one set of features: asking for
/// it by name first would build the dependencies twice.
pub fn run(arguments: &[String]) -> Result<()> {
    let found = setup::all()?;
    let mut test = vec!["test", "--workspace"];
    test.extend(arguments.iter().map(String::as_str));
    say(&format!("xtask: cargo {}", test.join(" ")));
    let mut command = cargo::command(&test);
    command.envs(found.iter().map(|(name, path)| (name, path)));
    let skipped = Skipped::new()?;
    let status = command.env(prerequisites::SKIPPED, &skipped.0).status().context("starting cargo")?;
    skipped.tell()?;
    if !status.success() {
        bail!("cargo {} failed ({status})", test.join(" "));
    }
    Ok(())
}

/// A folder of this run in which tests leave word that they did not run.
struct Skipped(PathBuf);

impl Skipped {
    fn new() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("bellwether-skipped-{}", std::process::id()));
        std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
        Ok(Self(folder))
    }

    /// Counts and names them: a green run without them is no green run of everything.
    fn tell(&self) -> Result<()> {
        let lines = prerequisites::skipped(&self.0).with_context(|| format!("reading {}", self.0.display()))?;
        std::fs::remove_dir_all(&self.0).with_context(|| format!("removing {}", self.0.display()))?;
        say(&told(&lines.into_iter().collect::<Vec<_>>()));
        Ok(())
    }
}

/// Lines of tests, which begin with their names.
fn told(lines: &[String]) -> String {
    let mut tests: Vec<&str> = lines.iter().filter_map(|line| line.split(": ").next()).collect();
    tests.dedup();
    match tests.len() {
        0 => "xtask: every test ran, none was skipped".to_owned(),
        1 => format!("\n!!! 1 test did NOT run:\n  {}\n", lines.join("\n  ")),
        count => format!("\n!!! {count} tests did NOT run:\n  {}\n", lines.join("\n  ")),
    }
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn tests_that_did_not_run_are_counted_and_named() {
        assert_eq!(told(&[]), "xtask: every test ran, none was skipped");
        let one = "exporter rules: amtool is not installed; sudo apt-get install a";
        let two = "exporter rules: promtool is not installed; sudo apt-get install b";
        let three = "suite alerting: X names nothing that is there; `cargo xtask test` sets it";
        let told = told(&[one, two, three].map(str::to_owned));
        assert_eq!(told, format!("\n!!! 2 tests did NOT run:\n  {one}\n  {two}\n  {three}\n"));
    }
}
