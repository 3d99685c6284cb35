//! The lake as its callers use it, on temporary folders.

mod advancing;
mod changing;
mod committing;
mod damaged;
mod evolving;
mod laying_out;
mod maintained;
mod racing;
mod reading;
mod restoring;
mod streams;
mod support;
mod types;
