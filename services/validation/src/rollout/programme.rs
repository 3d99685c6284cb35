//! A programme that started somewhere in some week, and what it did to one metric, as people read it: weeks by name,
//! blocks of weeks, one sentence.

use super::aggregate::{by_event, simple, untouched};
use super::group_time::{Blocks, Found, group_times};
use super::pre_trend::of_events;
use super::sentence::sentence;
use super::small::Spread;
use super::{Controls, Dip, Effect, LEVEL, PreTrend, SITES, event_study};
use crate::leads::{Band, Measured, Outcome, adjusted};
use crate::parallel::map;
use serde::{Deserialize, Serialize};

/// Blocks before and after the start that are looked at.
const LOOKED_AT: std::ops::RangeInclusive<isize> = -6..=12;

/// A programme and what it may have moved.
#[derive(Clone, Debug)]
pub struct Programme {
    /// Its name in the report.
    pub name: String,
    /// What a leader calls it: "coaching in the field".
    pub title: String,
    /// What is looked at, site × week.
    pub outcome: Outcome,
    /// True where less of it is better.
    pub lower_is_better: bool,
    /// What a number of it is, after the number: "points", "per 200,000 hours".
    pub unit: String,
    /// Names of the weeks: the dates of their Mondays.
    pub weeks: Vec<String>,
    /// The week in which each site was reached; `None` if never. 0 stands for the first week and all before it, a week beyond
    /// the last is still to come.
    pub starts: Vec<Option<usize>>,
    /// Weeks looked at together, counted from each site's own start: single weeks are noise.
    pub width: usize,
    /// Draws of the bootstrap behind the event study's simultaneous band.
    pub draws: usize,
    /// Makes the draws repeatable.
    pub seed: u64,
}

/// What a programme did to one metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgrammeReport {
    /// Name of the programme.
    pub rollout: String,
    /// Name of the metric.
    pub metric: String,
    /// The answer.
    pub finding: ProgrammeFinding,
    /// The answer in words that a leader understands.
    pub sentence: String,
    /// What a number of it is.
    pub unit: String,
    /// True where less of it is better.
    pub lower_is_better: bool,
    /// Weeks looked at together.
    pub weeks_together: usize,
    /// Weeks from the start on that are in the effect, at the most.
    pub weeks_since: usize,
    /// Mean over all group-time effects from the start on, by the number of sites in the group. None when refused.
    pub effect: Option<Effect>,
    /// Two-sided p of no effect; none when refused.
    pub p: Option<f64>,
    /// p adjusted for all programmes and metrics looked at.
    pub adjusted: Option<f64>,
    /// The change that could be seen with a probability of 80 %; none when refused.
    pub could_be_seen: Option<f64>,
    /// Level of the reached sites in the block before their start.
    pub before: Option<f64>,
    /// By how much the sites not reached moved in the same weeks.
    pub untouched: Option<Effect>,
    /// Effect by weeks since the start.
    pub events: Vec<BlockEffect>,
    /// Each group's effect in each block.
    pub cells: Vec<GroupBlock>,
    /// Whether the trends were parallel before the start.
    pub pre_trend: Option<PreTrend>,
    /// Whether reached sites were at a low of their own before the start; none where too few weeks tell.
    pub dip: Option<Dip>,
    /// The sites that started in the same week, and whether they could be compared.
    pub groups: Vec<Group>,
    /// Sites that were never reached.
    pub never_reached: usize,
    /// Why nothing is claimed; empty when it is.
    pub refused: Vec<String>,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProgrammeFinding {
    /// It moved the metric the way that is better.
    Better,
    /// It moved it the other way.
    Worse,
    /// No sign that it moved it.
    NotShown,
    /// Nothing can be claimed from these data.
    Refused,
}

/// The effect in a block of weeks, counted from the start; before it, what should be 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockEffect {
    /// First week of the block: 0 is the week of the start.
    pub from_week: isize,
    /// Its last week.
    pub to_week: isize,
    /// The estimate.
    pub estimate: f64,
    /// Its standard error, clustered by site.
    pub error: f64,
    /// 95 % interval of this block alone.
    pub interval: Band,
    /// Band that holds the whole event study with 95 %.
    pub simultaneous: Band,
}

/// The effect on the sites that started in one week, in one block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupBlock {
    /// The week in which they started.
    pub start: String,
    /// First week of the block.
    pub week: String,
    /// The change of the group less that of the controls.
    pub estimate: f64,
    /// Its standard error.
    pub error: f64,
    /// Sites of the group with values.
    pub reached: usize,
    /// Controls with values.
    pub controls: usize,
}

/// Sites that started in the same week.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// That week; none where it lies outside of those measured.
    pub start: Option<String>,
    /// How many they are.
    pub sites: usize,
    /// Weeks from the start on in which they are compared.
    pub weeks: usize,
    /// Why they are not.
    pub why_not: Option<String>,
}

/// What cannot be a programme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmeasurable {
    /// Shapes that do not fit.
    #[error(
        "{programme}, {metric}: {starts} starts and {weeks} weeks for {sites} sites × {cells} weeks: give one start for \
         each site, none where it was never reached, and one name for each week"
    )]
    Shape {
        /// The programme.
        programme: String,
        /// The metric.
        metric: String,
        /// Starts given.
        starts: usize,
        /// Names of weeks given.
        weeks: usize,
        /// Rows of the values.
        sites: usize,
        /// Columns of the values.
        cells: usize,
    },
    /// Blocks of no week.
    #[error("{0}: a block of 0 weeks: give 1 or more")]
    Width(String),
}

/// What each programme did to each metric, in the order given. Which of them is called better or worse is held over all.
///
/// # Errors
/// [`Unmeasurable`] for the first that does not fit. What the data cannot tell is no error: see
/// [`ProgrammeReport::refused`].
pub fn programmes(asked: &[Programme]) -> Result<Vec<ProgrammeReport>, Unmeasurable> {
    asked.iter().try_for_each(Programme::check)?;
    let mut reports = map(asked, measure);
    let p: Vec<f64> = reports.iter().filter_map(|report| report.p).collect();
    let told = reports.iter_mut().filter(|report| report.p.is_some());
    told.zip(adjusted(&p)).for_each(|(report, adjusted)| report.adjusted = Some(adjusted));
    for (report, programme) in reports.iter_mut().zip(asked) {
        report.finding = finding(report);
        report.sentence = sentence(report, programme);
    }
    Ok(reports)
}

fn finding(report: &ProgrammeReport) -> ProgrammeFinding {
    match (report.effect, report.adjusted) {
        (Some(effect), Some(adjusted)) if adjusted < LEVEL => match (effect.estimate < 0.0) == report.lower_is_better {
            true => ProgrammeFinding::Better,
            false => ProgrammeFinding::Worse,
        },
        (Some(_), _) => ProgrammeFinding::NotShown,
        (None, _) => ProgrammeFinding::Refused,
    }
}

impl Programme {
    fn check(&self) -> Result<(), Unmeasurable> {
        if self.width == 0 {
            return Err(Unmeasurable::Width(self.name.clone()));
        }
        let (values, weights) = self.outcome.grids();
        let (sites, cells) = (values.sites(), values.weeks());
        let shape = |starts, weeks| Unmeasurable::Shape {
            programme: self.name.clone(),
            metric: self.outcome.name.clone(),
            starts,
            weeks,
            sites,
            cells,
        };
        if (weights.sites(), weights.weeks()) != (sites, cells) {
            return Err(shape(weights.sites(), weights.weeks()));
        }
        match (self.starts.len(), self.weeks.len()) {
            (starts, weeks) if (starts, weeks) != (sites, cells) => Err(shape(starts, weeks)),
            _ => Ok(()),
        }
    }

    /// The pooled value of a site in the block that begins with a week; NaN without any.
    fn value(&self, site: usize, first: usize) -> f64 {
        let (values, weights) = self.outcome.grids();
        let cells = (first..first + self.width).map(|week| (values.at(site, week), weights.at(site, week)));
        let whole = cells.filter(|(value, weight)| !value.is_nan() && *weight > 0.0);
        match self.outcome.measured {
            Measured::Count { .. } => {
                let (events, exposure) = whole.fold((0.0, 0.0), |(y, w), (value, weight)| (y + value, w + weight));
                events / exposure
            }
            Measured::Score { points, .. } => {
                let (sum, all) = whole.fold((0.0, 0.0), |(y, w), (value, weight)| (y + value * weight, w + weight));
                points * sum / all
            }
        }
    }
}

fn measure(asked: &Programme) -> ProgrammeReport {
    let value = |site: usize, first: usize| asked.value(site, first);
    let blocks = Blocks {
        starts: &asked.starts,
        periods: asked.weeks.len(),
        width: asked.width,
        value: &value,
        controls: Controls::NotYetReached,
        least: SITES,
    };
    let found = group_times(&blocks).only(|found, at| LOOKED_AT.contains(&found.event(at)));
    let groups = groups(asked, &found);
    let found = found.only(|found, at| found.compares(found.cells[at].group));
    let events = by_event(&found);
    let pre_trend = of_events(&events, found.sites);
    let dip = Dip::of(&found, &value, asked.weeks.len());
    let refused = refusals(asked, &found, &groups, pre_trend.as_ref(), dip.as_ref());
    let spread = refused.is_empty().then(|| Spread::of(&simple(&found), &found.starts));
    let untouched = spread.as_ref().map(|_| Spread::of(&untouched(&found), &found.starts).effect());
    ProgrammeReport {
        rollout: asked.name.clone(),
        metric: asked.outcome.name.clone(),
        finding: ProgrammeFinding::Refused,
        sentence: String::new(),
        unit: asked.unit.clone(),
        lower_is_better: asked.lower_is_better,
        weeks_together: asked.width,
        weeks_since: groups.iter().map(|group| group.weeks).max().unwrap_or(0),
        effect: spread.as_ref().map(Spread::effect),
        p: spread.as_ref().map(Spread::p),
        adjusted: None,
        could_be_seen: spread.as_ref().map(Spread::could_be_seen),
        before: spread.as_ref().map(|_| before(&found)),
        untouched,
        events: event_study(&found, &events, asked.draws, asked.seed).iter().map(|e| block_effect(asked, e)).collect(),
        cells: cells(asked, &found),
        pre_trend,
        dip,
        groups,
        never_reached: asked.starts.iter().filter(|start| start.is_none()).count(),
        refused,
    }
}

fn block_effect(asked: &Programme, event: &super::EventEffect) -> BlockEffect {
    let from_week = event.event * asked.width.cast_signed();
    BlockEffect {
        from_week,
        to_week: from_week + asked.width.cast_signed() - 1,
        estimate: event.effect.estimate,
        error: event.effect.error,
        interval: event.effect.interval,
        simultaneous: event.simultaneous,
    }
}

fn cells(asked: &Programme, found: &Found) -> Vec<GroupBlock> {
    let named = |cell: &super::GroupTime| GroupBlock {
        start: asked.weeks[cell.group].clone(),
        week: asked.weeks[cell.period].clone(),
        estimate: cell.estimate,
        error: cell.error,
        reached: cell.reached,
        controls: cell.controls,
    };
    found.cells.iter().map(named).collect()
}

/// Level of the reached sites before the start, each group by its sites.
fn before(found: &Found) -> f64 {
    let first = (0..found.cells.len()).filter(|at| found.event(*at) == 0);
    let sums = first.map(|at| (found.share(found.cells[at].group), found.bases[at]));
    let (sum, shares) = sums.fold((0.0, 0.0), |(sum, shares), (share, base)| (sum + share * base, shares + share));
    sum / shares
}

/// The groups by their start, and why those that are not compared are not.
fn groups(asked: &Programme, found: &Found) -> Vec<Group> {
    let mut starts: Vec<usize> = asked.starts.iter().flatten().copied().collect();
    starts.sort_unstable();
    starts.dedup();
    let group = |start: usize| {
        let since = found.cells.iter().filter(|cell| cell.group == start && cell.is_after());
        let weeks = since.map(|cell| cell.period - start + asked.width).max().unwrap_or(0);
        let sites = asked.starts.iter().filter(|other| **other == Some(start)).count();
        let why_not = (weeks == 0).then(|| why_not(asked, found, start, sites));
        Group { start: asked.weeks.get(start).filter(|_| start > 0).cloned(), sites, weeks, why_not }
    };
    starts.into_iter().map(group).collect()
}

fn why_not(asked: &Programme, found: &Found, start: usize, sites: usize) -> String {
    let (width, weeks) = (asked.width, asked.weeks.len());
    if start >= weeks {
        return "it has not begun there yet".to_owned();
    }
    if start < width {
        return format!("it began there before {width} weeks were measured");
    }
    if start + width > weeks {
        return format!("{} of the {width} weeks needed since then are over", weeks - start);
    }
    match found.thin.iter().find(|thin| thin[0] == start && thin[1] == start) {
        Some([_, _, _, 0]) => "no site is left to compare with: all others were reached by then".to_owned(),
        Some([_, _, reached, _]) if *reached < SITES => {
            format!("{reached} of its {sites} sites have values before and after: {SITES} are needed")
        }
        Some([_, _, _, controls]) => format!("{controls} sites are left to compare with: {SITES} are needed"),
        None => "its weeks from the start on have no value".to_owned(),
    }
}

fn refusals(
    asked: &Programme,
    found: &Found,
    groups: &[Group],
    pre_trend: Option<&PreTrend>,
    dip: Option<&Dip>,
) -> Vec<String> {
    if found.cells.iter().all(|cell| !cell.is_after()) {
        let told = |group: &Group| {
            let start = group.start.as_ref().map(|week| format!(" from the week of {week} on")).unwrap_or_default();
            format!("{}{start}: {}", sites(group.sites), group.why_not.as_deref().unwrap_or_default())
        };
        return if groups.is_empty() {
            vec!["no site with values was reached".to_owned()]
        } else {
            groups.iter().map(told).collect()
        };
    }
    let mut refused = Vec::new();
    match pre_trend {
        None => refused.push(
            "whether the trends were parallel before the start cannot be tested: more sites, or weeks before it, are needed"
                .to_owned(),
        ),
        Some(test) if test.p < LEVEL => {
            refused.push(format!("reached and other sites moved apart before the start already (p = {:.4})", test.p));
        }
        Some(_) => {}
    }
    if let Some(dip) = dip.filter(|dip| dip.was_low(asked.lower_is_better)) {
        refused.push(format!(
            "reached sites were at a low of their own just before the start (p = {:.4}): their return to the usual would look \
             like an effect",
            dip.p
        ));
    }
    refused
}

fn sites(count: usize) -> String {
    if count == 1 { "1 site".to_owned() } else { format!("{count} sites") }
}
