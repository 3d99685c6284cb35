use super::{close, grid, list, number, values};
use serde_json::Value;
use validation::rollout::{Controls, Rollout, RolloutReport, rollout};

fn starts(data: &Value) -> Vec<Option<usize>> {
    let index = |first: &Value| list(&data["periods"]).iter().position(|period| period == first);
    list(&data["first"]).iter().map(index).collect()
}

fn report(data: &Value, controls: Controls) -> RolloutReport {
    let values = grid(&data["values"]);
    rollout(&Rollout { values, starts: starts(data), controls, draws: 999, seed: 1 }).unwrap()
}

const BOTH: [(Controls, &str); 2] =
    [(Controls::NeverReached, "nevertreated"), (Controls::NotYetReached, "notyettreated")];

#[test]
fn group_time_effects_and_their_errors_are_csdids() {
    for data in list(&values()["rollouts"]) {
        for (controls, name) in BOTH {
            let got = report(data, controls);
            let expected = list(&data[name]["cells"]);
            assert_eq!(got.cells.len(), expected.len());
            for (cell, expected) in got.cells.iter().zip(expected) {
                assert_eq!(data["periods"][cell.group], expected["group"]);
                assert_eq!(data["periods"][cell.period], expected["period"]);
                close(cell.estimate, &expected["estimate"], 1e-8);
                close(cell.error, &expected["error"], 1e-8);
            }
        }
    }
}

#[test]
fn event_studies_and_their_errors_are_csdids() {
    for data in list(&values()["rollouts"]) {
        for (controls, name) in BOTH {
            let got = report(data, controls);
            let expected = list(&data[name]["events"]);
            assert_eq!(got.events.len(), expected.len());
            for (event, expected) in got.events.iter().zip(expected) {
                assert_eq!(f64::from(i32::try_from(event.event).unwrap()), number(&expected["event"]));
                close(event.effect.estimate, &expected["estimate"], 1e-8);
                close(event.effect.error, &expected["error"], 1e-8);
                assert!(event.simultaneous.low < event.effect.interval.low);
            }
        }
    }
}

/// Callaway and Sant'Anna's county panel: −0.0400 (0.0120) overall, −0.0772 (0.0200) by length, p = 0.16812 before.
#[test]
fn the_counties_overall_effect_is_the_published_one() {
    let data = &values()["rollouts"][0];
    for (controls, name) in BOTH {
        let got = report(data, controls);
        for (effect, expected) in [(got.overall, &data[name]["simple"]), (got.by_length, &data[name]["dynamic"])] {
            close(effect.unwrap().estimate, &expected[0], 1e-8);
            close(effect.unwrap().error, &expected[1], 1e-8);
        }
        let test = got.pre_trend.unwrap();
        close(test.statistic, &data[name]["pre_trend"]["statistic"], 1e-8);
        assert!((test.p - number(&data[name]["pre_trend"]["p"])).abs() < 6e-6);
    }
    let got = report(data, Controls::NeverReached);
    let four_digits = |value: f64| format!("{value:.4}");
    assert_eq!(four_digits(got.overall.unwrap().estimate), "-0.0400");
    assert_eq!(four_digits(got.by_length.unwrap().estimate), "-0.0772");
    assert_eq!(format!("{:.5}", got.pre_trend.unwrap().p), "0.16812");
    assert_eq!((got.sites, got.reached_before), (500, 0));
}
