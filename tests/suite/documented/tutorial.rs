//! The tutorial, followed to the letter: what it shows is what its commands print.

use super::{Block, blocks, path_with};
use end_to_end::{Port, Program, Running, root, wait_for};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// For anything to happen, on a machine that does much else.
const LIMIT: Duration = Duration::from_secs(180);
const QUERY: &str = "queries/desk_time.sql";
/// Here the program is built already, and on the path.
const NOT_RUN: [&str; 2] = ["cargo build", "export PATH=$PWD/target/debug:$PATH"];
/// How many files there are, and of how many bytes, is as the writing happened to fall; and time goes on.
const NUMBERS_VARY: [&str; 2] = ["bellwether query explain", "curl "];
/// Some lines of very many, that do not follow one another.
const SOME_LINES: &str = "curl ";

/// A reader, where the tutorial has brought them.
struct Reader {
    program: Program,
    folder: PathBuf,
    port: Port,
    /// How often the query was checked: in between it is edited, as the prose says.
    checks: usize,
    background: Vec<Running>,
}

/// One of its outputs was of an older version, and nobody knew.
#[test]
fn the_tutorial_shows_what_its_commands_print() {
    let Some(_) = prerequisites::command("curl", "curl") else { return };
    let tutorial = std::fs::read_to_string(root().join("queries/TUTORIAL.md")).unwrap();
    let program = Program::new("127.0.0.1:1");
    let folder = program.folder().to_owned();
    copy(&root().join("queries"), &folder.join("queries"));
    let mut reader = Reader { program, folder, port: Port::hold(), checks: 0, background: Vec::new() };
    let blocks = blocks(&tutorial);
    assert!(blocks.len() > 10, "{}", blocks.len());
    for block in &blocks {
        match block.language.as_str() {
            "sh" => reader.types(&block.text),
            "console" => reader.converses(block),
            "diff" => reader.edits(&block.text),
            "toml" => reader.declares(&block.text),
            other => panic!("queries/TUTORIAL.md:{}: who follows a block of `{other}`?", block.line),
        }
    }
}

impl Reader {
    /// Lines of a shell script; what changes the folder changes it for all that follows.
    fn types(&mut self, script: &str) {
        for line in script.lines().filter(|line| !NOT_RUN.contains(line)) {
            let (output, passed) = self.run(line);
            assert!(passed, "{line}: {output}");
            if let Some((_, folder)) = line.split_once("&& cd ") {
                self.folder = self.folder.join(folder);
            }
        }
    }

    /// `$ command`, and what it shows.
    fn converses(&mut self, block: &Block) {
        let mut exchanges: Vec<(String, String)> = Vec::new();
        for line in block.text.lines() {
            match (line.strip_prefix("$ "), exchanges.last_mut()) {
                (Some(command), _) => exchanges.push((command.to_owned(), String::new())),
                (None, Some((_, shown))) => *shown += &format!("{line}\n"),
                (None, None) => panic!("queries/TUTORIAL.md:{}: output of no command", block.line),
            }
        }
        for (command, shown) in exchanges {
            self.prepares(&command);
            if let Some(service) = command.strip_suffix(" &") {
                let mut shell = self.shell(&format!("exec {service}"));
                self.background.push(Running::start(&mut shell, &self.folder.join("background.log")));
                continue;
            }
            let vary = NUMBERS_VARY.iter().any(|start| command.starts_with(start));
            let told = if vary { without_numbers } else { str::to_owned };
            let shown = if command.starts_with(SOME_LINES) { shown.replace('\n', "\n…\n") } else { shown };
            // What is in the background may not have come so far yet.
            let limit = if self.background.is_empty() { Duration::ZERO } else { LIMIT };
            wait_for(&format!("queries/TUTORIAL.md:{}: {command}", block.line), limit, || {
                let (printed, _) = self.run(&command);
                let same = matches(&told(&printed), &told(&shown));
                same.then_some(()).ok_or_else(|| format!("it printed\n{printed}\nand the tutorial shows\n{shown}"))
            });
        }
    }

    /// The edits that stand in the prose before a check.
    fn prepares(&mut self, command: &str) {
        if command != format!("bellwether query check {QUERY}") {
            return;
        }
        self.checks += 1;
        let slips = [("\nlabels  ", "\nlables  "), ("WHERE category IN", "WHERE catgory IN")];
        match self.checks {
            1 => slips.iter().for_each(|(right, wrong)| self.replace(right, wrong)),
            2 => slips.iter().for_each(|(right, wrong)| self.replace(wrong, right)),
            3 => {
                self.declares("target      = 0.30            # what the best reach, 0 to 1\n");
                self.declares("lagging     = { below = 0.25, weeks = 3 }     # less is better: a site lags above it\n");
            }
            more => panic!("who edits the query before check number {more}?"),
        }
    }

    /// A difference: each run of lines with `-` becomes the lines with `+` after it.
    fn edits(&self, difference: &str) {
        let (mut old, mut new) = (String::new(), String::new());
        for line in difference.lines().chain(["-"]) {
            match line.split_at(1) {
                ("-", text) => {
                    if !new.is_empty() {
                        self.replace(&std::mem::take(&mut old), &std::mem::take(&mut new));
                    }
                    old += &format!("{text}\n");
                }
                (_, text) => new += &format!("{text}\n"),
            }
        }
    }

    /// Keys of the declaration in place of the lines that have them, commented out or not.
    fn declares(&self, lines: &str) {
        let file = self.folder.join(QUERY);
        let mut text = std::fs::read_to_string(&file).unwrap();
        for line in lines.lines() {
            let key = line.split('=').next().unwrap();
            let has = |old: &&str| old.trim_start_matches("# ").split('=').next() == Some(key);
            let old = text.lines().find(has).unwrap_or_else(|| panic!("no line of `{key}` in\n{text}")).to_owned();
            text = text.replace(&old, line);
        }
        std::fs::write(file, text).unwrap();
    }

    fn replace(&self, old: &str, new: &str) {
        let file = self.folder.join(QUERY);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(old), "no\n{old}\nin\n{text}");
        std::fs::write(file, text.replace(old, new)).unwrap();
    }

    /// What a command prints on either stream, and whether it passes.
    fn run(&self, command: &str) -> (String, bool) {
        let output = self.shell(&format!("{{ {command}\n}} 2>&1")).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.success())
    }

    fn shell(&self, script: &str) -> Command {
        let mut shell = Command::new("sh");
        let script = script.replace("localhost:9464", &self.port.address());
        shell.arg("-c").arg(script).current_dir(&self.folder);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("BELLWETHER_")) {
            shell.env_remove(name);
        }
        shell.env("PATH", path_with(self.program.command(&[]).get_program().as_ref()));
        // Lines of the log have times of their own.
        shell.env("BELLWETHER__LOG__LEVEL", "warn");
        shell.env("BELLWETHER__HTTP__LISTEN", self.port.address()).env("NO_COLOR", "1");
        shell
    }
}

/// Line by line; a line of `…` stands for any number of them.
fn matches(printed: &str, shown: &str) -> bool {
    let lines = |text: &str| text.trim_end().lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    fits(&lines(printed), &lines(shown))
}

fn fits(printed: &[String], shown: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line.trim() == "…" => {
            (0..=printed.len()).any(|skipped| fits(&printed[skipped..], rest))
        }
        Some((line, rest)) => printed.first() == Some(line) && fits(&printed[1..], rest),
    }
}

/// Each number a `#`, and the room that its column takes one blank.
fn without_numbers(text: &str) -> String {
    let told = |line: &str| {
        let words = line.split([' ', '─']).filter(|word| !word.is_empty()).map(|word| {
            let digits = word.chars().map(|c| if c.is_ascii_digit() || c == '.' { '#' } else { c });
            let mut word: Vec<char> = digits.collect();
            word.dedup_by(|a, b| *a == '#' && *b == '#');
            word.into_iter().collect::<String>()
        });
        words.collect::<Vec<_>>().join(" ") + "\n"
    };
    text.lines().map(told).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    let entries = std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path());
    for file in entries.filter(|path| path.is_file()) {
        std::fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

#[test]
fn an_output_fits_where_only_what_is_left_out_differs() {
    assert!(matches("a\nb\nc\n", "a\n …\nc\n") && matches("a\nc\n", "a\n…\nc\n") && matches("a\n", "a\n…\n"));
    assert!(!matches("a\nb\nc\n", "a\nc\n") && !matches("a\nb\n", "a\n…\nc\n"));
    assert_eq!(without_numbers("59 of 341  402.48 KiB ──"), "# of # # KiB\n");
}
