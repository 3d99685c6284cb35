//! A test that cannot run is never silently green.

use std::process::Command;
use tempfile::TempDir;

/// A tool's variable, and a test that needs the tool.
const TOOLS: [(&str, &str); 3] = [
    ("BELLWETHER_TEST_KAFKA", "reaching::wrong_credentials_are_told_and_right_ones_work"),
    ("BELLWETHER_TEST_PROMETHEUS", "prometheus::promtool_finds_no_fault"),
    ("BELLWETHER_TEST_ALERTMANAGER", "alerting::a_dead_instance_mutes_what_it_said_itself_and_nobody_else"),
];

/// Whether a test of this program passes without a tool, and what it prints.
fn without(variable: &str, test: &str, ci: &str, folder: &TempDir) -> (bool, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact"]).env("CI", ci).env(prerequisites::SKIPPED, folder.path());
    let output = command.env_remove(variable).output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

/// A runner without Java was green: every test of Kafka returned early, and what it printed was swallowed.
#[test]
fn without_its_tool_a_test_fails_in_ci() {
    for (variable, test) in TOOLS {
        let folder = TempDir::new().unwrap();
        let (passed, told) = without(variable, test, "true", &folder);
        assert!(
            !passed && told.contains(&format!("{variable} names nothing that is there: in CI every test runs")),
            "{told}"
        );
        assert!(prerequisites::skipped(folder.path()).unwrap().is_empty());
    }
}

#[test]
fn elsewhere_it_passes_and_is_named() {
    let folder = TempDir::new().unwrap();
    for (variable, test) in TOOLS {
        let (passed, told) = without(variable, test, "", &folder);
        assert!(passed && told.contains("1 passed"), "{told}");
    }
    let skipped = prerequisites::skipped(folder.path()).unwrap();
    for (variable, test) in TOOLS {
        let line = format!("suite {test}: {variable} names nothing that is there; `cargo xtask test` sets it");
        assert!(skipped.contains(&line), "{skipped:?}");
    }
    assert_eq!(skipped.len(), TOOLS.len(), "{skipped:?}");
}

/// Real data is no tool: it is no part of the project, and CI may be without.
#[test]
fn without_data_a_test_is_named_everywhere() {
    let folder = TempDir::new().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["realdata::", "--test-threads=1"]).env("CI", "true").env(prerequisites::SKIPPED, folder.path());
    // Beside a project that is elsewhere lies nothing.
    let output = command.env("CARGO_MANIFEST_DIR", folder.path().join("elsewhere/tests")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let skipped = prerequisites::skipped(folder.path()).unwrap();
    let name = "suite realdata::real_data_gives_the_numbers_of_an_independent_count: ";
    assert!(skipped.len() == 1 && skipped.iter().all(|line| line.starts_with(name)), "{skipped:?}");
}
