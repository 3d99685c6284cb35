//! `tls_server_config` → what rustls serves with.

use super::{
    config::{ClientAuth, Tls, Version},
    source::Source,
};
use rustls::{
    CipherSuite, RootCertStore, ServerConfig, SupportedProtocolVersion,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{NoClientAuth, WebPkiClientVerifier, danger::ClientCertVerifier},
    version::{TLS12, TLS13},
};
use std::sync::Arc;

impl Tls {
    /// A section without a certificate, a key and an authority configures nothing, as in exporter-toolkit.
    pub fn is_configured(&self) -> bool {
        let pem = self.cert.is_some() || self.key.is_some() || self.client_ca.is_some();
        pem || self.cert_file.is_some() || self.key_file.is_some() || self.client_ca_file.is_some()
    }
}

pub(super) fn demands_certificates(policy: ClientAuth) -> bool {
    policy == ClientAuth::RequireAndVerifyClientCert
}

pub(super) fn server(tls: &Tls, source: &mut Source) -> Result<Arc<ServerConfig>, String> {
    let certificate = source.pem("cert", tls.cert.as_deref(), tls.cert_file.as_deref())?;
    let key = source.pem("key", tls.key.as_ref().map(|key| key.0.as_str()), tls.key_file.as_deref())?;
    let certificate = certificate.ok_or("tls_server_config lacks cert_file")?;
    let key = key.ok_or("tls_server_config lacks key_file")?;
    let provider = Arc::new(provider(tls)?);
    let clients = clients(tls, source, &provider)?;
    let builder = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions(tls)?)
        .map_err(|error| format!("tls_server_config: {error}"))?
        .with_client_cert_verifier(clients);
    let mut config = builder
        .with_single_cert(certificates("cert_file", &certificate)?, private_key(&key)?)
        .map_err(|error| format!("tls_server_config: cert_file and key_file: {error}"))?;
    config.ignore_client_order = tls.prefer_server_cipher_suites.unwrap_or(true);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn certificates(key: &str, pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match read {
        Ok(found) if found.is_empty() => Err(format!("tls_server_config.{key} has no certificate in PEM")),
        Ok(found) => Ok(found),
        Err(error) => Err(format!("tls_server_config.{key}: {error}")),
    }
}

fn private_key(pem: &str) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| "tls_server_config.key_file has no private key in PEM".to_owned())
}

/// From `min_version` to `max_version`, of those that are safe: older ones are refused to clients anyway.
fn versions(tls: &Tls) -> Result<Vec<&'static SupportedProtocolVersion>, String> {
    let (least, most) = (tls.min_version.unwrap_or(Version::Tls12), tls.max_version.unwrap_or(Version::Tls13));
    let spoken = [(Version::Tls13, &TLS13), (Version::Tls12, &TLS12)];
    let chosen: Vec<_> =
        spoken.into_iter().filter(|(version, _)| (least..=most).contains(version)).map(|(_, spoken)| spoken).collect();
    if chosen.is_empty() {
        return Err(
            "tls_server_config: between min_version and max_version there is neither TLS12 nor TLS13".to_owned()
        );
    }
    Ok(chosen)
}

/// Suites and curves, where they are chosen, in their order. Those of TLS 1.3 are no choice, as in Go.
fn provider(tls: &Tls) -> Result<CryptoProvider, String> {
    let mut provider = ring::default_provider();
    if !tls.cipher_suites.is_empty() {
        let name = |suite: CipherSuite| format!("{suite:?}").replace("TLS13_", "TLS_");
        let (of_13, of_12): (Vec<_>, Vec<_>) =
            provider.cipher_suites.iter().copied().partition(|suite| suite.tls13().is_some());
        let known = of_12.iter().chain(&of_13).map(|suite| (name(suite.suite()), *suite)).collect::<Vec<_>>();
        let chosen = chosen("cipher_suites", &tls.cipher_suites, &known)?;
        provider.cipher_suites = of_13;
        provider.cipher_suites.extend(chosen.into_iter().filter(|suite| suite.tls13().is_none()));
    }
    if !tls.curve_preferences.is_empty() {
        let name = |group| match format!("{group:?}").as_str() {
            "secp256r1" => "CurveP256".to_owned(),
            "secp384r1" => "CurveP384".to_owned(),
            other => other.to_owned(),
        };
        let known = provider.kx_groups.iter().map(|group| (name(group.name()), *group)).collect::<Vec<_>>();
        provider.kx_groups = chosen("curve_preferences", &tls.curve_preferences, &known)?;
    }
    Ok(provider)
}

fn chosen<T: Copy>(key: &str, names: &[String], known: &[(String, T)]) -> Result<Vec<T>, String> {
    let find = |name: &String| {
        known.iter().find(|(known, _)| known == name).map(|(_, found)| *found).ok_or_else(|| {
            let there = known.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
            format!("tls_server_config.{key}: “{name}” is none that is spoken here; there are: {there}")
        })
    };
    names.iter().map(find).collect()
}

fn clients(
    tls: &Tls,
    source: &mut Source,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let authority = source.pem("client_ca", tls.client_ca.as_deref(), tls.client_ca_file.as_deref())?;
    let policy = tls.client_auth_type;
    let authority = match (policy, authority) {
        (ClientAuth::NoClientCert, None) => return Ok(Arc::new(NoClientAuth)),
        (ClientAuth::NoClientCert, Some(_)) => {
            return Err(
                "tls_server_config has client_ca_file and no client_auth_type: nobody would be asked".to_owned()
            );
        }
        (ClientAuth::RequestClientCert | ClientAuth::RequireAnyClientCert, _) => {
            return Err(format!(
                "tls_server_config.client_auth_type: {policy:?} asks for certificates and believes any, which is not offered; \
                 there are VerifyClientCertIfGiven and RequireAndVerifyClientCert"
            ));
        }
        (_, None) => return Err(format!("tls_server_config: {policy:?} needs a client_ca_file")),
        (_, Some(authority)) => authority,
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates("client_ca_file", &authority)? {
        roots.add(certificate).map_err(|error| format!("tls_server_config.client_ca_file: {error}"))?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let verifier = if demands_certificates(policy) { verifier } else { verifier.allow_unauthenticated() };
    verifier.build().map_err(|e| format!("tls_server_config: {e}"))
}
