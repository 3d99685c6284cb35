//! Tables that a query names, and that are neither offered nor made by the query itself.

use super::results::result_tables;
use crate::{messages::did_you_mean, statement::SqlFault};
use datafusion::sql::sqlparser::ast::{ObjectName, Query, TableFactor, Visit, Visitor};
use std::{collections::BTreeSet, ops::ControlFlow};

/// A fault each. `offered` are the tables that there are, in order.
pub fn unknown_tables(query: &Query, offered: &[String]) -> Vec<SqlFault> {
    let mut names = Names::default();
    let _ = query.visit(&mut names);
    let mut faults = Vec::new();
    for table in names.tables {
        let name = table.to_string().to_lowercase();
        if offered.contains(&name) || names.own.contains(&name) {
            continue;
        }
        let last = name.rsplit('.').next().unwrap_or_default();
        // People may ask them; metrics would follow from each other.
        let all = || match result_tables().is_ok_and(|results| results.iter().any(|(result, ..)| *result == name)) {
            true => "results are for `bellwether sql`: a metric is made of streams and reference tables".to_owned(),
            false => format!("there are {}", offered.join(", ")),
        };
        let help = did_you_mean(last, offered.iter().chain(&names.own).map(String::as_str)).unwrap_or_else(all);
        let fault = SqlFault::at(&table, format!("there is no table `{table}`"));
        faults.push(SqlFault { help: Some(help), ..fault });
    }
    faults
}

/// Tables that a query names, and those that its WITH clauses make.
#[derive(Default)]
struct Names {
    tables: Vec<ObjectName>,
    own: BTreeSet<String>,
    /// The relation that comes next is called, so it is no table.
    called: bool,
}

impl Visitor for Names {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let made = query.with.iter().flat_map(|with| &with.cte_tables);
        self.own.extend(made.map(|table| table.alias.name.value.to_lowercase()));
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<()> {
        self.called = matches!(table, TableFactor::Table { args: Some(_), .. });
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        if !std::mem::take(&mut self.called) {
            self.tables.push(relation.clone());
        }
        ControlFlow::Continue(())
    }
}
