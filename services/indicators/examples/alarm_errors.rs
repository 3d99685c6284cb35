//! How often the alarms, the course and the assurance are wrong, on simulated organisations whose truth is known:
//! `cargo run --release -p indicators --example alarm_errors -- --seeds 100`. Prints the tables of ALARMS.md.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a study counts in small numbers"
)]

use indicators::{
    Activity, Assurance, Course, Direction, Judgement, Kind, Lagging, Metric, PartRow, Reason, Site, State,
    Uncertainty,
    board::words,
    derive::{Input, derive},
};
use jiff::{
    Span, Timestamp,
    civil::{Date, date},
    tz::TimeZone,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution, Normal, Poisson};
use std::{
    collections::BTreeMap,
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Weeks of an organisation; those that are looked at begin with the 27th.
const WEEKS: usize = 130;
const LOOKED_AT: std::ops::Range<usize> = 26..WEEKS;
/// Where something happens, it happens in this week.
const CHANGE: usize = 70;
/// Weeks after which a loss is made good again, where it is.
const MADE_GOOD: usize = 24;
/// A Monday.
const FIRST: Date = date(2024, 1, 1);
/// Spread of one respondent's score.
const SCORE_SD: f64 = 0.18;

/// What happens at the first four sites.
#[derive(Clone, Copy)]
enum Plant {
    Nothing,
    /// This share of the level is lost at once, for good.
    Lost(f64),
    /// The same, made good again 24 weeks later.
    MadeGood(f64),
    /// The level changes by this share in 13 weeks, little by little.
    Drift(f64),
}

/// A kind of organisation.
#[derive(Clone, Copy)]
struct Organisation {
    told: &'static str,
    uncertainty: Uncertainty,
    below: f64,
    target: f64,
    level: f64,
    spread: f64,
    /// Standard deviation of the true weekly level about it, and the correlation of neighbouring weeks.
    noise: f64,
    correlation: f64,
    /// Commitments due, or respondents, a week.
    size: f64,
    sites: usize,
    plant: Plant,
}

const TIME: Organisation = Organisation {
    told: "measured time",
    uncertainty: Uncertainty::None,
    below: 0.30,
    target: 0.45,
    level: 0.38,
    spread: 0.04,
    noise: 0.06,
    correlation: 0.0,
    size: 1.0,
    sites: 40,
    plant: Plant::Nothing,
};
const KEPT: Organisation = Organisation {
    told: "kept of 8 due",
    uncertainty: Uncertainty::Wilson,
    below: 0.65,
    target: 0.80,
    level: 0.80,
    spread: 0.03,
    noise: 0.0,
    size: 8.0,
    ..TIME
};
const SURVEY: Organisation = Organisation {
    told: "survey of 15",
    uncertainty: Uncertainty::Normal,
    below: 0.60,
    target: 0.75,
    level: 0.72,
    spread: 0.03,
    noise: 0.03,
    correlation: 0.3,
    size: 15.0,
    ..TIME
};

fn main() -> Outcome {
    let seeds = seeds(&std::env::args().skip(1).collect::<Vec<_>>())?;
    let mut out = std::io::stdout().lock();
    false_alarms(&mut out, seeds)?;
    delays(&mut out, seeds)?;
    courses(&mut out, seeds)?;
    assurances(&mut out, seeds)
}

fn seeds(arguments: &[String]) -> Result<u64, String> {
    match arguments {
        [] => Ok(100),
        [flag, seeds] if flag == "--seeds" => {
            seeds.parse().ok().filter(|seeds| *seeds > 0).ok_or(format!("--seeds {seeds}: give a whole number above 0"))
        }
        _ => Err("usage: alarm_errors [--seeds N]".to_owned()),
    }
}

/// Alarms that start at sites of which they are not true.
fn false_alarms(out: &mut impl Write, seeds: u64) -> Outcome {
    let threshold = |o: Organisation| Organisation { level: o.below, spread: 0.0, noise: 0.0, correlation: 0.0, ..o };
    let kinds = [
        TIME,
        Organisation { told: "measured time, autocorrelation .5", correlation: 0.5, ..TIME },
        Organisation { told: "measured time, on the threshold", noise: 0.06, ..threshold(TIME) },
        Organisation {
            told: "measured time, on the threshold, autocorrelation .5",
            noise: 0.06,
            correlation: 0.5,
            ..threshold(TIME)
        },
        KEPT,
        Organisation { told: "kept of 8 due, overdispersed, .5", noise: 0.05, correlation: 0.5, ..KEPT },
        Organisation { told: "kept of 8 due, on the threshold", ..threshold(KEPT) },
        Organisation { told: "kept of 2 due", size: 2.0, ..KEPT },
        SURVEY,
        Organisation { told: "survey of 15, on the threshold", ..threshold(SURVEY) },
    ];
    writeln!(out, "| nothing is wrong with | 10 sites | 100 sites | 1,000 sites |\n| --- | --- | --- | --- |")?;
    for organisation in kinds {
        write!(out, "| {} |", organisation.told)?;
        // As many site-weeks of each size are enough: a tenth of the seeds for ten times the sites.
        for (sites, seeds) in [(10, seeds), (100, seeds.div_ceil(10)), (1_000, seeds.div_ceil(100))] {
            let tally = run(Organisation { sites, ..organisation }, seeds, |at, before, now, count| {
                let was_on = |reason| before.is_some_and(|before| is_on(before, reason));
                count(0, Reason::ALL.into_iter().any(|r| is_on(now, r) && !was_on(r) && at.is_false(r, &organisation)));
            });
            write!(out, " {:.2} |", 1_000.0 * tally[0].share())?;
            out.flush()?;
        }
        writeln!(out)?;
    }
    writeln!(out)?;
    Ok(())
}

/// Weeks until a loss at four of 40 sites is found.
fn delays(out: &mut impl Write, seeds: u64) -> Outcome {
    writeln!(out, "| four of 40 sites lose | a quarter | 40 % |\n| --- | --- | --- |")?;
    for organisation in [Organisation { correlation: 0.3, ..TIME }, KEPT, SURVEY] {
        write!(out, "| {} |", organisation.told)?;
        for loss in [0.25, 0.40] {
            let lost = Organisation { plant: Plant::Lost(loss), ..organisation };
            let tally = run(lost, seeds.div_ceil(4), |at, _, now, count| {
                // Of the weeks since the loss, how many had an alarm: one counter a week.
                if let Some(weeks) = at.week.checked_sub(CHANGE).filter(|_| at.is_planted()) {
                    count(weeks.min(COUNTERS - 1), lags(now));
                }
            });
            let found = tally.iter().position(|tally| tally.share() >= 0.5);
            write!(out, " {} |", found.map_or("none".to_owned(), |weeks| format!("{} weeks", weeks + 1)))?;
            out.flush()?;
        }
        writeln!(out)?;
    }
    writeln!(out)?;
    Ok(())
}

/// What is said of the course where the truth is known.
fn courses(out: &mut impl Write, seeds: u64) -> Outcome {
    /// What is planted, in words and as it is, and where the course is looked at.
    type Row<'a> = (&'a str, Plant, fn(&At) -> bool);
    let steady = "steady for two years";
    let rows: [Row<'_>; 6] = [
        (steady, Plant::Nothing, |_| true),
        ("drifting down by a quarter in 13 weeks, at their end", Plant::Drift(-0.25), |at| {
            at.since(CHANGE) == Some(13)
        }),
        ("drifting up by a quarter in 13 weeks, at their end", Plant::Drift(0.25), |at| at.since(CHANGE) == Some(13)),
        ("fell by 40 %, 8 to 24 weeks ago", Plant::Lost(0.40), |at| {
            at.since(CHANGE).is_some_and(|weeks| (8..=24).contains(&weeks))
        }),
        ("made good 2 weeks ago", Plant::MadeGood(0.40), |at| at.since(CHANGE + MADE_GOOD) == Some(2)),
        ("made good 4 weeks ago", Plant::MadeGood(0.40), |at| at.since(CHANGE + MADE_GOOD) == Some(4)),
    ];
    writeln!(
        out,
        "| truth | metric | worsening | steady | improving | recovering | no longer lags |\n\
         | --- | --- | --- | --- | --- | --- | --- |"
    )?;
    for (told, plant, is_looked_at) in rows {
        for organisation in [Organisation { correlation: 0.3, ..TIME }, KEPT, SURVEY] {
            let planted = Organisation { plant, ..organisation };
            let tally = run(planted, seeds.div_ceil(4), |at, _, now, count| {
                if is_looked_at(at) && (told == steady || at.is_planted()) {
                    for (index, course) in Course::ALL.into_iter().enumerate() {
                        count(index, now.course == Some(course));
                    }
                    count(4, !lags(now));
                }
            });
            let share = |index: usize| 100.0 * tally[index].share();
            let free = if told == steady { "–".to_owned() } else { format!("{:.0} %", share(4)) };
            writeln!(
                out,
                "| {told} | {} | {:.1} % | {:.1} % | {:.1} % | {:.1} % | {free} |",
                organisation.told,
                share(0),
                share(1),
                share(2),
                share(3)
            )?;
            out.flush()?;
        }
    }
    writeln!(out)?;
    Ok(())
}

/// How often the words of the assurance are those of the true share of weeks.
fn assurances(out: &mut impl Write, seeds: u64) -> Outcome {
    writeln!(out, "| target met in | metric | said: most | some | hardly any |\n| --- | --- | --- | --- | --- |")?;
    let kinds = [Organisation { correlation: 0.3, ..TIME }, Organisation { noise: 0.05, ..KEPT }, SURVEY];
    for organisation in kinds {
        let spread = Organisation { spread: 0.10, ..organisation };
        for truth in Assurance::ALL {
            let tally = run(spread, seeds.div_ceil(10), |at, _, now, count| {
                let share = at.on_target;
                // Shares within a tenth of a limit are neither right nor wrong to call either way.
                let clear = [0.2, 0.8].iter().all(|limit| (share - limit).abs() > 0.1);
                if clear && Assurance::of(share) == truth && at.week % 13 == 0 {
                    for (index, assurance) in Assurance::ALL.into_iter().enumerate() {
                        count(index, now.assurance() == Some(assurance));
                    }
                }
            });
            let share = |index: usize| 100.0 * tally[index].share();
            writeln!(
                out,
                "| {} | {} | {:.0} % | {:.0} % | {:.0} % |",
                words::assurance(truth),
                organisation.told,
                share(0),
                share(1),
                share(2)
            )?;
            out.flush()?;
        }
    }
    Ok(())
}

fn is_on(judgement: &Judgement, reason: Reason) -> bool {
    judgement.reason(reason).is_some_and(|reason| reason.on)
}

fn lags(judgement: &Judgement) -> bool {
    judgement.state == State::Lagging
}

/// Where the study looks.
struct At {
    site: usize,
    week: usize,
    /// The site's true level, and that of the median site.
    level: f64,
    median: f64,
    /// The true share of weeks on target.
    on_target: f64,
}

impl At {
    /// Whether a reason does not hold at a site whose level never changes: it is no worse than the threshold, or hardly worse
    /// than the median site.
    fn is_false(&self, reason: Reason, organisation: &Organisation) -> bool {
        match reason {
            Reason::Below => self.level >= organisation.below,
            Reason::BehindPeers => self.level >= self.median - 0.05 * organisation.target,
            Reason::Falling => true,
        }
    }

    fn is_planted(&self) -> bool {
        self.site < 4
    }

    /// Weeks since a week, 1 for the week itself.
    fn since(&self, week: usize) -> Option<usize> {
        (self.week + 1).checked_sub(week).filter(|weeks| *weeks > 0)
    }
}

#[derive(Debug, Default)]
struct Tally {
    yes: AtomicU64,
    of: AtomicU64,
}

impl Tally {
    fn share(&self) -> f64 {
        self.yes.load(Ordering::Relaxed) as f64 / self.of.load(Ordering::Relaxed).max(1) as f64
    }
}

const COUNTERS: usize = WEEKS - CHANGE;

/// Judges every week of so many organisations as of its end; `look` gets site, week and truth, the judgement of the week
/// before and of this, and counts.
fn run(
    organisation: Organisation,
    seeds: u64,
    look: impl Fn(&At, Option<&Judgement>, &Judgement, &mut dyn FnMut(usize, bool)) + Sync,
) -> Vec<Tally> {
    let tally: Vec<Tally> = (0..COUNTERS).map(|_| Tally::default()).collect();
    let next = AtomicU64::new(0);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                break;
            }
            judge(&organisation, seed, &look, &mut |index, yes| {
                tally[index].yes.fetch_add(u64::from(yes), Ordering::Relaxed);
                tally[index].of.fetch_add(1, Ordering::Relaxed);
            });
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    tally
}

fn judge(
    organisation: &Organisation,
    seed: u64,
    look: &impl Fn(&At, Option<&Judgement>, &Judgement, &mut dyn FnMut(usize, bool)),
    count: &mut dyn FnMut(usize, bool),
) {
    let metric = Arc::new(organisation.metric());
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let sites: Vec<Site> = (0..organisation.sites).map(|site| Site::unknown(&name(site))).collect();
    let levels: Vec<f64> =
        (0..organisation.sites).map(|_| normal(organisation.level, organisation.spread).sample(&mut random)).collect();
    let mut weeks: Vec<Vec<PartRow>> = (0..WEEKS).map(|_| Vec::new()).collect();
    for (site, level) in levels.iter().enumerate() {
        let mut noise = normal(0.0, 1.0).sample(&mut random);
        for (week, rows) in weeks.iter_mut().enumerate() {
            let innovation = (1.0 - organisation.correlation.powi(2)).sqrt();
            noise = organisation.correlation * noise + innovation * normal(0.0, 1.0).sample(&mut random);
            let level = level * organisation.effect(site, week) + organisation.noise * noise;
            rows.extend(organisation.observe(site, week, level.clamp(0.001, 0.999), &mut random));
        }
    }
    let mut sorted = levels.clone();
    sorted.sort_by(f64::total_cmp);
    let median = sorted[sorted.len() / 2];
    let mut before: Vec<Judgement> = Vec::new();
    for week in LOOKED_AT {
        // The rule remembers a year.
        let first = (week + 1).saturating_sub(52);
        let parts: Vec<PartRow> = weeks[first..=week].iter().flatten().cloned().collect();
        let input = Input {
            as_of: as_of(week),
            sites: &sites,
            parts: &parts,
            activity: &Activity::default(),
            publications: &[],
            bad: &[],
        };
        let values = derive(std::slice::from_ref(&metric), &input);
        let now = values.metrics.into_iter().next().map(|metric| metric.judgements).unwrap_or_default();
        for (site, judgement) in now.iter().enumerate() {
            let level = levels[site];
            let at = At { site, week, level, median, on_target: organisation.share_on_target(level) };
            look(&at, before.get(site), judgement, count);
        }
        before = now;
    }
}

impl Organisation {
    fn metric(&self) -> Metric {
        Metric {
            target: Some(self.target),
            uncertainty: self.uncertainty,
            lagging: Some(Lagging { below: self.below, weeks: 3 }),
            ..Metric::new(
                "m",
                if self.uncertainty == Uncertainty::Normal { Kind::Mean } else { Kind::Ratio },
                Direction::Higher,
            )
        }
    }

    /// What is planted: a factor of the level.
    fn effect(&self, site: usize, week: usize) -> f64 {
        let Some(since) = week.checked_sub(CHANGE).filter(|_| site < 4) else { return 1.0 };
        match self.plant {
            Plant::Nothing => 1.0,
            Plant::Lost(share) => 1.0 - share,
            Plant::MadeGood(share) => {
                if since < MADE_GOOD {
                    1.0 - share
                } else {
                    1.0
                }
            }
            Plant::Drift(share) => 1.0 + share * (since.min(12) + 1) as f64 / 13.0,
        }
    }

    fn observe(&self, site: usize, week: usize, level: f64, random: &mut ChaCha8Rng) -> Option<PartRow> {
        let (numerator, denominator, squares) = match self.uncertainty {
            Uncertainty::None => (level * 144_000.0, 144_000.0, None),
            Uncertainty::Wilson => {
                let due = poisson(self.size, random);
                let kept = Binomial::new(due as u64, level).ok()?.sample(random);
                (kept as f64, due, None)
            }
            Uncertainty::Normal | Uncertainty::Poisson => {
                let respondents = poisson(self.size, random) + 1.0;
                let mean = level + normal(0.0, SCORE_SD / respondents.sqrt()).sample(random);
                let about_zero = mean * mean * respondents + (respondents - 1.0) * SCORE_SD * SCORE_SD;
                (mean * respondents, respondents, Some((about_zero * 1e18) as i128))
            }
        };
        (denominator > 0.0).then(|| PartRow {
            metric: "m".to_owned(),
            week: monday(week),
            site: name(site),
            labels: BTreeMap::new(),
            numerator: (numerator * 1e9) as i128,
            denominator: (denominator * 1e9) as i128,
            sum_squares: squares,
            logged: None,
            expected: None,
            respondents: None,
        })
    }

    /// The true share of weeks on target of a site at a level, by the normal approximation.
    fn share_on_target(&self, level: f64) -> f64 {
        let sampling = match self.uncertainty {
            Uncertainty::None => 0.0,
            Uncertainty::Wilson => level.clamp(0.0, 1.0) * (1.0 - level.clamp(0.0, 1.0)) / self.size,
            Uncertainty::Normal | Uncertainty::Poisson => SCORE_SD * SCORE_SD / self.size,
        };
        let week = (sampling + self.noise * self.noise).sqrt();
        let standard = (self.target - level) / week;
        0.5 * statrs::function::erf::erfc(standard / std::f64::consts::SQRT_2)
    }
}

fn name(site: usize) -> String {
    format!("s{site:04}")
}

fn monday(week: usize) -> Date {
    FIRST.saturating_add(Span::new().weeks(i64::try_from(week).unwrap_or(i64::MAX)))
}

/// A Wednesday after the week, when it is complete.
fn as_of(week: usize) -> Timestamp {
    let day = monday(week).saturating_add(Span::new().days(9));
    day.to_zoned_datetime(TimeZone::UTC).map_or(Timestamp::UNIX_EPOCH, |day| day.timestamp())
}

fn normal(mean: f64, deviation: f64) -> Normal<f64> {
    Normal::new(mean, deviation).unwrap_or_else(|_| unreachable!("a deviation of 0 or more"))
}

fn poisson(mean: f64, random: &mut ChaCha8Rng) -> f64 {
    Poisson::new(mean).map_or(0.0, |poisson| poisson.sample(random))
}
