//! The tests of the rules: what an alert must say of made-up numbers, in the board's words for them.

use super::{
    alerts::{has_one_value, labels, reasons, subject},
    options::RuleOptions,
    yaml::{plain, quoted},
};
use indicators::{Assurance, Course, Direction, Kind, Metric, Reason, State, Uncertainty, board::words, families_of};
use std::time::Duration;

const HEAD: &str = "\
# Made by `bellwether rules --out ops/prometheus` with the rules that it tests, never by hand. To run it:
# promtool test rules ops/prometheus/tests/sites.test.yml
rule_files:
  - ../rules/sites.rules.yml
evaluation_interval: 1m

tests:
";

/// From this minute on it is so.
const BEGINS: u64 = 3;
/// And so many minutes longer than it takes to be told.
const LASTS: u64 = 10;

/// A site of a case, with the first moment of a Monday there, and that Monday as it is told.
struct Site {
    id: &'static str,
    name: Option<&'static str>,
    monday: i64,
    date: &'static str,
    /// Its id in an address.
    link: &'static str,
}

const BERLIN: Site =
    Site { id: "beta", name: Some("Beta Mine"), monday: 1_767_567_600, date: "5 Jan 2026", link: "beta" };
/// Where it is still Sunday in UTC. Nobody has named it, and its id is none for an address.
const KIRITIMATI: Site =
    Site { id: r#"g "h" +/1"#, name: None, monday: 1_767_520_800, date: "5 Jan 2026", link: "g%20%22h%22%20%2B%2F1" };
/// Where it is long Monday in UTC.
const PAGO_PAGO: Site =
    Site { id: "pago_pago", name: Some("Pago Pago"), monday: 1_767_610_800, date: "5 Jan 2026", link: "pago_pago" };

impl Site {
    fn label(&self) -> &'static str {
        self.name.unwrap_or(self.id)
    }
}

/// All tests.
pub(super) fn file(metrics: &[&Metric], options: &RuleOptions) -> String {
    let cases = metrics.iter().flat_map(|metric| {
        let cases = Cases { metric, options };
        let lagging = metric.lagging.is_some();
        let of_alarm = lagging.then(|| [cases.below(), cases.all_reasons(), cases.quiet()]);
        of_alarm.into_iter().flatten().chain([cases.silent()])
    });
    HEAD.to_owned() + &cases.collect::<Vec<_>>().join("\n")
}

/// The cases of one metric.
struct Cases<'a> {
    metric: &'a Metric,
    options: &'a RuleOptions,
}

/// One case, as it is written.
struct Case {
    text: String,
    /// How long it takes.
    minutes: u64,
}

impl Cases<'_> {
    fn below(&self) -> String {
        let site = &BERLIN;
        let mut case = self.case("lags, and recovers", site);
        self.reason(&mut case, site, Reason::Below, 7.0);
        let talk = self.talk(&[Reason::Below]);
        let (outlook, value) = (self.outlook(&mut case, site), self.four_weeks(&mut case, site));
        let told = format!("{}{outlook}{value}{talk}", self.sentence(site, Reason::Below, "very sure"));
        let summary = format!("lags on {}: {}", self.subject(), words::reason(self.metric, Reason::Below));
        self.expect(case, "BellwetherSiteLagging", "site-lagging.md", site, &summary, &told)
    }

    fn all_reasons(&self) -> String {
        let site = &KIRITIMATI;
        let mut case = self.case("lags for every reason, and is told once", site);
        let all = reasons(self.metric);
        let mut told = Vec::new();
        for reason in all {
            self.reason(&mut case, site, *reason, words::on_at(*reason));
            told.push(self.sentence(site, *reason, "sure"));
        }
        let why: Vec<String> = all.iter().map(|reason| words::reason(self.metric, *reason)).collect();
        let summary = format!("lags on {}: {}", self.subject(), why.join(", "));
        self.expect(
            case,
            "BellwetherSiteLagging",
            "site-lagging.md",
            site,
            &summary,
            &(told.join(" ") + &self.talk(all)),
        )
    }

    fn quiet(&self) -> String {
        let site = &PAGO_PAGO;
        let mut case = self.case("lags and goes quiet, which is no recovery", site);
        self.reason(&mut case, site, Reason::Below, 2.0);
        let quiet = [("state", State::Suppressed.as_str())];
        case.while_so(&self.series("leading_state", site, &quiet), 1.0, self.minutes());
        let last = [("reason", Reason::Below.as_str())];
        let last = self.series("leading_lagging_last_week_timestamp_seconds", site, &last);
        case.always(&last, (site.monday + 8 * 7 * 86_400).to_string());
        let told = format!(
            "{} Now {}; a site that goes quiet has not recovered. The last week to judge by was that of 2 Mar 2026.{}",
            self.sentence(site, Reason::Below, "easing"),
            words::state(State::Suppressed),
            self.talk(&[Reason::Below])
        );
        let summary = format!("lags on {}: {}", self.subject(), words::reason(self.metric, Reason::Below));
        self.expect(case, "BellwetherSiteLagging", "site-lagging.md", site, &summary, &told)
    }

    fn silent(&self) -> String {
        let site = &BERLIN;
        let mut case = self.case("is silent, and is heard of again", site);
        for (state, so) in [(State::Silent, 1.0), (State::Ok, 0.0)] {
            let series = self.series("leading_state", site, &[("state", state.as_str())]);
            case.while_so(&series, so, self.minutes());
        }
        let other = Site { id: "delta", ..BERLIN };
        case.always(&self.series("leading_state", &other, &[("state", State::Silent.as_str())]), "0".to_owned());
        let subject = self.subject();
        let told = format!(
            "{} has sent nothing that {subject} is made of for {} complete weeks or more, while other sites have. \
             Nobody can say how it is doing.",
            site.label(),
            self.metric.silence
        );
        let summary = format!("sends nothing for {subject}");
        self.expect(case, "BellwetherSiteSilent", "site-silent.md", site, &summary, &told)
    }

    /// A case of the site, whose name is known.
    fn case(&self, what: &str, site: &Site) -> Case {
        let name = quoted(&format!("{}: a site {what}", self.metric.name));
        let text = format!("  - name: {name}\n    interval: 1m\n    input_series:\n");
        let mut case = Case { text, minutes: self.ended() };
        if let Some(name) = site.name {
            let labels = [("site", site.id), ("region", "north"), ("name", name), ("timezone", "UTC")];
            case.always(&self.selected("leading_site_info", &labels), "1".to_owned());
        }
        case
    }

    /// A reason comes on and goes off, and stays off elsewhere.
    fn reason(&self, case: &mut Case, site: &Site, reason: Reason, score: f64) {
        let of = |family: &str, site: &Site| self.series(family, site, &[("reason", reason.as_str())]);
        case.while_so(&of("leading_lagging", site), 1.0, self.minutes());
        case.always(&of("leading_lagging", &Site { id: "alpha", ..BERLIN }), "0".to_owned());
        case.always(&of("leading_lagging_since_timestamp_seconds", site), site.monday.to_string());
        case.always(&of("leading_lagging_score", site), score.to_string());
    }

    fn sentence(&self, site: &Site, reason: Reason, sure: &str) -> String {
        let why = words::capital(&words::reason(self.metric, reason));
        format!("{} since {}, {sure}.", plain(&why), site.date)
    }

    /// Adds which way it is going and how often it will meet its target, and says what is told of both.
    fn outlook(&self, case: &mut Case, site: &Site) -> String {
        let (course, assurance) = (Course::Worsening, Assurance::HardlyAny);
        for other in Course::ALL {
            let series = self.series("leading_course", site, &[("course", other.as_str())]);
            case.always(&series, u8::from(other == course).to_string());
        }
        for other in Assurance::ALL {
            let series = self.series("leading_assurance", site, &[("assurance", other.as_str())]);
            case.always(&series, u8::from(other == assurance).to_string());
        }
        let weeks = words::assurance(assurance);
        format!(" It is {}. As it is, it meets its target in {weeks}.", course.as_str())
    }

    /// What to talk about.
    fn talk(&self, reasons: &[Reason]) -> String {
        let mut said: Vec<&String> = Vec::new();
        for sentence in reasons.iter().filter_map(|reason| self.metric.talk.get(reason)) {
            if !said.contains(&sentence) {
                said.push(sentence);
            }
        }
        said.into_iter().map(|sentence| format!(" To talk about: {}", plain(sentence))).collect()
    }

    /// Adds the last four weeks, and says what is told of them.
    fn four_weeks(&self, case: &mut Case, site: &Site) -> String {
        if !has_one_value(self.metric) {
            return String::new();
        }
        let value = self.bad();
        let said = |value: f64| words::value(self.metric, value);
        let family = &families_of(&self.metric.name, self.metric.kind)[0];
        let of = |bound: &str| {
            let labels = [("site", site.id), ("region", "north"), ("window", "4w")];
            self.selected(&format!("{family}{bound}"), &labels)
        };
        case.always(&of(""), value.to_string());
        let mut told = format!(" Last four weeks {}", said(value));
        if self.metric.uncertainty != Uncertainty::None {
            let (lower, upper) = (tenth(value * 0.8), tenth(value * 1.3));
            case.always(&of("_lower"), lower.to_string());
            case.always(&of("_upper"), upper.to_string());
            told += &format!(" ({} to {})", said(lower), said(upper));
        }
        if let Some(target) = self.metric.target {
            case.always(&self.series("leading_target", site, &[]), target.to_string());
            told += &format!(", target {}", said(target));
        }
        told + "."
    }

    /// A value past the alarm's threshold. That of a count has a tenth, as it is told.
    fn bad(&self) -> f64 {
        let threshold = self.metric.lagging.map_or(1.0, |lagging| lagging.below);
        let value = if self.metric.direction == Direction::Higher { threshold * 0.8 } else { threshold * 1.5 };
        if self.metric.kind == Kind::Count { tenth(value) } else { value }
    }

    /// When it is told, that it is told, and that it ends; and that nothing is before.
    fn expect(&self, case: Case, alert: &str, page: &str, site: &Site, summary: &str, told: &str) -> String {
        let (metric, options) = (self.metric, self.options);
        let given = [("region", "north".to_owned()), ("site", site.id.to_owned())];
        let labels = labels(metric).into_iter().chain(given);
        let labels: String =
            labels.map(|(name, value)| format!("              {name}: {}\n", quoted(&value))).collect();
        let board = options.board.as_tested();
        let annotations = [
            ("summary", format!("{} {}", site.label(), plain(summary))),
            ("description", told.to_owned()),
            ("dashboard_url", format!("{board}/sites/{}", site.link)),
            ("indicator_url", format!("{board}/indicators/{}", metric.name)),
            ("runbook_url", format!("{}/{page}", options.runbooks.as_tested())),
        ];
        let annotations: String =
            annotations.map(|(name, value)| format!("              {name}: {}\n", quoted(&value))).concat();
        let none = |minute: u64| format!("      - eval_time: {minute}m\n        alertname: {alert}\n");
        let told = BEGINS + self.hold() + 5;
        format!(
            "{}    alert_rule_test:\n{}{}        exp_alerts:\n          - exp_labels:\n{labels}            \
             exp_annotations:\n{annotations}{}",
            case.text,
            none(BEGINS - 1),
            none(told),
            none(self.ended())
        )
    }

    fn subject(&self) -> String {
        plain(&subject(self.metric))
    }

    /// How long it is so.
    fn minutes(&self) -> u64 {
        self.hold() + LASTS
    }

    /// When it has ended and is told no more.
    fn ended(&self) -> u64 {
        BEGINS + self.minutes() + minutes(self.options.keep) + 2
    }

    fn hold(&self) -> u64 {
        self.options.hold.map_or(0, minutes)
    }

    /// A series about the site in this metric.
    fn series(&self, family: &str, site: &Site, more: &[(&str, &str)]) -> String {
        let judged = [("metric", self.metric.name.as_str()), ("site", site.id), ("region", "north")];
        self.selected(family, &[&judged, more].concat())
    }

    /// A series with the labels that the selector asks for, too.
    fn selected(&self, family: &str, labels: &[(&str, &str)]) -> String {
        let given = self.options.selector.matched();
        let given = given.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let labels: Vec<String> =
            labels.iter().copied().chain(given).map(|(name, value)| format!("{name}={value:?}")).collect();
        format!("{family}{{{}}}", labels.join(","))
    }
}

impl Case {
    /// A series with the same value throughout.
    fn always(&mut self, series: &str, value: String) {
        self.add(series, &format!("{value}x{}", self.minutes));
    }

    /// 1 while it is so, and 0 before and after; or the other way round.
    fn while_so(&mut self, series: &str, so: f64, minutes: u64) {
        let not = 1.0 - so;
        self.add(series, &format!("{not}x{} {so}x{} {not}x{}", BEGINS - 1, minutes - 1, self.minutes));
    }

    fn add(&mut self, series: &str, values: &str) {
        self.text += &format!("      - series: {}\n        values: {values}\n", quoted(series));
    }
}

/// Whole minutes, and one more where that is not all of it.
fn minutes(time: Duration) -> u64 {
    time.as_secs().div_ceil(60)
}

/// To a tenth of a small value's own size, so that it is a short number.
fn tenth(value: f64) -> f64 {
    if value.abs() < 1.0 { (value * 1000.0).round() / 1000.0 } else { (value * 10.0).round() / 10.0 }
}

/// The words for how sure an alarm is are the page's; the templates compare with the scores that they stand for.
#[cfg(test)]
mod tests {
    use super::*;
    use indicators::board::{ReasonCard, cells};

    #[test]
    fn the_scores_of_the_cases_are_as_sure_as_they_say() {
        let card = |reason, score| {
            let score = Some(score);
            cells::sureness(&ReasonCard {
                reason,
                since: None,
                last_week: None,
                level: None,
                since_at_least: false,
                score,
            })
        };
        assert_eq!(card(Reason::Below, 7.0), "very sure (7.0)");
        assert_eq!(card(Reason::Below, 2.0), "easing (2.0)");
        for reason in Reason::ALL {
            let on = words::on_at(reason);
            assert_eq!(card(reason, on), format!("sure ({on:.1})"));
        }
    }
}
