//! Did the programme work? Sites that it reached, before and after, against sites that it had not reached yet.
//!
//! Group-time effects for staggered starts, without covariates (Callaway and Sant'Anna 2021, "Difference-in-differences
//! with multiple time periods", Journal of Econometrics 225): for sites that started in period g and each period t, the
//! change since the period before g, less that of the controls. Before g, the change since the period before t, which
//! is about 0 when the trends are parallel. Errors come from each site's influence, so they are clustered by site.

mod aggregate;
mod dip;
mod effect;
mod event_study;
mod group_time;
mod measure;
mod pre_trend;
mod programme;
mod report;
mod sentence;
mod small;
mod staggered;

pub use dip::Dip;
pub use effect::Effect;
pub use event_study::EventEffect;
pub use group_time::{Controls, GroupTime};
pub use measure::programmes;
pub(crate) use measure::whole_effect;
pub use pre_trend::PreTrend;
pub use programme::{Programme, Unmeasurable};
pub use report::{BlockEffect, Group, GroupBlock, ProgrammeFinding, ProgrammeReport};
pub use sentence::number;
pub use staggered::{NoRollout, Rollout, RolloutReport, rollout};
