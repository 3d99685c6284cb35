//! `leading_strength`: what `validate` says of the outcomes in the settings, for Prometheus. It is asked again when another
//! week is complete or a query has changed, aside from evaluation, and what was said last stays until then.

use super::{Arguments, chosen::Chosen, panel};
use crate::{
    failure::Failure,
    rollout::Onlooker,
    settings::{Settings, Validate},
};
use evaluation::Stored;
use indicators::{Family, Metric, clock};
use jiff::civil::Date;
use prometheus::{GaugeVec, Opts, Registry};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};
use validation::{Finding, Measured, Pair, Report, Request};

/// Draws of the random parts are the same each week.
const SEED: u64 = 1;

const FINDINGS: [(Finding, &str); 4] = [
    (Finding::Leads, "leads"),
    (Finding::Doubtful, "doubtful"),
    (Finding::NotShown, "not_shown"),
    (Finding::CannotTell, "cannot_tell"),
];

/// What looks at new results and tells how strongly they lead; nothing where the settings name no outcome.
///
/// # Errors
/// When the registry has families of these names already.
pub fn strengths(settings: &Settings, registry: &Registry) -> Result<Onlooker, prometheus::Error> {
    let settings = settings.validate.clone();
    if settings.outcomes.0.is_empty() {
        return Ok(Box::new(|_, _| {}));
    }
    let mut looking = Looking { families: Families::register(registry)?, settings, last: None, busy: Arc::default() };
    Ok(Box::new(move |results, values| {
        let metrics: Vec<_> = values.metrics.iter().map(|values| Arc::clone(&values.metric)).collect();
        looking.look(clock::last_complete_week(values.as_of, &clock::zone("UTC")), &metrics, || results.stored());
    }))
}

/// A week, and the texts of the queries.
type Seen = (Date, BTreeSet<i64>);

struct Looking {
    families: Families,
    settings: Validate,
    /// What was looked at last.
    last: Option<Seen>,
    /// Whether it is still being looked at.
    busy: Arc<AtomicBool>,
}

impl Looking {
    /// Begins once for each week and set of queries. A thread of its own: minutes of arithmetic must not hold up the end of
    /// the program.
    fn look(&mut self, week: Date, metrics: &[Arc<Metric>], stored: impl FnOnce() -> Option<Stored>) {
        let seen = (week, metrics.iter().map(|metric| metric.fingerprint).collect());
        if self.last.as_ref() == Some(&seen) || self.busy.load(Ordering::Acquire) {
            return;
        }
        let Some(stored) = stored() else { return };
        self.last = Some(seen);
        let (families, settings, metrics) = (self.families.clone(), self.settings.clone(), metrics.to_vec());
        let busy = Arc::clone(&self.busy);
        busy.store(true, Ordering::Release);
        let work = move || {
            match judge(&stored, &metrics, &settings) {
                Ok((request, report)) => {
                    families.tell(&request, &report);
                    tracing::info!(pairs = report.tested, %week, "looked at which metrics lead");
                }
                Err(failure) => tracing::error!("which metrics lead is not known: {}", failure.line()),
            }
            busy.store(false, Ordering::Release);
        };
        if let Err(error) = thread::Builder::new().name("validate".to_owned()).spawn(work) {
            self.busy.store(false, Ordering::Release);
            tracing::error!(%error, "which metrics lead is not known: no thread for it");
        }
    }
}

fn judge(stored: &Stored, metrics: &[Arc<Metric>], settings: &Validate) -> Result<(Request, Report), Failure> {
    let asked = Arguments::default();
    let chosen = Chosen::of(metrics, &asked, settings)?;
    let chosen = chosen.stored(&asked, |metric| panel::has_weeks(stored, metric));
    chosen.pairs()?;
    let request = panel::request(stored, &chosen, SEED)?;
    let report = validation::judge(&request).map_err(Failure::usage)?;
    Ok((request, report))
}

/// The families, as `indicators::LEAD_FAMILIES` declares them.
#[derive(Clone)]
struct Families {
    strength: GaugeVec,
    lower: GaugeVec,
    upper: GaugeVec,
    lag_weeks: GaugeVec,
    finding: GaugeVec,
}

impl Families {
    fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        Ok(Self {
            strength: family(registry, "leading_strength")?,
            lower: family(registry, "leading_strength_lower")?,
            upper: family(registry, "leading_strength_upper")?,
            lag_weeks: family(registry, "leading_strength_lag_weeks")?,
            finding: family(registry, "leading_finding")?,
        })
    }

    /// Only what this report says stays.
    fn tell(&self, request: &Request, report: &Report) {
        for family in [&self.strength, &self.lower, &self.upper, &self.lag_weeks, &self.finding] {
            family.reset();
        }
        for pair in &report.pairs {
            self.tell_of(pair, effect(request, pair));
        }
    }

    fn tell_of(&self, pair: &Pair, effect: &str) {
        let (metric, outcome) = (pair.indicator.as_str(), pair.outcome.as_str());
        for (finding, word) in FINDINGS {
            let holds = f64::from(u8::from(pair.finding == finding));
            self.finding.with_label_values(&[metric, outcome, word]).set(holds);
        }
        let (Some(strength), Some(lag)) = (&pair.strength, pair.lag) else { return };
        self.lag_weeks.with_label_values(&[metric, outcome]).set(u32::try_from(lag).map_or(f64::NAN, f64::from));
        let ends = [
            (&self.strength, strength.estimate),
            (&self.lower, strength.interval.low),
            (&self.upper, strength.interval.high),
        ];
        for (family, value) in ends.into_iter().filter(|(_, value)| value.is_finite()) {
            family.with_label_values(&[metric, outcome, effect]).set(value);
        }
    }
}

fn family(registry: &Registry, name: &str) -> Result<GaugeVec, prometheus::Error> {
    let declared = Family::shared(name);
    let labels: Vec<&str> = declared.map(|family| family.labels.split(", ").collect()).unwrap_or_default();
    let family = GaugeVec::new(Opts::new(name, declared.map_or("", |family| family.help)), &labels)?;
    registry.register(Box::new(family.clone()))?;
    Ok(family)
}

/// What its effects are.
pub(super) fn effect(request: &Request, pair: &Pair) -> &'static str {
    let outcome = request.outcomes.iter().find(|outcome| outcome.name == pair.outcome);
    match outcome.map(|outcome| &outcome.measured) {
        Some(Measured::Count { .. }) => "rate_ratio",
        _ => "points",
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::*, *};
    use crate::settings::Names;
    use std::time::{Duration, Instant};

    fn looking(registry: &Registry) -> Looking {
        let settings = Validate { outcomes: Names(vec!["incidents".to_owned()]), ..Validate::default() };
        Looking { families: Families::register(registry).unwrap(), settings, last: None, busy: Arc::default() }
    }

    /// What only a fault exceeds.
    const LIMIT: Duration = Duration::from_secs(300);

    fn wait(looking: &Looking) {
        let begun = Instant::now();
        while looking.busy.load(Ordering::Acquire) {
            if begun.elapsed() > LIMIT {
                panic!("still looking after {LIMIT:?}");
            }
            thread::yield_now();
        }
    }

    fn exposed(registry: &Registry) -> String {
        prometheus::TextEncoder::new().encode_to_string(&registry.gather()).unwrap()
    }

    #[test]
    fn strength_its_interval_and_the_finding_are_exported_once_a_week() {
        let (registry, metrics) = (Registry::new(), [field_time(), incidents()]);
        let mut looking = looking(&registry);
        looking.look(week(80), &metrics, || Some(organisation()));
        wait(&looking);
        let told = exposed(&registry);
        let of = |family: &str, labels: &str| -> f64 {
            let line = told.lines().find_map(|line| line.strip_prefix(family)?.strip_prefix(&format!("{{{labels}}} ")));
            line.unwrap_or_else(|| panic!("no {family}{{{labels}}} in {told}")).parse().unwrap()
        };
        let pair = "metric=\"field_time\",outcome=\"incidents\"";
        let effect = format!("effect=\"rate_ratio\",{pair}");
        let [low, strength, high] =
            ["leading_strength_lower", "leading_strength", "leading_strength_upper"].map(|family| of(family, &effect));
        // e^(−4 · 0.1) is planted.
        assert!(low < strength && strength < high && high < 1.0 && (0.5..0.85).contains(&strength), "{told}");
        assert_eq!(of("leading_strength_lag_weeks", pair), 3.0);
        assert_eq!(of("leading_finding", &format!("finding=\"leads\",{pair}")), 1.0);
        assert_eq!(of("leading_finding", &format!("finding=\"not_shown\",{pair}")), 0.0);
        // The same week is not looked at again, the next one is.
        looking.look(week(80), &metrics, || panic!("looked at twice"));
        looking.look(week(81), &metrics, || Some(Stored { parts: Vec::new(), ..organisation() }));
        wait(&looking);
        assert_eq!(exposed(&registry), told, "what was said last stays where nothing can be said");
    }

    /// The families would else be gone, or refused, by a query file of that name.
    #[test]
    fn every_declared_family_is_registered() {
        let registry = Registry::new();
        let looking = looking(&registry);
        looking.families.finding.with_label_values(&["a", "b", "leads"]).set(1.0);
        for family in indicators::LEAD_FAMILIES {
            let twice = GaugeVec::new(Opts::new(family.name, "again"), &["metric"]).unwrap();
            assert!(registry.register(Box::new(twice)).is_err(), "{} is not registered", family.name);
        }
    }
}
