use super::{
    values::{MASK, Setting},
    *,
};
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

/// Addresses are of people, and that of a webhook lets anybody write there.
#[test]
fn who_gets_the_digest_and_by_which_secret_never_shows() {
    let text = "[digest]\nto = \"Jo <jo-1@example.com>\"\nsmtp = \"m:25\"\nfrom = \"jo-2@example.com\"\nwebhook = \"https://jo-3\"\n\
                username = \"u\"\npassword = \"jo-4\"\n[digest.regions]\nNorth = \"jo-5@example.com\"\n";
    let (settings, entries) = load(text, &[]).unwrap();
    assert_eq!(settings.digest.audiences.len(), 2);
    let shown = format!("{settings:?}{entries:?}{}", serde_json::to_string(&entries).unwrap());
    assert!(!shown.contains("jo-"), "{shown}");
    let faults = load(&text.replace("@example.com", " at example"), &[]).unwrap_err();
    assert!(faults.0.len() == 3 && !format!("{faults}{faults:?}").contains("jo-"), "{faults}");
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

/// The parser's message shows the line that it fails on, and there stood a password without its quotes.
#[test]
fn a_secret_that_is_not_quoted_does_not_show() {
    for text in
        ["[privacy]\nkey = hunter2\n", "[kafka.properties]\n\"sasl.password\" = \"hunter2\n", "[privacy]\nkey: hunter2"]
    {
        let faults = load(text, &[]).unwrap_err();
        assert!(!format!("{faults}{faults:?}").contains("hunter2"), "{faults}");
    }
}

/// Of `user:p@ss@host` and `user:pa?ss@host` a part of the password was shown.
#[test]
fn no_setting_shows_a_password_in_whatever_form_it_is_written() {
    let passwords =
        ["pw-1@pw-2", "pw-1?pw-2", "pw-1#pw-2", "pw-1/pw-2", "pw-1%40pw-2", "pw-1 pw-2", "1?pw-2", "1/pw-2", "1#pw-2"];
    let keys = [
        "lake.url",
        "remote_write.url",
        "kafka.brokers",
        "http.listen",
        "ingest.flush_age",
        "ingest.group",
        "log.level",
    ];
    for password in passwords {
        for (scheme, host) in
            [("http://", "host/x"), ("s3://", "[::1]:9090/x"), ("file://", "host/x"), ("", "host:9092"), ("//", "")]
        {
            let url = format!("{scheme}user:{password}@{host}");
            for key in keys {
                let variable = format!("BELLWETHER__{}", key.replace('.', "__").to_uppercase());
                let shown = match load("", &[(&variable, &url)]) {
                    Ok((settings, entries)) if key == "ingest.group" => {
                        format!("{:?}{entries:?}", settings.remote_write)
                    }
                    Ok(_) => panic!("{key} takes {url}"),
                    Err(faults) => format!("{faults}{faults:?}"),
                };
                assert!(!shown.contains("pw-"), "{key} {url}: {shown}");
            }
            let text = format!(
                "[kafka.properties]\n\"sasl.oauthbearer.token.endpoint.url\" = '{url}'\n\"sasl.pasword\" = '{url}'"
            );
            let (settings, entries) = load(&text, &[]).unwrap();
            let shown = format!("{settings:?}{entries:?}");
            assert!(!shown.contains("pw-"), "{url}: {shown}");
        }
    }
}

#[test]
fn a_variable_with_one_underscore_too_few_is_a_fault_and_does_not_show_its_value() {
    let env =
        [("BELLWETHER_PRIVACY_KEY", "hunter2"), ("BELLWETHER_TEST_KAFKA", "x"), ("BELLWETHER__KAFKA_BROKERS", "k:1")];
    let faults = load("", &env).unwrap_err().to_string();
    assert!(faults.contains("2 faults") && !faults.contains("hunter2"), "{faults}");
    assert!(faults.contains("BELLWETHER_PRIVACY_KEY is not a setting"), "{faults}");
    assert!(faults.contains("did you mean BELLWETHER__PRIVACY__KEY?"), "{faults}");
    assert!(faults.contains("did you mean `BELLWETHER__KAFKA__BROKERS`?"), "{faults}");
}

/// What the file says of two limits was not what the code had for them.
#[test]
fn the_defaults_of_the_code_are_those_of_the_example_file() {
    let (settings, entries) = load("", &[]).unwrap();
    assert_eq!(crate::configured::ingest_section(&settings, false), ingest::IngestSettings::default());
    assert_eq!(crate::configured::kafka(&settings).unwrap(), ingest::KafkaSettings::default());
    let (given, built_in) = (crate::configured::limits(&settings), evaluation::session::Limits::default());
    assert_eq!(format!("{given:?}"), format!("{built_in:?}"));

    // Every key of the program stands in the file, those without a default as a comment, and no other does.
    let uncommented: String = example().lines().map(|line| format!("{}\n", uncommented(line))).collect();
    let document: toml::Table = uncommented.parse().unwrap_or_else(|error| panic!("{error}\n{uncommented}"));
    let mut written = Vec::new();
    keys("", &document, &mut written);
    written.retain(|key| !["kafka.properties.", "digest.owners."].iter().any(|free| key.starts_with(free)));
    let read: std::collections::BTreeSet<String> = entries.into_iter().map(|entry| entry.key).collect();
    assert_eq!(written.into_iter().collect::<std::collections::BTreeSet<_>>(), read);
}

fn example() -> &'static str {
    include_str!("../../bellwether.toml")
}

/// `# key = value` → `key = value`; sentences stay comments.
fn uncommented(line: &str) -> &str {
    let bare = line.trim_start_matches("# ");
    let name = bare.split_once(" = ").map_or("", |(name, _)| name.trim_matches('"'));
    let is_key = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '_' | '.'));
    if is_key { bare } else { line }
}

fn keys(prefix: &str, table: &toml::Table, found: &mut Vec<String>) {
    for (name, value) in table {
        match value {
            toml::Value::Table(inner) => keys(&format!("{prefix}{name}."), inner, found),
            _ => found.push(format!("{prefix}{name}")),
        }
    }
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
