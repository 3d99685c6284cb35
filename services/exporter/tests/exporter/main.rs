//! The exporter from outside: what is published, what is served, and the files of `ops/` that live on it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "all of this crate is tests and their helpers")]

mod access;
mod backfill;
mod dashboards_lint;
mod dashboards_year;
mod exposition;
mod http;
mod ops_dashboards;
mod ops_queries;
mod ops_routes;
mod ops_rules;
mod ops_topics;
mod pages;
mod promises;
mod rates;
mod refusals;
mod sample;
mod scrape;
mod tools;
