//! Apache Kafka, one node in KRaft mode, from the jars that the set-up fetched.

use crate::certificates::{Certificates, PASSWORD};
use crate::{Port, Running, tool, wait_for};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

/// One JVM at a time: tests run side by side, and the machine has not the memory for a broker each.
static ONE: Mutex<()> = Mutex::new(());

/// A running broker; ends when dropped.
#[derive(Debug)]
pub struct Kafka {
    server: Option<Running>,
    _turn: MutexGuard<'static, ()>,
    folder: TempDir,
    jars: PathBuf,
    port: Port,
    guarded: Port,
    _controller: Port,
    encrypted: Option<(Port, Certificates)>,
}

impl Kafka {
    /// Starts a broker, or leaves word of why not.
    ///
    /// # Panics
    /// When the jars are there and Kafka does not come up.
    pub fn start() -> Option<Self> {
        Self::make(|_| Some(None))
    }

    /// Starts a broker that can be reached over TLS, too, or leaves word of why not.
    ///
    /// # Panics
    /// When the jars are there and Kafka does not come up.
    pub fn start_with_tls() -> Option<Self> {
        Self::make(|folder| Some(Some((Port::hold(), Certificates::make(folder)?))))
    }

    #[expect(clippy::unwrap_used, reason = "a test that cannot start its servers has failed")]
    fn make(encryption: impl FnOnce(&Path) -> Option<Option<(Port, Certificates)>>) -> Option<Self> {
        let jars = tool("BELLWETHER_TEST_KAFKA")?;
        let turn = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = TempDir::new().unwrap();
        let (port, guarded, controller) = (Port::hold(), Port::hold(), Port::hold());
        let encrypted = encryption(folder.path())?;
        let properties = folder.path().join("kraft.properties");
        let plain = settings(folder.path(), [&port, &guarded, &controller].map(Port::number));
        let all = encrypted.iter().fold(plain, |plain, (port, files)| with_tls(&plain, port, files));
        std::fs::write(&properties, all).unwrap();
        let id = storage(&jars, &["random-uuid"]);
        storage(&jars, &["format", "-t", id.trim(), "-c", &properties.to_string_lossy(), "--add-scram", SCRAM]);
        let mut kafka =
            Self { server: None, _turn: turn, folder, jars, port, guarded, _controller: controller, encrypted };
        kafka.up();
        Some(kafka)
    }

    /// Starts the broker (again), with what it holds.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn up(&mut self) {
        let mut command = java(&self.jars);
        command.args(["-Xmx1g", "kafka.Kafka"]).arg(self.folder.path().join("kraft.properties"));
        self.server = Some(Running::start(&mut command, &self.folder.path().join("kafka.log")));
        wait_for("Kafka", Duration::from_secs(60), || self.connect());
    }

    /// Ends the broker, until [`Kafka::up`].
    ///
    /// # Panics
    /// When something answers in its place.
    pub fn down(&mut self) {
        self.server = None;
        assert!(self.connect().is_err(), "the broker is gone");
    }

    fn connect(&self) -> Result<(), String> {
        std::net::TcpStream::connect(self.port.address()).map(drop).map_err(|error| error.to_string())
    }

    /// Bootstrap servers.
    pub fn brokers(&self) -> String {
        self.port.address()
    }

    /// The same broker where it wants credentials (SASL PLAIN): `reader` with the password `right`.
    pub fn guarded(&self) -> String {
        self.guarded.address()
    }

    /// The same broker where it speaks TLS and wants the same credentials (SASL PLAIN or SCRAM-SHA-512), and the file of the
    /// authority to be trusted.
    ///
    /// # Panics
    /// When it was not started with TLS.
    #[expect(clippy::unwrap_used, reason = "part of the test")]
    pub fn encrypted(&self) -> (String, &Path) {
        let (port, files) = self.encrypted.as_ref().unwrap();
        (port.address(), &files.authority)
    }
}

fn settings(folder: &Path, [port, guarded, controller]: [u16; 3]) -> String {
    format!(
        "process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},SASL_PLAINTEXT://127.0.0.1:{guarded},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SASL_PLAINTEXT://127.0.0.1:{guarded}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
listener.name.sasl_plaintext.sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_reader=\"right\";
log.dirs={}
num.partitions=3
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=100
message.max.bytes=10485760
",
        folder.join("logs").display()
    )
}

/// The same credentials for SCRAM, which the broker keeps itself.
const SCRAM: &str = "SCRAM-SHA-512=[name=reader,password=right]";

/// One more listener, for SASL over TLS.
fn with_tls(plain: &str, port: &Port, files: &Certificates) -> String {
    let listener = format!(",SASL_SSL://{}", port.address());
    let add = |line: &str| match line.split_once('=') {
        Some(("listeners" | "advertised.listeners", _)) => format!("{line}{listener}\n"),
        Some(("listener.security.protocol.map", _)) => format!("{line},SASL_SSL:SASL_SSL\n"),
        _ => format!("{line}\n"),
    };
    let keystore = files.keystore.display();
    let login = "org.apache.kafka.common.security";
    plain.lines().map(add).collect::<String>()
        + &format!(
            "ssl.keystore.location={keystore}
ssl.keystore.type=PKCS12
ssl.keystore.password={PASSWORD}
listener.name.sasl_ssl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.sasl_ssl.plain.sasl.jaas.config={login}.plain.PlainLoginModule required user_reader=\"right\";
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={login}.scram.ScramLoginModule required;
"
        )
}

fn java(jars: &Path) -> Command {
    let mut command = Command::new("java");
    command.arg("-cp").arg(format!("{}/*", jars.display()));
    command
}

#[expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot start its servers has failed")]
fn storage(jars: &Path, arguments: &[&str]) -> String {
    let output = java(jars).arg("kafka.tools.StorageTool").args(arguments).output().unwrap();
    if !output.status.success() {
        panic!("StorageTool {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8_lossy(&output.stdout).into_owned()
}
