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

/// Runs a program in `ops/`; `None`, and one loud line, when it is not installed.
pub fn run(program: &str, arguments: &[&str], stdin: &str) -> Option<Output> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(ops()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        eprintln!("SKIPPED: {program} is not installed; apt-get install prometheus prometheus-alertmanager");
        return None;
    };
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
