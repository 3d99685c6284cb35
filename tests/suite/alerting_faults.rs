//! What breaks beside or in the program raises the alert that says so, and no other, on a real Prometheus.

use end_to_end::{Kafka, Port, Program, Prometheus, Running, answer, root, tool, wait_for};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// For anything to happen, on a machine that does much else.
const LIMIT: Duration = Duration::from_secs(120);
/// Always on.
const WATCHDOG: &str = "BellwetherWatchdog";

/// A broker that was gone had five alerts, and nobody saw which of them was the cause.
#[test]
fn each_fault_raises_its_own_alert_and_no_other() {
    let Some(_) = tool("BELLWETHER_TEST_PROMETHEUS") else { return };
    let Some(mut kafka) = Kafka::start() else { return };
    let mut service = Service::start(&kafka.brokers());
    let rules = service.program.folder().join("rules");
    quick(&rules);
    let prometheus = Prometheus::alerting(&[&service.port.address()], &rules, "127.0.0.1:9", "1s").unwrap();
    let fires = |alerts: &[&str]| exactly(&prometheus, alerts);
    fires(&[]);

    // A query file is broken, and mended.
    let query = service.queries().join("field_time.sql");
    let text = std::fs::read_to_string(&query).unwrap();
    std::fs::write(&query, text.replace("FROM calendar_audits", "FROM calendar_odits")).unwrap();
    fires(&["BellwetherQueryRefused"]);
    std::fs::write(&query, &text).unwrap();
    fires(&[]);

    // Evaluation cannot store what it computes. Alertmanager tells the cause alone.
    let lake = service.program.lake();
    let aside = lake.with_file_name("aside");
    std::fs::rename(lake.join("indicators"), &aside).unwrap();
    std::fs::write(lake.join("indicators"), "in its place").unwrap();
    fires(&["BellwetherEvaluationStalled", "BellwetherServiceFailing"]);
    std::fs::remove_file(lake.join("indicators")).unwrap();
    std::fs::rename(aside, lake.join("indicators")).unwrap();
    fires(&[]);

    // The broker is stopped.
    kafka.down();
    fires(&["BellwetherBrokerUnreachable"]);

    // The process is killed meanwhile, and both come back.
    service.running.signal("KILL");
    fires(&["BellwetherDown"]);
    kafka.up();
    service.running = service.program.start("run", &["run"]);
    fires(&[]);
}

/// Waits until these alerts fire and no others, beside what is about sites.
fn exactly(prometheus: &Prometheus, alerts: &[&str]) {
    let expected: BTreeSet<String> = alerts.iter().chain([&WATCHDOG]).map(|&alert| alert.to_owned()).collect();
    wait_for(&format!("{alerts:?}"), LIMIT, || {
        let found = prometheus.query("count by (alertname) (ALERTS{alertstate=\"firing\",audience=\"platform\"})")?;
        let name = |found: &serde_json::Value| found["metric"]["alertname"].as_str().unwrap().to_owned();
        let found: BTreeSet<String> = found.iter().map(name).collect();
        let surplus: Vec<_> = found.difference(&expected).collect();
        if found == expected { Ok(()) } else { Err(format!("found {found:?}, too many {surplus:?}")) }
    });
}

/// The shipped rules on the program, told within seconds instead of minutes. What looks back for longer stays as it is: in so
/// short a time it cannot be right.
fn quick(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let text = std::fs::read_to_string(root().join("ops/prometheus/rules/bellwether.rules.yml")).unwrap();
    let line = |line: &str| match line.trim() {
        "for: 1m" | "for: 2m" | "for: 5m" => "        for: 3s\n".to_owned(),
        _ => format!("{line}\n"),
    };
    std::fs::write(folder.join("platform.rules.yml"), text.lines().map(line).collect::<String>()).unwrap();
}

/// The whole program on events up to now.
struct Service {
    program: Program,
    port: Port,
    running: Running,
}

impl Service {
    fn start(brokers: &str) -> Self {
        let mut program = Program::new(brokers);
        let port = Port::hold();
        let queries = program.folder().join("queries");
        for (name, value) in [
            ("HTTP__LISTEN", port.address().as_str()),
            ("HTTP__READY_MAX_AGE", "6s"),
            ("INDICATORS__INTERVAL", "1s"),
            ("INDICATORS__QUERIES", &queries.to_string_lossy()),
            ("INGEST__FLUSH_AGE", "200ms"),
            ("INGEST__CONNECT_LIMIT", "3s"),
            ("KAFKA__PROPERTIES__SESSION_TIMEOUT_MS", "6000"),
        ] {
            program.set(name, value);
        }
        std::fs::create_dir_all(&queries).unwrap();
        for file in ["field_time.sql", "prestart_quality.sql"] {
            std::fs::copy(root().join("queries").join(file), queries.join(file)).unwrap();
        }
        let (events, now) = (program.folder().join("events"), Timestamp::now().to_string());
        let out = events.to_string_lossy();
        program.succeed(&["simulate", "--sites", "3", "--weeks", "4", "--end", &now, "--out", &out]);
        crate::seed7::publish(&program, &events);
        program.succeed(&["ingest", "--until-caught-up"]);
        let running = program.start("run", &["run"]);
        let service = Self { program, port, running };
        let ready = format!("http://{}/-/ready", service.port.address());
        wait_for("ready", LIMIT, || match answer(&ready)? {
            (200, _) => Ok(()),
            (status, body) => Err(format!("{status}: {body}")),
        });
        service
    }

    fn queries(&self) -> std::path::PathBuf {
        self.program.folder().join("queries")
    }
}
