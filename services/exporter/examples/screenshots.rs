//! Takes the pictures of the README: `cargo xtask screenshots` starts a demonstration and runs this.
//!
//! ```text
//! screenshots URL FOLDER
//! ```

#![expect(clippy::unwrap_used, clippy::panic, reason = "whoever takes pictures reads what went wrong")]

#[expect(dead_code, reason = "the tests do more with it")]
#[path = "../tests/browser/driver.rs"]
mod driver;

use base64::{Engine, engine::general_purpose::STANDARD};
use driver::Browser;
use serde_json::Value;
use std::{fs, path::Path};

/// Size in CSS pixels, and pixels of the picture for each: what is on a desk is kept smaller than it is there.
type Screen = ((u32, u32), f64);
const DESK: Screen = ((1440, 840), 0.75);
const PHONE: Screen = ((390, 844), 1.0);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, url, folder] = &arguments[..] else { panic!("usage: screenshots URL FOLDER") };
    let browser = Browser::start().unwrap();
    let board: Value = ureq::get(format!("{url}/?format=json"))
        .call()
        .unwrap()
        .body_mut()
        .with_config()
        .limit(1 << 28)
        .read_json()
        .unwrap();
    let site = format!("/sites/{}", board["sites"][0]["site"].as_str().unwrap());
    let shots = [
        ("board-desk", "/", DESK, "light"),
        ("board-phone", "/", PHONE, "dark"),
        ("site-desk", &site, DESK, "dark"),
        ("site-phone", &site, PHONE, "light"),
    ];
    for (name, path, (size, scale), theme) in shots {
        browser.resize_scaled(size, scale);
        browser.prefer(theme);
        browser.open(&format!("{url}{path}"));
        let picture = STANDARD.decode(browser.picture()).unwrap();
        fs::write(Path::new(folder).join(format!("{name}.png")), picture).unwrap();
    }
}
