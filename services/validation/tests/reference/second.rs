//! The rollouts of values.json against a second package, `differences`, written independently of csdid: second.json, which
//! second.py makes.

use super::{close, grid, list, number, values};
use serde_json::Value;
use validation::rollout::{Controls, Effect, Rollout, RolloutReport, rollout};

const TOLERANCE: f64 = 1e-6;

fn second() -> Value {
    serde_json::from_str(include_str!("second.json")).unwrap()
}

/// Each rollout by each kind of controls, with what the package says.
fn each(look: impl Fn(&Value, &RolloutReport, &Value)) {
    let (values, second) = (values(), second());
    for (data, said) in list(&values["rollouts"]).iter().zip(list(&second)) {
        for (controls, name) in [(Controls::NeverReached, "nevertreated"), (Controls::NotYetReached, "notyettreated")] {
            let index = |first: &Value| list(&data["periods"]).iter().position(|period| period == first);
            let starts = list(&data["first"]).iter().map(index).collect();
            let asked = Rollout { values: grid(&data["values"]), starts, controls, draws: 9, seed: 1 };
            look(data, &rollout(&asked).unwrap(), &said[name]);
        }
    }
}

#[test]
fn group_time_effects_and_their_errors_are_those_of_differences() {
    each(|data, got, expected| {
        assert_eq!(got.cells.len(), list(&expected["cells"]).len());
        for (cell, expected) in got.cells.iter().zip(list(&expected["cells"])) {
            assert_eq!(data["periods"][cell.group], expected["group"]);
            assert_eq!(data["periods"][cell.period], expected["period"]);
            close(cell.estimate, &expected["estimate"], TOLERANCE);
            close(cell.error, &expected["error"], TOLERANCE);
        }
    });
}

#[test]
fn event_studies_and_overall_effects_are_those_of_differences() {
    let same = |got: Effect, expected: [&Value; 2]| {
        close(got.estimate, expected[0], TOLERANCE);
        close(got.error, expected[1], TOLERANCE);
    };
    each(|_, got, expected| {
        for (event, expected) in got.events.iter().zip(list(&expected["events"])) {
            assert_eq!(f64::from(i32::try_from(event.event).unwrap()), number(&expected["event"]));
            same(event.effect, [&expected["estimate"], &expected["error"]]);
        }
        for (got, name) in [(got.overall, "simple"), (got.by_length, "dynamic")] {
            same(got.unwrap(), [&expected[name][0], &expected[name][1]]);
        }
    });
}
