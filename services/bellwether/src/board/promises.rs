//! Metrics that keep to a promise which their query file falls short of.

use indicators::board::Board;

/// A paragraph a metric; `None` where no file falls short of a promise.
pub(super) fn section(board: &Board) -> Option<String> {
    let lines = board.promises.iter().map(|card| format!("\n  {}: {}", card.refused.metric, card.refused));
    let lines: String = lines.collect();
    (!lines.is_empty()).then(|| format!("Promised to those who answered, and kept{lines}"))
}
