//! What each programme did to its metric, looked at on all cores, told together.

use super::aggregate::{by_event, simple, untouched};
use super::event_study::event_study;
use super::group_time::{Blocks, Found, SITES, group_times};
use super::pre_trend::{LEVEL, of_events};
use super::sentence::sentence;
use super::small::Spread;
use super::{
    BlockEffect, Controls, Dip, EventEffect, Group, GroupBlock, GroupTime, PreTrend, Programme, ProgrammeFinding,
    ProgrammeReport, Unmeasurable,
};
use crate::leads::adjusted;
use crate::parallel::map;

/// p, adjusted for all that were looked at, under which a programme moved its metric.
const MOVED: f64 = 0.05;

/// Blocks before and after the start that are looked at.
const LOOKED_AT: std::ops::RangeInclusive<isize> = -6..=12;

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
        (Some(effect), Some(adjusted)) if adjusted < MOVED => match (effect.estimate < 0.0) == report.lower_is_better {
            true => ProgrammeFinding::Better,
            false => ProgrammeFinding::Worse,
        },
        (Some(_), _) => ProgrammeFinding::NotShown,
        (None, _) => ProgrammeFinding::Refused,
    }
}

/// The effect on the values as they are, whether or not anything may be claimed of it.
pub(crate) fn whole_effect(asked: &Programme) -> f64 {
    simple(&compared(asked).0).estimate
}

/// The groups that can be compared with others, and why the rest cannot.
fn compared(asked: &Programme) -> (Found, Vec<Group>) {
    let blocks = Blocks {
        starts: &asked.starts,
        periods: asked.weeks.len(),
        width: asked.width,
        value: &|site, first| asked.value(site, first),
        controls: Controls::NotYetReached,
        least: SITES,
    };
    let found = group_times(&blocks).only(|found, at| LOOKED_AT.contains(&found.event(at)));
    let groups = groups(asked, &found);
    (found.only(|found, at| found.compares(found.cells[at].group)), groups)
}

fn measure(asked: &Programme) -> ProgrammeReport {
    let value = |site: usize, first: usize| asked.value(site, first);
    let (found, groups) = compared(asked);
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

fn block_effect(asked: &Programme, event: &EventEffect) -> BlockEffect {
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
    let named = |cell: &GroupTime| GroupBlock {
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
