//! The weekly digest by mail, on a real SMTP server: with TLS and a password, once, whoever runs and however often.

use end_to_end::{Port, Program, Running, wait_for};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// For anything to happen, on a machine that does much else.
const LIMIT: Duration = Duration::from_secs(120);
const BEFORE: &str = "the digest of this week has been sent before";

#[test]
fn the_digest_is_mailed_once_by_two_programs_and_after_a_restart() {
    let Some(python) = end_to_end::tool("BELLWETHER_TEST_SMTP") else { return };
    let Some(openssl) = prerequisites::command("openssl", "openssl") else { return };
    let mut program = Program::new("127.0.0.1:1");
    let port = Port::hold();
    let (folder, mails) = (program.folder().to_owned(), program.folder().join("mails"));
    std::fs::create_dir_all(&mails).unwrap();
    std::fs::create_dir_all(program.lake()).unwrap();
    std::fs::write(program.lake().join("_bellwether.json"), r#"{"layout":1}"#).unwrap();
    let [certificate, key] = certificate(&openssl, &folder);
    let _server = serve(&python, &port, &mails, [&certificate, &key], &folder);
    let password = folder.join("password");
    settings(&mut program, &port, &certificate, &password);

    // The wrong password: nobody gets anything, and nobody reads the password in the log.
    std::fs::write(&password, "not-the-password\n").unwrap();
    {
        let running = start(&mut program, "wrong");
        let log = told(&folder, "wrong", "answers 535");
        assert!(!log.contains("not-the-password") && !log.contains("@example.com"), "{log}");
        assert_eq!(count(&mails), 0);
        end(running);
    }
    std::fs::write(&password, "only-for-tests\n").unwrap();
    {
        let _running = [start(&mut program, "one"), start(&mut program, "two")];
        wait_for("a mail", LIMIT, || (count(&mails) > 0).then_some(()).ok_or_else(|| log(&folder, "one")));
        for name in ["one", "two"] {
            told(&folder, name, "of this week");
        }
    }
    let _running = start(&mut program, "restarted");
    told(&folder, "restarted", BEFORE);
    assert_eq!(count(&mails), 1);
    let mail = std::fs::read_to_string(mails.join("1.eml")).unwrap();
    assert!(mail.starts_with("lead@example.com\nops@example.com\n\n"), "{mail}");
    for part in ["From: Bellwether <bellwether@example.com>", "multipart/alternative", "text/plain", "text/html"] {
        assert!(mail.contains(part), "no {part} in {mail}");
    }
    assert!(mail.contains("Subject: Leading indicators"), "{mail}");
}

fn settings(program: &mut Program, port: &Port, certificate: &Path, password: &Path) {
    program.set("INDICATORS__INTERVAL", "1s");
    program.set("DIGEST__TO", "lead@example.com, Ops <ops@example.com>");
    program.set("DIGEST__FROM", "Bellwether <bellwether@example.com>");
    program.set("DIGEST__SMTP", &port.address());
    program.set("DIGEST__USERNAME", "bellwether");
    program.set("DIGEST__PASSWORD_FILE", password.to_str().unwrap());
    program.set("DIGEST__CA_FILE", certificate.to_str().unwrap());
    program.set("DIGEST__TIMEOUT", "20s");
}

fn start(program: &mut Program, name: &str) -> Running {
    program.set("HTTP__LISTEN", "127.0.0.1:0");
    program.start(name, &["indicators"])
}

/// Told to end, so that an attempt in hand is finished, and not left as the claim of a program that died.
fn end(mut running: Running) {
    running.signal("TERM");
    assert!(running.wait(LIMIT).is_some_and(|status| status.success()));
}

fn log(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(format!("{name}.log"))).unwrap_or_default()
}

/// The log, once it says this.
fn told(folder: &Path, name: &str, what: &str) -> String {
    wait_for(&format!("“{what}” of {name}"), LIMIT, || {
        let log = log(folder, name);
        if log.contains(what) { Ok(log) } else { Err(log) }
    })
}

fn count(mails: &Path) -> usize {
    let files = std::fs::read_dir(mails).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "eml")).count()
}

/// A certificate for 127.0.0.1, its own authority, and its key.
fn certificate(openssl: &Path, folder: &Path) -> [PathBuf; 2] {
    let files = ["smtp.pem", "smtp.key"].map(|name| folder.join(name));
    let mut command = Command::new(openssl);
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]);
    command.args(["-subj", "/CN=a mail server for tests", "-addext", "subjectAltName=IP:127.0.0.1"]);
    command.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    command.arg("-out").arg(&files[0]).arg("-keyout").arg(&files[1]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    files
}

fn serve(python: &Path, port: &Port, mails: &Path, files: [&Path; 2], folder: &Path) -> Running {
    let script = end_to_end::root().join("tests/suite/digest/server.py");
    let mut command = Command::new(python);
    command.arg(script).arg("127.0.0.1").arg(port.number().to_string()).arg(mails).args(files);
    let running = Running::start(&mut command, &folder.join("smtp.log"));
    wait_for("the mail server", LIMIT, || {
        std::net::TcpStream::connect(port.address())
            .map(drop)
            .map_err(|error| format!("{error}: {}", log(folder, "smtp")))
    });
    running
}
