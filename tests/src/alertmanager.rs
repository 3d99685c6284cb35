//! A real Alertmanager with the configuration of `ops/alertmanager`.

use crate::{Port, Running, get_json, root, tool, wait_for};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// A running server; ends when dropped.
#[derive(Debug)]
pub struct Alertmanager {
    server: Running,
    folder: TempDir,
    program: PathBuf,
    port: Port,
}

impl Alertmanager {
    /// Starts a server with the shipped configuration, or leaves word of why not.
    ///
    /// # Panics
    /// When Alertmanager is there and does not come up.
    pub fn start() -> Option<Self> {
        Self::with(|shipped| shipped)
    }

    /// Starts a server with what is made of the shipped configuration, or leaves word of why not.
    ///
    /// # Panics
    /// When Alertmanager is there and does not come up.
    #[expect(clippy::unwrap_used, reason = "a test that cannot start its servers has failed")]
    pub fn with(configure: impl FnOnce(String) -> String) -> Option<Self> {
        let program = tool("BELLWETHER_TEST_ALERTMANAGER")?;
        let shipped = root().join("ops/alertmanager").canonicalize().unwrap();
        let text = std::fs::read_to_string(shipped.join("alertmanager.yml")).unwrap();
        let text = configure(text.replace("- templates/", &format!("- {}/templates/", shipped.display())));
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("alertmanager.yml"), text).unwrap();
        let port = Port::hold();
        let server = Self::launch(&program, &folder, &port);
        let alertmanager = Self { server, folder, program, port };
        alertmanager.wait();
        Some(alertmanager)
    }

    fn launch(program: &Path, folder: &TempDir, port: &Port) -> Running {
        let mut command = Command::new(program);
        command
            .arg(format!("--config.file={}", folder.path().join("alertmanager.yml").display()))
            .arg(format!("--storage.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={}", port.address()))
            .arg("--cluster.listen-address=");
        Running::start(&mut command, &folder.path().join("alertmanager.log"))
    }

    fn wait(&self) {
        wait_for("Alertmanager", Duration::from_secs(30), || {
            crate::get(&format!("http://{}/-/ready", self.address())).map(drop)
        });
    }

    /// Ends it as a machine does that shuts down, and starts it again.
    ///
    /// # Panics
    /// When it does not end or not come up again.
    #[expect(clippy::unwrap_used, reason = "part of the test")]
    pub fn restart(&mut self) {
        self.server.signal("TERM");
        self.server.wait(Duration::from_secs(30)).unwrap();
        self.server = Self::launch(&self.program, &self.folder, &self.port);
        self.wait();
    }

    /// Host and port.
    pub fn address(&self) -> String {
        self.port.address()
    }

    fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// An alert that fires now, by its labels (`name=value`).
    ///
    /// # Panics
    /// When it is refused.
    #[expect(clippy::unwrap_used, reason = "part of the test")]
    pub fn fire(&self, labels: &[&str]) {
        let url = format!("--alertmanager.url={}", self.url());
        let output = Command::new(self.program.with_file_name("amtool"))
            .args([&url, "alert", "add"])
            .args(labels)
            .output()
            .unwrap();
        assert!(output.status.success(), "{labels:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Every alert that it knows, as its interface gives them.
    ///
    /// # Errors
    /// No answer.
    pub fn alerts(&self) -> Result<Vec<Value>, String> {
        let answer = get_json(&format!("{}/api/v2/alerts", self.url()))?;
        Ok(answer.as_array().cloned().unwrap_or_default())
    }
}
