//! Programs of the machine that some tests need.

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

/// The folder `ops/`.
pub fn ops() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../ops").canonicalize().unwrap()
}

/// Runs a program in `ops/`; `None`, and the calling test is named as one that did not run, when it is not installed.
pub fn run(program: &str, arguments: &[&str], stdin: &str) -> Option<Output> {
    let package = match program {
        "promtool" => "prometheus",
        "amtool" => "prometheus-alertmanager",
        other => other,
    };
    let mut command = Command::new(prerequisites::command(program, package)?);
    command.args(arguments).current_dir(ops()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let text = stdin.to_owned();
    let writer = std::thread::spawn(move || pipe.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    drop(writer.join());
    Some(output)
}

/// As `run`, and the program must find no fault.
pub fn must_pass(program: &str, arguments: &[&str], stdin: &str) {
    if let Some(output) = run(program, arguments, stdin) {
        assert!(
            output.status.success(),
            "{program} {arguments:?}:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// Rules were never checked where Prometheus was not installed, CI included, and nothing said so.
#[test]
fn without_promtool_a_test_fails_in_ci_and_is_named_elsewhere() {
    let test = "ops_rules::promtool_and_amtool_find_no_fault";
    let folder = tempfile::tempdir().unwrap();
    let run = |ci: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([test, "--exact"]).env("PATH", "").env("CI", ci).env(prerequisites::SKIPPED, folder.path());
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let (passed, told) = run("true");
    assert!(!passed && told.contains("promtool is not installed: in CI every test runs"), "{told}");
    assert!(prerequisites::skipped(folder.path()).unwrap().is_empty());
    let (passed, told) = run("");
    assert!(passed && told.contains("1 passed"), "{told}");
    let skipped: Vec<String> = prerequisites::skipped(folder.path()).unwrap().into_iter().collect();
    let line =
        |tool: &str, package: &str| format!("exporter {test}: {tool} is not installed; sudo apt-get install {package}");
    assert_eq!(skipped, [line("amtool", "prometheus-alertmanager"), line("promtool", "prometheus")]);
}
