//! What query files promise that nobody has promised yet.

use super::{ALWAYS, Answers, Declared, Promise, Promises, Subject, Survey, standing};
use jiff::{Timestamp, civil::Date};
use std::collections::{BTreeMap, BTreeSet};

/// A minimum from each of some weeks on.
type Steps = BTreeMap<Date, u32>;

impl Promises {
    /// What is to be recorded before anything of these metrics is shown. `lowered_from` is the first week that has not
    /// begun: from it on a lower minimum may hold; `None` where nothing is to be lowered, because not every query file is
    /// known. `at` is the wall clock.
    ///
    /// Of several metrics that read the same answers the highest minimum is promised: who answers hears of one.
    pub fn due(&self, declared: &[Declared<'_>], lowered_from: Option<Date>, at: Timestamp) -> Vec<Promise> {
        let mut then = self.clone();
        let mut due = Vec::new();
        for (survey, (minimum, by)) in highest(declared) {
            let made = self.surveys.get(survey).map_or(&[][..], Vec::as_slice);
            for (from, minimum) in steps_to(made, &Steps::from([(ALWAYS, minimum)]), lowered_from) {
                let subject = Subject::Answers(survey.clone());
                due.push(Promise { subject, from, minimum, by: by.to_owned(), at });
            }
        }
        due.iter().cloned().for_each(|promise| then.add(promise));
        for Declared { metric, answers } in declared {
            let Some(privacy) = metric.privacy else { continue };
            let weeks: BTreeSet<Date> = then.made_of(answers).flatten().map(|promise| promise.from).collect();
            let minimum = |week: Date| (week, privacy.minimum.max(then.of_answers(answers, week)));
            let goal: Steps = weeks.into_iter().chain([ALWAYS]).map(minimum).collect();
            let made = self.metrics.get(&metric.name).map_or(&[][..], Vec::as_slice);
            for (from, minimum) in steps_to(made, &goal, lowered_from) {
                let (by, at) = then.origin(answers, minimum).unwrap_or((&metric.name, at));
                let subject = Subject::Metric(metric.name.clone());
                due.push(Promise { subject, from, minimum, by: by.to_owned(), at });
            }
        }
        due
    }

    /// Who was the first to promise so much of any of these answers, and when.
    fn origin<'a>(&'a self, answers: &'a Answers, minimum: u32) -> Option<(&'a str, Timestamp)> {
        let same = self.made_of(answers).flatten().filter(|promise| promise.minimum == minimum);
        same.min_by_key(|promise| promise.at).map(|promise| (promise.by.as_str(), promise.at))
    }
}

/// Of each survey the highest minimum that a metric declares, and which does.
fn highest<'a>(declared: &'a [Declared<'_>]) -> BTreeMap<&'a Survey, (u32, &'a str)> {
    let mut highest: BTreeMap<&Survey, (u32, &str)> = BTreeMap::new();
    for Declared { metric, answers } in declared {
        let Some(privacy) = metric.privacy else { continue };
        for survey in &answers.of {
            let one = highest.entry(survey).or_insert((0, ""));
            if privacy.minimum > one.0 {
                *one = (privacy.minimum, &metric.name);
            }
        }
    }
    highest
}

/// The promises to be made so that at least `goal` stands, and from `lowered_from` on not more than that. Where a promise
/// begins in the very week in which less is to hold, it stands for that week: the next one can be lowered.
fn steps_to(made: &[Promise], goal: &Steps, lowered_from: Option<Date>) -> Vec<(Date, u32)> {
    let begins: BTreeSet<Date> = made.iter().map(|promise| promise.from).collect();
    let weeks: BTreeSet<Date> = begins.iter().chain(goal.keys()).copied().chain(lowered_from).collect();
    let mut due: Vec<(Date, u32)> = Vec::new();
    for week in weeks {
        let before = standing(made, week);
        let was = before.map_or(0, |promise| promise.minimum);
        let wanted = goal.range(..=week).next_back().map_or(0, |(_, minimum)| *minimum);
        let aim = if lowered_from.is_some_and(|from| from <= week) { wanted } else { wanted.max(was) };
        let now = match (before, due.last()) {
            (Some(promise), Some((from, minimum))) if promise.from < *from => *minimum,
            (Some(promise), Some((from, minimum))) if promise.from == *from => was.max(*minimum),
            (Some(_), _) => was,
            (None, due) => due.map_or(0, |(_, minimum)| *minimum),
        };
        if now < aim || (now > aim && !begins.contains(&week)) {
            due.push((week, aim));
        }
    }
    due
}
