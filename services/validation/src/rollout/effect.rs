use crate::leads::Band;
use serde::{Deserialize, Serialize};

/// An effect, in the outcome's unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The estimate.
    pub estimate: f64,
    /// Its standard error, clustered by site.
    pub error: f64,
    /// 95 % interval; wider than 1.96 errors, by the number of sites in the smallest group.
    pub interval: Band,
}
