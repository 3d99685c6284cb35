//! By mail: one message an audience, in HTML and in words.

use super::{MailFault, SendError, told::Told};
use crate::{
    configured,
    failure::Failure,
    settings::{Addresses, Digest, Mail, Server, SmtpTls},
};
use lettre::{
    Message, SmtpTransport, Transport,
    message::{MultiPart, header},
    transport::smtp::{
        Error,
        authentication::Credentials,
        client::{Certificate, CertificateStore, Tls, TlsParameters},
    },
};
use std::sync::Arc;

/// A mail server and whom its mail comes from. Cheap to clone into a thread of its own.
#[derive(Clone)]
pub(super) struct Mailer {
    transport: Arc<SmtpTransport>,
    server: String,
    from: Addresses,
}

impl Mailer {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// A password file or certificates that cannot be used.
    pub(super) fn new(mail: &Mail, settings: &Digest) -> Result<Self, Failure> {
        let Server { host, port } = &mail.server;
        let mut builder = SmtpTransport::builder_dangerous(host).port(*port).timeout(Some(settings.timeout));
        builder = builder.tls(match mail.tls {
            SmtpTls::None => Tls::None,
            SmtpTls::Starttls => Tls::Required(trusting(host, settings)?),
            SmtpTls::Implicit => Tls::Wrapper(trusting(host, settings)?),
        });
        if let Some((username, password)) = &mail.credentials {
            let password = configured::secret("digest.password_file", password)?;
            builder = builder.credentials(Credentials::new(username.clone(), password));
        }
        let (transport, server) = (Arc::new(builder.build()), format!("{host}:{port}"));
        Ok(Self { transport, server, from: mail.from.clone() })
    }

    /// Sends a digest. Blocks.
    pub(super) fn send(&self, to: &str, addresses: &Addresses, told: &Told) -> Result<(), SendError> {
        let failed = |why| SendError::Mail { to: to.to_owned(), server: self.server.clone(), why };
        // Of checked addresses and of text: nothing of it can be refused.
        let message = self.message(addresses, told).map_err(|_| failed(MailFault::Connection))?;
        self.transport.send(&message).map(drop).map_err(|error| failed(fault(&error)))
    }

    fn message(&self, addresses: &Addresses, told: &Told) -> Result<Message, lettre::error::Error> {
        let subject: String = told.subject().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Message::builder()
            .mailbox(header::From::from(self.from.0.clone()))
            .mailbox(header::To::from(addresses.0.clone()))
            .subject(subject)
            .multipart(MultiPart::alternative_plain_html(told.markdown(), told.html()))
    }
}

fn fault(error: &Error) -> MailFault {
    match error.status() {
        Some(status) => MailFault::Answered(status.into()),
        None if error.is_timeout() => MailFault::Timeout,
        None if error.is_tls() => MailFault::Tls,
        None => MailFault::Connection,
    }
}

fn trusting(host: &str, settings: &Digest) -> Result<TlsParameters, Failure> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = &settings.ca_file {
        let pem = configured::file("digest.ca_file", path)?;
        let refused = |_| configured::refused(&format!("`digest.ca_file`: {} holds no certificate", path.display()));
        builder = builder.certificate_store(CertificateStore::None);
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(refused)?);
    }
    builder.build_rustls().map_err(|error| configured::refused(&format!("`digest.smtp_tls`: {error}")))
}
