//! Addresses of pages: stable, because alerts and dashboards point to them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in a path or a query as it is (RFC 3986, unreserved).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// `/sites/ID`
pub fn site(id: &str) -> String {
    format!("/sites/{}", encoded(id))
}

/// `/sites/ID#metric-NAME`: one metric of a site.
pub(super) fn card(id: &str, metric: &str) -> String {
    format!("{}#{}", site(id), anchor(metric))
}

/// Where a metric stands on the page of a site.
pub(super) fn anchor(metric: &str) -> String {
    format!("metric-{metric}")
}

/// `/indicators/NAME`
pub(super) fn metric(name: &str) -> String {
    format!("/indicators/{}", encoded(name))
}

/// Text as part of a path or of a query.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
