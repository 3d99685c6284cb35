//! Query files: TOML front matter in the leading comment, then one SELECT → [`Metric`](indicators::Metric).
//!
//! ```text
//! folder ─text─► check ┬─ front_matter (split, declare) ─► declaration ─┐
//!                      └─ select (parse, plan, rules) ──► streams, reads ┴─► Metric, or every fault with its place
//! ```
//!
//! All faults of all files are reported in one run, each with file, line and column. What is not written here is refused:
//! an unknown key is a typing error, not a wish.

mod check;
mod fault;
mod folder;
mod front_matter;
mod select;

pub use check::check_queries;
pub use fault::{Fault, QueryFileError};
pub(crate) use fault::{Faults, Place};
pub use folder::{Listing, QuerySet, find_queries, find_readable, load_queries, read_queries, text_of};
pub use front_matter::{
    keys::{KEYS, Key, Presence, Shape},
    names::name_fault,
};
pub use select::doubts;
