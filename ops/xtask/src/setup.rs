//! What the tests need and a fresh machine lacks. Each step does nothing where the thing is there already, and where
//! it may not install prints the one line that would: the tests that need it are then named as not run, and fail in CI.

use crate::{python, say};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The broker that the claims about Kafka are tested on.
const KAFKA: &str = "4.2.0";

/// What judges whether everybody can use a page, and the SHA-256 of its package.
const AXE: &str = "4.14.1";
const AXE_SHA256: &str = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745";

/// Where things were found, as environment variables of the tests.
pub type Found = Vec<(&'static str, PathBuf)>;

/// Runs every step and returns what the tests can use.
pub fn all() -> Result<Found> {
    let mut found = Found::new();
    debian("java", "openjdk-17-jre-headless");
    debian("prometheus", "prometheus");
    debian("alertmanager", "prometheus-alertmanager");
    browser();
    for (variable, command) in
        [("BELLWETHER_TEST_PROMETHEUS", "prometheus"), ("BELLWETHER_TEST_ALERTMANAGER", alertmanager())]
    {
        found.extend(which(command).map(|path| (variable, path)));
    }
    match smtp() {
        Ok(python) => found.push(("BELLWETHER_TEST_SMTP", python)),
        Err(error) => loud(&format!(
            "There is no mail server for tests ({error:#}); the test that mails the digest cannot run. It comes from PyPI, and \
             wants: sudo apt-get install python3-venv"
        )),
    }
    debian("systemd-analyze", "systemd");
    match linters() {
        Ok(folder) => found.push(("BELLWETHER_TEST_LINTERS", folder)),
        Err(error) => loud(&format!(
            "The linters of compose, Dockerfile and Kubernetes are not there ({error:#}); the tests that need them cannot \
             run. They come from PyPI, and want: sudo apt-get install python3-venv"
        )),
    }
    match kafka() {
        Ok(jars) => found.push(("BELLWETHER_TEST_KAFKA", jars)),
        Err(error) => {
            loud(&format!("Apache Kafka {KAFKA} is not there ({error:#}); the tests that need it cannot run."))
        }
    }
    match axe() {
        Ok(script) => found.push(("BELLWETHER_TEST_AXE", script)),
        Err(error) => loud(&format!("axe-core {AXE} is not there ({error:#}); the tests of the pages cannot run.")),
    }
    Ok(found)
}

/// What looks at the pages.
pub fn browser() {
    debian("chromium", "chromium");
    debian("chromedriver", "chromium-driver");
}

/// Debian calls the program `prometheus-alertmanager`.
fn alertmanager() -> &'static str {
    if which("alertmanager").is_some() { "alertmanager" } else { "prometheus-alertmanager" }
}

/// Installs a Debian package where its command is missing and we may.
fn debian(command: &str, package: &str) {
    if which(command).is_some() || which(package).is_some() {
        return;
    }
    say(&format!("xtask: installing {package}"));
    let installed = quiet(Command::new("apt-get").args(["update"]))
        && quiet(Command::new("apt-get").args(["install", "-y", "--no-install-recommends", package]));
    if !installed {
        loud(&format!("{command} is missing and could not be installed: sudo apt-get install {package}"));
    }
}

/// A Python with aiosmtpd, once a version of the list.
fn smtp() -> Result<PathBuf> {
    let folder = python::environment(&cache()?.join("smtp"), "ops/xtask/smtp.txt", "a mail server for tests")?;
    Ok(folder.join("bin/python"))
}

/// The folder with hadolint, the schemas of compose files and those of Kubernetes, once a version of the list.
fn linters() -> Result<PathBuf> {
    python::environment(&cache()?.join("linters"), "ops/xtask/linters.txt", "the linters of ops/")
}

/// The folder of Kafka's jars, fetched with Maven once a version into the user's cache.
fn kafka() -> Result<PathBuf> {
    let jars = cache()?.join(format!("kafka-{KAFKA}"));
    if jars.join("complete").exists() {
        return Ok(jars);
    }
    debian("mvn", "maven");
    say(&format!("xtask: fetching Apache Kafka {KAFKA}"));
    std::fs::create_dir_all(&jars).with_context(|| format!("creating {}", jars.display()))?;
    let pom = jars.join("pom.xml");
    std::fs::write(&pom, POM.replace("KAFKA", KAFKA)).with_context(|| format!("writing {}", pom.display()))?;
    let fetched = quiet(
        Command::new("mvn")
            .args(["-q", "-B", "dependency:copy-dependencies", "-DincludeScope=runtime", "-f"])
            .arg(&pom)
            .arg(format!("-DoutputDirectory={}", jars.display())),
    );
    if !fetched {
        bail!("mvn could not fetch it: see `mvn -f {} dependency:copy-dependencies`", pom.display());
    }
    std::fs::write(jars.join("complete"), KAFKA).context("marking the folder complete")?;
    Ok(jars)
}

/// The script of axe-core, fetched with npm once a version into the user's cache.
fn axe() -> Result<PathBuf> {
    let folder = cache()?.join(format!("axe-core-{AXE}"));
    let script = folder.join("package/axe.min.js");
    if script.exists() {
        return Ok(script);
    }
    debian("npm", "npm");
    say(&format!("xtask: fetching axe-core {AXE}"));
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let package = format!("axe-core-{AXE}.tgz");
    let fetched = quiet(Command::new("npm").args(["pack", &format!("axe-core@{AXE}")]).current_dir(&folder));
    if !fetched {
        bail!("npm could not fetch it: see `npm pack axe-core@{AXE}`");
    }
    let sum = Command::new("sha256sum").arg(&package).current_dir(&folder).output().context("starting sha256sum")?;
    if !sum.stdout.starts_with(AXE_SHA256.as_bytes()) {
        bail!("{} is not the package that was pinned: {}", package, String::from_utf8_lossy(&sum.stdout).trim());
    }
    // Unpacked elsewhere first: half of it must not look like all of it.
    let half = folder.join("half");
    std::fs::create_dir_all(&half).with_context(|| format!("creating {}", half.display()))?;
    if !quiet(Command::new("tar").args(["-xzf", &package, "-C", "half"]).current_dir(&folder)) {
        bail!("tar could not unpack {package} in {}", folder.display());
    }
    std::fs::rename(half.join("package"), folder.join("package")).context("moving what was unpacked")?;
    Ok(script)
}

const POM: &str = r#"<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>bellwether</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>KAFKA</version></dependency>
  </dependencies>
</project>
"#;

/// The project's folder in the user's cache.
pub fn cache() -> Result<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let base = base.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")));
    Ok(base.context("neither XDG_CACHE_HOME nor HOME is set")?.join("bellwether"))
}

/// The full path of a command.
fn which(command: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(command)).find(|file| file.is_file())
}

/// Runs a command without its chatter; its errors still show.
fn quiet(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// A line that nobody overlooks.
pub fn loud(line: &str) {
    say(&format!("\n!!! {line}\n"));
}
