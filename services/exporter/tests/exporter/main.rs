//! The exporter from outside: what is published, what is served, and the files of `ops/` that live on it.

mod exposition;
mod http;
mod refusals;
mod sample;
mod scrape;
mod tools;
