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
mod leads;
mod links;
mod promises;
mod site;
mod spreadsheet;

pub(crate) use content::Content;
pub use spreadsheet::spreadsheet;

pub use links::site as site_path;

use crate::Exporter;
use axum::{
    Json, Router,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use filter::{Filter, Format};
use indicators::board::Board;
use jiff::Timestamp;
use maud::Markup;
use serde::Serialize;

pub(crate) fn routes() -> Router<Exporter> {
    Router::new()
        .route("/", get(sites))
        .route("/sites/{site}", get(site))
        .route("/indicators", get(metrics))
        .route("/indicators/{metric}", get(metric))
        .route("/data", get(data))
        .route("/style.css", get(style))
        .route("/icon.svg", get(icon))
}

async fn style() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
    (headers, include_str!("style.css")).into_response()
}

async fn icon() -> Response {
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "max-age=3600")];
    (headers, include_str!("icon.svg")).into_response()
}

async fn sites(State(exporter): State<Exporter>, filter: Result<Query<Filter>, QueryRejection>) -> Response {
    let Ok(Query(filter)) = filter else { return bad_query() };
    let down = exporter.troubles();
    let Some(content) = exporter.content() else {
        let waiting = maud::html! { (layout::waiting("Bellwether")) (board::troubles(&down)) };
        return html(StatusCode::OK, "Sites", &waiting);
    };
    let whole = &content.board;
    let shown = match filter.format {
        Some(format) => filter.apply(whole).map(|chosen| as_data(format, &chosen, &chosen)),
        None => filter.choose(whole).map(|chosen| {
            let view = board::View { values: &content.values, chosen: &chosen, whole, filter: &filter, down: &down };
            html(StatusCode::OK, "Sites", &board::page(&view))
        }),
    };
    shown.unwrap_or_else(|told| html(StatusCode::NOT_FOUND, "Not found", &layout::missing(&told, &[])))
}

async fn site(
    State(exporter): State<Exporter>,
    Path(id): Path<String>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Response {
    let Ok(Query(filter)) = filter else { return bad_query() };
    let Some(content) = exporter.content() else { return html(StatusCode::OK, "Site", &layout::waiting("Site")) };
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
            let whole = &content.board;
            let (sites, metrics) = (vec![site.clone()], whole.metrics.clone());
            let (rollups, changes, bad_rows, promises) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
            let alone =
                Board { as_of: whole.as_of, tally: whole.tally, sites, rollups, changes, bad_rows, promises, metrics };
            as_data(format, site, &alone)
        }
    }
}

async fn metrics(State(exporter): State<Exporter>) -> Response {
    let Some(content) = exporter.content() else { return html(StatusCode::OK, "Metrics", &layout::waiting("Metrics")) };
    html(StatusCode::OK, "Metrics", &indicator::list(&content.board))
}

async fn metric(
    State(exporter): State<Exporter>,
    Path(name): Path<String>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Response {
    let Ok(Query(filter)) = filter else { return bad_query() };
    let Some(content) = exporter.content() else { return html(StatusCode::OK, "Metric", &layout::waiting("Metric")) };
    let Some(metric) = content.board.metrics.iter().find(|metric| metric.name == name) else {
        let there: Vec<String> = content.board.metrics.iter().map(|metric| metric.name.clone()).collect();
        let told = format!("No metric “{name}” is shown.");
        return html(StatusCode::NOT_FOUND, "Not found", &layout::missing(&told, &there));
    };
    let Some(format) = filter.format else {
        return html(StatusCode::OK, &metric.name, &indicator::page(metric, &content.board, &exporter.own_families()));
    };
    let only = Filter { metric: Some(name), ..Filter::default() };
    match only.apply(&content.board) {
        Ok(alone) => as_data(format, &alone, &alone),
        Err(told) => html(StatusCode::NOT_FOUND, "Not found", &layout::missing(&told, &[])),
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

fn html(status: StatusCode, title: &str, content: &Markup) -> Response {
    (status, Html(layout::page(title, content).into_string())).into_response()
}
