//! A real Chromium, driven through chromedriver: WebDriver is a few requests, and this is all of them that is needed.

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

/// One window, without a desktop around it. Ends when dropped.
pub struct Browser {
    driver: Child,
    session: String,
}

impl Browser {
    /// Starts it; `None` where it is not installed.
    pub fn start() -> Option<Self> {
        let chromium = prerequisites::command("chromium", "chromium")?;
        let chromedriver = prerequisites::command("chromedriver", "chromium-driver")?;
        let mut driver = Command::new(chromedriver).arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map(Result::unwrap);
        let port = lines.find_map(|line| {
            let port = line.split_once("started successfully on port ")?.1;
            Some(port.trim_end_matches('.').to_owned())
        });
        let url = format!("http://127.0.0.1:{}/session", port.unwrap());
        // Nothing is shown but our own pages, so there is nothing that a sandbox, which containers lack, would hold back.
        let arguments =
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"];
        let wanted = json!({
            "browserName": "chrome",
            "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"},
            "goog:chromeOptions": {"binary": chromium, "args": arguments},
        });
        let mut browser = Self { driver, session: url.clone() };
        let begun = browser.post("", &json!({"capabilities": {"alwaysMatch": wanted}}));
        browser.session = format!("{url}/{}", begun["sessionId"].as_str().unwrap());
        Some(browser)
    }

    /// The size of what is seen, in CSS pixels.
    pub fn resize(&self, size: (u32, u32)) {
        self.resize_scaled(size, 1.0);
    }

    /// The same, with so many pixels of a picture for one of CSS.
    pub fn resize_scaled(&self, (width, height): (u32, u32), scale: f64) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 600});
        self.tools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// `light` or `dark`, as a reader prefers it.
    pub fn prefer(&self, theme: &str) {
        let feature = json!({"name": "prefers-color-scheme", "value": theme});
        self.tools("Emulation.setEmulatedMedia", &json!({"features": [feature]}));
    }

    /// Loads a page.
    pub fn open(&self, url: &str) {
        self.post("/url", &json!({"url": url}));
    }

    /// What a function's body returns.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// What a function's body hands to `done`.
    pub fn run_to_end(&self, script: &str) -> Value {
        let script = format!("const done = arguments[0];{script}");
        self.post("/execute/async", &json!({"script": script, "args": []}))
    }

    /// Presses a key and lets it go.
    pub fn press(&self, key: char) {
        let down = json!({"type": "keyDown", "value": key});
        let up = json!({"type": "keyUp", "value": key});
        self.post("/actions", &json!({"actions": [{"type": "key", "id": "keys", "actions": [down, up]}]}));
    }

    /// What the console said since it was asked last.
    pub fn console(&self) -> Vec<Value> {
        self.log("browser")
    }

    /// The addresses that were asked for since this was asked last.
    pub fn requests(&self) -> Vec<String> {
        let events = self.log("performance").into_iter().filter_map(|entry| {
            let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            (event["message"]["method"] == "Network.requestWillBeSent")
                .then(|| event["message"]["params"]["request"]["url"].as_str().unwrap_or_default().to_owned())
        });
        events.collect()
    }

    /// What is seen, as PNG in base64.
    pub fn picture(&self) -> String {
        self.tools("Page.captureScreenshot", &json!({"format": "png"}))["data"].as_str().unwrap().to_owned()
    }

    fn log(&self, kind: &str) -> Vec<Value> {
        self.post("/se/log", &json!({"type": kind})).as_array().unwrap().clone()
    }

    /// Chromium's own protocol.
    fn tools(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.session);
        let asked = ureq::post(&url).config().http_status_as_error(false).build().send_json(body);
        let text = asked.unwrap().body_mut().with_config().limit(1 << 26).read_to_string().unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert!(answer["value"]["error"].is_null(), "{path}: {}", answer["value"]["message"]);
        answer["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = ureq::delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
