//! What breaks beside the program, broken for real: what it says meanwhile, and that it goes on by itself afterwards.

use end_to_end::{Kafka, Port, Program, Running, SmallDisk, answer, get, wait_for};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

/// For anything to happen, on a machine that does much else.
const LIMIT: Duration = Duration::from_secs(180);
const LAG: &str = "bellwether_consumer_lag{";

/// The program as a service whose patience is that of a test.
struct Service {
    program: Program,
    port: Port,
    running: Option<Running>,
}

impl Service {
    fn new(brokers: &str) -> Self {
        let mut program = Program::new(brokers);
        let port = Port::hold();
        for (name, value) in [
            ("HTTP__LISTEN", port.address().as_str()),
            ("HTTP__READY_MAX_AGE", "10s"),
            ("INDICATORS__INTERVAL", "1s"),
            ("INGEST__FLUSH_AGE", "200ms"),
            ("INGEST__CONNECT_LIMIT", "3s"),
            ("KAFKA__PROPERTIES__SESSION_TIMEOUT_MS", "6000"),
        ] {
            program.set(name, value);
        }
        Self { program, port, running: None }
    }

    fn start(&mut self, command: &str) {
        self.running = Some(self.program.start(command, &[command]));
    }

    fn answer(&self, path: &str) -> Result<(u16, String), String> {
        answer(&format!("http://{}{path}", self.port.address()))
    }

    fn metrics(&self) -> Result<String, String> {
        get(&format!("http://{}/metrics", self.port.address()))
    }

    /// Waits until a series has such a value.
    fn until(&self, series: &str, so: impl Fn(f64) -> bool) -> f64 {
        wait_for(series, LIMIT, || {
            let text = self.metrics()?;
            value(&text, series).filter(|value| so(*value)).ok_or(text)
        })
    }

    fn up(&self, service: &str) {
        self.until(&of("up", service), |up| up > 0.0);
        self.until(&of("consecutive_failures", service), |failures| failures < 1.0);
    }

    fn down(&self, service: &str) {
        self.until(&of("up", service), |up| up < 1.0);
        self.until(&of("consecutive_failures", service), |failures| failures > 0.0);
    }

    fn ready(&self) {
        wait_for("ready", LIMIT, || match self.answer("/-/ready")? {
            (200, _) => Ok(()),
            (status, body) => Err(format!("{status}: {body}")),
        });
    }

    /// What the program says of why it is not ready.
    fn not_ready(&self) -> String {
        wait_for("not ready", LIMIT, || match self.answer("/-/ready")? {
            (503, body) => Ok(body),
            (status, body) => Err(format!("{status}: {body}")),
        })
    }

    /// The page says that this is down, and the process is well.
    fn page_tells(&self, name: &str) {
        let (status, page) = self.answer("/").unwrap();
        assert!(status == 200 && page.contains(&format!("<strong>{name}")), "{page}");
        assert_eq!(self.answer("/-/healthy").unwrap().0, 200);
    }

    fn page_is_calm(&self) {
        let page = self.answer("/").unwrap().1;
        assert!(!page.contains("What is down"), "{page}");
    }

    fn log(&self, command: &str) -> String {
        std::fs::read_to_string(self.program.folder().join(format!("{command}.log"))).unwrap()
    }

    /// Simulated events of a few sites, in Kafka.
    fn publish(&self, weeks: &str) {
        let out = self.program.folder().join(format!("events-{weeks}"));
        let out = out.to_string_lossy();
        self.program.succeed(&["simulate", "--sites", "3", "--weeks", weeks, "--out", &out]);
        for stream in ["sites", "leaders", "calendar_audits"] {
            let file = Path::new(out.as_ref()).join(format!("{stream}.ndjson"));
            self.program.succeed(&["publish", stream, &file.to_string_lossy()]);
        }
    }

    /// Rows of calendar audits that were committed.
    fn rows(&self) -> f64 {
        let text = self.metrics().unwrap();
        value(&text, "bellwether_ingested_rows_total{stream=\"calendar_audits\"}").unwrap_or_default()
    }

    fn stop(&mut self) {
        let mut running = self.running.take().unwrap();
        running.signal("TERM");
        let ended = running.wait(LIMIT).expect("it ends");
        assert!(ended.success(), "{ended}");
    }
}

/// A family about a service of the program.
fn of(family: &str, service: &str) -> String {
    format!("bellwether_service_{family}{{service=\"{service}\"}}")
}

fn value(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map(|value| value.parse().unwrap())
}

fn now() -> f64 {
    UNIX_EPOCH.elapsed().unwrap().as_secs_f64()
}

/// A full disk stood for twelve minutes of ready, healthy and no alert; and it ended ingestion, and the exporter with it.
#[test]
fn a_full_disk_is_told_and_served_through_and_when_there_is_room_everything_goes_on() {
    let Some(kafka) = Kafka::start() else { return };
    let mut service = Service::new(&kafka.brokers());
    let Some(disk) = SmallDisk::mount(&service.program.lake(), 32) else { return };
    service.publish("8");
    service.start("run");
    service.ready();
    service.up("evaluation");
    wait_for("rows", LIMIT, || if service.rows() > 0.0 { Ok(()) } else { Err("none".to_owned()) });
    service.until("bellwether_last_event_timestamp_seconds{stream=\"calendar_audits\"}", |at| at > 0.0);
    let (before, began) = (service.rows(), now());

    disk.fill();
    service.publish("9");
    service.down("evaluation");
    service.down("ingest");
    let reason = service.not_ready();
    for words in ["http.ready_max_age", "evaluation is down", "ingest is down", "no space left on the device"] {
        assert!(reason.contains(words), "no «{words}» in {reason}");
    }
    service.page_tells("evaluation");
    service.page_tells("ingest");
    let text = service.metrics().unwrap();
    assert!(text.contains("leading_indicator_info{"), "what was stored last is served: {text}");
    assert_eq!(value(&text, "bellwether_ready"), Some(0.0));
    let success = of("last_success_timestamp_seconds", "evaluation");
    let stood = service.until(&success, |at| now() - at > 10.0);
    let log = service.log("run");
    assert!(log.contains("no space left on the device; free some"), "{log}");

    disk.free();
    service.up("evaluation");
    service.ready();
    service.until(&success, |at| at > stood && at > began);
    wait_for("the rows that waited", LIMIT, || if service.rows() > before { Ok(()) } else { Err(service.log("run")) });
    service.up("ingest");
    service.page_is_calm();
    service.stop();
}

/// Without a broker at the start the exporter ended, too; and one that went away took the lag along and left no word.
#[test]
fn a_broker_that_is_gone_at_the_start_or_later_is_told_and_waited_out() {
    const REACHABLE: &str = "bellwether_broker_reachable";
    let Some(mut kafka) = Kafka::start() else { return };
    let mut service = Service::new(&kafka.brokers());
    service.publish("8");
    kafka.down();
    service.start("run");
    service.ready();
    service.down("ingest");
    service.until(REACHABLE, |reachable| reachable < 1.0);
    wait_for("the page", LIMIT, || match service.answer("/")?.1 {
        page if page.contains("<strong>Kafka (ingest waits for it)</strong>") => Ok(()),
        page => Err(page),
    });
    let log = service.log("run");
    assert!(log.contains("no Kafka broker at") && log.contains("it is tried again by itself"), "{log}");

    kafka.up();
    service.until(REACHABLE, |reachable| reachable > 0.0);
    service.up("ingest");
    wait_for("rows", LIMIT, || if service.rows() > 0.0 { Ok(()) } else { Err(service.log("run")) });
    wait_for("lag", LIMIT, || service.metrics().and_then(|text| if text.contains(LAG) { Ok(()) } else { Err(text) }));
    service.page_is_calm();

    kafka.down();
    let before = service.rows();
    service.until(REACHABLE, |reachable| reachable < 1.0);
    // Long beyond the session's end, at which the group takes the partitions away.
    service.until("bellwether_broker_last_answer_timestamp_seconds", |at| now() - at > 30.0);
    let text = service.metrics().unwrap();
    assert!(text.contains(LAG), "the lag that was known last stands: {text}");
    service.page_tells("Kafka");
    service.ready();

    kafka.up();
    service.until(REACHABLE, |reachable| reachable > 0.0);
    service.publish("9");
    wait_for("more rows", LIMIT, || if service.rows() > before { Ok(()) } else { Err(service.log("run")) });
    service.stop();
}

#[test]
fn indicators_wait_for_a_lake_and_ingest_alone_for_a_broker() {
    let mut service = Service::new("127.0.0.1:1");
    service.start("indicators");
    let reason = wait_for("the reason", LIMIT, || match service.answer("/-/ready")?.1 {
        body if body.contains("no lake at") => Ok(body),
        body => Err(body),
    });
    assert!(reason.contains("evaluation is down"), "{reason}");
    let elsewhere = service.program.folder().join("elsewhere");
    service.program.succeed(&[
        "demo",
        "--once",
        "--sites",
        "3",
        "--weeks",
        "8",
        "--data",
        &elsewhere.to_string_lossy(),
    ]);
    std::fs::rename(elsewhere, service.program.lake()).unwrap();
    service.ready();
    service.up("evaluation");
    service.stop();

    let mut service = Service::new("127.0.0.1:1");
    service.start("ingest");
    service.down("ingest");
    service.until("bellwether_broker_reachable", |reachable| reachable < 1.0);
    assert_eq!(service.answer("/-/ready").unwrap().0, 200, "it serves no values: ready is to be scraped");
    service.page_tells("ingest");
    service.stop();
}
