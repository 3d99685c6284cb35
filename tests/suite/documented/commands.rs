//! Every command that the documents tell people to type: read by the program under test, and run, or listed with the reason
//! why not.

use super::{blocks, documents, path_with};
use contracts::Contracts;
use end_to_end::{Port, Program, Running, get, root, wait_for};
use simulator::EmbeddedBroker;
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

/// For anything to happen, on a machine that does much else.
const LIMIT: Duration = Duration::from_secs(180);

/// Documents that are not read: the tutorial is followed by a test of its own, and the history tells of what was.
const NOT_READ: [&str; 2] = ["queries/TUTORIAL.md", "CHANGELOG.md"];

/// Commands that are not run here, by how they begin, and why. Everything else is run.
const NOT_RUN: &[(&str, &str)] = &[
    ("cargo ", "builds, for minutes; that what it names is there is asserted below"),
    ("promtool check", "run, with its tests, by the exporter's test of `ops/`"),
    ("promtool test", "run by the exporter's test of `ops/`"),
    ("amtool check-config", "run by the exporter's test of `ops/`"),
    ("promtool tsdb", "run, as the program prints it, by the test of backfill"),
    ("prometheus ", "Prometheus is run with files and flags of its own by the tests with it"),
    ("alertmanager ", "its flag is asserted against the configuration by the exporter's test of `ops/`"),
    ("kafka-", "Kafka's scripts are not among its jars"),
    ("curl -s http://HOST:9090", "asks Prometheus"),
    ("bellwether query reference > queries/REFERENCE.md", "asserted to change nothing by the program's own test"),
    (
        "bellwether validate --rollout",
        "run, with the file it needs, by the program's own test, which holds its output against the page",
    ),
    ("bellwether health", "asks a program that runs: run by the program's own test, and by that of what `ops/` runs"),
    ("bellwether rules --check", "run, on the shipped files, by the program's own test"),
    (REMOTE_WRITE, "run against Prometheus by the test of backfill"),
];
const REMOTE_WRITE: &str = "bellwether backfill --from 2026-03-02 --to 2026-W20 --format remote-write";

/// Names of commands that want more words: they are read, and not run.
const NAMED: [&str; 6] = [
    "bellwether backfill",
    "bellwether config",
    "bellwether dead-letters replay",
    "bellwether simulate",
    "bellwether sql",
    "bellwether validate",
];

/// Where a command is told without the program's name, it begins so.
const SHORT: [&str; 13] = [
    "query ",
    "schema ",
    "config ",
    "dead-letters ",
    "lake ",
    "ingest --",
    "backfill --",
    "demo --",
    "indicators --",
    "simulate --",
    "board --",
    "validate --",
    "publish --",
];

/// What a line of a shell's block may begin with.
const PROGRAMS: [&str; 8] =
    ["alertmanager", "amtool", "bellwether", "cargo", "curl", "export", "prometheus", "promtool"];

/// What stands for something of the reader's own, and what it is here. In this order.
const MEANT: &[(&str, &str)] = &[
    ("[PATH or NAME…]", ""),
    ("[FOLDER]", ""),
    ("[PATH…]", ""),
    ("NAME|PATH", "NAME"),
    ("query new NAME --kind ratio|mean|count|rate", "query new another_one --kind ratio"),
    ("query new NAME", "query new something_new"),
    ("schema check NAME FILE…", "schema check sites events/sites.ndjson"),
    ("schema check STREAM FILE", "schema check sites events/sites.ndjson"),
    ("schema show NAME", "schema show sites"),
    ("--outcome NAME", "--outcome prestart_quality"),
    ("--outcome trir", "--outcome prestart_quality"),
    ("FILE.ndjson.gz", "events/calendar_audits.ndjson.gz"),
    ("\"SELECT …\"", "\"SELECT 1\""),
    ("METRIC", "field_time"),
    ("NAME", "field_time"),
    ("SITE", "leith"),
    ("--out FILE", "--out past.txt"),
    ("dashboards --out ops/grafana/dashboards", "dashboards --out dashboards"),
    ("--out DIR", "--out organisation"),
    ("--url URL", "--url http://127.0.0.1:1/api/v1/write"),
    ("--from 2026-03-02 --to 2026-W20", "--from 2026-W19 --to 2026-W20"),
    ("--from 2026-W10 --to 2026-W20", "--from 2026-W19 --to 2026-W20"),
    ("HOST:9464", "ADDRESS"),
];

/// Services: they go on until they are told to stop.
const SERVICES: [&str; 5] = [
    "bellwether run",
    "bellwether ingest",
    "bellwether ingest --accept-gap",
    "bellwether indicators",
    "bellwether demo",
];

/// Commands about Kafka, or the key, have a lake of their own: the demonstration's knows another broker and another key.
const OF_KAFKA: [&str; 5] =
    ["bellwether run", "bellwether ingest", "bellwether publish", "bellwether dead-letters", "bellwether config"];

/// A command, where it stands, and what the lines of its block before it export.
#[derive(Debug)]
struct Documented {
    command: String,
    place: String,
    exports: String,
}

impl Documented {
    fn new(command: &str, place: String, exports: &str) -> Self {
        Self { command: tidy(command), place, exports: exports.to_owned() }
    }

    /// As a reader would type it here.
    fn meant(&self) -> String {
        MEANT.iter().fold(self.command.clone(), |text, (stands, here)| text.replace(stands, here)).trim().to_owned()
    }
}

/// Without its comment, and with single blanks.
fn tidy(line: &str) -> String {
    let line = line.split(" # ").next().unwrap();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn texts() -> impl Iterator<Item = (String, String)> {
    documents().into_iter().filter(|(name, _)| !NOT_READ.contains(&name.as_str()))
}

/// Commands of the blocks of a shell.
fn in_blocks() -> Vec<Documented> {
    let mut found = Vec::new();
    for (name, text) in texts() {
        for block in blocks(&text).iter().filter(|block| ["", "sh", "console"].contains(&block.language.as_str())) {
            let (place, mut exports) = (format!("{name}:{}", block.line), String::new());
            let joined = block.text.replace("\\\n", " ");
            for line in joined.lines().map(|line| line.strip_prefix("$ ").unwrap_or(line)) {
                let known = PROGRAMS.iter().any(|program| line.starts_with(&format!("{program} ")));
                assert!(known || block.language.is_empty(), "{place}: who runs «{line}»?");
                if line.starts_with("export ") {
                    exports += &format!("{line}\n");
                } else if known {
                    found.push(Documented::new(line, place.clone(), &exports));
                }
            }
        }
    }
    found
}

/// What stands between backquotes and begins in one of these ways.
fn in_sentences(starts: &[&str]) -> Vec<Documented> {
    let mut found = Vec::new();
    for (name, text) in texts() {
        for (line, span) in spans(&text) {
            if starts.iter().any(|start| span.starts_with(start)) {
                // A table's own bars are told apart from those of a cell.
                found.push(Documented::new(&span.replace("\\|", "|"), format!("{name}:{line}"), ""));
            }
        }
    }
    found
}

/// The words between backquotes outside of blocks, with their lines; some go on in the next one.
fn spans(text: &str) -> Vec<(usize, String)> {
    let (mut found, mut fenced, mut paragraph) = (Vec::new(), false, (1, String::new()));
    for (at, line) in text.lines().chain([""]).enumerate() {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        if line.trim().is_empty() || fence || line.starts_with('|') {
            let (begin, words) = std::mem::replace(&mut paragraph, (at + 2, String::new()));
            found.extend(words.split('`').skip(1).step_by(2).map(|span| (begin, span.replace('\n', " "))));
        }
        if line.starts_with('|') {
            found.extend(line.split('`').skip(1).step_by(2).map(|span| (at + 1, span.to_owned())));
        } else if !fenced && !fence {
            paragraph.1 += &format!("{line}\n");
        }
    }
    found
}

/// `config print` had become `config show` in a runbook that nobody had tried.
#[test]
fn the_program_knows_every_word_of_every_documented_command() {
    let program = Program::new("127.0.0.1:1");
    let named = in_sentences(&["bellwether "]).into_iter().chain(in_blocks());
    let named: Vec<_> = named.filter(|documented| documented.command.starts_with("bellwether ")).collect();
    let short = in_sentences(&SHORT);
    assert!(named.len() > 60 && short.len() > 10, "{} and {}", named.len(), short.len());
    let mut seen = BTreeSet::new();
    let mut unknown = Vec::new();
    for documented in named.iter().chain(&short) {
        let meant = documented.meant();
        let words = meant.strip_prefix("bellwether ").unwrap_or(&meant).split(" > ").next().unwrap();
        if seen.insert(words.to_owned()) {
            let told = understood(&program, words).err();
            unknown.extend(told.map(|told| format!("{}: {}: {told}", documented.place, documented.command)));
        }
    }
    assert!(seen.len() > 40, "{seen:?}");
    assert!(unknown.is_empty(), "{unknown:#?}");
}

/// Help is given once the words before it are understood, whatever is still missing; an option that ends them is in it.
fn understood(program: &Program, words: &str) -> Result<(), String> {
    let option = words.rsplit(' ').next().filter(|last| last.starts_with("--"));
    let before = words.strip_suffix(option.unwrap_or_default()).unwrap();
    let output = shell(program, &format!("bellwether {before} --help")).output().unwrap();
    let help = String::from_utf8_lossy(&output.stdout);
    match (output.status.success(), option) {
        (false, _) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        (true, Some(option)) if !help.contains(option) => Err(format!("there is no {option}")),
        (true, _) => Ok(()),
    }
}

#[test]
fn what_a_documented_cargo_command_names_is_there() {
    let commands: Vec<_> = in_sentences(&["cargo "]).into_iter().chain(in_blocks()).collect();
    let cargo: Vec<_> = commands.iter().filter(|documented| documented.command.starts_with("cargo ")).collect();
    assert!(cargo.len() > 10, "{cargo:?}");
    let runner = std::fs::read_to_string(root().join("ops/xtask/src/main.rs")).unwrap();
    for Documented { command, place, .. } in cargo {
        let words: Vec<&str> = command.split(' ').collect();
        let after = |flag: &str| words.iter().position(|word| *word == flag).and_then(|at| words.get(at + 1).copied());
        let package = after("-p").map(|name| if name == "end-to-end" { "tests" } else { name });
        let folder = package.map(|name| [root().join("services").join(name), root().join(name)]);
        let folder = folder.map(|places| places.into_iter().find(|place| place.join("Cargo.toml").exists()));
        assert!(folder != Some(None), "{place}: {command}: no such package");
        if let (Some(Some(folder)), Some(example)) = (folder, after("--example")) {
            let is = ["", ".rs", "/main.rs"].iter().any(|end| folder.join(format!("examples/{example}{end}")).exists());
            assert!(is, "{place}: {command}: no such example");
        }
        if let Some(task) = after("xtask") {
            assert!(runner.contains(&format!("\"{task}\"")), "{place}: {command}: no such task");
        }
    }
}

/// Each as it stands, on a lake of the demonstration, an embedded broker and the shipped files.
#[test]
fn every_documented_command_runs_or_is_listed_with_the_reason_why_not() {
    let Some(_) = prerequisites::command("curl", "curl") else { return };
    let commands: Vec<_> = in_blocks().into_iter().chain(in_sentences(&["bellwether ", "curl ", "kafka-"])).collect();
    assert!(commands.len() > 60, "{}", commands.len());
    for (start, why) in NOT_RUN {
        let used = commands.iter().any(|documented| documented.command.starts_with(start));
        assert!(used, "nothing documented begins with «{start}»: {why}");
    }
    let world = World::new();
    let mut seen = BTreeSet::new();
    let mut failed = Vec::new();
    for documented in &commands {
        let not_run = NOT_RUN.iter().any(|(start, _)| documented.command.starts_with(start));
        if !not_run && !NAMED.contains(&documented.meant().as_str()) && seen.insert(documented.meant()) {
            failed.extend(world.tries(documented).err());
        }
    }
    assert!(seen.len() > 25, "{seen:?}");
    assert!(failed.is_empty(), "{failed:#?}");
}

/// A folder with queries, two lakes and events, as a reader would have them.
struct World {
    program: Program,
    port: Port,
    broker: EmbeddedBroker,
}

impl World {
    fn new() -> Self {
        let contracts = Contracts::shipped().unwrap();
        let topics: Vec<(&str, i32)> = contracts.iter().map(|contract| (contract.topic(), 1)).collect();
        let broker = EmbeddedBroker::start(&topics).unwrap();
        let mut program = Program::new(broker.bootstrap_servers());
        // The embedded broker makes topics by itself only.
        program.set("INGEST__CREATE_DEAD_LETTER_TOPICS", "false");
        let world = Self { program, port: Port::hold(), broker };
        for script in [
            "cp -r $ROOT/queries $ROOT/schemas .",
            "bellwether demo --once --sites 6 --weeks 26 --data data",
            "bellwether simulate --sites 3 --weeks 4 --out events",
            "gzip -k events/calendar_audits.ndjson",
            "umask 077; echo 'a key for tests, thirty-two bytes or more' > key",
        ] {
            world.run(script, "").unwrap();
        }
        world
    }

    /// Runs it; a service until it is ready, and then to its end.
    fn tries(&self, documented: &Documented) -> Result<(), String> {
        let Documented { command, place, exports } = documented;
        let (meant, here) = (documented.meant(), self.program.folder().display());
        // A reader's own broker, lake and key.
        let exports = exports
            .replace("broker:9092", self.broker.bootstrap_servers())
            .replace("file:///var/lib/bellwether", &format!("file://{here}/kafka"))
            .replace("/run/secrets/bellwether-key", &format!("{here}/key"));
        let done = if meant.starts_with("curl ") {
            // Of a service, which is there only while this is asked.
            let service = self.serve("bellwether indicators", "");
            self.run(&meant.replace("ADDRESS", &self.port.address()), "").and_then(|()| ends(service))
        } else if SERVICES.contains(&meant.as_str()) {
            ends(self.serve(&meant, &exports))
        } else {
            self.run(&meant, &exports)
        };
        done.map_err(|told| format!("{place}: {command}: {told}"))
    }

    fn serve(&self, command: &str, exports: &str) -> Running {
        let log = self.program.folder().join("service.log");
        let service = Running::start(&mut self.shell(&format!("{exports}\nexec {command}"), command), &log);
        let ready = format!("http://{}/-/ready", self.port.address());
        wait_for(command, LIMIT, || {
            get(&ready).map_err(|error| format!("{error}: {}", std::fs::read_to_string(&log).unwrap_or_default()))
        });
        service
    }

    fn run(&self, command: &str, exports: &str) -> Result<(), String> {
        let output = self.shell(&format!("set -e\n{exports}\n{command}"), command).output().unwrap();
        let told = [output.stdout, output.stderr].concat();
        match output.status.success() {
            true => Ok(()),
            false => Err(format!("{}: {}", output.status, String::from_utf8_lossy(&told))),
        }
    }

    fn shell(&self, script: &str, command: &str) -> Command {
        let of_kafka = OF_KAFKA.iter().any(|start| command.starts_with(start));
        let lake = if of_kafka { "kafka" } else { "data" };
        let mut shell = shell(&self.program, script);
        shell.env("BELLWETHER__HTTP__LISTEN", self.port.address());
        shell.env("BELLWETHER__LAKE__URL", format!("file://{}/{lake}", self.program.folder().display()));
        if script.contains("BELLWETHER__PRIVACY__KEY_FILE") {
            shell.env_remove("BELLWETHER__PRIVACY__KEY");
        }
        shell
    }
}

/// A shell in the folder of the program's test, with the program before everything else.
fn shell(program: &Program, script: &str) -> Command {
    let own = program.command(&[]);
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script).current_dir(program.folder()).env("ROOT", root().canonicalize().unwrap());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("BELLWETHER__")) {
        shell.env_remove(name);
    }
    shell.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.env("PATH", path_with(own.get_program().as_ref()));
    shell
}

fn ends(mut service: Running) -> Result<(), String> {
    service.signal("TERM");
    let ended = service.wait(LIMIT).ok_or("it does not end")?;
    if ended.success() { Ok(()) } else { Err(ended.to_string()) }
}
