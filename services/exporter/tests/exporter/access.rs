//! Who may read: TLS, passwords and headers by a web configuration file, over real sockets and with a real client.

use crate::{exposition::published, http::Server, tools};
use exporter::{Access, Exporter};
use prometheus::Registry;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tempfile::TempDir;
use tokio::time::timeout;

/// Longer than any machine takes to notice a changed file.
const LIMIT: Duration = Duration::from_secs(60);

/// An authority and a server's certificate of it, made anew.
struct Keys(TempDir);

impl Keys {
    /// `None` where OpenSSL is missing.
    fn make() -> Option<Self> {
        prerequisites::command("openssl", "openssl")?;
        let keys = Self(tempfile::tempdir().unwrap());
        keys.openssl("authority", "CN=an authority for tests", &["basicConstraints=critical,CA:TRUE"], None);
        keys.certify("server");
        Some(keys)
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// `NAME.crt` and `NAME.key`, of the authority.
    fn certify(&self, name: &str) {
        let extensions = ["basicConstraints=critical,CA:FALSE", "subjectAltName=IP:127.0.0.1"];
        self.openssl(name, &format!("CN={name}"), &extensions, Some("authority"));
    }

    fn openssl(&self, name: &str, subject: &str, extensions: &[&str], authority: Option<&str>) {
        let mut command = Command::new("openssl");
        command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]);
        command.args([
            "-keyout",
            &format!("{name}.key"),
            "-out",
            &format!("{name}.crt"),
            "-subj",
            &format!("/{subject}"),
        ]);
        command.args(extensions.iter().flat_map(|extension| ["-addext", extension]));
        if let Some(authority) = authority {
            command.args(["-CA", &format!("{authority}.crt"), "-CAkey", &format!("{authority}.key")]);
        }
        let output = command.current_dir(self.folder()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// A web configuration beside them.
    fn web(&self, text: &str) -> PathBuf {
        let file = self.file("web.yml");
        fs::write(&file, text).unwrap();
        file
    }
}

const TLS: &str = "tls_server_config: {cert_file: server.crt, key_file: server.key}\n";

/// `basic_auth_users` with one user, whose password is `one` or `two`, at the least cost that bcrypt has.
fn users(password: &str) -> String {
    let hash = match password {
        "one" => "$2b$04$abcdefghijklmnopqrstuuuiMd1XkP3MYkehzxpPHB6m5Tr0FZSYG",
        _ => "$2b$04$abcdefghijklmnopqrstuuIHDRnKw4Zdb/3/EAZQMg/2vwJPJBL7u",
    };
    format!("basic_auth_users:\n  reader: {hash}\n")
}

async fn serve(web: &Path) -> Server {
    Server::guarded(published(), Access::read(web).unwrap()).await
}

/// What curl says of an address: the status and, behind it, the head of the answer; or its complaint.
async fn curl(server: &Server, keys: &Keys, path: &str, arguments: &[&str]) -> String {
    let url = format!("https://{}{path}", server.address());
    let mut command = tokio::process::Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "20", "--dump-header", "-", "--output", "/dev/null"]);
    command.args(["--cacert", "authority.crt"]).args(arguments).arg(url).current_dir(keys.folder());
    let output = command.output().await.unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).to_lowercase()
}

/// The file is read again now and then.
async fn until(server: &Server, keys: &Keys, arguments: &[&str], wanted: &str) {
    let told = async { while !curl(server, keys, "/", arguments).await.contains(wanted) {} };
    assert!(timeout(LIMIT, told).await.is_ok(), "never {wanted}: {}", curl(server, keys, "/", arguments).await);
}

#[test]
fn a_web_configuration_is_taken_and_refused_as_prometheus_does() {
    let Some(keys) = Keys::make() else { return };
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exporter/web_config");
    let mut kinds = [0; 3];
    for entry in fs::read_dir(fixtures).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let text = fs::read_to_string(entry.path()).unwrap();
        let file = keys.file(&name);
        fs::write(&file, &text).unwrap();
        let (read, promtool) =
            (Access::read(&file), tools::run("promtool", &["check", "web-config", file.to_str().unwrap()], ""));
        let agrees = |good: bool| {
            if let Some(output) = &promtool {
                assert_eq!(output.status.success(), good, "promtool, {name}: {output:?}");
            }
        };
        if name.ends_with(".good.yml") {
            kinds[0] += 1;
            read.unwrap_or_else(|error| panic!("{error}"));
            agrees(true);
            continue;
        }
        let told = read.unwrap_err().to_string();
        let expected: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# expect: ")).collect();
        assert!(!expected.is_empty(), "{name} expects nothing");
        for part in expected.into_iter().chain([name.as_str()]) {
            assert!(told.contains(part), "{name}: {part:?} is not in: {told}");
        }
        if name.ends_with(".bad.yml") {
            kinds[1] += 1;
            agrees(false);
        } else {
            kinds[2] += 1;
        }
    }
    assert!(kinds[0] >= 4 && kinds[1] >= 14 && kinds[2] >= 4, "{kinds:?}");
}

/// Whatever a fault is about, the key beside it is nobody's to read in a log.
#[test]
fn a_fault_shows_no_key_and_no_hash() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("web.yml");
    for text in [
        "tls_server_config: {cert: x, key: HIDDEN}\n",
        "tls_server_config: {key: [HIDDEN]}\n",
        "basic_auth_users: {a: HIDDEN}\n",
        "basic_auth_users: {a: [HIDDEN]}\n",
        "basic_auth_users:\n  a: HIDDEN\n a: HIDDEN\n",
    ] {
        fs::write(&file, text).unwrap();
        let told = Access::read(&file).unwrap_err();
        assert!(!told.to_string().contains("HIDDEN") && !format!("{told:?}").contains("HIDDEN"), "{told}");
    }
    let absent = Access::read(&folder.path().join("nowhere.yml")).unwrap_err().to_string();
    assert!(absent.contains("nowhere.yml: it cannot be read: No such file"), "{absent}");
}

#[tokio::test]
async fn every_path_is_encrypted_and_wants_a_password() {
    let (Some(keys), Some(_)) = (Keys::make(), prerequisites::command("curl", "curl")) else { return };
    let server = serve(&keys.web(&format!("{TLS}{}", users("one")))).await;
    for path in ["/", "/metrics", "/-/healthy", "/-/ready", "/style.css", "/nothing"] {
        let told = curl(&server, &keys, path, &[]).await;
        assert!(told.starts_with("http/1.1 401"), "{path}: {told}");
        assert!(told.contains("www-authenticate: basic realm=\"bellwether\""), "{path}: {told}");
        assert!(told.contains("content-security-policy: default-src 'none'"), "{path}: {told}");
        let status = if path == "/nothing" { "http/1.1 404" } else { "http/1.1 200" };
        for version in ["--tlsv1.3", "--tls-max 1.2"] {
            let arguments: Vec<&str> = version.split(' ').chain(["--user", "reader:one"]).collect();
            let told = curl(&server, &keys, path, &arguments).await;
            assert!(told.starts_with(status), "{path} {version}: {told}");
        }
        let told = curl(&server, &keys, path, &["--user", "reader:two"]).await;
        assert!(told.starts_with("http/1.1 401"), "{path}: {told}");
    }
    let told = curl(&server, &keys, "/", &["--tls-max", "1.1"]).await;
    assert!(!told.contains("http/1.1"), "{told}");
    let plain = curl(&server, &keys, "/", &["--proto-default", "http", "--insecure", "--cacert", "/dev/null"]).await;
    assert!(!plain.contains("http/1.1 200"), "{plain}");
}

/// Certificates end and passwords are changed while the program runs; a slip in the file locks nobody out.
#[tokio::test]
async fn what_is_changed_holds_without_a_restart_and_what_is_wrong_does_not() {
    let (Some(keys), Some(_)) = (Keys::make(), prerequisites::command("curl", "curl")) else { return };
    let server = serve(&keys.web(&format!("{TLS}{}", users("one")))).await;
    let (one, two) = (["--user", "reader:one"], ["--user", "reader:two"]);
    until(&server, &keys, &one, "http/1.1 200").await;

    keys.web("basic_auth_users: {reader: no hash}\n");
    let told = async { while !data(&server, &keys).await.contains("the web configuration") {} };
    assert!(timeout(LIMIT, told).await.is_ok(), "nobody is told");
    until(&server, &keys, &one, "http/1.1 200").await;

    keys.web(&format!("{TLS}{}", users("two")));
    until(&server, &keys, &two, "http/1.1 200").await;
    until(&server, &keys, &one, "http/1.1 401").await;

    // Another authority, and a certificate of it in the place of the old.
    keys.openssl("authority", "CN=another authority", &["basicConstraints=critical,CA:TRUE"], None);
    keys.certify("server");
    until(&server, &keys, &two, "http/1.1 200").await;

    keys.web("tls_server_config:\n");
    let plain =
        ["--proto", "=http", "--url", "http://SELF/"].map(|word| word.replace("SELF", &server.address().to_string()));
    let plain: Vec<&str> = plain.iter().map(String::as_str).collect();
    until(&server, &keys, &plain, "http/1.1 200").await;
}

/// The page on data, as somebody sees it who may.
async fn data(server: &Server, keys: &Keys) -> String {
    let url = format!("https://{}/data", server.address());
    let mut command = tokio::process::Command::new("curl");
    command.args(["--silent", "--cacert", "authority.crt", "--user", "reader:one", &url]).current_dir(keys.folder());
    String::from_utf8(command.output().await.unwrap().stdout).unwrap()
}

#[tokio::test]
async fn a_client_without_a_certificate_is_not_served_where_one_is_demanded() {
    let (Some(keys), Some(_)) = (Keys::make(), prerequisites::command("curl", "curl")) else { return };
    let demand = "client_auth_type: RequireAndVerifyClientCert, client_ca_file: authority.crt";
    let server = serve(&keys.web(&TLS.replace('}', &format!(", {demand}}}")))).await;
    keys.certify("client");
    let certificate = ["--cert", "client.crt", "--key", "client.key"];
    assert!(curl(&server, &keys, "/metrics", &certificate).await.starts_with("http/1.1 200"));
    let told = curl(&server, &keys, "/metrics", &[]).await;
    assert!(!told.contains("http/1.1"), "{told}");
    keys.openssl("stranger", "CN=stranger", &["basicConstraints=critical,CA:FALSE"], None);
    let told = curl(&server, &keys, "/metrics", &["--cert", "stranger.crt", "--key", "stranger.key"]).await;
    assert!(!told.contains("http/1.1"), "{told}");
}

#[tokio::test]
async fn headers_are_those_of_the_file_where_it_has_them_on_every_answer() {
    let folder = tempfile::tempdir().unwrap();
    let web = folder.path().join("web.yml");
    fs::write(
        &web,
        "http_server_config: {headers: {X-Frame-Options: sameorigin, Strict-Transport-Security: max-age=9}}\n",
    )
    .unwrap();
    let server = Server::guarded(Exporter::new(Registry::new()).unwrap(), Access::read(&web).unwrap()).await;
    for path in ["/", "/metrics", "/?format=json", "/-/ready", "/nothing", "/sites/nobody"] {
        let (head, _) = server.get(path, "").await;
        for header in [
            "content-security-policy: default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "x-frame-options: sameorigin",
            "strict-transport-security: max-age=9",
        ] {
            assert!(head.contains(header), "{path}: {header} is not in {head}");
        }
        assert_eq!(head.matches("x-frame-options").count(), 1, "{head}");
    }
}

/// A client that begins a handshake and says no more once held up all others.
#[tokio::test]
async fn a_client_that_never_ends_its_handshake_holds_up_nobody() {
    let (Some(keys), Some(_)) = (Keys::make(), prerequisites::command("curl", "curl")) else { return };
    let server = serve(&keys.web(TLS)).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(tokio::net::TcpStream::connect(server.address()).await.unwrap());
    }
    let told = curl(&server, &keys, "/-/healthy", &["--max-time", "5"]).await;
    assert!(told.starts_with("http/1.1 200"), "{told}");
}
