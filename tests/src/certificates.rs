//! A certificate authority of a test's own and a broker's certificate of it, made by Java's `keytool`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Files for a broker at 127.0.0.1 and for who connects to it.
#[derive(Debug)]
pub(crate) struct Certificates {
    /// The broker's key and certificate, PKCS #12.
    pub keystore: PathBuf,
    /// The authority's certificate, PEM.
    pub authority: PathBuf,
}

/// Of the key stores, which last as long as a test.
pub(crate) const PASSWORD: &str = "only-for-tests";

impl Certificates {
    /// Makes them in a folder; `None` where `keytool` is missing.
    pub(crate) fn make(folder: &Path) -> Option<Self> {
        let program = prerequisites::command("keytool", "openjdk-17-jre-headless")?;
        let keytool = |store: &str, arguments: &[&str]| {
            let mut command = Command::new(&program);
            command.args(arguments).args(["-keystore", store, "-storetype", "PKCS12", "-storepass", PASSWORD]);
            let output = command.current_dir(folder).output();
            assert!(output.as_ref().is_ok_and(|output| output.status.success()), "keytool {arguments:?}: {output:?}");
        };
        let pair = |alias, name, extension| {
            ["-genkeypair", "-alias", alias, "-keyalg", "EC", "-dname", name, "-ext", extension]
        };
        let address = "san=ip:127.0.0.1";
        keytool("authority.p12", &pair("authority", "CN=an authority for tests", "bc:c"));
        keytool("authority.p12", &["-exportcert", "-rfc", "-alias", "authority", "-file", "authority.pem"]);
        keytool("broker.p12", &pair("broker", "CN=a broker for tests", address));
        keytool("broker.p12", &["-certreq", "-alias", "broker", "-file", "broker.csr"]);
        let sign =
            ["-gencert", "-alias", "authority", "-ext", address, "-infile", "broker.csr", "-outfile", "broker.crt"];
        keytool("authority.p12", &sign);
        // The chain is complete only where its head is known.
        keytool("broker.p12", &["-importcert", "-noprompt", "-alias", "authority", "-file", "authority.pem"]);
        keytool("broker.p12", &["-importcert", "-noprompt", "-alias", "broker", "-file", "broker.crt"]);
        Some(Self { keystore: folder.join("broker.p12"), authority: folder.join("authority.pem") })
    }
}
