//! The board: which sites lag, on what, since when; the one model and the one language of terminal, page and files.
//!
//! ```text
//!  Values ─model─► Board (who needs attention first) ─┬─► JSON
//!                    │ card: a site in a metric       ├─► spreadsheet: lines
//!                    │ only: the part asked for       ├─► digest: what is told once a week
//!                    └ words, cells: how it is said ──┴─► the terminal's page, the exporter's pages
//! ```

mod card;
pub mod cells;
mod digest;
mod headline;
mod model;
mod only;
mod promises;
mod spreadsheet;
pub mod words;

pub use card::{LackingCard, MetricCard, ReasonCard, Scores, Windows};
pub use digest::{Changed, Digest, Lags, SilentSite};
pub use model::{BadRowCard, Board, Rollup, RollupWindow, SiteCard};
pub use only::Only;
pub use promises::PromiseCard;
pub use spreadsheet::{Line, lines};
