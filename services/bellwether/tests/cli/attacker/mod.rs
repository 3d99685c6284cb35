//! The privacy attacker: keeps everything that is ever shown of a survey and tries to find out what one person said, or
//! what a row of too few people sums to (DERIVED, "Privacy").
//!
//! ```text
//!  answers over time ─► parts ─► to_publish ─► derive ─► /metrics text · board JSON · indicator_values, step by step
//!                                                             │ all numbers, for ever
//!                          who answered where and when ─► linear equations over unknown scores ─► determined? narrowed?
//! ```
//!
//! Shown is what those three hold, and nothing else: they are functions of the derived values alone. What `query run`,
//! `sql`, `board --as-of`, logs and errors say to somebody who may read the lake is no part of it: that is a privilege, and
//! whoever has it sees every row (DESIGN, section 5).
//!
//! A test that cannot fail shows nothing: the same attacker succeeds where fewer people are shown, where rows are
//! published by their own respondents alone, and at the limits that no minimum number of people removes.

mod attack;
mod exports;
mod histories;
mod limits;
mod linear;
mod organisation;
mod worst_cases;
