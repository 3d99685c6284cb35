//! The page at `/`: what this is, how the sites are, where to go. No script, nothing from elsewhere.

use crate::{health::Trouble, summary::Summary};
use indicators::Tally;
use std::collections::BTreeMap;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1c2430;--soft:#55606e;--paper:#fbfaf7;--line:#d9d6cd;--alarm:#a3290f;--link:#0b5a8a}\
@media(prefers-color-scheme:dark){:root{--ink:#ece9e2;--soft:#a9b0ba;--paper:#171b21;--line:#3a414b;--alarm:#ff9d7e;--link:#8ac7ee}}\
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.55 system-ui,sans-serif}\
main{max-width:42rem;margin:0 auto;padding:3rem 1.25rem}\
h1{font-size:1.75rem;margin:0}h2{font-size:1.1rem;margin:2.5rem 0 .5rem}\
p{margin:.5rem 0}.soft{color:var(--soft)}a{color:var(--link)}\
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:1rem;margin:2rem 0}\
dl div{border-top:3px solid var(--line);padding-top:.5rem}dt{color:var(--soft)}\
dd{margin:0;font-size:2rem;font-variant-numeric:tabular-nums}.alarm{border-color:var(--alarm)}.alarm dd{color:var(--alarm)}\
.down{border-left:3px solid var(--alarm);padding-left:1rem;margin:1.5rem 0}.down li{overflow-wrap:anywhere}\
ul{padding-left:1.25rem}li{margin:.25rem 0}a:focus-visible{outline:3px solid var(--link);outline-offset:2px}";

/// The whole page. Everything in it is ours or a number, and needs no escaping; only what something says that is down does.
pub(crate) fn page(summary: Option<&Summary>, down: &BTreeMap<&'static str, Trouble>) -> String {
    let down = troubles(down);
    let now = summary.map_or_else(waiting, numbers);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Bellwether</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>Bellwether</h1>\n\
         <p class=\"soft\">Leading indicators of every site, week by week: from calendar audits, pulse surveys and \
         training events.</p>\n{down}{now}\
         <h2>For machines</h2>\n<ul>\n\
         <li><a href=\"/metrics\">/metrics</a>: the values, for Prometheus</li>\n\
         <li><a href=\"/-/ready\">/-/ready</a>: whether values are served that are recent enough</li>\n\
         <li><a href=\"/-/healthy\">/-/healthy</a>: whether the program runs</li>\n</ul>\n\
         <h2>For people</h2>\n<p>The sites that lag, on what and since when: <code>bellwether board</code> in a \
         terminal, or the dashboard “Sites” in Grafana.</p>\n\
         <p class=\"soft\">Version {}</p>\n</main>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// What is down, since when and why; nothing where all is well.
fn troubles(down: &BTreeMap<&'static str, Trouble>) -> String {
    let item = |(name, trouble): (&&str, &Trouble)| {
        let Trouble { since, failures, why } = trouble;
        let shown = since.strftime("%-d %B %Y, %H:%M UTC");
        format!(
            "<li><strong>{name}</strong> since <time datetime=\"{since}\">{shown}</time>, tried {failures}×: {}</li>\n",
            escaped(why)
        )
    };
    if down.is_empty() {
        return String::new();
    }
    let items: String = down.iter().map(item).collect();
    format!(
        "<section class=\"down\" role=\"alert\">\n<h2>What is down</h2>\n<ul>\n{items}</ul>\n\
         <p class=\"soft\">It is tried again by itself. What is shown is what was stored last.</p>\n</section>\n"
    )
}

fn escaped(text: &str) -> String {
    let escape = |c| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        c => String::from(c),
    };
    text.chars().map(escape).collect()
}

fn waiting() -> String {
    "<p role=\"status\">No values yet: the first evaluation has not finished.</p>\n".to_owned()
}

fn numbers(summary: &Summary) -> String {
    let Summary { as_of, metrics, groups, tally: Tally { sites, lagging, silent, judged, .. } } = summary;
    let shown = as_of.strftime("%-d %B %Y, %H:%M UTC");
    let alarm = |count: &usize| if *count > 0 { " class=\"alarm\"" } else { "" };
    format!(
        "<p>As of <time datetime=\"{as_of}\">{shown}</time></p>\n<dl>\n\
         <div{}><dt>Sites lagging</dt><dd>{lagging}</dd></div>\n\
         <div{}><dt>Sites silent</dt><dd>{silent}</dd></div>\n\
         <div><dt>Sites judged</dt><dd>{judged} of {sites}</dd></div>\n\
         <div><dt>Metrics</dt><dd>{metrics}</dd></div>\n</dl>\n\
         <h2>What is measured</h2>\n<ul>\n{}</ul>\n",
        alarm(lagging),
        alarm(silent),
        groups.iter().map(group).collect::<String>(),
    )
}

/// A line a group. Names and groups are of letters, digits and underscores, and need no escaping.
fn group((name, metrics): &(String, Vec<(String, bool)>)) -> String {
    let metric = |(name, has_values): &(String, bool)| {
        let quiet = if *has_values { "" } else { " <span class=\"soft\">(no events yet)</span>" };
        format!("{}{quiet}", name.replace('_', " "))
    };
    let metrics: Vec<String> = metrics.iter().map(metric).collect();
    format!("<li><strong>{}</strong>: {}</li>\n", name.replace('_', " "), metrics.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_how_many_sites_lag_and_as_of_when() {
        let tally = Tally { sites: 12, lagging: 2, judged: 11, ..Tally::default() };
        let groups = vec![
            ("core".to_owned(), vec![("field_time".to_owned(), true)]),
            ("audit".to_owned(), vec![("practices_taken_up".to_owned(), false)]),
        ];
        let summary = Summary { as_of: "2026-03-02T09:05:00Z".parse().unwrap(), metrics: 2, groups, tally };
        let page = page(Some(&summary), &BTreeMap::new());
        assert!(page.contains("2 March 2026, 09:05 UTC"), "{page}");
        assert!(page.contains("<div class=\"alarm\"><dt>Sites lagging</dt><dd>2</dd></div>"), "{page}");
        assert!(page.contains("<div><dt>Sites silent</dt><dd>0</dd></div>"), "{page}");
        assert!(page.contains("<dt>Sites judged</dt><dd>11 of 12</dd>"), "{page}");
        let core = page.find("<li><strong>core</strong>: field time</li>").unwrap();
        let audit = "<li><strong>audit</strong>: practices taken up <span class=\"soft\">(no events yet)</span></li>";
        assert!(core < page.find(audit).unwrap(), "{page}");
    }

    #[test]
    fn before_the_first_values_the_page_says_so() {
        let page = page(None, &BTreeMap::new());
        assert!(page.contains("No values yet") && !page.contains("What is down"), "{page}");
    }

    #[test]
    fn what_is_down_is_told_in_its_own_words_and_nothing_of_them_is_markup() {
        let why = "table <b>\"x\"</b> & more: No space left on device".to_owned();
        let trouble = Trouble { since: "2026-03-02T09:05:00Z".parse().unwrap(), failures: 3, why };
        let page = page(None, &BTreeMap::from([("ingest", trouble)]));
        let words = "<strong>ingest</strong> since <time datetime=\"2026-03-02T09:05:00Z\">2 March 2026, 09:05 UTC</time>, \
                     tried 3×: table &lt;b&gt;&quot;x&quot;&lt;/b&gt; &amp; more: No space left on device";
        assert!(page.contains(words), "{page}");
    }
}
