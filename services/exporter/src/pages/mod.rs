//! The pages for people, made of what was published last. A request computes nothing but its own text.
//!
//! ```text
//!  Values ──publish──► Content (board, quartiles) ──┬─► /                   which sites need attention, what changed
//!                                                   ├─► /sites/ID           one site, metric by metric
//!                                                   ├─► /indicators[/NAME]  one metric, site by site
//!  the program's own metrics ───────────────────────┴─► /data               whether the data can be trusted
//! ```
//!
//! `?format=json` and `?format=csv` send the same as data.

mod board;
mod chart;
mod content;
mod data;
mod filter;
mod indicator;
mod layout;
mod links;
mod site;

pub(crate) use content::Content;

use crate::Exporter;
use axum::{
    Json, Router,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use filter::{Filter, Format};
use indicators::board::{Board, lines};
use jiff::Timestamp;
use maud::Markup;
use serde::Serialize;

/// Nothing is loaded from elsewhere, nothing runs, nobody frames it.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

pub(crate) fn routes() -> Router<Exporter> {
    Router::new()
        .route("/", get(sites))
        .route("/sites/{site}", get(site))
        .route("/indicators", get(metrics))
        .route("/indicators/{metric}", get(metric))
        .route("/data", get(data))
        .route("/style.css", get(style))
}

async fn style() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
    (headers, include_str!("style.css")).into_response()
}

async fn sites(State(exporter): State<Exporter>, filter: Result<Query<Filter>, QueryRejection>) -> Response {
    let Ok(Query(filter)) = filter else { return bad_query() };
    let down = exporter.troubles();
    let Some(content) = exporter.content() else {
        let waiting = maud::html! { h1 { "Bellwether" } (board::troubles(&down)) (layout::waiting()) };
        return html(StatusCode::OK, "Sites", &waiting);
    };
    let chosen = match filter.apply(&content.board) {
        Ok(chosen) => chosen,
        Err(told) => return html(StatusCode::NOT_FOUND, "Not found", &layout::missing(&told, &[])),
    };
    match filter.format {
        Some(Format::Json) => Json(&chosen).into_response(),
        Some(Format::Csv) => csv_of(&chosen),
        None => {
            let (values, whole, filter) = (&*content.values, &content.board, &filter);
            let view = board::View { values, board: &chosen, whole, filter, down: &down };
            html(StatusCode::OK, "Sites", &board::page(&view))
        }
    }
}

async fn site(
    State(exporter): State<Exporter>,
    Path(id): Path<String>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Response {
    let Ok(Query(filter)) = filter else { return bad_query() };
    let Some(content) = exporter.content() else { return html(StatusCode::OK, "Site", &layout::waiting()) };
    let Some(site) = content.board.sites.iter().find(|site| site.site == id) else {
        let there: Vec<String> = content.board.sites.iter().map(|site| site.site.clone()).collect();
        return html(
            StatusCode::NOT_FOUND,
            "Not found",
            &layout::missing(&format!("No site “{id}” is shown."), &there),
        );
    };
    match filter.format {
        None => html(StatusCode::OK, site.label(), &site::page(site, &content.quartiles)),
        Some(format) => {
            let alone = Board { sites: vec![site.clone()], rollups: Vec::new(), ..content.board.clone() };
            as_data(format, site, &alone)
        }
    }
}

async fn metrics(State(exporter): State<Exporter>) -> Response {
    let Some(content) = exporter.content() else { return html(StatusCode::OK, "Metrics", &layout::waiting()) };
    html(StatusCode::OK, "Metrics", &indicator::list(&content.board))
}

async fn metric(
    State(exporter): State<Exporter>,
    Path(name): Path<String>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Response {
    let Ok(Query(filter)) = filter else { return bad_query() };
    let Some(content) = exporter.content() else { return html(StatusCode::OK, "Metric", &layout::waiting()) };
    let Some(metric) = content.board.metrics.iter().find(|metric| metric.name == name) else {
        let there: Vec<String> = content.board.metrics.iter().map(|metric| metric.name.clone()).collect();
        let told = format!("No metric “{name}” is shown.");
        return html(StatusCode::NOT_FOUND, "Not found", &layout::missing(&told, &there));
    };
    let only = Filter { metric: Some(name), ..Filter::default() };
    match (filter.format, only.apply(&content.board)) {
        (Some(format), Ok(alone)) => as_data(format, &alone, &alone),
        _ => html(StatusCode::OK, &metric.name, &indicator::page(metric, &content.board)),
    }
}

async fn data(State(exporter): State<Exporter>) -> Response {
    let (content, not_ready, down) = (exporter.content(), exporter.not_ready(), exporter.troubles());
    let board = content.as_deref().map(|content| &content.board);
    let page = data::page(board, not_ready.as_deref(), &exporter.own_families(), &down, Timestamp::now());
    html(StatusCode::OK, "Data health", &page)
}

fn bad_query() -> Response {
    let told = "The address asks for something that there is not: there are region, group, metric, owner, state and \
                format=json or format=csv.";
    html(StatusCode::BAD_REQUEST, "Bad request", &layout::missing(told, &[]))
}

fn as_data(format: Format, json: &impl Serialize, lines: &Board) -> Response {
    match format {
        Format::Json => Json(json).into_response(),
        Format::Csv => csv_of(lines),
    }
}

fn csv_of(board: &Board) -> Response {
    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], spreadsheet(board)).into_response()
}

/// The board as CSV (RFC 4180): one line a site and metric.
pub fn spreadsheet(board: &Board) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Into memory, of fields that are text and numbers: neither can fail.
    let written = lines(board).iter().try_for_each(|line| writer.serialize(line));
    let bytes = written.ok().and_then(|()| writer.into_inner().ok());
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

fn html(status: StatusCode, title: &str, content: &Markup) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ];
    (status, headers, Html(layout::page(title, content).into_string())).into_response()
}
