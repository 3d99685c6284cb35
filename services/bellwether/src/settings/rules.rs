//! `[rules]`.

use super::{reader::Reader, values::Setting};
use std::time::Duration;
use workbench::{LinkBase, Selector};

/// What `bellwether rules` makes.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Where they reach the runbooks.
    pub runbook_base_url: LinkBase,
    /// Which series the rules read.
    pub selector: Selector,
    /// How long it must be so before it is told.
    pub hold: Option<Duration>,
    /// How long an alert bridges what is missing.
    pub keep_firing_for: Duration,
}

pub(super) fn rules(r: &mut Reader) -> Option<Rules> {
    let runbook_base_url = r.required("rules.runbook_base_url");
    let (selector, hold): (Option<Selector>, _) = (r.optional("rules.selector"), r.optional("rules.for"));
    let keep_firing_for = r.required("rules.keep_firing_for");
    Some(Rules {
        runbook_base_url: runbook_base_url?,
        selector: selector.unwrap_or_default(),
        hold,
        keep_firing_for: keep_firing_for?,
    })
}

impl Setting for LinkBase {
    const EXPECTED: &'static str =
        "the beginning of an address, such as \"https://bellwether.example\", or \"{{ $externalURL }}/user\"";
    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Setting for Selector {
    const EXPECTED: &'static str = "matchers of series, such as job=\"bellwether\",cluster=~\"eu-.+\"";
    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}
