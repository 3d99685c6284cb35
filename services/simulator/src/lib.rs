//! The simulated organisation, and the broker that a demonstration runs on.

mod broker;

pub use broker::EmbeddedBroker;
