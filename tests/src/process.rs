//! A server that a test started, and ends.

use crate::waiting::within;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Ends its process when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
}

impl Running {
    /// Starts a command with its output in `log` (a file that a failing test can be read from).
    ///
    /// # Panics
    /// When it cannot be started.
    #[expect(clippy::unwrap_used, reason = "a test that cannot start its servers has failed")]
    pub fn start(command: &mut Command, log: &std::path::Path) -> Self {
        let out = std::fs::File::create(log).unwrap();
        let err = out.try_clone().unwrap();
        let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn().unwrap();
        Self { child }
    }

    /// Sends a signal by name: `KILL`, `STOP`, `CONT`, `TERM`, `INT`.
    ///
    /// # Panics
    /// When `kill` cannot be run.
    #[expect(clippy::unwrap_used, reason = "part of the test")]
    pub fn signal(&self, name: &str) {
        Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status().unwrap();
    }

    /// Waits for the end, at most so long; `None` when it still runs.
    pub fn wait(&mut self, limit: Duration) -> Option<std::process::ExitStatus> {
        within(limit, || match self.child.try_wait() {
            Ok(Some(status)) => Ok(status),
            other => Err(format!("{other:?}")),
        })
        .ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
