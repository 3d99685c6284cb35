//! The program as image, pod and unit run it: as nobody, without privileges, where only its lake and /tmp can be written to.

use contracts::Contracts;
use end_to_end::{Port, Program, Running, wait_for};
use simulator::EmbeddedBroker;
use std::process::Command;
use std::time::Duration;

/// The first user namespace may mount, and does: everything read-only but the test's folder. The second has nothing left, not even
/// a name.
const NOBODY: &str = r#"
set -e
mount --bind "$HERE" "$HERE"
mount -o remount,bind,ro /
if touch /written 2>/dev/null; then echo "the root can be written to" >&2; exit 9; fi
exec unshare --user --map-user=65532 --map-group=65532 -- "$@"
"#;

#[test]
fn nobody_on_a_root_that_cannot_be_written_to_ingests_evaluates_and_is_healthy() {
    let Some(unshare) = prerequisites::command("unshare", "util-linux") else { return };
    let contained = |arguments: &[&str]| {
        let mut command = Command::new(&unshare);
        command.args(["--user", "--map-root-user", "--mount", "--", "sh", "-c", NOBODY, "sh"]).args(arguments);
        command
    };
    let contracts = Contracts::shipped().unwrap();
    let topics: Vec<(&str, i32)> = contracts.iter().map(|contract| (contract.topic(), 1)).collect();
    let broker = EmbeddedBroker::start(&topics).unwrap();
    let (mut program, port) = (Program::new(broker.bootstrap_servers()), Port::hold());
    program.set("INGEST__CREATE_DEAD_LETTER_TOPICS", "false");
    program.set("HTTP__LISTEN", &port.address());
    let folder = program.folder().to_owned();
    std::fs::create_dir(folder.join("tmp")).unwrap();
    let events = folder.join("events").to_string_lossy().into_owned();
    program.succeed(&["simulate", "--sites", "2", "--weeks", "2", "--out", &events]);
    program.succeed(&["publish", "sites", &format!("{events}/sites.ndjson")]);
    let within = |arguments: &[&str]| {
        let own = program.command(&[]);
        let mut command = contained(&[&[own.get_program().to_str().unwrap()], arguments].concat());
        command.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("HERE", &folder).env("TMPDIR", folder.join("tmp"));
        command.current_dir(end_to_end::root());
        command
    };
    let tried = within(&["--version"]).output().unwrap();
    if !tried.status.success() {
        let why = String::from_utf8_lossy(&tried.stderr).into_owned();
        prerequisites::missing::<()>(&format!("user namespaces cannot be made: {why}"), "allow them to this user");
        return;
    }
    let mut running = Running::start(&mut within(&["run"]), &folder.join("run.log"));
    let log = || std::fs::read_to_string(folder.join("run.log")).unwrap_or_default();
    wait_for("a healthy program", Duration::from_secs(60), || {
        let health = within(&["health", "--ready"]).output().unwrap();
        let told = String::from_utf8_lossy(&[health.stdout, health.stderr].concat()).into_owned();
        let done = health.status.success() && program.lake().join("sites").exists();
        if done { Ok(()) } else { Err(format!("{told}\n{}", log())) }
    });
    assert!(program.lake().join("indicators").exists());
    running.signal("TERM");
    let ended = running.wait(Duration::from_secs(60)).unwrap_or_else(|| panic!("it does not end: {}", log()));
    assert!(ended.success(), "{ended}: {}", log());
    assert!(!log().contains("Read-only file system") && !log().contains("Permission denied"), "{}", log());
}
