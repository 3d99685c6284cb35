//! The page at `/`: what this is, how the sites are, where to go. No script, nothing from elsewhere.

use crate::summary::Summary;
use indicators::Tally;

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
ul{padding-left:1.25rem}li{margin:.25rem 0}a:focus-visible{outline:3px solid var(--link);outline-offset:2px}";

/// The whole page. Everything in it is ours or a number: nothing needs escaping.
pub(crate) fn page(summary: Option<&Summary>) -> String {
    let now = summary.map_or_else(waiting, numbers);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Bellwether</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>Bellwether</h1>\n\
         <p class=\"soft\">Leading indicators of every site, week by week: from calendar audits, pulse surveys and \
         training events.</p>\n{now}\
         <h2>For machines</h2>\n<ul>\n\
         <li><a href=\"/metrics\">/metrics</a>: the values, for Prometheus</li>\n\
         <li><a href=\"/-/ready\">/-/ready</a>: whether values are loaded</li>\n\
         <li><a href=\"/-/healthy\">/-/healthy</a>: whether the program runs</li>\n</ul>\n\
         <h2>For people</h2>\n<p>The sites that lag, on what and since when: <code>bellwether board</code> in a \
         terminal, or the dashboard “Sites” in Grafana.</p>\n\
         <p class=\"soft\">Version {}</p>\n</main>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION")
    )
}

fn waiting() -> String {
    "<p role=\"status\">No values yet: the first evaluation has not finished.</p>\n".to_owned()
}

fn numbers(summary: &Summary) -> String {
    let Summary { as_of, metrics, tally: Tally { sites, lagging, silent, judged, .. } } = summary;
    let shown = as_of.strftime("%-d %B %Y, %H:%M UTC");
    let alarm = |count: &usize| if *count > 0 { " class=\"alarm\"" } else { "" };
    format!(
        "<p>As of <time datetime=\"{as_of}\">{shown}</time></p>\n<dl>\n\
         <div{}><dt>Sites lagging</dt><dd>{lagging}</dd></div>\n\
         <div{}><dt>Sites silent</dt><dd>{silent}</dd></div>\n\
         <div><dt>Sites judged</dt><dd>{judged} of {sites}</dd></div>\n\
         <div><dt>Metrics</dt><dd>{metrics}</dd></div>\n</dl>\n",
        alarm(lagging),
        alarm(silent),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_how_many_sites_lag_and_as_of_when() {
        let tally = Tally { sites: 12, lagging: 2, judged: 11, ..Tally::default() };
        let summary = Summary { as_of: "2026-03-02T09:05:00Z".parse().unwrap(), metrics: 3, tally };
        let page = page(Some(&summary));
        assert!(page.contains("2 March 2026, 09:05 UTC"), "{page}");
        assert!(page.contains("<div class=\"alarm\"><dt>Sites lagging</dt><dd>2</dd></div>"), "{page}");
        assert!(page.contains("<div><dt>Sites silent</dt><dd>0</dd></div>"), "{page}");
        assert!(page.contains("<dt>Sites judged</dt><dd>11 of 12</dd>"), "{page}");
    }

    #[test]
    fn before_the_first_values_the_page_says_so() {
        assert!(page(None).contains("No values yet"));
    }
}
