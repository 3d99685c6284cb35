//! A real Prometheus: with the files of `ops/prometheus`, pointed at the exporter of a test, or with a configuration of
//! the test's own.

use crate::{Port, Running, get_json, root, tool, wait_for};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// A running server; ends when dropped.
#[derive(Debug)]
pub struct Prometheus {
    server: Running,
    folder: TempDir,
    arguments: Vec<String>,
    port: Port,
}

impl Prometheus {
    /// Starts a server that scrapes `targets` (`host:port`) every two seconds with the rules that are shipped, or leaves
    /// word of why not. Only targets, intervals and folder differ from the configuration in `ops/prometheus`.
    ///
    /// # Panics
    /// When Prometheus is there and does not come up.
    #[expect(clippy::unwrap_used, reason = "a test that cannot start its servers has failed")]
    pub fn start(targets: &[&str]) -> Option<Self> {
        let rules = root().join("ops/prometheus/rules").canonicalize().unwrap();
        Self::alerting(targets, &rules, "127.0.0.1:9093", "2s")
    }

    /// The same with the rules of a folder, an Alertmanager and an interval.
    ///
    /// # Panics
    /// When Prometheus is there and does not come up.
    #[expect(clippy::unwrap_used, reason = "a test that cannot start its servers has failed")]
    pub fn alerting(targets: &[&str], rules: &Path, alertmanager: &str, interval: &str) -> Option<Self> {
        tool("BELLWETHER_TEST_PROMETHEUS")?;
        let shipped = std::fs::read_to_string(root().join("ops/prometheus/prometheus.yml")).unwrap();
        assert!(shipped.contains("127.0.0.1:9464"), "the shipped configuration scrapes the default address");
        let configuration = shipped
            .replace("127.0.0.1:9464", &targets.join("\", \""))
            .replace("127.0.0.1:9093", alertmanager)
            .replace("rules/", &format!("{}/", rules.display()))
            .lines()
            .map(|line| faster(line, interval))
            .collect::<Vec<_>>()
            .join("\n");
        let runbooks = format!("--web.user-assets={}", root().join("ops/runbooks").display());
        // Alertmanager holds an alert to be over when it has not heard of it for four times as long.
        let resend = "--rules.alert.resend-delay=5s";
        Self::with(&configuration, None, &[&runbooks, "--web.external-url=http://SELF/", resend])
    }

    /// Starts a server with a configuration and arguments in which `SELF` stands for its own address, over a data folder (else an
    /// empty one), or leaves word of why not.
    ///
    /// # Panics
    /// When Prometheus is there and does not come up.
    #[expect(clippy::unwrap_used, reason = "a test that cannot start its servers has failed")]
    pub fn with(configuration: &str, data: Option<&Path>, arguments: &[&str]) -> Option<Self> {
        let program = tool("BELLWETHER_TEST_PROMETHEUS")?;
        let folder = TempDir::new().unwrap();
        let port = Port::hold();
        let file = folder.path().join("prometheus.yml");
        let itself = |text: &str| text.replace("SELF", &port.address());
        std::fs::write(&file, itself(configuration)).unwrap();
        let data = data.map_or_else(|| folder.path().join("data"), PathBuf::from);
        let mut all = vec![
            program.display().to_string(),
            format!("--config.file={}", file.display()),
            format!("--storage.tsdb.path={}", data.display()),
            format!("--web.listen-address={}", port.address()),
        ];
        all.extend(arguments.iter().map(|argument| itself(argument)));
        let server = Self::launch(&all, &folder);
        let prometheus = Self { server, folder, arguments: all, port };
        prometheus.wait();
        Some(prometheus)
    }

    fn launch(arguments: &[String], folder: &TempDir) -> Running {
        let mut command = Command::new(&arguments[0]);
        Running::start(command.args(&arguments[1..]), &folder.path().join("prometheus.log"))
    }

    fn wait(&self) {
        wait_for("Prometheus", Duration::from_secs(30), || crate::get(&format!("{}/-/ready", self.url())).map(drop));
    }

    /// Ends it as a machine does that shuts down, and starts it again over the same data.
    ///
    /// # Panics
    /// When it does not end or not come up again.
    #[expect(clippy::unwrap_used, reason = "part of the test")]
    pub fn restart(&mut self) {
        self.server.signal("TERM");
        self.server.wait(Duration::from_secs(30)).unwrap();
        self.server = Self::launch(&self.arguments, &self.folder);
        self.wait();
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.port.address())
    }

    /// The result vector of an instant query.
    ///
    /// # Errors
    /// What Prometheus says is wrong with it.
    pub fn query(&self, expression: &str) -> Result<Vec<Value>, String> {
        self.ask("query", expression, "")
    }

    /// The same at a moment, in seconds since 1970.
    ///
    /// # Errors
    /// What Prometheus says is wrong with it.
    pub fn query_at(&self, expression: &str, at: i64) -> Result<Vec<Value>, String> {
        self.ask("query", expression, &format!("&time={at}"))
    }

    /// The result matrix of a range query; times and step in seconds.
    ///
    /// # Errors
    /// What Prometheus says is wrong with it.
    pub fn query_range(&self, expression: &str, start: i64, end: i64, step: i64) -> Result<Vec<Value>, String> {
        self.ask("query_range", expression, &format!("&start={start}&end={end}&step={step}"))
    }

    fn ask(&self, endpoint: &str, expression: &str, more: &str) -> Result<Vec<Value>, String> {
        let url = format!("{}/api/v1/{endpoint}?query={}{more}", self.url(), encode(expression));
        let answer = get_json(&url).map_err(|error| format!("{expression}: {error}"))?;
        Ok(answer["data"]["result"].as_array().cloned().unwrap_or_default())
    }
}

/// The same line with intervals for a test.
fn faster(line: &str, interval: &str) -> String {
    let indent = &line[..line.len() - line.trim_start().len()];
    match line.trim_start().split_once(':') {
        Some((key @ ("scrape_interval" | "evaluation_interval" | "scrape_timeout"), _)) => {
            format!("{indent}{key}: {interval}")
        }
        _ => line.to_owned(),
    }
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
