//! The rules: each metric's alerts in its own words, as templates that ask Prometheus for the numbers.
//!
//! In a folded scalar every line end becomes a blank; a line that begins with `{{-` takes it away again.

use super::{
    options::RuleOptions,
    yaml::{duration, folded, literal, plain, quoted},
};
use indicators::{
    Assurance, Kind, Metric, Reason, State, Uncertainty,
    board::{cells, words},
    families_of,
};

const HEAD: &str = "\
# Made of the query files by `bellwether rules --out ops/prometheus`, never by hand; `bellwether rules --check` compares.
#
# One alert a site and metric, with its reasons in it, in the words of the board. The judgement is in the values (weeks of
# evidence), so they fire at once unless `rules.for` says otherwise; `keep_firing_for` bridges a restart or a scrape that failed.
# Each page that `runbook_url` names is in ops/runbooks: Prometheus serves the folder when it is started with
# `--web.user-assets=…/ops/runbooks`, at the address under which people reach it, `--web.external-url=…`.
groups:
  - name: bellwether-sites
    rules:
";

/// Whichever instance says so. 1 stays where a site goes quiet while it lags: the alert does not resolve by silence.
const LAGGING: &str = "metric_site:leading_lagging:max";
const SILENT: &str = "metric_site:leading_silent:max";

/// Of a week's first moment at the site, which is up to 14 hours from the same in UTC, the nearest Monday (1970 began on a
/// Thursday, 345600 s before one).
const DATE: &str = "{{ (. | first | value | toTime).Format \"2 Jan 2006\" }}";

/// The states in which nothing is judged, and a reason is carried.
pub(super) const QUIET: [State; 4] = [State::Silent, State::Suppressed, State::NoData, State::Insufficient];

/// All rules.
pub(super) fn file(metrics: &[&Metric], options: &RuleOptions) -> String {
    let recorded = |record: &str, series: String| {
        format!("      - record: {record}\n        expr: max by (metric, site, region) ({series})\n")
    };
    let mut text = HEAD.to_owned();
    text += &recorded(LAGGING, options.selector.series("leading_lagging", &[]));
    text += &recorded(SILENT, options.selector.series("leading_state", &["state=\"silent\""]));
    for metric in metrics {
        let alerts = Alerts { metric, options };
        text += &format!("\n      # {}: {}\n", words::spaced(&metric.name), plain(&metric.help));
        if metric.lagging.is_some() {
            text += &alerts.lagging();
        }
        text += &alerts.silent();
    }
    text
}

/// What is told of a metric, in lower case.
pub(super) fn subject(metric: &Metric) -> String {
    words::title(metric).to_lowercase()
}

/// The reasons that a metric can have.
pub(super) fn reasons(metric: &Metric) -> &'static [Reason] {
    let all = &Reason::ALL;
    if metric.target.is_some() { all } else { &all[..1] }
}

/// Whether a site has one value: other labels give it one each.
pub(super) fn has_one_value(metric: &Metric) -> bool {
    metric.labels.len() == 1
}

/// The alerts of one metric.
struct Alerts<'a> {
    metric: &'a Metric,
    options: &'a RuleOptions,
}

impl Alerts<'_> {
    fn lagging(&self) -> String {
        let mut summary = vec![self.name(), format!("lags on {}", literal(&subject(self.metric)))];
        summary.push("{{- $and := \": \" }}".to_owned());
        for reason in reasons(self.metric) {
            let told = literal(&words::reason(self.metric, *reason));
            summary.push(format!("{}{{{{ $and }}}}{told}{{{{ $and = \", \" }}}}{{{{ end }}}}", self.on(*reason)));
        }
        let mut description = vec!["{{- $gap := \"\" }}".to_owned()];
        for reason in reasons(self.metric) {
            description.extend(self.sentence(*reason));
        }
        description.extend(self.outlook());
        description.extend(self.quiet());
        description.extend(self.value());
        description.extend(self.talk());
        self.alert("BellwetherSiteLagging", LAGGING, "site-lagging.md", &summary, &description)
    }

    fn silent(&self) -> String {
        let subject = literal(&subject(self.metric));
        let summary = [self.name(), format!("sends nothing for {subject}")];
        let description = [
            self.name(),
            format!("has sent nothing that {subject} is made of for {} complete weeks or more,", self.metric.silence),
            "while other sites have. Nobody can say how it is doing.".to_owned(),
        ];
        self.alert("BellwetherSiteSilent", SILENT, "site-silent.md", &summary, &description)
    }

    fn alert(&self, name: &str, record: &str, page: &str, summary: &[String], description: &[String]) -> String {
        let (metric, options) = (self.metric, self.options);
        let hold = options.hold.map(|hold| format!("        for: {}\n", duration(hold))).unwrap_or_default();
        let labels: String = labels(metric)
            .into_iter()
            .map(|(name, value)| format!("          {name}: {}\n", literal_in_quotes(&value)))
            .collect();
        let board = options.board.as_template();
        // As in a path: a blank is no plus there.
        let site = format!("{board}/sites/{{{{ $labels.site | urlquery | reReplaceAll `[+]` `%20` }}}}");
        let indicator = format!("{board}/indicators/{}", metric.name);
        let runbook = format!("{}/{page}", options.runbooks.as_template());
        let links = [("dashboard_url", site), ("indicator_url", indicator), ("runbook_url", runbook)];
        let links: String = links.map(|(key, link)| format!("          {key}: {}\n", quoted(&link))).concat();
        format!(
            "      - alert: {name}\n        expr: {record}{{metric=\"{metric}\"}} == 1\n{hold}        keep_firing_for: \
             {keep}\n        labels:\n{labels}        annotations:\n{summary}{description}{links}",
            metric = metric.name,
            keep = duration(options.keep),
            summary = folded(10, "summary", summary),
            description = folded(10, "description", description),
        )
    }

    /// The site's name, or its id where it has none.
    fn name(&self) -> String {
        let query = format!("max by (name) ({})", self.series("leading_site_info", &["name!=\"\""]));
        format!("{}{{{{ . | first | label \"name\" }}}}{{{{ else }}}}{{{{ $labels.site }}}}{{{{ end }}}}", with(&query))
    }

    /// What lags, since when, how sure.
    fn sentence(&self, reason: Reason) -> Vec<String> {
        let of = |family: &str| self.judged(family, &[&format!("reason=\"{}\"", reason.as_str())]);
        let told = words::capital(&words::reason(self.metric, reason));
        let on = words::on_at(reason);
        let very = on * cells::VERY_SURE;
        vec![
            format!("{}{{{{ $gap }}}}{}", self.on(reason), literal(&told)),
            format!("{} since {DATE}{{{{ end }}}}", with(&monday(&of("leading_lagging_since_timestamp_seconds")))),
            format!(
                "{}{{{{ $score := . | first | value }}}}, {{{{ if ge $score {very:?} }}}}very sure{{{{ else if ge \
                 $score {on:?} }}}}sure{{{{ else }}}}easing{{{{ end }}}}{{{{ end }}}}.",
                with(&format!("max({})", of("leading_lagging_score")))
            ),
            "{{- $gap = \" \" }}{{ end }}".to_owned(),
        ]
    }

    /// Which way it is going, and how often it will meet its target as it is.
    fn outlook(&self) -> Vec<String> {
        let holds = |family: &str, word: &str| with(&format!("max by ({word}) ({}) == 1", self.judged(family, &[])));
        let words: Vec<(&str, &str)> = Assurance::ALL.map(|kind| (kind.as_str(), words::assurance(kind))).to_vec();
        vec![
            format!("{} It is {{{{ . | first | label \"course\" }}}}.{{{{ end }}}}", holds("leading_course", "course")),
            format!(
                "{} As it is, it meets its target in {}.{{{{ end }}}}",
                holds("leading_assurance", "assurance"),
                worded("assurance", &words)
            ),
        ]
    }

    /// What to talk about with the site: each sentence once, whichever of its reasons are on.
    fn talk(&self) -> Vec<String> {
        let mut sentences: Vec<(&str, Vec<&str>)> = Vec::new();
        for reason in reasons(self.metric) {
            let Some(sentence) = self.metric.talk.get(reason) else { continue };
            match sentences.iter_mut().find(|(known, _)| known == sentence) {
                Some((_, of)) => of.push(reason.as_str()),
                None => sentences.push((sentence, vec![reason.as_str()])),
            }
        }
        let line = |(sentence, of): (&str, Vec<&str>)| {
            let on = self.judged("leading_lagging", &[&format!("reason=~\"{}\"", of.join("|"))]);
            format!("{} To talk about: {}{{{{ end }}}}", with(&format!("max({on}) == 1")), literal(sentence))
        };
        sentences.into_iter().map(line).collect()
    }

    /// That the site has gone quiet since, and what the judgement rests on.
    fn quiet(&self) -> Vec<String> {
        let any = QUIET.map(State::as_str).join("|");
        let state = self.judged("leading_state", &[&format!("state=~\"{any}\"")]);
        let words = QUIET.map(|state| (state.as_str(), words::state(state)));
        let last = self.judged("leading_lagging_last_week_timestamp_seconds", &[]);
        vec![
            format!("{} Now", with(&format!("max by (state) ({state}) == 1"))),
            format!("{};", worded("state", &words)),
            "a site that goes quiet has not recovered.".to_owned(),
            format!("{} The last week to judge by was that of {DATE}.{{{{ end }}}}{{{{ end }}}}", with(&monday(&last))),
        ]
    }

    /// The last four weeks with their bounds, and the target.
    fn value(&self) -> Vec<String> {
        if !has_one_value(self.metric) {
            return Vec::new();
        }
        let family = &families_of(&self.metric.name, self.metric.kind)[0];
        let of = |bound: &str| self.number(&self.series(&format!("{family}{bound}"), &["window=\"4w\""]));
        let told = self.told();
        let mut lines = vec![format!("{} Last four weeks {told}", with(&of("")))];
        if self.metric.uncertainty != Uncertainty::None {
            lines.push(format!("{} ({told}", with(&of("_lower"))));
            lines.push(format!("{} to {told}{{{{ end }}}}){{{{ end }}}}", with(&of("_upper"))));
        }
        let target = self.number(&self.judged("leading_target", &[]));
        lines.push(format!("{}, target {told}{{{{ end }}}}.{{{{ end }}}}", with(&target)));
        lines
    }

    /// A number as it is told: shares in per cent, counts to a tenth.
    fn number(&self, series: &str) -> String {
        match self.metric.kind {
            Kind::Ratio | Kind::Mean => format!("100 * max({series})"),
            Kind::Count => format!("round(max({series}), 0.1)"),
            Kind::Rate => format!("max({series})"),
        }
    }

    /// The same in a template: `words::value`.
    fn told(&self) -> &'static str {
        match self.metric.kind {
            Kind::Ratio | Kind::Mean => "{{ . | first | value | printf \"%.0f\" }} %",
            Kind::Count => "{{ . | first | value }}",
            Kind::Rate => {
                "{{ with $number := . | first | value }}{{ if ge $number 100.0 }}{{ printf \"%.0f\" $number }}\
                 {{ else if ge $number 1.0 }}{{ printf \"%.1f\" $number }}{{ else }}{{ printf \"%#.2g\" $number }}\
                 {{ end }}{{ else }}0{{ end }}"
            }
        }
    }

    /// The reason is on: the beginning of a block.
    fn on(&self, reason: Reason) -> String {
        with(&format!("max({}) == 1", self.judged("leading_lagging", &[&format!("reason=\"{}\"", reason.as_str())])))
    }

    /// Series of a shared family, about this metric at the site.
    fn judged(&self, family: &str, more: &[&str]) -> String {
        let metric = format!("metric=\"{}\"", self.metric.name);
        self.series(family, &[&[metric.as_str()], more].concat())
    }

    /// Series of the site; `%q` stands for its id.
    fn series(&self, family: &str, more: &[&str]) -> String {
        let place = "@";
        let all = self.options.selector.series(family, &[&["site=@"], more].concat());
        all.replace('%', "%%").replacen(place, "%q", 1)
    }
}

/// The labels of a metric's alerts, `metric` included: without it two metrics' rules would be one twice.
pub(super) fn labels(metric: &Metric) -> Vec<(&'static str, String)> {
    let labels = [
        ("audience", "leaders".to_owned()),
        ("metric", metric.name.clone()),
        ("owner", plain(&metric.owner)),
        ("severity", metric.severity.as_str().to_owned()),
    ];
    labels.into_iter().chain(metric.team.as_ref().map(|team| ("team", plain(team)))).collect()
}

/// Labels are templates, too.
fn literal_in_quotes(text: &str) -> String {
    quoted(&literal(text))
}

/// The beginning of a block on what a query about the site gives.
fn with(query: &str) -> String {
    format!("{{{{- with printf `{query}` $labels.site | query }}}}")
}

/// The words for the value of a label of what a query gave.
fn worded(label: &str, words: &[(&str, &str)]) -> String {
    let choice = |(value, word): &(&str, &str)| format!("if eq . \"{value}\" }}}}{word}{{{{ ");
    let choices: Vec<String> = words.iter().map(choice).collect();
    format!("{{{{ with . | first | label \"{label}\" }}}}{{{{ {}end }}}}{{{{ end }}}}", choices.join("else "))
}

/// The Monday that is nearest to a week's first moment.
fn monday(series: &str) -> String {
    format!("round(max({series}) - 345600, 604800) + 345600")
}
