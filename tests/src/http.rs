//! A small HTTP client for what the servers under test answer.

/// The body of a successful GET, or why there is none.
///
/// # Errors
/// Connection refused, a status of 400 or more, a body that is no text.
pub fn get(url: &str) -> Result<String, String> {
    let mut answer = ureq::get(url).call().map_err(|error| format!("{url}: {error}"))?;
    answer.body_mut().with_config().limit(1 << 30).read_to_string().map_err(|error| format!("{url}: {error}"))
}

/// Status and body of a GET, whatever the status.
///
/// # Errors
/// Connection refused, a body that is no text.
pub fn answer(url: &str) -> Result<(u16, String), String> {
    let asked = ureq::get(url).config().http_status_as_error(false).build().call();
    let mut answer = asked.map_err(|error| format!("{url}: {error}"))?;
    let body = answer.body_mut().read_to_string().map_err(|error| format!("{url}: {error}"))?;
    Ok((answer.status().as_u16(), body))
}

/// The body of a successful GET as JSON.
///
/// # Errors
/// As [`get`], and a body that is no JSON.
pub fn get_json(url: &str) -> Result<serde_json::Value, String> {
    serde_json::from_str(&get(url)?).map_err(|error| format!("{url}: {error}"))
}
