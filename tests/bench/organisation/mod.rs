//! One organisation of 306 sites, and what happens there in a week: about 77,000 events, of which 85 % are calendar
//! entries, 8 % training events and 7 % survey responses; one in six a revision or a repeated delivery of another.
//!
//! ```text
//!  (seed, week, site, leader) ──► Chance ──► rows of calendar.rs, training.rs, surveys.rs ──► writing.rs ──► lake
//! ```

pub mod calendar;
mod columns;
pub mod surveys;
pub mod training;
mod who;
mod writing;

pub use who::as_of;
pub use writing::{late, write_lake};
