//! A year on real servers: Kafka, the lake, an evaluation a week, the exporter, Prometheus with the rules, Alertmanager, and a
//! webhook that is told. What fires is what the board says, in every week; and nothing is told twice.

use crate::seed7;
use end_to_end::{Alertmanager, Kafka, Program, Prometheus, Webhook, get_json, root, tool, wait_for};
use evaluation::{Limits, Results};
use exporter::{Access, Exporter};
use indicators::{Metric, State, Values};
use jiff::{SignedDuration, Timestamp};
use lake::Lake;
use prometheus::Registry;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::{runtime::Runtime, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// For anything to happen, on a machine that does much else.
const LIMIT: Duration = Duration::from_secs(120);
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Weeks that are looked at, of 44: before them there is too little to judge by.
const WEEKS: i32 = 26;
/// From so many weeks before the end on every commitment of the planted site is kept.
const KEPT: i32 = 14;
/// The weeks before the end in which a program is restarted.
const RESTARTS: [i32; 3] = [12, 9, 6];

/// Alert, metric and site.
type Alerts = BTreeSet<(String, String, String)>;

/// A drop was told on the day of the restart again, and a region's message thirty times.
#[test]
fn alerts_are_those_of_the_board_in_every_week_and_no_restart_tells_one_again() {
    let (Some(_), Some(_)) = (tool("BELLWETHER_TEST_PROMETHEUS"), tool("BELLWETHER_TEST_ALERTMANAGER")) else { return };
    let Some(kafka) = Kafka::start() else { return };
    let mut program = Program::new(&kafka.brokers());
    let year = Year::simulate(&program);
    seed7::publish(&program, &year.events);
    program.succeed(&["ingest", "--until-caught-up"]);

    program.set("RULES__KEEP_FIRING_FOR", "12s");
    let made = program.folder().join("rules");
    program.succeed(&["rules", "--out", &made.to_string_lossy()]);
    let mut service = Service::open(&program);
    service.evaluate(year.week(WEEKS));
    let mut servers = Servers::start(&service.address(), &made.join("rules"));
    let mut seen: Vec<Alerts> = Vec::new();
    for ago in (0..WEEKS).rev() {
        let as_of = year.week(ago);
        let expected = service.evaluate(as_of);
        servers.shows(as_of);
        let before = seen.last().cloned().unwrap_or_default();
        for alert in servers.firing().unwrap().difference(&before) {
            assert!(expected.contains(alert), "{ago} weeks before the end: {alert:?} fires too early");
        }
        servers.tell(ago, &expected);
        seen.push(expected);
        match RESTARTS.iter().position(|week| *week == ago) {
            Some(0) => {
                service.restart(|| servers.misses());
                servers.shows(as_of);
            }
            Some(1) => servers.prometheus.restart(),
            Some(_) => {
                servers.alertmanager.restart();
                servers.hears_again(seen.last().unwrap().len());
            }
            None => {}
        }
    }
    year.is_what_was_planted(&seen);
    servers.told_once(&seen);
}

/// What was simulated.
struct Year {
    events: PathBuf,
    as_of: Timestamp,
    states: Vec<Value>,
    /// The site that lags on what it learnt, until its commitments are kept.
    recovers: String,
}

impl Year {
    /// Eight sites, of which one recovers.
    fn simulate(program: &Program) -> Self {
        let events = program.folder().join("events");
        let out = events.to_string_lossy();
        program.succeed(&["simulate", "--seed", "7", "--sites", "8", "--weeks", "44", "--out", &out]);
        let truth: Value = serde_json::from_str(&std::fs::read_to_string(events.join("truth.json")).unwrap()).unwrap();
        let as_of: Timestamp = truth["as_of"].as_str().unwrap().parse().unwrap();
        let of_core = |state: &&Value| {
            ["field_time", "learning_follow_through", "prestart_quality"].contains(&text(&state["metric"]))
        };
        let states: Vec<Value> = truth["states"].as_array().unwrap().iter().filter(of_core).cloned().collect();
        let learns = |state: &&Value| state["state"] == "lagging" && state["metric"] == "learning_follow_through";
        let recovers = text(&states.iter().find(learns).unwrap()["site"]).to_owned();
        let year = Self { events, as_of, states, recovers };
        year.keep_commitments();
        year
    }

    /// The clock so many weeks before the end.
    fn week(&self, ago: i32) -> Timestamp {
        self.as_of - WEEK * ago
    }

    /// Adds that every commitment of the site that recovers was kept.
    fn keep_commitments(&self) {
        let file = self.events.join("training_events.ndjson");
        let mut lines = std::fs::read_to_string(&file).unwrap();
        let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for mut event in events {
            let ours = event["verb"] == "committed" && event["site_id"] == self.recovers.as_str();
            if ours && text(&event["due_at"]).parse::<Timestamp>().unwrap() >= self.week(KEPT) {
                event["event_id"] = format!("{}-kept", text(&event["event_id"])).into();
                event["verb"] = "applied".into();
                event.as_object_mut().unwrap().remove("due_at");
                lines += &format!("{event}\n");
            }
        }
        std::fs::write(file, lines).unwrap();
    }

    /// The planted sites and no others were told, none before it was so; and one recovered.
    fn is_what_was_planted(&self, seen: &[Alerts]) {
        let name = |state: &Value| match text(&state["state"]) {
            "lagging" => Some("BellwetherSiteLagging"),
            "silent" => Some("BellwetherSiteSilent"),
            _ => None,
        };
        let planted: BTreeMap<(String, String, String), Timestamp> = self
            .states
            .iter()
            .filter_map(|state| {
                let place = [&state["metric"], &state["site"]].map(|value| text(value).to_owned());
                let [metric, site] = place;
                let from = format!("{}T00:00:00Z", text(&state["from"])).parse::<Timestamp>().unwrap();
                Some(((name(state)?.to_owned(), metric, site), from))
            })
            .collect();
        let all: Alerts = seen.iter().flatten().cloned().collect();
        assert_eq!(all, planted.keys().cloned().collect(), "who was ever told of");
        for (alert, from) in &planted {
            let first = seen.iter().position(|alerts| alerts.contains(alert)).unwrap();
            let told = self.week(WEEKS - 1 - i32::try_from(first).unwrap());
            assert!(told > *from, "{alert:?} was told on {told}, and is so since {from}");
        }
        let recovered = |(_, metric, site): &(String, String, String)| {
            metric == "learning_follow_through" && *site == self.recovers
        };
        assert!(seen.iter().flatten().any(recovered) && !seen.last().unwrap().iter().any(recovered), "one recovers");
        assert!(seen.last().unwrap().len() > 2, "{:?}", seen.last());
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The evaluation and the exporter of the program, with a clock of the test's own.
struct Service {
    runtime: Runtime,
    metrics: Vec<Arc<Metric>>,
    results: Results,
    exporter: Exporter,
    address: String,
    serving: Option<(JoinHandle<()>, CancellationToken)>,
}

impl Service {
    fn open(program: &Program) -> Self {
        let runtime = Runtime::new().unwrap();
        let contracts = contracts::Contracts::shipped().unwrap();
        let metrics = runtime.block_on(workbench::load_queries(&root().join("queries"), &contracts)).unwrap();
        let lake = runtime.block_on(Lake::open(&program.lake().to_string_lossy())).unwrap();
        let results = runtime.block_on(Results::open(&lake, &contracts, &Limits::default())).unwrap();
        let exporter = Exporter::new(Registry::new()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut service = Self { runtime, metrics, results, exporter, address, serving: None };
        service.serve(listener);
        service
    }

    fn address(&self) -> String {
        self.address.clone()
    }

    fn serve(&mut self, listener: TcpListener) {
        listener.set_nonblocking(true).unwrap();
        let (exporter, stop) = (self.exporter.clone(), CancellationToken::new());
        let stopped = stop.clone();
        let task = self.runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            exporter::serve(listener, exporter, Access::open(), stopped).await.unwrap();
        });
        self.serving = Some((task, stop));
    }

    /// Evaluates at a clock and publishes; what has to fire then.
    fn evaluate(&mut self, as_of: Timestamp) -> Alerts {
        let none = BTreeSet::new();
        let refreshing = self.results.refresh(&self.metrics, &none, as_of, Timestamp::now());
        let refreshed = self.runtime.block_on(refreshing).unwrap();
        assert!(refreshed.runs.iter().all(|run| run.outcome.is_ok()), "{:?}", refreshed.runs);
        let values = self.results.values(&self.metrics).unwrap();
        let expected = of_board(&values);
        self.exporter.publish(Arc::new(values)).unwrap();
        expected
    }

    /// Ends, and comes back with what was stored once its absence was noticed.
    fn restart(&mut self, noticed: impl FnOnce()) {
        let (task, stop) = self.serving.take().unwrap();
        stop.cancel();
        self.runtime.block_on(task).unwrap();
        noticed();
        self.exporter = Exporter::new(Registry::new()).unwrap();
        self.exporter.publish(Arc::new(self.results.values(&self.metrics).unwrap())).unwrap();
        self.serve(TcpListener::bind(&self.address).unwrap());
    }
}

/// Who lags or is silent, by the states that the board shows.
fn of_board(values: &Values) -> Alerts {
    let mut found = Alerts::new();
    for metric in &values.metrics {
        for judgement in &metric.judgements {
            let place = |alert: &str| (alert.to_owned(), metric.metric.name.clone(), judgement.site.clone());
            found.extend(judgement.on().next().map(|_| place("BellwetherSiteLagging")));
            found.extend((judgement.state == State::Silent).then(|| place("BellwetherSiteSilent")));
        }
    }
    found
}

/// Prometheus, Alertmanager and who is told.
struct Servers {
    webhook: Webhook,
    alertmanager: Alertmanager,
    prometheus: Prometheus,
}

impl Servers {
    fn start(exporter: &str, rules: &Path) -> Self {
        let webhook = Webhook::start();
        let alertmanager = Alertmanager::with(|shipped| quick(&shipped, &webhook)).unwrap();
        let prometheus = Prometheus::alerting(&[exporter], rules, &alertmanager.address(), "1s").unwrap();
        Self { webhook, alertmanager, prometheus }
    }

    /// Waits until all rules were evaluated on values of this clock.
    fn shows(&self, as_of: Timestamp) {
        let clock = as_of.as_second().to_string();
        wait_for("the scrape", LIMIT, || match self.prometheus.query("leading_as_of_timestamp_seconds")?.first() {
            Some(found) if text(&found["value"][1]) == clock => Ok(()),
            other => Err(format!("{other:?}, not {clock}")),
        });
        let scraped = Timestamp::now();
        wait_for("the rules", LIMIT, || {
            let answer = get_json(&format!("{}/api/v1/rules", self.prometheus.url()))?;
            let groups = answer["data"]["groups"].as_array().cloned().unwrap_or_default();
            let since = |group: &Value| text(&group["lastEvaluation"]).parse().is_ok_and(|at: Timestamp| at > scraped);
            let all = !groups.is_empty() && groups.iter().all(since);
            all.then_some(()).ok_or_else(|| format!("{answer}"))
        });
    }

    /// Waits until the exporter is missed.
    fn misses(&self) {
        wait_for("its absence", LIMIT, || match self.prometheus.query("up == 0")?.len() {
            1 => Ok(()),
            others => Err(format!("{others} are down")),
        });
    }

    /// Waits until Alertmanager, which forgets what fires when it ends, has heard of so many alerts again.
    fn hears_again(&self, count: usize) {
        wait_for("what fires", LIMIT, || match self.alertmanager.alerts()?.len() {
            heard if heard == count => Ok(()),
            heard => Err(format!("{heard} of {count} alerts")),
        });
    }

    fn firing(&self) -> Result<Alerts, String> {
        let found = self.prometheus.query("ALERTS{alertstate=\"firing\"}")?;
        let alert =
            |found: Value| ["alertname", "metric", "site"].map(|label| text(&found["metric"][label]).to_owned()).into();
        Ok(found.into_iter().map(alert).collect())
    }

    /// Waits until exactly these fire, and exactly these are what people were told last.
    fn tell(&self, ago: i32, expected: &Alerts) {
        wait_for(&format!("{ago} weeks before the end"), LIMIT, || {
            let (firing, told) = (self.firing()?, self.told());
            if firing == *expected && told == *expected {
                return Ok(());
            }
            Err(format!("firing {firing:#?}, told {told:#?}, expected {expected:#?}"))
        });
    }

    /// Every message by its group, in order: what fires by it.
    fn messages(&self) -> BTreeMap<String, Vec<Alerts>> {
        let mut groups: BTreeMap<String, Vec<Alerts>> = BTreeMap::new();
        for message in self.webhook.told("sites") {
            let alerts = message["alerts"].as_array().unwrap().iter();
            let firing = alerts.filter(|alert| alert["status"] == "firing");
            let alert = |alert: &Value| {
                ["alertname", "metric", "site"].map(|label| text(&alert["labels"][label]).to_owned()).into()
            };
            groups.entry(text(&message["groupKey"]).to_owned()).or_default().push(firing.map(alert).collect());
        }
        groups
    }

    /// What the last message of each group says.
    fn told(&self) -> Alerts {
        self.messages().into_values().filter_map(|messages| messages.into_iter().next_back()).flatten().collect()
    }

    /// No message says what the one before it said, and no alert begins more often than the board says.
    fn told_once(&self, seen: &[Alerts]) {
        let groups = self.messages();
        let mut begun: BTreeMap<(String, String, String), usize> = BTreeMap::new();
        for (group, messages) in &groups {
            let mut before = Alerts::new();
            for message in messages {
                assert_ne!(*message, before, "{group} was told again");
                for alert in message.difference(&before) {
                    *begun.entry(alert.clone()).or_default() += 1;
                }
                before.clone_from(message);
            }
        }
        let mut expected: BTreeMap<(String, String, String), usize> = BTreeMap::new();
        let mut before = &Alerts::new();
        for alerts in seen {
            for alert in alerts.difference(before) {
                *expected.entry(alert.clone()).or_default() += 1;
            }
            before = alerts;
        }
        assert_eq!(begun, expected, "how often each began");
        // By owner and region: several sites in one message.
        assert!(groups.keys().all(|group| group.contains("region=")), "{:?}", groups.keys());
        let chat = self.webhook.told("chat");
        let words = |message: &Value| message["attachments"][0].to_string();
        let found = chat.iter().map(words).find(|text| text.contains("lags on learning follow through: "));
        let found = found.unwrap_or_else(|| panic!("{chat:#?}"));
        assert!(found.contains("finding") && found.contains("http://127.0.0.1:9464/sites/"), "{found}");
    }
}

/// The shipped configuration with intervals for a test, at all hours, and with receivers that keep what they are told.
fn quick(shipped: &str, webhook: &Webhook) -> String {
    let (routes, receivers) = shipped.split_once("\nreceivers:\n").unwrap();
    let mut text = routes.to_owned();
    for (slow, fast) in [
        ("group_wait: 2m", "group_wait: 1s"),
        ("group_interval: 1h", "group_interval: 1s"),
        ("'monday:friday'", "'sunday:saturday'"),
        ("'07:00'", "'00:00'"),
        ("'18:00'", "'24:00'"),
    ] {
        assert!(text.contains(slow), "{slow}");
        text = text.replace(slow, fast);
    }
    let chat = receivers.split_once("- &chat\n").unwrap().1.split("  - name:").next().unwrap();
    let chat = chat.replace("http://127.0.0.1:9095/leaders", &webhook.url("chat"));
    text += "\nreceivers:\n";
    for name in ["leaders", "operations", "learning", "platform", "watchdog"] {
        let path = if ["platform", "watchdog"].contains(&name) { name } else { "sites" };
        text += &format!("  - name: {name}\n    webhook_configs:\n      - url: {}\n", webhook.url(path));
        if name == "learning" {
            text += &format!(
                "    slack_configs:\n      - send_resolved: true\n{}",
                chat.replace("        send_resolved: true\n", "")
            );
        }
    }
    text
}
