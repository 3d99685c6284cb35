//! What every answer tells a browser: to load, run and frame nothing of others; and what the file adds.

use axum::http::{HeaderName, HeaderValue, header};
use std::collections::BTreeMap;

/// Nothing is loaded from elsewhere, nothing runs, nobody frames it.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// Headers that the file may set, and the values of those that have but a few.
static CONFIGURABLE: [(HeaderName, &[&str]); 5] = [
    (header::CONTENT_SECURITY_POLICY, &[]),
    (header::STRICT_TRANSPORT_SECURITY, &[]),
    (header::X_CONTENT_TYPE_OPTIONS, &["nosniff"]),
    (header::X_FRAME_OPTIONS, &["deny", "sameorigin"]),
    (header::X_XSS_PROTECTION, &[]),
];

/// Of every answer.
#[derive(Debug)]
pub(crate) struct Headers(pub Vec<(HeaderName, HeaderValue)>);

impl Default for Headers {
    fn default() -> Self {
        Self(vec![
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::X_FRAME_OPTIONS, HeaderValue::from_static("deny")),
            (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
            (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        ])
    }
}

/// Ours, with those of the file in their place.
pub(super) fn of(configured: BTreeMap<String, String>) -> Result<Headers, String> {
    let mut headers = Headers::default();
    for (name, value) in configured {
        let Some((known, values)) = CONFIGURABLE.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_str()))
        else {
            let there = CONFIGURABLE.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(format!("http_server_config.headers: {name} cannot be set here; there are: {there}"));
        };
        if !values.is_empty() && !values.contains(&value.as_str()) {
            return Err(format!(
                "http_server_config.headers: {name} is “{value}”, expected one of: {}",
                values.join(", ")
            ));
        }
        let value = HeaderValue::from_str(&value)
            .map_err(|_| format!("http_server_config.headers: the value of {name} has what no header may have"))?;
        headers.0.retain(|(name, _)| name != known);
        headers.0.push((known.clone(), value));
    }
    Ok(headers)
}
