//! The board as a page for a terminal, to be read on a Monday morning.

use super::{
    attention::attention,
    overview::overview,
    paragraphs::{bad_rows, changed, headline, legend, talk, waiting},
};
use indicators::{
    Metric,
    board::{Board, words},
};
use std::sync::Arc;

/// The whole page: header; what needs attention and every site at a glance, of the core metrics and then group by group;
/// what the words mean.
pub fn page(board: &Board, width: u16, colour: bool) -> String {
    let (told, quiet): (Vec<_>, Vec<_>) = board.metrics.iter().cloned().partition(|metric| !board.is_quiet(metric));
    let mut sections = vec![headline(board)];
    sections.extend(changed(board));
    for metrics in told.chunk_by(|one, next| one.group == next.group) {
        sections.extend(metrics.iter().find_map(|metric| metric.group.as_deref()).map(heading));
        sections.extend(attention(board, metrics, width, colour));
        sections.extend(waiting(board, metrics));
        sections.extend(overview(board, metrics, width, colour));
    }
    sections.extend(talk(board));
    sections.extend(bad_rows(board));
    sections.extend(without_events(&quiet));
    sections.extend(super::promises::section(board));
    sections.push(legend(board, &told));
    sections.join("\n\n")
}

fn heading(group: &str) -> String {
    let title = words::spaced(group);
    format!("{title}\n{}", "=".repeat(title.chars().count()))
}

/// The metrics of which nobody sends what they count, in a line.
fn without_events(quiet: &[Arc<Metric>]) -> Option<String> {
    let names: Vec<String> = quiet.iter().map(|metric| words::spaced(&metric.name)).collect();
    let heading = "No events yet (of no site a value in 13 weeks)";
    (!names.is_empty()).then(|| format!("{heading}\n  {}", names.join(", ")))
}
