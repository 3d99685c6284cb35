//! A measurement in a process of its own, watched for time and memory.

use end_to_end::wait_for;
use serde_json::Value;
use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// How a measurement ended.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The last line that it printed.
    Done(Value),
    /// Why there is no figure: out of memory, out of time, or its own last words.
    Failed(String),
}

/// What a measurement may use; more ends it, and is recorded as its result.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub time: Duration,
    pub memory_mb: u64,
}

/// Runs a command to its end. Its standard error goes to `log`.
pub fn run(command: &mut Command, bounds: Bounds, log: &Path) -> Outcome {
    let out = log.with_extension("out");
    let create = |path: &Path| std::fs::File::create(path).unwrap();
    let command = command.stdin(Stdio::null()).stdout(create(&out)).stderr(create(log));
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Outcome::Failed(error.to_string()),
    };
    let start = Instant::now();
    let ended = wait_for("the end of a measurement", bounds.time.saturating_mul(2), || {
        if let Some(status) = child.try_wait().unwrap() {
            return Ok(Ok(status));
        }
        if start.elapsed() > bounds.time {
            return Ok(Err(format!("not done after {} s", bounds.time.as_secs())));
        }
        if memory_mb(child.id(), "VmRSS").is_some_and(|used| used > bounds.memory_mb) {
            return Ok(Err(format!("out of memory: more than {} MB", bounds.memory_mb)));
        }
        Err("it runs".to_owned())
    });
    let text = std::fs::read_to_string(&out).unwrap_or_default();
    match ended {
        Err(why) => {
            let _ = child.kill();
            let _ = child.wait();
            Outcome::Failed(why)
        }
        Ok(status) if status.success() => match text.lines().last().map(serde_json::from_str) {
            Some(Ok(line)) => Outcome::Done(line),
            _ => Outcome::Failed("printed no result".to_owned()),
        },
        Ok(status) => Outcome::Failed(last_words(log).unwrap_or_else(|| status.to_string())),
    }
}

fn last_words(log: &Path) -> Option<String> {
    let text = std::fs::read_to_string(log).ok()?;
    let line = text.lines().rev().find(|line| !line.trim().is_empty() && !line.starts_with("note:"))?;
    Some(line.chars().take(200).collect())
}

/// A line of a process's status (`VmRSS`, `VmHWM`), in megabytes.
pub fn memory_mb(process: u32, line: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let value = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'))?;
    Some(value.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
}
