use super::{close, list, number, values};
use validation::numbers::{chi_squared_upper, fisher_upper, normal_quantile, student_quantile, student_two_sided};
use validation::{adjusted, garwood, rate_ratio, welch};

#[test]
fn quantiles_and_tails_are_scipys() {
    let said = values()["distributions"].clone();
    for row in list(&said["t"]) {
        let (df, p) = (number(&row["df"]), number(&row["p"]));
        close(student_quantile(p, df), &row["quantile"], 1e-9);
        close(student_two_sided(number(&row["quantile"]), df), &row["two_sided"], 1e-9);
    }
    for row in list(&said["chi2"]) {
        close(chi_squared_upper(number(&row["x"]), number(&row["df"])), &row["upper"], 1e-9);
    }
    for row in list(&said["f"]) {
        let (first, second) = (number(&row["first"]), number(&row["second"]));
        close(fisher_upper(number(&row["x"]), first, second), &row["upper"], 1e-9);
    }
    for row in list(&said["normal"]) {
        close(normal_quantile(number(&row["p"])), &row["quantile"], 1e-10);
    }
}

#[test]
fn exact_intervals_of_a_rate_are_scipys() {
    for row in list(&values()["garwood"]) {
        let said = garwood(number(&row["events"]), number(&row["exposure"]));
        close(said.interval.low, &row["low"], 1e-9);
        close(said.interval.high, &row["high"], 1e-9);
    }
}

#[test]
fn exact_intervals_of_a_rate_ratio_are_scipys() {
    for row in list(&values()["rate_ratios"]) {
        let pair = |at: usize| (number(&row["events"][at]), number(&row["exposure"][at]));
        let said = rate_ratio(pair(0), pair(1)).unwrap();
        close(said.low, &row["low"], 1e-9);
        close(said.p, &row["p"], 1e-9);
        for (got, expected) in [(said.ratio, &row["ratio"]), (said.high, &row["high"])] {
            assert_eq!(got.is_none(), expected.is_null());
            got.iter().for_each(|got| close(*got, expected, 1e-9));
        }
    }
}

#[test]
fn the_difference_of_unequal_groups_is_scipys_welch() {
    let said = values()["welch"].clone();
    let group = |name: &str| list(&said[name]).iter().map(number).collect::<Vec<f64>>();
    let got = welch(&group("a"), &group("b")).unwrap();
    close(got.difference, &said["difference"], 1e-9);
    close(got.interval.low, &said["low"], 1e-9);
    close(got.interval.high, &said["high"], 1e-9);
    close(got.p, &said["p"], 1e-9);
}

#[test]
fn p_values_over_many_tests_are_adjusted_as_scipy_does() {
    let said = values()["discovery"].clone();
    let p: Vec<f64> = list(&said["p"]).iter().map(number).collect();
    for (got, expected) in adjusted(&p).into_iter().zip(list(&said["adjusted"])) {
        close(got, expected, 1e-12);
    }
}
