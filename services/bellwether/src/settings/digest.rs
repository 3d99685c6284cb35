//! `[digest]`: who is told once a week, when, and by which way.

use super::{
    fault::Fault,
    reader::Reader,
    secrets::{SecretFrom, secret},
    values::{MASK, Setting},
};
use jiff::{
    civil::{Time, Weekday},
    tz::TimeZone,
};
use lettre::message::Mailboxes;
use std::{fmt, path::PathBuf, time::Duration};

const SECTION: &str = "[digest]";

/// `[digest]`.
#[derive(Debug, Clone)]
pub struct Digest {
    /// Who gets it by mail.
    pub audiences: Vec<Audience>,
    /// The address that gets all of it by HTTP. Whoever knows it may write there.
    pub webhook: Option<SecretFrom>,
    /// When.
    pub schedule: Schedule,
    /// The way of the mail; there where there is an audience.
    pub mail: Option<Mail>,
    /// Certificates that are trusted instead of the built-in ones.
    pub ca_file: Option<PathBuf>,
    /// Of one attempt.
    pub timeout: Duration,
}

/// Some people, and which part of it they get.
#[derive(Debug, Clone)]
pub struct Audience {
    /// Which part.
    pub part: Part,
    /// Where they get it.
    pub addresses: Addresses,
}

/// A part of the digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    All,
    /// The sites of a region.
    Region(String),
    /// The metrics of an owner.
    Owner(String),
}

/// Once a week.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// On this day,
    pub weekday: Weekday,
    /// … at this time,
    pub at: Time,
    /// … as clocks show it here.
    pub zone: TimeZone,
}

/// The way of the mail.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The mail server.
    pub server: Server,
    /// How the connection to it is protected.
    pub tls: SmtpTls,
    /// Whom it comes from.
    pub from: Addresses,
    /// As whom, and the password.
    pub credentials: Option<(String, SecretFrom)>,
}

/// Addresses of mail, comma separated. They are of people, and never shown.
#[derive(Clone)]
pub struct Addresses(pub Mailboxes);

impl fmt::Debug for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// Host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Name, or address in digits.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// From the first byte on.
    Implicit,
    /// After a greeting, or not at all.
    Starttls,
    /// It is not.
    None,
}

impl Setting for Addresses {
    const EXPECTED: &'static str =
        "mail addresses separated by commas, such as \"Ops <ops@example.com>, lead@example.com\"";
    const SECRET: bool = true;
    fn parse(text: &str) -> Option<Self> {
        let addresses: Mailboxes = text.trim().parse().ok()?;
        addresses.iter().next().is_some().then_some(Self(addresses))
    }
}

impl Setting for Server {
    const EXPECTED: &'static str = "host:port of a mail server, such as \"mail.example.com:587\"";
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.trim().rsplit_once(':')?;
        let good = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || matches!(c, '@' | '/'));
        let port = port.parse().ok().filter(|port| *port > 0)?;
        good.then(|| Self { host: host.to_owned(), port })
    }
}

impl Setting for SmtpTls {
    const EXPECTED: &'static str = "\"starttls\", \"implicit\" (usual on port 465) or \"none\"";
    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "implicit" => Some(Self::Implicit),
            "starttls" => Some(Self::Starttls),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

impl Setting for Weekday {
    const EXPECTED: &'static str = "a day such as \"tuesday\"";
    fn parse(text: &str) -> Option<Self> {
        const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let day = DAYS.iter().position(|day| text.trim().eq_ignore_ascii_case(day))?;
        Self::from_monday_zero_offset(i8::try_from(day).ok()?).ok()
    }
}

impl Setting for Time {
    const EXPECTED: &'static str = "a time of day such as \"07:00\"";
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        (text.len() == "07:00".len()).then(|| text.parse().ok()).flatten()
    }
}

impl Setting for TimeZone {
    const EXPECTED: &'static str = "a time zone such as \"Europe/London\" or \"UTC\"";
    fn parse(text: &str) -> Option<Self> {
        Self::get(text.trim()).ok()
    }
}

pub(super) fn digest(r: &mut Reader) -> Option<Digest> {
    let (weekday, at, zone) = (r.required("digest.weekday"), r.required("digest.at"), r.required("digest.timezone"));
    let webhook = secret(r, SECTION, ["digest.webhook", "digest.webhook_file"]);
    let audiences = audiences(r);
    let mail = mail(r, !audiences.is_empty());
    let (ca_file, timeout) = (r.optional("digest.ca_file"), r.required("digest.timeout"));
    let schedule = Schedule { weekday: weekday?, at: at?, zone: zone? };
    Some(Digest { audiences, webhook, schedule, mail: mail?, ca_file, timeout: timeout? })
}

fn audiences(r: &mut Reader) -> Vec<Audience> {
    let all = r.optional("digest.to").map(|addresses| Audience { part: Part::All, addresses });
    let regions = some(r, "digest.regions.", Part::Region);
    let owners = some(r, "digest.owners.", Part::Owner);
    all.into_iter().chain(regions).chain(owners).collect()
}

fn some(r: &mut Reader, prefix: &'static str, part: fn(String) -> Part) -> Vec<Audience> {
    let mut audiences = Vec::new();
    for (name, text) in r.passthrough(prefix, |_, _| MASK.to_owned()) {
        match Addresses::parse(&text) {
            Some(addresses) => audiences.push(Audience { part: part(name), addresses }),
            None => r.fault(Fault {
                what: format!("`{prefix}{name}` is {MASK:?}"),
                origin: SECTION.to_owned(),
                right: Addresses::right(&text),
            }),
        }
    }
    audiences
}

/// `None` after a fault, `Some(None)` where no mail is wanted.
fn mail(r: &mut Reader, wanted: bool) -> Option<Option<Mail>> {
    let (server, from, tls) = (r.optional("digest.smtp"), r.optional("digest.from"), r.required("digest.smtp_tls"));
    let username: Option<String> = r.optional("digest.username");
    let password = secret(r, SECTION, ["digest.password", "digest.password_file"]);
    let mut refuse = |what: &str, right: &str| {
        r.fault(Fault { what: what.to_owned(), origin: SECTION.to_owned(), right: right.to_owned() });
        None
    };
    let credentials = match (username, password) {
        (Some(username), Some(password)) => Some((username, password)),
        (None, None) => None,
        (Some(_), None) => {
            return refuse(
                "`digest` has a name without a password",
                "expected `password` or `password_file` beside it",
            );
        }
        (None, Some(_)) => return refuse("`digest` has a password without a name", "expected `username` beside it"),
    };
    let tls = tls?;
    if tls == SmtpTls::None && credentials.is_some() {
        return refuse(
            "`digest.smtp_tls` is \"none\", so that anybody between here and the mail server reads the password",
            "expected \"starttls\" or \"implicit\", or neither `username` nor password",
        );
    }
    match (wanted, server, from) {
        (false, ..) => Some(None),
        (true, Some(server), Some(from)) => Some(Some(Mail { server, tls, from, credentials })),
        (true, ..) => refuse(
            "`digest` has somebody to write to, and no way to",
            "expected `smtp`, the mail server, and `from`, whom the mail comes from",
        ),
    }
}
