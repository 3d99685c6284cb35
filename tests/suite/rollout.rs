//! Query files that come, change, break and go while the service runs, as its scrapes show it.

use end_to_end::{Port, Program, Running, get, root, wait_for};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// For anything to happen, on a machine that does much else.
const LIMIT: Duration = Duration::from_secs(120);
/// The end of the simulated weeks.
const AS_OF: &str = "2026-06-17T12:00:00Z";
const VALUE: &str = "leading_company_timesheets{window=\"4w\"}";

/// A lake with the shipped metrics, a folder of queries, and the service over both.
struct World {
    program: Program,
    queries: PathBuf,
    port: Port,
    service: Option<Running>,
}

impl World {
    fn new() -> Self {
        let mut program = Program::new("127.0.0.1:1");
        let lake = program.lake().to_string_lossy().into_owned();
        program.succeed(&["demo", "--once", "--sites", "3", "--weeks", "8", "--data", &lake]);
        let queries = program.folder().join("queries");
        std::fs::create_dir(&queries).unwrap();
        std::fs::copy(root().join("queries/field_time.sql"), queries.join("field_time.sql")).unwrap();
        program.set("INDICATORS__QUERIES", &queries.to_string_lossy());
        program.set("INDICATORS__INTERVAL", "1s");
        let port = Port::hold();
        program.set("HTTP__LISTEN", &port.address());
        Self { program, queries, port, service: None }
    }

    fn start(&mut self, log: &str, timeout: &str) {
        self.program.set("INDICATORS__TIMEOUT", timeout);
        self.service = Some(self.program.start(log, &["indicators", "--as-of", AS_OF]));
        wait_for(log, LIMIT, || get(&format!("http://{}/-/ready", self.port.address())));
    }

    fn stop(&mut self) {
        let mut service = self.service.take().unwrap();
        service.signal("TERM");
        let ended = service.wait(LIMIT).expect("the service ends");
        assert!(ended.success(), "{ended}");
    }

    fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.program.folder().join(format!("{name}.log"))).unwrap()
    }

    /// Puts a query file into the folder in one piece.
    fn put(&self, name: &str, text: &str) {
        let new = self.program.folder().join("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(&new, self.queries.join(format!("{name}.sql"))).unwrap();
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.queries.join(format!("{name}.sql"))).unwrap();
    }

    fn scrape(&self) -> Scrape {
        Scrape(get(&format!("http://{}/metrics", self.port.address())).unwrap())
    }

    /// Scrapes until it is so, and checks every scrape on the way.
    fn until(&self, what: &str, always: impl Fn(&Scrape), so: impl Fn(&Scrape) -> bool) -> Scrape {
        wait_for(what, LIMIT, || {
            let scrape = self.scrape();
            always(&scrape);
            if so(&scrape) { Ok(scrape) } else { Err(scrape.0) }
        })
    }
}

struct Scrape(String);

impl Scrape {
    /// The value of a series, as it is written.
    fn value(&self, series: &str) -> Option<f64> {
        let line = self.0.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.map(|value| value.parse().unwrap())
    }

    fn is(&self, series: &str, value: f64) -> bool {
        self.value(series) == Some(value)
    }

    /// When the values were published.
    fn published(&self) -> f64 {
        self.value("bellwether_published_timestamp_seconds").unwrap()
    }

    /// The query's own help text in the help of its family.
    fn doubled(&self) -> bool {
        self.0.contains("# HELP leading_company_timesheets Timesheets, doubled ")
    }

    fn tells_of(&self, metric: &str) -> bool {
        self.0.lines().any(|line| line.contains(metric))
    }
}

fn timesheets(help: &str, each: u32) -> String {
    format!(
        "/*---\nhelp = \"{help}\"\nkind = \"count\"\nlabels = [\"site\"]\ndirection = \"higher\"\nowner = \"o\"\n---*/\n\
         SELECT week, site_id AS site, SUM({each}) AS numerator FROM outcomes WHERE kind = 'hours_worked' \
         GROUP BY week, site_id\n"
    )
}

/// Every hour worked with every other one, eight times over.
fn runaway() -> String {
    let joins: String = (1..8).map(|n| format!(" CROSS JOIN outcomes AS o{n}")).collect();
    timesheets("Never done", 1)
        .replace("week, site_id", "o.week, o.site_id")
        .replace("FROM outcomes", &format!("FROM outcomes AS o{joins}"))
        .replace("WHERE kind", "WHERE o.kind")
}

/// The metric that nobody touches is there in every scrape.
fn unharmed(scrape: &Scrape) {
    assert!(scrape.value("leading_company_field_time_ratio{window=\"4w\"}").is_some(), "{}", scrape.0);
}

#[test]
fn files_come_break_change_and_go_while_the_service_runs() {
    let mut world = World::new();
    world.start("first", "10m");
    let start = world.scrape();
    unharmed(&start);
    assert!(start.is("bellwether_queries_valid", 1.0) && !start.tells_of("prestart_quality"), "{}", start.0);

    world.put("timesheets", &timesheets("Timesheets", 1));
    let added = world.until("the new metric", unharmed, |scrape| scrape.value(VALUE).is_some());
    let once = added.value(VALUE).unwrap();
    assert!(once > 0.0);

    world.put("timesheets", &timesheets("Timesheets", 1).replace("kind = \"count\"", "kind = \"cuont\""));
    let keeps = |scrape: &Scrape| {
        unharmed(scrape);
        assert!(scrape.is(VALUE, once), "the old version stays: {}", scrape.0);
    };
    let broken = world.until("the fault", keeps, |scrape| scrape.is("bellwether_queries_valid", 0.0));
    assert!(broken.is("bellwether_query_faults{file=\"timesheets.sql\"}", 1.0), "{}", broken.0);
    let log = world.log("first");
    assert!(log.contains("timesheets.sql:3:8: `kind` is \"cuont\"") && log.contains("did you mean `count`?"), "{log}");

    // A query that will never be done is under way; meanwhile rounds of what is served go on.
    world.put("near_misses", &runaway());
    let pending = |scrape: &Scrape| scrape.is("bellwether_query_pending{metric=\"near_misses\"}", 1.0);
    let mut published = world.until("the runaway query", keeps, pending).published();
    for _ in 0..3 {
        published = world.until("another round", keeps, |s| pending(s) && s.published() > published).published();
    }
    world.remove("near_misses");

    world.put("timesheets", &timesheets("Timesheets, doubled", 2));
    let whole = |scrape: &Scrape| {
        unharmed(scrape);
        let expected = if scrape.doubled() { 2.0 * once } else { once };
        assert!(scrape.is(VALUE, expected), "definition and values swap as one: {}", scrape.0);
    };
    let mended = world.until("the new text", whole, Scrape::doubled);
    assert!(mended.is("bellwether_queries_valid", 1.0) && !mended.tells_of("bellwether_query_faults{"), "{}", mended.0);
    assert!(mended.is("bellwether_query_pending{metric=\"timesheets\"}", 0.0), "{}", mended.0);

    world.stop();
    world.put("near_misses", "SELECT");
    world.start("second", "2s");
    let resumed = world.scrape();
    whole(&resumed);
    assert!(resumed.doubled() && resumed.is("bellwether_queries_valid", 0.0), "{}", resumed.0);
    assert!(world.log("second").contains("near_misses.sql:1:1: "), "{}", world.log("second"));

    world.put("near_misses", &runaway());
    let failing = "bellwether_query_success{metric=\"near_misses\"}";
    world.until("the runaway query's failure", whole, |scrape| scrape.is(failing, 0.0));
    assert!(
        world.log("second").contains("metric=\"near_misses\" error=took longer than 2s"),
        "{}",
        world.log("second")
    );

    world.remove("near_misses");
    world.remove("timesheets");
    let gone = world.until("the end of their series", unharmed, |scrape| !scrape.tells_of("timesheets"));
    assert!(!gone.tells_of("near_misses") && gone.is("bellwether_queries_valid", 1.0), "{}", gone.0);

    remove_all(&world.queries);
    let kept = world.until("the empty folder", unharmed, |scrape| scrape.is("bellwether_queries_valid", 0.0));
    assert!(kept.tells_of("bellwether_query_faults{file="), "{}", kept.0);
}

fn remove_all(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
}
