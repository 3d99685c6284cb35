use super::*;
use std::collections::BTreeMap;

fn fixtures(suffix: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.to_string_lossy().ends_with(suffix));
    files.sort();
    assert!(!files.is_empty());
    files
}

fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn load(text: &str, env: &[(&str, &str)]) -> Result<(Settings, Vec<Entry>), Faults> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    Settings::load(Some(file.path()), environment(env))
}

#[test]
fn good_fixtures_load() {
    for file in fixtures(".good.toml") {
        if let Err(faults) = Settings::load(Some(&file), environment(&[])) {
            panic!("{}: {faults}", file.display());
        }
    }
}

/// Each `# expect: TEXT` line of a bad fixture must be in the message, and a position in the file too.
#[test]
fn bad_fixtures_are_refused_with_key_value_place_and_advice() {
    for file in fixtures(".bad.toml") {
        let message = Settings::load(Some(&file), environment(&[])).unwrap_err().to_string();
        let text = std::fs::read_to_string(&file).unwrap();
        let expected: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("# expect: ")).collect();
        assert!(!expected.is_empty(), "{} expects nothing", file.display());
        for part in expected {
            assert!(message.contains(part), "{}: {part:?} is not in:\n{message}", file.display());
        }
    }
}

#[test]
fn the_defaults_are_those_of_the_documentation() {
    let (settings, entries) = load("", &[]).unwrap();
    assert_eq!(settings.kafka.brokers.0, "localhost:9092");
    assert_eq!(settings.lake.0, "file://./data");
    assert_eq!(settings.indicators.queries, Path::new("./queries"));
    assert_eq!(settings.listen.to_string(), "127.0.0.1:9464");
    assert_eq!(settings.ready_max_age, Duration::from_secs(15 * 60));
    assert_eq!(settings.ingest.flush_age, Duration::from_secs(5));
    assert_eq!(settings.ingest.max_record_bytes.0, 1 << 20);
    assert_eq!(settings.indicators.series.0, 50_000);
    assert!(settings.privacy.is_none());
    assert!(entries.iter().all(|e| e.source == Origin::Default));
}

#[test]
fn the_environment_wins_over_the_file_and_says_so() {
    let env = [("BELLWETHER__INGEST__FLUSH_AGE", "7s"), ("BELLWETHER_OTHER", "x"), ("PATH", "/bin")];
    let (settings, entries) = load("[ingest]\nflush_age = \"3s\"\nflush_rows = 10\n", &env).unwrap();
    assert_eq!(settings.ingest.flush_age, Duration::from_secs(7));
    assert_eq!(settings.ingest.flush_rows.0, 10);
    let by_key: BTreeMap<&str, &Entry> = entries.iter().map(|e| (e.key.as_str(), e)).collect();
    let source = |key: &str| by_key[key].source.to_string();
    assert_eq!(source("ingest.flush_age"), "environment variable BELLWETHER__INGEST__FLUSH_AGE");
    assert!(source("ingest.flush_rows").ends_with(":3:1"), "{}", source("ingest.flush_rows"));
    assert_eq!(source("kafka.brokers"), "default");
}

#[test]
fn a_bad_variable_is_named_with_its_value() {
    let message = load("", &[("BELLWETHER__INGEST__FLUSH_AGE", "5")]).unwrap_err().to_string();
    for part in ["`ingest.flush_age` is \"5\"", "environment variable BELLWETHER__INGEST__FLUSH_AGE", "\"5s\""] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn every_fault_is_told_in_one_run() {
    let faults = load("[ingest]\nflush_age = 5\nflush_rows = 0\n[lak]\nurl = \"x\"\n", &[]).unwrap_err();
    assert_eq!(faults.0.len(), 3, "{faults}");
}

#[test]
fn properties_pass_through_and_hide_their_secrets() {
    let env = [("BELLWETHER__KAFKA__PROPERTIES__SASL_PASSWORD", "hunter2")];
    let text = "[kafka.properties]\n\"security.protocol\" = \"SASL_SSL\"\nlinger.ms = 5\n";
    let (settings, entries) = load(text, &env).unwrap();
    let properties: Vec<(&str, &str)> =
        settings.kafka.properties.iter().map(|(k, v)| (k.as_str(), v.reveal())).collect();
    assert_eq!(properties, [("linger.ms", "5"), ("sasl.password", "hunter2"), ("security.protocol", "SASL_SSL")]);
    let shown = format!("{settings:?}{}", serde_json::to_string(&entries).unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("SASL_SSL"), "{shown}");
}

#[test]
fn the_privacy_key_never_shows_even_when_it_is_refused() {
    let (settings, entries) = load("[privacy]\nkey = \"raw-key-text\"\n", &[]).unwrap();
    let faults = load("[privacy]\nkey = [\"raw-key-text\"]\n", &[]).unwrap_err();
    let shown = format!("{settings:?}{entries:?}{faults}{faults:?}");
    assert!(!shown.contains("raw-key-text"), "{shown}");
    assert!(shown.contains(MASK));
}

/// A URL with a password was once printed whole.
#[test]
fn credentials_in_urls_never_show() {
    let faults = load("[lake]\nurl = \"s3://user:secret@bucket/lake\"\n", &[]).unwrap_err().to_string();
    assert!(faults.contains("s3://********@bucket/lake") && !faults.contains("secret"), "{faults}");
    let text = "[kafka.properties]\n\"sasl.oauthbearer.token.endpoint.url\" = \"https://user:secret@host/token\"\n";
    let (_, entries) = load(text, &[]).unwrap();
    let shown = format!("{entries:?}");
    assert!(shown.contains("https://********@host/token") && !shown.contains("secret"), "{shown}");
}

#[test]
fn a_key_of_digits_stays_as_it_is_written() {
    let (settings, _) = load("", &[("BELLWETHER__PRIVACY__KEY", "0012")]).unwrap();
    assert!(matches!(settings.privacy, Some(SecretFrom::Inline(key)) if key.reveal() == "0012"));
}

#[test]
fn sizes_and_durations_are_read_with_their_units() {
    let size = |text: &str| Bytes::parse(text).map(|b| b.0);
    assert_eq!(size("1MiB"), Some(1 << 20));
    assert_eq!(size("2 GB"), Some(2_000_000_000));
    assert_eq!(size("1_024"), Some(1024));
    assert_eq!((size("0"), size("MiB"), size("5 pounds"), size("99999999999GiB")), (None, None, None, None));
    assert_eq!(<Duration as Setting>::parse("7d"), Some(Duration::from_secs(7 * 86_400)));
    assert_eq!(<Duration as Setting>::parse("1h30m"), Some(Duration::from_secs(5400)));
    assert_eq!(<Duration as Setting>::parse("-5s"), None);
    assert_eq!(<Duration as Setting>::parse("soon"), None);
}
