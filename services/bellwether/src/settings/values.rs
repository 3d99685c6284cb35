//! The types that settings have, each with its way of writing.

use jiff::{Span, SpanRelativeTo, civil::Date};
use serde::{Serialize, Serializer};
use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

/// A type that a setting can have.
pub trait Setting: Sized {
    /// What a value has to look like, to complete "expected …".
    const EXPECTED: &'static str;
    /// Values are masked wherever they would be shown.
    const SECRET: bool = false;
    /// `None`: not such a value.
    fn parse(text: &str) -> Option<Self>;
    /// What would be right instead of `text`, which is not such a value.
    fn right(_text: &str) -> String {
        format!("expected {}", Self::EXPECTED)
    }
}

/// A count of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes(pub u64);

/// A count that is at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(pub u64);

/// A number of years ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Years(pub u8);

/// Copies of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copies(pub u16);

/// `host:port`, comma separated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brokers(pub String);

/// Names, comma separated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(pub Vec<String>);

/// Where a lake is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LakeUrl(pub String);

/// Where people find the pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(pub String);

impl Setting for PublicUrl {
    const EXPECTED: &'static str = "the address of the pages for people, such as \"https://bellwether.example\"";
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('/');
        let rest = ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme))?;
        // Paths are put behind it, in mails and in templates.
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]%".contains(c);
        (!rest.is_empty() && rest.chars().all(plain)).then(|| Self(text.to_owned()))
    }
}

/// Where a server takes remote write. Its query may hold a token, and does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteUrl(pub String);

impl fmt::Debug for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&lake::without_credentials(&self.0))
    }
}

/// What stands in for a secret wherever one would be shown.
pub const MASK: &str = "********";

/// A secret. `Debug`, `Display` and `Serialize` show `MASK`; only [`Secret::reveal`] returns the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

impl Setting for String {
    const EXPECTED: &'static str = "a string that is not empty";
    fn parse(text: &str) -> Option<Self> {
        (!text.trim().is_empty()).then(|| text.to_owned())
    }
}

impl Setting for Names {
    const EXPECTED: &'static str = "names separated by commas, such as \"trir, near_misses\"";
    fn parse(text: &str) -> Option<Self> {
        let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        let is_name = |name: &String| !name.is_empty() && !name.contains(char::is_whitespace);
        names.iter().all(is_name).then_some(Self(names))
    }
}

impl Setting for bool {
    const EXPECTED: &'static str = "true or false";
    fn parse(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }
}

impl Setting for PathBuf {
    const EXPECTED: &'static str = "a path";
    fn parse(text: &str) -> Option<Self> {
        (!text.trim().is_empty()).then(|| Self::from(text))
    }
}

impl Setting for Secret {
    const EXPECTED: &'static str = "a secret that is not empty";
    const SECRET: bool = true;
    fn parse(text: &str) -> Option<Self> {
        (!text.trim().is_empty()).then(|| Self::new(text))
    }
}

impl Setting for Duration {
    const EXPECTED: &'static str = "a duration above 0 such as \"500ms\", \"5s\", \"2m\", \"1h\" or \"7d\"";
    fn parse(text: &str) -> Option<Self> {
        let span: Span = text.trim().parse().ok()?;
        let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
        Self::try_from(duration).ok().filter(|d| !d.is_zero())
    }
}

impl Setting for Bytes {
    const EXPECTED: &'static str = "a size above 0 such as 4096, \"64KiB\", \"1MiB\" or \"2GB\"";
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().replace('_', "");
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "kb" => 1_000,
            "mb" => 1_000_000,
            "gb" => 1_000_000_000,
            "kib" => 1 << 10,
            "mib" => 1 << 20,
            "gib" => 1 << 30,
            _ => return None,
        };
        number.parse::<u64>().ok()?.checked_mul(factor).filter(|n| *n > 0).map(Self)
    }
}

impl Setting for Count {
    const EXPECTED: &'static str = "a whole number above 0";
    fn parse(text: &str) -> Option<Self> {
        text.trim().replace('_', "").parse().ok().filter(|n| *n > 0).map(Self)
    }
}

impl Setting for Years {
    const EXPECTED: &'static str = "a whole number from 1 to 100";
    fn parse(text: &str) -> Option<Self> {
        text.trim().parse().ok().filter(|n| (1..=100).contains(n)).map(Self)
    }
}

impl Setting for Copies {
    const EXPECTED: &'static str = "a whole number from 1 to 32767";
    fn parse(text: &str) -> Option<Self> {
        text.trim().parse().ok().filter(|n| (1..=32_767).contains(n)).map(Self)
    }
}

impl Setting for Date {
    const EXPECTED: &'static str = "a date such as \"2000-01-01\"";
    fn parse(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }
}

impl Setting for SocketAddr {
    const EXPECTED: &'static str = "an address in digits and a port, such as \"127.0.0.1:9464\" (this machine \
                                    alone), \"0.0.0.0:9464\" or \"[::]:9464\" (all of its addresses)";
    fn parse(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }
}

impl Setting for Brokers {
    const EXPECTED: &'static str = "host:port, comma separated, such as \"kafka-1:9092,kafka-2:9092\"; user and password \
                                    are `sasl.username` and `sasl.password` in [kafka.properties]";
    fn parse(text: &str) -> Option<Self> {
        let good = |broker: &str| {
            broker.trim().rsplit_once(':').is_some_and(|(host, port)| {
                !host.is_empty()
                    && !host.contains(|c: char| c.is_whitespace() || c == '@')
                    && port.parse::<u16>().is_ok_and(|p| p > 0)
            })
        };
        text.split(',').all(good).then(|| Self(text.split(',').map(str::trim).collect::<Vec<_>>().join(",")))
    }
}

impl Setting for LakeUrl {
    const EXPECTED: &'static str = "a path, or a URL such as \"file:///var/lib/bellwether\"";
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        // A working directory that is gone is no fault of the setting.
        let wrong = matches!(lake::folder(text), Err(lake::LakeError::Url { .. }));
        (!wrong).then(|| Self(text.to_owned()))
    }
    fn right(text: &str) -> String {
        match lake::folder(text.trim()) {
            Err(lake::LakeError::Url { why, .. }) => why,
            _ => format!("expected {}", Self::EXPECTED),
        }
    }
}

impl Setting for RemoteUrl {
    const EXPECTED: &'static str = "an address such as \"https://prometheus:9090/api/v1/write\", without a password";
    fn parse(text: &str) -> Option<Self> {
        exporter::backfill::check_url(text.trim()).ok().map(|_| Self(text.trim().to_owned()))
    }
    fn right(text: &str) -> String {
        match exporter::backfill::check_url(text.trim()) {
            Err(exporter::backfill::RemoteWriteError::Url { fault, .. }) => {
                format!("{fault}; expected {}", Self::EXPECTED)
            }
            _ => format!("expected {}", Self::EXPECTED),
        }
    }
}
