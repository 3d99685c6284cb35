//! The kernels against pyfixest, statsmodels, scipy and csdid: values.json, which make.py makes; rollouts against
//! differences too: second.json.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod effects;
mod intervals;
mod rollouts;
mod second;

use serde_json::Value;
use validation::Grid;

fn values() -> Value {
    serde_json::from_str(include_str!("values.json")).unwrap()
}

#[track_caller]
fn close(got: f64, expected: &Value, tolerance: f64) {
    let expected = expected.as_f64().unwrap();
    assert!((got - expected).abs() <= tolerance * expected.abs().max(1e-3), "{got} for {expected}");
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// Rows of numbers, null where there is none.
fn grid(value: &Value) -> Grid {
    let rows = list(value);
    Grid::of(rows.len(), list(&rows[0]).len(), |site, week| number(&rows[site][week]))
}
