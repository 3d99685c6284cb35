//! A believable organisation with a planted truth, and the broker to send it through.
//!
//! ```text
//!  Plan ──► Organisation ──► records (a thing and every version of it) ──► deliveries: late, doubled, out of order
//!           sites, leaders,        │                                            │
//!           crews, who is planted  └──► Truth: parts by brute force,            ├──► arrivals, afterwards
//!                                       states as planted                       └──► <stream>.ndjson
//! ```
//!
//! Invariant: everything follows from the plan. Equal plans produce equal bytes, on any machine and on any day, and the
//! truth is computed from the organisation's own records, never by the SQL or the rule that it is there to test.
//!
//! ```
//! let plan = simulator::Plan { sites: 3, weeks: 4, ..simulator::Plan::default() };
//! let simulation = simulator::simulate(&plan)?;
//! assert_eq!(simulation.truth.as_of, plan.end);
//! assert!(simulation.streams()["calendar_audits"].len() > 100);
//! # Ok::<(), simulator::PlanError>(())
//! ```

mod bad;
mod broker;
mod calendar;
mod cast;
mod chance;
mod event;
mod habits;
mod local;
mod names;
mod number;
mod organisation;
mod outcomes;
mod particulars;
mod plan;
mod planted;
mod programme;
mod record;
mod reference;
mod simulation;
mod stories;
mod survey;
mod training;
mod truth;
mod write;

pub use bad::Bad;
pub use broker::EmbeddedBroker;
pub use cast::Metric;
pub use event::{
    Basis, CalendarAudit, Category, Event, Headcount, InternalAudit, Item, LeaderRecord, Outcome, OwnTarget, Pilot,
    PulseResponse, PulseSurvey, Remedy, SiteRecord, Status, TeamMeeting, TrainingEvent, Verb,
};
pub use local::Moment;
pub use plan::{Plan, PlanError};
pub use planted::{PlantedFault, PlantedRollout, PlantedStart, PlantedState, Reason, State};
pub use simulation::{Delivery, Simulation, simulate};
pub use truth::{Part, Truth};
pub use write::{WriteError, Written};
