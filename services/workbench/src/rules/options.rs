//! What the rules of one organisation need to know beside its metrics.

use std::time::Duration;

/// Addresses, selectors and times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOptions {
    /// Where people reach the pages of the program.
    pub board: LinkBase,
    /// Where they reach the runbooks.
    pub runbooks: LinkBase,
    /// Which series the rules read, where Prometheus holds those of several programs.
    pub selector: Selector,
    /// How long a site must lag or be silent before it is told; `None`: at once, as the judgement rests on weeks.
    pub hold: Option<Duration>,
    /// How long an alert bridges a restart or a scrape that failed.
    pub keep: Duration,
}

/// The beginning of an address: `https://bellwether.example`, without the slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkBase(String);

/// Prometheus' own address in a template.
const ITSELF: &str = "{{ $externalURL }}";

impl LinkBase {
    /// An address, or one below Prometheus' own: `{{ $externalURL }}/user`. `None`: it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('/');
        let rest = [ITSELF, "https://", "http://"].iter().find_map(|start| text.strip_prefix(start))?;
        let named = text.starts_with(ITSELF) || !rest.is_empty();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]@%?&=+#".contains(c);
        (named && rest.chars().all(plain)).then(|| Self(text.to_owned()))
    }

    /// As a template has it.
    pub(super) fn as_template(&self) -> &str {
        &self.0
    }

    /// As `promtool` fills it in: it has no address of its own.
    pub(super) fn as_tested(&self) -> String {
        self.0.replace(ITSELF, "")
    }
}

/// Matchers of PromQL, such as `job="bellwether",cluster=~"eu-.+"`; empty: all series.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector(Vec<(String, String, String)>);

impl Selector {
    /// Reads matchers separated by commas. `None`: these are none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut found = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let name_end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
            let (name, after) = rest.split_at(name_end);
            let operator = ["=~", "!~", "!=", "="].into_iter().find(|operator| after.starts_with(operator))?;
            let value = after[operator.len()..].strip_prefix('"')?;
            let (value, after) = value.split_once('"')?;
            let sound = !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit());
            // Nothing that ends or escapes the strings that it will stand in.
            if !sound || value.contains(['\\', '`', '{', '}', '\n']) {
                return None;
            }
            found.push((name.to_owned(), operator.to_owned(), value.to_owned()));
            let after = after.trim_start();
            rest = match after.strip_prefix(',') {
                Some(more) => more.trim_start(),
                None if after.is_empty() => after,
                None => return None,
            };
        }
        Some(Self(found))
    }

    /// The selector of a family's series that these matchers and these of ours match.
    pub(super) fn series(&self, family: &str, ours: &[&str]) -> String {
        let given = self.0.iter().map(|(name, operator, value)| format!("{name}{operator}\"{value}\""));
        let all: Vec<String> = ours.iter().map(|&matcher| matcher.to_owned()).chain(given).collect();
        if all.is_empty() { family.to_owned() } else { format!("{family}{{{}}}", all.join(",")) }
    }

    /// Labels of a series that all of them match, as far as they name one: for tests.
    pub(super) fn matched(&self) -> Vec<(String, String)> {
        let exact = self.0.iter().filter(|(_, operator, _)| operator == "=");
        exact.map(|(name, _, value)| (name.clone(), value.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_matchers_and_nothing_else() {
        let series = |text: &str| Selector::parse(text).map(|selector| selector.series("up", &["a=\"b\""]));
        assert_eq!(series(""), Some("up{a=\"b\"}".to_owned()));
        assert_eq!(series(r#"job="x", eu=~"a.+""#), Some(r#"up{a="b",job="x",eu=~"a.+"}"#.to_owned()));
        for wrong in
            ["job", "job=x", r#"job="x" or up"#, r#"job="x"}"#, r#"1a="x""#, r#"a="`""#, r#"a="{{""#, r#"a=="b""#]
        {
            assert_eq!(Selector::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_address_begins_like_one_and_opens_no_template() {
        let tested = |text: &str| LinkBase::parse(text).map(|base| base.as_tested());
        assert_eq!(tested("https://bellwether.example/"), Some("https://bellwether.example".to_owned()));
        assert_eq!(tested("{{ $externalURL }}/user"), Some("/user".to_owned()));
        for wrong in ["bellwether.example", "http://", "javascript:alert(1)", "https://a b", "https://a/{{ . }}", ""] {
            assert_eq!(LinkBase::parse(wrong), None, "{wrong}");
        }
    }
}
