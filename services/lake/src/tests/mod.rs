//! The lake as its callers use it, on temporary folders.

mod advancing;
mod changing;
mod committing;
mod creating;
mod damaged;
mod evolving;
mod maintained;
mod racing;
mod reading;
mod restoring;
mod streams;
mod support;
mod types;
