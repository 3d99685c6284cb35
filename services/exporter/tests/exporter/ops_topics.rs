//! The topics that `ops/kafka/topics.sh` makes are those of the schemas. (Kafka's own programs are stood in for by a
//! stub that writes its arguments down.)

use crate::tools::{ops, run};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt,
};

/// Topic → its settings.
fn topics() -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    for program in ["kafka-topics.sh", "kafka-configs.sh"] {
        let stub = folder.path().join(program);
        fs::write(&stub, "#!/bin/sh\necho \"$@\"\n").unwrap();
        fs::set_permissions(&stub, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let script = ops().join("kafka/topics.sh");
    let call = format!("KAFKA_BIN={} exec sh {}", folder.path().display(), script.display());
    let output = run("sh", &["-c", &call], "").unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let calls = String::from_utf8(output.stdout).unwrap();
    let word_after = |line: &str, option: &str| {
        line.split(' ').skip_while(|&word| word != option).nth(1).map(str::to_owned).unwrap_or_default()
    };
    let created: BTreeSet<_> =
        calls.lines().filter(|line| line.contains("--create")).map(|line| word_after(line, "--topic")).collect();
    let set = calls.lines().filter(|line| line.contains("--alter"));
    let set: BTreeMap<_, _> =
        set.map(|line| (word_after(line, "--entity-name"), word_after(line, "--add-config"))).collect();
    assert_eq!(set.keys().cloned().collect::<BTreeSet<_>>(), created, "each is created and set");
    set
}

/// Topic → whether it is a reference stream's.
fn declared() -> BTreeMap<String, bool> {
    let files = fs::read_dir(ops().join("../schemas")).unwrap().map(|entry| entry.unwrap().path());
    let schemas = files.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    schemas
        .map(|path| {
            let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            let stream = &schema["x-stream"];
            (stream["topic"].as_str().unwrap().to_owned(), stream.get("event_time").is_none())
        })
        .collect()
}

#[test]
fn every_stream_has_its_topic_and_its_dead_letters() {
    let (topics, declared) = (topics(), declared());
    assert_eq!(topics.len(), declared.len() * 2);
    for (topic, reference) in declared {
        assert_eq!(topics[&topic].contains("cleanup.policy=compact"), reference, "{topic}");
        let dead = &topics[&format!("{topic}.dead-letters")];
        assert!(dead.contains("retention.ms=1209600000"), "14 days: {topic}: {dead}");
        let limit = |settings: &str| -> u64 {
            settings.split(',').find_map(|one| one.strip_prefix("max.message.bytes=")).unwrap().parse().unwrap()
        };
        assert_eq!(limit(dead), limit(&topics[&topic]) + 64 * 1024, "{topic}");
    }
}
