//! Which definition of each metric is served, and what is to be computed: pure.
//!
//! ```text
//!              file is new               computed: in the next round, whose
//!   (no slot) ─────────────► fresh ──────────────────────────────────────► served
//!                            ▲  │ failed   publication swaps it in whole     │ │ failed
//!               text changed │  ▼                                            │ ▼
//!            (what was served└─ troubled: tried again later, by itself ◄─────┴─┘
//!                    stays)
//! ```
//!
//! A bad file changes nothing; a file that is gone takes its slot along, and with it its series.

use indicators::{Metric, families_of};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};
use workbench::QuerySet;

/// A metric that fails again and again is tried this many times less often at last.
const RAREST: u32 = 16;

/// The metrics by name, and names whose file never was good.
#[derive(Debug)]
pub struct Plan {
    slots: BTreeMap<String, Slot>,
    refused: BTreeSet<String>,
    pause: Duration,
}

#[derive(Debug)]
struct Slot {
    /// What the file says, or said when it was good.
    wanted: Arc<Metric>,
    /// What is served; the same as `wanted` at last.
    served: Option<Arc<Metric>>,
    /// What the side lane was given, newest last: it may be stored, even if nobody waited for it.
    tried: Vec<Arc<Metric>>,
    /// Whether the side lane has computed `wanted`.
    computed: bool,
    /// Set where the query of `wanted` failed last.
    trouble: Option<Trouble>,
}

#[derive(Debug, Clone, Copy)]
struct Trouble {
    tries: u32,
    again: Instant,
}

impl Slot {
    fn new(wanted: Arc<Metric>) -> Self {
        Self { wanted, served: None, tried: Vec::new(), computed: false, trouble: None }
    }

    fn is_served_as_wanted(&self) -> bool {
        self.served.as_ref().is_some_and(|served| served.fingerprint == self.wanted.fingerprint)
    }

    /// Whether its values are there, or it was computed and they will be.
    fn is_settled(&self) -> bool {
        self.computed || self.is_served_as_wanted()
    }
}

/// What a reading of the folder changed, by metric name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Names that had no good file before.
    pub added: Vec<String>,
    /// Names whose text is another one.
    pub changed: Vec<String>,
    /// Names whose file is gone.
    pub removed: Vec<String>,
}

impl Changes {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

impl Plan {
    /// No metrics yet. What failed is tried again after `pause`, then after twice that, and so on up to 16 times.
    pub fn new(pause: Duration) -> Self {
        Self { slots: BTreeMap::new(), refused: BTreeSet::new(), pause }
    }

    /// The folder was read: good files are wanted from now on, bad ones leave everything as it was.
    pub fn reload(&mut self, set: &QuerySet) -> Changes {
        let removed = self.slots.keys().filter(|name| !set.names.contains(*name)).cloned().collect();
        let mut changes = Changes { removed, ..Changes::default() };
        self.slots.retain(|name, _| set.names.contains(name));
        for metric in &set.metrics {
            match self.slots.get_mut(&metric.name) {
                None => {
                    changes.added.push(metric.name.clone());
                    self.slots.insert(metric.name.clone(), Slot::new(Arc::clone(metric)));
                }
                Some(slot) if slot.wanted.fingerprint != metric.fingerprint => {
                    changes.changed.push(metric.name.clone());
                    (slot.wanted, slot.computed, slot.trouble) = (Arc::clone(metric), false, None);
                }
                Some(_) => {}
            }
        }
        self.refused = set.names.iter().filter(|name| !self.slots.contains_key(*name)).cloned().collect();
        changes
    }

    /// Whether a metric of this name has a slot: there is, or was, a good file of it, and it is not gone.
    pub fn has(&self, name: &str) -> bool {
        self.slots.contains_key(name)
    }

    /// Whether this is what its file says.
    pub fn wants(&self, metric: &Metric) -> bool {
        self.slots.get(&metric.name).is_some_and(|slot| slot.wanted.fingerprint == metric.fingerprint)
    }

    /// What is served, by name.
    pub fn served(&self) -> Vec<Arc<Metric>> {
        self.slots.values().filter_map(|slot| slot.served.clone()).collect()
    }

    /// Every metric as it is served, or else as its file says.
    pub fn declared(&self) -> Vec<Arc<Metric>> {
        let declared =
            |slot: &Slot| Arc::clone(slot.served.as_ref().filter(|_| !slot.computed).unwrap_or(&slot.wanted));
        self.slots.values().map(declared).collect()
    }

    /// What the main lane is to bring up to date: what is settled and does not fail; where nothing is served yet,
    /// everything that does not fail.
    pub fn refreshed(&self) -> Vec<Arc<Metric>> {
        let first = self.slots.values().all(|slot| slot.served.is_none());
        let healthy = self.slots.values().filter(|slot| slot.trouble.is_none() && (first || slot.is_settled()));
        healthy.map(|slot| Arc::clone(&slot.wanted)).collect()
    }

    /// Names with a file that the main lane leaves alone: what is stored of them stays.
    pub fn held(&self) -> BTreeSet<String> {
        let refreshed: BTreeSet<String> = self.refreshed().iter().map(|metric| metric.name.clone()).collect();
        self.slots.keys().chain(&self.refused).filter(|name| !refreshed.contains(*name)).cloned().collect()
    }

    /// Metrics whose file says something that is not served yet.
    pub fn pending(&self) -> impl Iterator<Item = (&str, bool)> {
        self.slots.iter().map(|(name, slot)| (name.as_str(), !slot.is_served_as_wanted()))
    }

    /// What the side lane is to compute next, unless it is `busy`: one that was not tried yet, or else the one that failed
    /// and has waited longest.
    pub fn next(&mut self, now: Instant, busy: &BTreeSet<String>) -> Option<Arc<Metric>> {
        let free = || self.slots.iter().filter(|(name, _)| !busy.contains(*name)).map(|(_, slot)| slot);
        let fresh = free().find(|slot| slot.trouble.is_none() && !slot.is_settled());
        let due = || free().filter_map(|slot| Some((slot.trouble?.again, slot))).filter(|(again, _)| *again <= now);
        let slot = fresh.or_else(|| due().min_by_key(|(again, _)| *again).map(|(_, slot)| slot))?;
        let metric = Arc::clone(&slot.wanted);
        if let Some(slot) = self.slots.get_mut(&metric.name) {
            slot.tried.push(Arc::clone(&metric));
        }
        Some(metric)
    }

    /// The side lane has computed this definition: it joins the main lane's next round, unless its file has changed or
    /// gone meanwhile.
    pub fn computed(&mut self, metric: &Metric) {
        if let Some(slot) = self.wanting(metric) {
            (slot.computed, slot.trouble) = (true, None);
        }
    }

    /// Serves, of each metric, the definition whose values are there.
    pub fn settle(&mut self, has_values: impl Fn(&Arc<Metric>) -> bool) {
        let mut stays: BTreeSet<String> = BTreeSet::new();
        for (name, slot) in &mut self.slots {
            let mut known = std::iter::once(&slot.wanted).chain(slot.tried.iter().rev()).chain(&slot.served);
            let stored = known.find(|metric| has_values(metric)).cloned();
            if stored.is_some() && stored == slot.served {
                stays.insert(name.clone());
            }
            slot.served = stored;
            slot.tried.drain(..slot.tried.len().saturating_sub(1)); // all but the last have ended
        }
        self.part_families(&stays);
        for slot in self.slots.values_mut() {
            slot.computed &= !slot.is_served_as_wanted();
        }
    }

    /// Files are checked against each other, but not against what is still served of a file that is bad now: of two metrics
    /// with one family the one that was served before stays, and the other one waits.
    fn part_families(&mut self, stays: &BTreeSet<String>) {
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        let mut names: Vec<String> = self.slots.keys().cloned().collect();
        names.sort_by_key(|name| !stays.contains(name)); // newcomers last
        for name in names {
            let Some(slot) = self.slots.get_mut(&name) else { continue };
            let Some(metric) = &slot.served else { continue };
            let families = families_of(&metric.name, metric.kind);
            match families.iter().find_map(|family| taken.get_key_value(family)) {
                Some((family, other)) => {
                    tracing::error!(
                        metric = name,
                        family,
                        "the metric is not exported: `{other}`, whose file is bad or changing, has its family"
                    );
                    slot.served = None;
                }
                None => taken.extend(families.into_iter().map(|family| (family, name.clone()))),
            }
        }
    }

    /// The query of this definition failed: what is served stays, and it is tried again later.
    pub fn failed(&mut self, metric: &Metric, now: Instant) {
        let pause = self.pause;
        if let Some(slot) = self.wanting(metric) {
            let tries = slot.trouble.map_or(1, |trouble| trouble.tries.saturating_add(1));
            let factor = 2_u32.saturating_pow(tries - 1).min(RAREST);
            (slot.computed, slot.trouble) = (false, Some(Trouble { tries, again: now + pause * factor }));
        }
    }

    fn wanting(&mut self, metric: &Metric) -> Option<&mut Slot> {
        self.slots.get_mut(&metric.name).filter(|slot| slot.wanted.fingerprint == metric.fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicators::{Direction, Kind};

    const PAUSE: Duration = Duration::from_secs(60);

    fn metric(name: &str, text: i64) -> Arc<Metric> {
        Arc::new(Metric { fingerprint: text, ..Metric::new(name, Kind::Ratio, Direction::Higher) })
    }

    /// Files by name and text; a text of 0 stands for a bad file.
    fn set(files: &[(&str, i64)]) -> QuerySet {
        QuerySet {
            metrics: files.iter().filter(|(_, text)| *text > 0).map(|(name, text)| metric(name, *text)).collect(),
            faults: Vec::new(),
            names: files.iter().map(|(name, _)| (*name).to_owned()).collect(),
        }
    }

    /// As `name text`, space separated.
    fn told(metrics: &[Arc<Metric>]) -> String {
        metrics.iter().map(|m| format!("{}{}", m.name, m.fingerprint)).collect::<Vec<_>>().join(" ")
    }

    fn none() -> BTreeSet<String> {
        BTreeSet::new()
    }

    fn next(plan: &mut Plan, now: Instant) -> String {
        plan.next(now, &none()).map(|metric| told(&[metric])).unwrap_or_default()
    }

    /// What is served and what the main lane refreshes, as text.
    fn state(plan: &Plan) -> (String, String) {
        (told(&plan.served()), told(&plan.refreshed()))
    }

    fn both(served: &str, refreshed: &str) -> (String, String) {
        (served.to_owned(), refreshed.to_owned())
    }

    /// A round of the main lane in which values of these definitions are there.
    fn settle(plan: &mut Plan, stored: &[(&str, i64)]) {
        plan.settle(|metric| stored.contains(&(metric.name.as_str(), metric.fingerprint)));
    }

    /// A plan in which these are served as their files say.
    fn serving(files: &[(&str, i64)]) -> Plan {
        let mut plan = Plan::new(PAUSE);
        plan.reload(&set(files));
        assert_eq!(plan.refreshed().len(), files.len(), "the first round is of everything");
        settle(&mut plan, files);
        assert_eq!(plan.served().len(), files.len());
        plan
    }

    #[test]
    fn a_new_metric_is_served_from_the_round_on_that_has_its_values() {
        let mut plan = serving(&[("a", 1)]);
        assert_eq!(plan.reload(&set(&[("a", 1), ("b", 1)])).added, ["b"]);
        assert_eq!(state(&plan), both("a1", "a1"));
        assert_eq!(next(&mut plan, Instant::now()), "b1");
        plan.computed(&metric("b", 1));
        assert_eq!((state(&plan), next(&mut plan, Instant::now())), (both("a1", "a1 b1"), String::new()));
        settle(&mut plan, &[("a", 1), ("b", 1)]);
        assert_eq!(state(&plan), both("a1 b1", "a1 b1"));
    }

    #[test]
    fn a_changed_text_keeps_the_old_definition_until_a_round_has_its_values() {
        let mut plan = serving(&[("a", 1), ("b", 1)]);
        assert_eq!(plan.reload(&set(&[("a", 2), ("b", 1)])).changed, ["a"]);
        assert_eq!((state(&plan), plan.held()), (both("a1 b1", "b1"), ["a".to_owned()].into()));
        assert_eq!(next(&mut plan, Instant::now()), "a2");
        settle(&mut plan, &[("a", 1), ("b", 1)]);
        assert_eq!((state(&plan), told(&plan.declared())), (both("a1 b1", "b1"), "a1 b1".to_owned()));
        plan.computed(&metric("a", 2));
        assert_eq!((state(&plan), told(&plan.declared())), (both("a1 b1", "a2 b1"), "a2 b1".to_owned()));
        settle(&mut plan, &[("a", 2), ("b", 1)]);
        assert_eq!((state(&plan), next(&mut plan, Instant::now())), (both("a2 b1", "a2 b1"), String::new()));
    }

    #[test]
    fn a_bad_file_changes_nothing_and_good_changes_beside_it_count() {
        let mut plan = serving(&[("a", 1), ("b", 1)]);
        let changes = plan.reload(&set(&[("a", 0), ("b", 2), ("c", 0)]));
        assert_eq!(changes, Changes { changed: vec!["b".to_owned()], ..Changes::default() });
        assert_eq!(state(&plan), both("a1 b1", "a1"));
        assert_eq!(plan.held(), ["b".to_owned(), "c".to_owned()].into(), "what is stored of c may be good");
        assert_eq!(plan.reload(&set(&[("a", 1), ("b", 2), ("c", 3)])).added, ["c"]);
    }

    /// The lower bounds of the ratio `a` and the count `a_ratio_lower` would be one family.
    #[test]
    fn a_family_that_is_still_served_is_nobody_elses() {
        let mut plan = serving(&[("a", 1)]);
        let taker = Arc::new(Metric { kind: Kind::Count, ..metric("a_ratio_lower", 1).as_ref().clone() });
        let reload = |plan: &mut Plan, a: i64| {
            let mut files = set(&[("a", a), ("a_ratio_lower", 0)]);
            files.metrics.push(Arc::clone(&taker));
            plan.reload(&files);
            plan.computed(&taker);
            settle(plan, &[("a", 1), ("a_ratio_lower", 1)]);
            told(&plan.served())
        };
        assert_eq!(reload(&mut plan, 0), "a1", "its file is bad, and it was first");
        assert_eq!(plan.pending().collect::<Vec<_>>(), [("a", false), ("a_ratio_lower", true)]);
        let mut only = set(&[("a_ratio_lower", 0)]);
        only.metrics.push(Arc::clone(&taker));
        plan.reload(&only);
        settle(&mut plan, &[("a_ratio_lower", 1)]);
        assert_eq!(told(&plan.served()), "a_ratio_lower1");
    }

    #[test]
    fn a_metric_whose_file_is_gone_is_gone_at_once_whatever_is_under_way() {
        let mut plan = serving(&[("a", 1), ("b", 1)]);
        plan.reload(&set(&[("a", 2), ("b", 1)]));
        assert_eq!(plan.reload(&set(&[("b", 1)])).removed, ["a"]);
        plan.computed(&metric("a", 2));
        plan.failed(&metric("a", 2), Instant::now());
        settle(&mut plan, &[("a", 2), ("b", 1)]);
        assert_eq!((state(&plan), plan.held()), (both("b1", "b1"), none()));
    }

    /// Its values may have been stored before anybody could stop it: a round tells.
    #[test]
    fn what_is_stored_of_a_text_that_has_changed_since_is_served_as_what_it_is() {
        let mut plan = serving(&[("a", 1)]);
        plan.reload(&set(&[("a", 2)]));
        assert_eq!(next(&mut plan, Instant::now()), "a2");
        plan.reload(&set(&[("a", 3)]));
        assert!(!plan.wants(&metric("a", 2)));
        plan.computed(&metric("a", 2));
        assert_eq!((state(&plan), next(&mut plan, Instant::now())), (both("a1", ""), "a3".to_owned()));
        plan.reload(&set(&[("a", 4)]));
        assert_eq!(next(&mut plan, Instant::now()), "a4");
        settle(&mut plan, &[("a", 3)]);
        assert_eq!(told(&plan.served()), "a3", "neither what was served nor what is wanted");
        plan.reload(&set(&[("a", 3)]));
        assert_eq!((state(&plan), next(&mut plan, Instant::now())), (both("a3", "a3"), String::new()));
    }

    #[test]
    fn what_fails_leaves_the_main_lane_and_is_tried_by_itself_less_and_less_often() {
        let files = [("a", 1), ("b", 1), ("c", 1)];
        let mut plan = serving(&files);
        let start = Instant::now();
        plan.failed(&metric("b", 1), start);
        plan.failed(&metric("a", 1), start + PAUSE / 2);
        assert_eq!(state(&plan), both("a1 b1 c1", "c1"));
        assert_eq!(next(&mut plan, start + PAUSE / 2), "");
        assert_eq!(next(&mut plan, start + PAUSE * 2), "b1", "the one that has waited longest");
        assert_eq!(plan.next(start + PAUSE * 2, &["b".to_owned()].into()).unwrap().name, "a");
        plan.computed(&metric("a", 1));
        for doubled in [2, 4, 8, 16, 16] {
            plan.failed(&metric("b", 1), start);
            settle(&mut plan, &files);
            assert_eq!(next(&mut plan, start + PAUSE * doubled - Duration::from_secs(1)), "", "{doubled}");
            assert_eq!(next(&mut plan, start + PAUSE * doubled), "b1", "{doubled}");
        }
        plan.computed(&metric("b", 1));
        assert_eq!(told(&plan.refreshed()), "a1 b1 c1");
    }

    #[test]
    fn a_fixed_text_is_tried_at_once() {
        let mut plan = serving(&[("a", 1)]);
        plan.reload(&set(&[("a", 2)]));
        plan.failed(&metric("a", 2), Instant::now());
        assert_eq!(next(&mut plan, Instant::now()), "");
        plan.reload(&set(&[("a", 3)]));
        assert_eq!((told(&plan.served()), next(&mut plan, Instant::now())), ("a1".to_owned(), "a3".to_owned()));
        assert_eq!(plan.pending().collect::<Vec<_>>(), [("a", true)]);
    }

    #[test]
    fn a_first_round_that_has_a_failure_serves_the_others() {
        let mut plan = Plan::new(PAUSE);
        plan.reload(&set(&[("a", 1), ("b", 1), ("c", 0)]));
        assert_eq!((state(&plan), plan.held()), (both("", "a1 b1"), ["c".to_owned()].into()));
        plan.failed(&metric("a", 1), Instant::now());
        settle(&mut plan, &[("b", 1)]);
        assert_eq!((state(&plan), next(&mut plan, Instant::now() + PAUSE)), (both("b1", "b1"), "a1".to_owned()));
    }
}
