//! The program under test, as its users run it.

use crate::Running;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The repository. Asked of cargo at run time: a shared target folder may hold this crate as another clone built it.
pub fn root() -> PathBuf {
    let tests = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
    Path::new(&tests).join("..")
}

/// A folder of its own with a lake in it, and the settings that name both.
#[derive(Debug)]
pub struct Program {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Program {
    /// Settings for a broker and a fresh lake; dead letters and schemas as shipped.
    ///
    /// # Panics
    /// When no temporary folder can be made.
    #[expect(clippy::unwrap_used, reason = "a test without a folder has failed")]
    pub fn new(brokers: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let lake = format!("file://{}", folder.path().join("lake").display());
        let mut program = Self { folder, environment: Vec::new() };
        program.set("KAFKA__BROKERS", brokers);
        program.set("LAKE__URL", &lake);
        program.set("PRIVACY__KEY", "a key for tests, thirty-two bytes or more");
        program.set("LOG__FORMAT", "human");
        program
    }

    /// A setting, by the part of its variable after `BELLWETHER__`.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known.strip_prefix("BELLWETHER__") != Some(name));
        self.environment.push((format!("BELLWETHER__{name}"), value.to_owned()));
    }

    /// The folder that everything of this test is in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The lake's folder.
    pub fn lake(&self) -> PathBuf {
        self.folder.path().join("lake")
    }

    /// The command, run from the repository's root as a user would.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(root()).env("NO_COLOR", "1");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs to the end.
    ///
    /// # Panics
    /// When the program cannot be started.
    #[expect(clippy::unwrap_used, reason = "a test that cannot start the program has failed")]
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        let output = self.command(arguments).output().unwrap();
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs to the end and hands over standard output.
    ///
    /// # Panics
    /// When the exit code is not 0, with what the program said.
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, Some(0), "bellwether {arguments:?}\n{}\n{}", outcome.stdout, outcome.stderr);
        outcome.stdout
    }

    /// Starts it and leaves it running; output goes to `NAME.log` in the test's folder.
    pub fn start(&self, name: &str, arguments: &[&str]) -> Running {
        Running::start(&mut self.command(arguments), &self.folder.path().join(format!("{name}.log")))
    }
}

/// `target/debug/bellwether`, beside the test's own executable.
#[expect(clippy::unwrap_used, reason = "cargo runs tests from its target folder")]
fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(Path::parent).unwrap().join("bellwether");
    assert!(program.exists(), "{} is not built: `cargo xtask test` builds it", program.display());
    program
}
