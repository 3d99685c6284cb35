//! Every setting of image, compose, Kubernetes and systemd is one that the program has, with a value that it takes.

use super::{manifests, text, yaml};
use end_to_end::{Program, root};
use std::collections::BTreeMap;

type Settings = BTreeMap<String, String>;

/// What begins like a setting, in `NAME=VALUE` or `NAME: VALUE`.
fn of_lines(text: &str) -> Settings {
    let words = text.split_whitespace().filter(|word| word.contains("BELLWETHER__"));
    let pairs = words.filter_map(|word| word.trim_start_matches("Environment=").split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn of_map(map: &serde_json::Value) -> Settings {
    let pairs = map.as_object().unwrap().iter().filter(|(name, _)| name.starts_with("BELLWETHER__"));
    pairs.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

/// Asks the program, with the key and the folders that it would find there.
fn check(place: &str, settings: &Settings, arguments: &[&str]) -> Result<(), String> {
    let program = Program::new("127.0.0.1:1");
    let key = program.folder().join("key");
    std::fs::write(&key, "a key for tests, thirty-two bytes or more\n").unwrap();
    let mut command = program.command(&[arguments, &["config", "check"]].concat());
    command.env_remove("BELLWETHER__PRIVACY__KEY").env_remove("BELLWETHER__LAKE__URL");
    command.env_remove("BELLWETHER__KAFKA__BROKERS");
    for (name, value) in settings {
        let here = match name.as_str() {
            "BELLWETHER__PRIVACY__KEY_FILE" => key.to_string_lossy().into_owned(),
            "BELLWETHER__INDICATORS__QUERIES" => {
                assert_eq!(value, "/etc/bellwether/queries", "{place}");
                root().join("queries").to_string_lossy().into_owned()
            }
            _ => value.clone(),
        };
        command.env(name, here);
    }
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if output.status.success() { Ok(()) } else { Err(format!("{place}: {settings:?}: {told}")) }
}

#[test]
fn the_program_takes_every_setting_of_the_files_that_run_it() {
    let image = of_lines(&text("Dockerfile").replace("\\\n", " "));
    let compose = of_map(&yaml("compose.yaml")["services"]["bellwether"]["environment"]);
    let manifest = manifests().into_iter().find(|file| file.ends_with("configmap.yaml")).unwrap();
    let pod = of_map(&yaml(&manifest)["data"]);
    let unit = of_lines(&text("systemd/bellwether.service"));
    assert!(image.len() >= 3 && compose.len() >= 2 && pod.len() >= 4 && unit.len() == 1, "or they were not read");
    let with = |own: &Settings| image.clone().into_iter().chain(own.clone()).collect::<Settings>();
    check("compose", &with(&compose), &[]).unwrap();
    check("Kubernetes", &with(&pod), &[]).unwrap();
    let file = std::env::temp_dir().join(format!("bellwether-unit-{}.toml", std::process::id()));
    let queries = root().join("queries").to_string_lossy().into_owned();
    std::fs::write(&file, text("systemd/bellwether.toml").replace("/etc/bellwether/queries", &queries)).unwrap();
    check("systemd", &unit, &["--config", &file.to_string_lossy()]).unwrap();
    std::fs::remove_file(&file).unwrap();
    let wrong = Settings::from([("BELLWETHER__HTTP__LISTENS".to_owned(), "0.0.0.0:9464".to_owned())]);
    let refused = check("a wrong one", &wrong, &[]).unwrap_err();
    assert!(refused.contains("`http.listens` is not a setting"), "{refused}");
}
