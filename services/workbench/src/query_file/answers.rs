//! What of survey answers a query reads. What was answered needs suppression; who answered which survey, where and when, is
//! participation and needs none: hiding the sites where few answer would only make the others look like all.

use super::{RESPONDENT, reads::Reads};
use contracts::{Contract, Contracts};
use datafusion::sql::sqlparser::{
    ast::{ObjectName, Query, Spanned, Visit, Visitor},
    tokenizer::Span,
};
use evaluation::{
    statement::{SqlFault, SqlPlace},
    views::instant_of,
};
use indicators::Metric;
use std::ops::ControlFlow;

/// Columns of an answer beside its key, its event time and whom they name that say nothing of what was answered.
const ENVELOPE: [&str; 6] = ["revision", "recorded_at", "site_id", "team_id", "instrument", "week"];

/// What was answered, read without `privacy`: the first place where its stream is read.
pub(super) fn unprotected(metric: &Metric, query: &Query, reads: &Reads, contracts: &Contracts) -> Option<SqlFault> {
    if metric.privacy.is_some() {
        return None;
    }
    let (stream, column) = reads.iter().find_map(|(table, columns)| {
        let contract = contracts.get(table).filter(|contract| holds_answers(contract))?;
        columns.iter().find(|column| is_answer(contract, column)).map(|column| (table, column))
    })?;
    let mut search = Relation { name: stream, found: None };
    let _ = query.visit(&mut search);
    Some(SqlFault {
        place: search.found.and_then(SqlPlace::spanning),
        message: format!(
            "`{column}` of `{stream}` holds survey answers: declare privacy = {{ minimum = 5 }} and return respondents"
        ),
        help: Some("who answered which survey and when can be counted without".to_owned()),
    })
}

fn holds_answers(contract: &Contract) -> bool {
    contract.persons().iter().any(|(_, domain)| domain == RESPONDENT)
}

/// Whatever is not known to be participation. What clocks showed at an instant is as that is.
fn is_answer(contract: &Contract, column: &str) -> bool {
    let column = instant_of(contract, column).unwrap_or(column);
    let known = ENVELOPE.contains(&column) || column == contract.key() || contract.event_time() == Some(column);
    !known && contract.persons().iter().all(|(name, _)| name != column)
}

/// Where a table is read first.
struct Relation<'a> {
    name: &'a str,
    found: Option<Span>,
}

impl Visitor for Relation<'_> {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        if relation.to_string().eq_ignore_ascii_case(self.name) {
            self.found = Some(relation.span());
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}
