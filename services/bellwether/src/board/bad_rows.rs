//! The rows of the board that have no value, by metric.

use super::{BadRowCard, Board, words};

/// Most rows of a metric that are named on the page.
const NAMED: usize = 5;

/// A line a metric; `None` where every row is in its range.
pub(super) fn section(board: &Board) -> Option<String> {
    let of = |metric: &str| board.bad_rows.iter().filter(|row| row.metric == metric).collect::<Vec<_>>();
    let metrics = board.metrics.iter().map(|metric| (metric, of(&metric.name))).filter(|(_, rows)| !rows.is_empty());
    let lines: Vec<String> =
        metrics.map(|(metric, rows)| format!("  {}: {}", words::title(metric), named(&rows))).collect();
    let heading = "Rows outside their range, which count nowhere (last 52 weeks)";
    (!lines.is_empty()).then(|| format!("{heading}\n{}", lines.join("\n")))
}

fn named(rows: &[&BadRowCard]) -> String {
    let row = |row: &&BadRowCard| format!("\n    {}, week of {}: {}", row.label, words::date(row.week), row.why);
    let more = rows.len().saturating_sub(NAMED);
    let more = if more > 0 { format!("\n    and {more} more (`--format json` has all)") } else { String::new() };
    format!("{}{}{more}", rows.len(), rows.iter().take(NAMED).map(row).collect::<String>())
}
