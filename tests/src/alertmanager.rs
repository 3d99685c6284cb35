//! A real Alertmanager with the configuration of `ops/alertmanager`.

use crate::{Port, Running, get_json, root, tool, wait_for};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// A running server; ends when dropped.
#[derive(Debug)]
pub struct Alertmanager {
    _server: Running,
    _folder: TempDir,
    amtool: PathBuf,
    port: Port,
}

impl Alertmanager {
    /// Starts a server with the shipped configuration, or leaves word of why not.
    ///
    /// # Panics
    /// When Alertmanager is there and does not come up.
    #[expect(clippy::unwrap_used, reason = "a test that cannot start its servers has failed")]
    pub fn start() -> Option<Self> {
        let program = tool("BELLWETHER_TEST_ALERTMANAGER")?;
        let folder = TempDir::new().unwrap();
        let port = Port::hold();
        let mut command = Command::new(&program);
        command
            .arg(format!("--config.file={}", root().join("ops/alertmanager/alertmanager.yml").display()))
            .arg(format!("--storage.path={}", folder.path().display()))
            .arg(format!("--web.listen-address={}", port.address()))
            .arg("--cluster.listen-address=");
        let server = Running::start(&mut command, &folder.path().join("alertmanager.log"));
        let amtool = program.with_file_name("amtool");
        let alertmanager = Self { _server: server, _folder: folder, amtool, port };
        wait_for("Alertmanager", Duration::from_secs(30), || {
            crate::get(&format!("{}/-/ready", alertmanager.url())).map(drop)
        });
        Some(alertmanager)
    }

    fn url(&self) -> String {
        format!("http://{}", self.port.address())
    }

    /// An alert that fires now, by its labels (`name=value`).
    ///
    /// # Panics
    /// When it is refused.
    #[expect(clippy::unwrap_used, reason = "part of the test")]
    pub fn fire(&self, labels: &[&str]) {
        let url = format!("--alertmanager.url={}", self.url());
        let output = Command::new(&self.amtool).args([&url, "alert", "add"]).args(labels).output().unwrap();
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
