use super::{close, grid, list, values};
use serde_json::Value;
use validation::effects::{Model, Sample, jackknife};

fn agrees(model: Model, sample: &Sample, expected: &Value) {
    let fit = model.fit(sample).unwrap();
    close(fit.estimate, &expected["estimate"], 1e-8);
    close(fit.estimate, &expected["statsmodels"], 1e-8);
    close(fit.crv1(), &expected["crv1"], 1e-7);
    close(jackknife(model, sample, &fit).error, &expected["crv3"], 1e-7);
    assert_eq!(fit.observations as u64, expected["observations"].as_u64().unwrap());
}

#[test]
fn poisson_with_both_effects_is_pyfixests_fepois() {
    for data in list(&values()["regressions"]) {
        let sample = Sample::lagged(&grid(&data["x"]), &grid(&data["events"]), &grid(&data["exposure"]), 0);
        agrees(Model::Poisson, &sample, &data["poisson"]);
    }
}

#[test]
fn linear_with_both_effects_is_pyfixests_feols() {
    for data in list(&values()["regressions"]) {
        let sample = Sample::lagged(&grid(&data["x"]), &grid(&data["score"]), &grid(&data["weight"]), 0);
        agrees(Model::Linear, &sample, &data["linear"]);
    }
}

#[test]
fn a_site_without_an_event_is_left_out_and_told() {
    let data = &values()["regressions"][0];
    let sample = Sample::lagged(&grid(&data["x"]), &grid(&data["events"]), &grid(&data["exposure"]), 0);
    let fit = Model::Poisson.fit(&sample).unwrap();
    assert_eq!(fit.left_out, [3]);
    assert_eq!(fit.sites, 13);
    assert!(Model::Linear.fit(&sample).unwrap().left_out.is_empty());
}
