//! The HTTP side: routes, and no work.

use crate::{
    Exporter,
    access::{self, Access, Listening, WebConfigError},
    pages,
};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use std::{future::IntoFuture, io, net::SocketAddr, time::Duration};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::{CompressionLevel, compression::CompressionLayer};

/// The text format that Prometheus asks for.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How long requests under way may take once the program stops.
const DRAIN: Duration = Duration::from_secs(5);

/// The listener failed.
#[derive(Debug, thiserror::Error)]
#[error("serving http on {address} failed: {source}")]
pub struct ServeError {
    address: String,
    source: io::Error,
}

/// Serves on `listener` to who may read, until `stop` is cancelled; then finishes the requests under way (5 s at most).
pub async fn serve(
    listener: TcpListener,
    exporter: Exporter,
    access: Access,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    let address = listener.local_addr();
    let shown = address.as_ref().map_or_else(|_| "an unknown address".to_owned(), SocketAddr::to_string);
    let failed = |source| ServeError { address: shown.clone(), source };
    tracing::info!(address = %shown, scheme = access.scheme(), "serving the pages, /metrics, /-/healthy and /-/ready");
    if let Some(warning) = address.ok().and_then(|address| access.warning(address)) {
        tracing::warn!(address = %shown, "{warning}");
    }
    let listening = Listening::new(listener, access.clone()).map_err(failed)?;
    let watching = exporter.clone();
    let server =
        axum::serve(listening, router(exporter, &access)).with_graceful_shutdown(stop.clone().cancelled_owned());
    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        served = server.into_future() => served.map_err(failed),
        () = overdue => {
            tracing::warn!(address = %shown, "requests still under way were cut off");
            Ok(())
        }
        never = access.watch(|fault| tell(&watching, fault)) => match never {},
    }
}

/// On the page, beside whatever else is down.
fn tell(exporter: &Exporter, fault: Option<&WebConfigError>) {
    const NAME: &str = "the web configuration";
    match fault {
        Some(fault) => exporter.note(NAME, &format!("{fault}; the one before it stays in force"), None),
        None => exporter.clear(NAME),
    }
}

fn router(exporter: Exporter, access: &Access) -> Router {
    Router::new()
        .merge(pages::routes())
        .route("/metrics", get(metrics))
        .route("/-/healthy", get(async || "Bellwether is healthy.\n"))
        .route("/-/ready", get(ready))
        .fallback(async || {
            (
                StatusCode::NOT_FOUND,
                "No such page. There are /, /indicators, /data, /metrics, /-/healthy and /-/ready.\n",
            )
        })
        .with_state(exporter)
        // A page of a thousand sites is megabytes: the last percents of its size would take longer than the page itself.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(middleware::from_fn_with_state(access.clone(), access::admit))
}

async fn metrics(State(exporter): State<Exporter>, headers: HeaderMap) -> Response {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    let zipped = if takes_gzip(&headers) { exporter.metrics_gzipped() } else { None };
    match zipped {
        Some(Ok(body)) => {
            let encoding = (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            let vary = (header::VARY, HeaderValue::from_static("accept-encoding"));
            ([content_type, encoding, vary], body).into_response()
        }
        _ => ([content_type], exporter.metrics()).into_response(),
    }
}

/// Whether `Accept-Encoding` names gzip with a weight above 0.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    offers.flat_map(|value| value.split(',')).any(|offer| {
        let mut words = offer.split(';').map(str::trim);
        let named = words.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let weight = words.find_map(|word| word.strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>);
        named && weight.is_ok_and(|weight| weight > 0.0)
    })
}

async fn ready(State(exporter): State<Exporter>) -> Response {
    match exporter.not_ready() {
        None => "Bellwether is ready.\n".into_response(),
        Some(reason) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("Bellwether is not ready: {reason}.\n")).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_only_to_those_who_take_it() {
        let takes = |value: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        assert!(takes("gzip") && takes("br, GZIP;q=0.5") && takes("deflate,gzip"));
        assert!(!takes("br") && !takes("gzip;q=0") && !takes("") && !takes("gzip; q=what") && !takes("xgzip"));
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
