//! What no minimum number of people hides. These are limits of the rule, told in `queries/VALUES.md`: the tests say exactly
//! what they are, and that the attacker is able.

use super::{
    attack::{attack, attack_all},
    exports::{Product, keep},
    organisation::{History, ONE, on_time},
    worst_cases::{crew, history},
};

/// Where all say the same, the mean is what each of them said, and the bounds say that all did.
#[test]
fn what_all_of_a_row_say_each_of_them_says() {
    let mut history = history(6, false);
    crew(&mut history, on_time(0), (0, 0, 0), 5);
    let scores = vec![ONE / 2; 5];
    let kept = keep(&history, Product::real(), &scores, None);
    let numbers = &kept.looks[4].numbers;
    for name in ["", "_lower", "_upper"] {
        let family = format!("leading_quality_ratio{name}{{");
        let mut said = numbers.iter().filter(|(series, _)| series.starts_with(&family));
        assert!(said.clone().count() > 0 && said.all(|(_, value)| *value == 0.5), "{family}: {numbers:#?}");
    }
}

/// Suppression knows one metric at a time: a metric by site and another one by team, over the same answers, give the team
/// that is suppressed as their difference.
#[test]
fn two_metrics_over_the_same_answers_can_be_subtracted() {
    let mut by_team = history(8, true);
    crew(&mut by_team, on_time(0), (0, 0, 0), 6);
    crew(&mut by_team, on_time(0), (0, 0, 1), 3);
    let by_site = History { teams_from: usize::MAX, ..by_team.clone() };
    assert!(attack(&by_team, Product::real()).is_nothing());
    assert!(attack(&by_site, Product::real()).is_nothing());
    let loot = attack_all(&[&by_team, &by_site], Product::real());
    assert!(!loot.rows.is_empty() && loot.scores.is_empty(), "{loot:?}");
}

/// A new row is a new publication: who is moved to another site together with one who answers late is given away by it.
#[test]
fn a_whole_site_that_moves_while_an_answer_comes_late() {
    let mut history = history(12, false);
    let lives = crew(&mut history, on_time(0), (0, 0, 0), 6);
    lives.iter().for_each(|life| history.revise(*life, 5, None, |answer| answer.site = 1));
    assert!(attack(&history, Product::real()).is_nothing());
    crew(&mut history, 5, (1, 0, 0), 1);
    assert_eq!(attack(&history, Product::real()).scores, [6]);
}
