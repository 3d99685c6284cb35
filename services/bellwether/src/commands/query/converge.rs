//! `query check --converge NAME`: random histories, computed bit by bit and at once.

use super::count;
use crate::{
    commands::Context,
    failure::{Failure, Outcome},
    progress::Progress,
    wiring,
};
use contracts::Contracts;
use indicators::Metric;
use std::sync::Arc;
use workbench::{ConvergeError, converge};

/// Under so many rows what two events of different weeks have in common can well have been missed.
const FEW_ROWS: usize = 200;

/// Plays the histories and tells what came of them.
pub(super) async fn run(
    name: &str,
    histories: u64,
    metrics: &[Arc<Metric>],
    contracts: &Contracts,
    context: &mut Context,
) -> Result<Outcome, Failure> {
    let known = || metrics.iter().map(|metric| metric.name.as_str()).collect::<Vec<_>>().join(", ");
    let metric = metrics
        .iter()
        .find(|metric| metric.name == name)
        .ok_or_else(|| Failure::misuse(format!("there is no metric `{name}`; there are {}", known())))?;
    let progress = Progress::new("histories played", histories);
    let played = move || progress.advance(1);
    match converge(metric, contracts, 1, histories, &wiring::limits(&context.settings), played).await {
        Ok(done) => {
            let few = done.rows < FEW_ROWS;
            let histories = count(usize::try_from(done.histories).unwrap_or(usize::MAX), "history", "histories");
            let rows = count(done.rows, "row", "rows");
            let more = if few { "; that is few for a query that joins rows: show more by --histories 500" } else { "" };
            context
                .out
                .text(&format!("{name} converges: {rows} of {histories} the same bit by bit and at once{more}"))?;
            Ok(Outcome::Done)
        }
        Err(found @ (ConvergeError::Differs(_) | ConvergeError::Empty | ConvergeError::Query(_))) => {
            context.out.text(&format!("not shown to converge: {found}"))?;
            Ok(Outcome::Found)
        }
        Err(other) => Err(anyhow::Error::from(other).into()),
    }
}
