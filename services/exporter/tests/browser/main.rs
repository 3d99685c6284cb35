//! The pages in a real Chromium: on a phone, a tablet and a desk, light and dark, with the keyboard alone, and as axe-core
//! judges whether everybody can use them.

#![expect(clippy::unwrap_used, reason = "all of this crate is tests and their helpers")]

#[expect(dead_code, reason = "pictures are taken by an example")]
mod driver;
mod organisation;
#[expect(dead_code, reason = "more of it is wanted by the tests without a browser")]
#[path = "../exporter/sample.rs"]
mod sample;

use driver::Browser;
use exporter::{Access, Exporter, serve};
use prometheus::Registry;
use serde_json::Value;
use std::{fs, sync::Arc};
use tokio::{net::TcpListener, runtime::Runtime};
use tokio_util::sync::CancellationToken;

const SIZES: [(&str, (u32, u32)); 3] = [("phone", (390, 844)), ("tablet", (820, 1180)), ("desk", (1440, 900))];

/// Every page, in what may be different about it.
const PAGES: [&str; 8] = [
    "/",
    "/?state=suppressed&group=core",
    "/sites/alpha",
    "/sites/a-site-that-no-record-names",
    "/sites/nobody",
    "/indicators",
    "/indicators/a_rather_long_name_for_how_safe_people_feel",
    "/data",
];

const TAB: char = '\u{e004}';

/// A server with everything that pages show, and something that is down.
struct Served {
    url: String,
    // Its server ends with it.
    _runtime: Runtime,
}

impl Served {
    fn start() -> Self {
        let exporter = Exporter::new(Registry::new()).unwrap();
        exporter.publish(Arc::new(organisation::values())).unwrap();
        exporter.service("evaluation").failed("the disk is full: file:///var/lib/bellwether/lake", Some("BW0022"));
        Self::of(exporter)
    }

    fn of(exporter: Exporter) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(serve(listener, exporter, Access::open(), CancellationToken::new()));
        Self { url, _runtime: runtime }
    }
}

/// Chromium, and axe-core to be run in it; `None` where one of them is missing.
fn tools() -> Option<(Browser, String)> {
    let axe = prerequisites::tool("BELLWETHER_TEST_AXE")?;
    Some((Browser::start()?, fs::read_to_string(axe).unwrap()))
}

/// Loads a page, and holds it to what holds for all of them.
fn open(browser: &Browser, served: &Served, path: &str, place: &str) {
    browser.open(&format!("{}{path}", served.url));
    assert_eq!(browser.run("return document.querySelectorAll('h1').length"), 1, "{place}");
    let outside: Vec<String> = browser.requests().into_iter().filter(|url| !url.starts_with(&served.url)).collect();
    assert!(outside.is_empty(), "{place} asks others: {outside:?}");
    let wide = browser.run("return document.documentElement.scrollWidth - innerWidth");
    assert!(wide.as_i64().unwrap() <= 0, "{place} is {wide} pixels wider than the screen");
}

/// A page that is not there is an error in the console, of which the page itself is not to blame.
fn assert_quiet(browser: &Browser, path: &str, place: &str) {
    let missing = |entry: &Value| path.ends_with("/nobody") && entry["message"].as_str().unwrap().contains("404");
    let said: Vec<Value> = browser.console().into_iter().filter(|entry| !missing(entry)).collect();
    assert!(said.is_empty(), "{place}: {said:?}");
}

/// What axe-core finds fault with, and where.
fn violations(browser: &Browser, axe: &str) -> Vec<String> {
    browser.run(axe);
    let found =
        browser.run_to_end("axe.run().then(found => done(found.violations), error => done([{id: String(error)}]))");
    let told = |violation: &Value| {
        let nodes = violation["nodes"].as_array().cloned().unwrap_or_default();
        let nodes: Vec<String> =
            nodes.iter().take(3).map(|node| format!("{} {}", node["html"], node["failureSummary"])).collect();
        format!("{}: {}", violation["id"], nodes.join("; "))
    };
    found.as_array().unwrap().iter().map(told).collect()
}

fn fits_everybody(theme: &str) {
    let Some((browser, axe)) = tools() else { return };
    let served = Served::start();
    browser.prefer(theme);
    for (name, size) in SIZES {
        browser.resize(size);
        for path in PAGES {
            let place = format!("{path} on a {name}, {theme}");
            open(&browser, &served, path, &place);
            assert_quiet(&browser, path, &place);
            let found = violations(&browser, &axe);
            assert!(found.is_empty(), "{place}: {found:#?}");
        }
    }
}

#[test]
fn in_the_light_every_page_fits_everybody_on_every_screen() {
    fits_everybody("light");
}

#[test]
fn in_the_dark_every_page_fits_everybody_on_every_screen() {
    fits_everybody("dark");
}

/// What can be reached, in the order in which it is read.
const REACHABLE: &str =
    "return [...document.querySelectorAll('a[href], summary, [tabindex=\"0\"]')].filter(e => e.checkVisibility())";

#[test]
fn with_the_keyboard_alone_everything_is_reached_in_order_and_seen() {
    let Some((browser, _)) = tools() else { return };
    let served = Served::start();
    for (name, size) in [SIZES[0], SIZES[2]] {
        browser.resize(size);
        for path in PAGES {
            open(&browser, &served, path, path);
            let count = browser.run(&format!("window.reachable = (() => {{{REACHABLE}}})(); return reachable.length"));
            for nth in 0..count.as_u64().unwrap() {
                browser.press(TAB);
                let found = browser.run(
                    "const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect(); \
                     return [reachable.indexOf(e), s.outlineStyle != 'none' && parseFloat(s.outlineWidth) >= 2 && \
                     r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth, e.outerHTML.slice(0, 200)]",
                );
                assert_eq!(found[0], nth, "{path} on a {name}: out of order at {}", found[2]);
                assert_eq!(found[1], true, "{path} on a {name}: nobody sees that this has the focus: {}", found[2]);
            }
        }
    }
}

/// A closed metric of a site opens with the keyboard, and where a link leads is in sight.
#[test]
fn a_line_opens_with_a_key_and_a_link_to_a_metric_leads_to_it() {
    let Some((browser, _)) = tools() else { return };
    let served = Served::start();
    browser.resize(SIZES[0].1);
    browser.open(&format!("{}/sites/zeta#metric-injury_rate", served.url));
    let top = "return Math.round(document.querySelector(':target').getBoundingClientRect().top)";
    let top = browser.run(top).as_i64().unwrap();
    assert!((0..844).contains(&top), "{top}");
    browser.run("document.querySelector('details.card > summary').focus()");
    browser.press(' ');
    assert_eq!(browser.run("return document.querySelector('details.card').open"), true);
    browser.run("document.querySelector('details.card a').focus()");
    assert_eq!(browser.run("return document.activeElement.tagName"), "A", "what is in it can be reached");
}

#[test]
fn before_the_first_values_the_pages_fit_everybody_too() {
    let Some((browser, axe)) = tools() else { return };
    let served = Served::of(Exporter::new(Registry::new()).unwrap());
    browser.resize(SIZES[0].1);
    for path in ["/", "/sites/alpha", "/indicators", "/data"] {
        browser.open(&format!("{}{path}", served.url));
        assert_quiet(&browser, path, path);
        let found = violations(&browser, &axe);
        assert!(found.is_empty(), "{path}: {found:#?}");
    }
}
