use super::*;
use crate::failure::Failure;
use ingest::{IngestSettings, KafkaSettings, dead_letters};
use std::{collections::BTreeSet, fs, path::PathBuf, time::Duration};
use workbench::Fault;

type Coded = (&'static str, anyhow::Error);

fn io(kind: io::ErrorKind) -> io::Error {
    io::Error::from(kind)
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn lake_errors() -> Vec<Coded> {
    let other = || io(io::ErrorKind::Other).into();
    let (table, location) = (|| text("sites"), || text("file:///lake/"));
    vec![
        ("BW0001", LakeError::Url { url: text("s3://x"), why: text("no folder") }.into()),
        ("BW0003", LakeError::Key { location: location(), remembered: text("a"), given: text("b") }.into()),
        ("BW0019", LakeError::Missing { location: location() }.into()),
        ("BW0020", LakeError::Folder { folder: text("/x"), source: io(io::ErrorKind::PermissionDenied) }.into()),
        ("BW0021", LakeError::Permission { context: table(), source: other() }.into()),
        ("BW0022", LakeError::Full { context: table(), source: other() }.into()),
        ("BW0023", LakeError::NewerLayout { location: location(), found: 2, known: 1 }.into()),
        ("BW0024", LakeError::Manifest { location: location(), file: "_bellwether.json", why: text("cut") }.into()),
        (
            "BW0025",
            LakeError::Corrupt { table: table(), location: location(), files: text(""), source: other() }.into(),
        ),
        ("BW0026", LakeError::Restored { table: table(), at: 7, to: Some(3) }.into()),
        ("BW0027", LakeError::DamagedFile { table: table(), file: text("x"), source: other() }.into()),
        ("BW0027", LakeError::MissingFile { table: table(), file: text("x") }.into()),
        ("BW0028", LakeError::Property { table: table(), property: text("p"), found: None, wanted: text("w") }.into()),
        ("BW0029", LakeError::Schema { table: table(), differences: Vec::new() }.into()),
        ("BW0030", LakeError::Commit { table: table(), attempts: 6, source: other() }.into()),
        ("BW0030", LakeError::StaleFiles { table: table(), age_s: 2, limit_s: 1 }.into()),
        ("BW0031", LakeError::Storage { context: table(), source: other() }.into()),
        ("BW0039", LakeError::Rows { table: table(), why: text("columns") }.into()),
    ]
}

fn kafka_errors() -> Vec<Coded> {
    let unreachable = unreachable();
    let cause = || unreachable.source.clone();
    let (topic, place) = (|| text("t"), || text("t: record 1"));
    let withheld =
        IngestError::Withheld { partitions: text("t-0"), seconds: 9, group: text("g"), holders: text("somebody") };
    vec![
        ("BW0013", IngestError::DeadLetter { topic: topic(), source: cause() }.into()),
        ("BW0014", IngestError::Positions(Vec::new()).into()),
        ("BW0015", IngestError::Waited { topic: topic(), partition: 0, seconds: 9, why: text("no leader") }.into()),
        ("BW0016", withheld.into()),
        ("BW0017", PublishError::Line { file: text("f"), line: 1, problem: text("no JSON") }.into()),
        ("BW0018", PublishError::Refused { place: place(), source: cause() }.into()),
        ("BW0039", IngestError::Stage { stage: "decode" }.into()),
        ("BW0008", IngestError::Unreachable(unreachable).into()),
    ]
}

/// The client's errors cannot be made here: this is a real one.
fn unreachable() -> ingest::Unreachable {
    let kafka = KafkaSettings { brokers: text("127.0.0.1:1"), properties: Default::default() };
    let settings = IngestSettings { connect_limit: Duration::from_millis(100), ..IngestSettings::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match runtime.block_on(dead_letters::list(&kafka, &settings, &["t"])) {
        Err(IngestError::Unreachable(unreachable)) => unreachable,
        other => panic!("{other:?}"),
    }
}

fn other_errors() -> Vec<Coded> {
    let fault = Fault {
        file: text("a.sql"),
        line: 1,
        column: 1,
        width: 1,
        message: text("wrong"),
        help: None,
        source: text(""),
    };
    let settings = SettingsError { key: text("kafka.brokers"), value: text(""), problem: text("name one") };
    let week = jiff::civil::date(2026, 3, 2);
    let unreachable = RemoteWriteError::Unreachable { url: text("http://x"), attempts: 1, reason: text("refused") };
    vec![
        ("BW0001", Faults(Vec::new()).into()),
        ("BW0001", settings.into()),
        ("BW0001", RemoteWriteError::Authorities(text("none")).into()),
        ("BW0002", PrivacyKeyError::Missing.into()),
        ("BW0004", ContractError::Faults(Vec::new()).into()),
        ("BW0005", QueryFileError::Faults(vec![fault]).into()),
        ("BW0006", QueryFileError::Path { path: text("q"), message: text("no such folder") }.into()),
        ("BW0022", io(io::ErrorKind::StorageFull).into()),
        ("BW0032", StoreError::Overtaken { attempts: 3 }.into()),
        ("BW0033", StoreError::Foreign(text("a row")).into()),
        ("BW0040", StoreError::PromisesLost { known: 2, found: 0 }.into()),
        ("BW0040", StoreError::ForeignPromises(text("a promise")).into()),
        ("BW0034", QueryFailure::Series(5).into()),
        ("BW0034", SqlError::Timeout(Duration::from_secs(1)).into()),
        ("BW0035", FamilyError::MetricName { metric: text("A") }.into()),
        ("BW0036", unreachable.into()),
        ("BW0039", RemoteWriteError::Compress(text("no")).into()),
        ("BW0041", SendError::Webhook { why: text("answers 500") }.into()),
        ("BW0035", StretchError::Family { week, source: FamilyError::MetricName { metric: text("A") } }.into()),
    ]
}

/// Those of the broker's objections, whose errors the client alone makes, and of what a server or a listener answers;
/// `tests/cli/codes.rs` meets them.
const ELSEWHERE: [(&str, ErrorCode); 7] = [
    ("BW0007", ErrorCode::Listen),
    ("BW0009", ErrorCode::BrokerTls),
    ("BW0010", ErrorCode::BrokerCredentials),
    ("BW0011", ErrorCode::BrokerAccess),
    ("BW0012", ErrorCode::TopicMissing),
    ("BW0037", ErrorCode::SamplesTooOld),
    ("BW0038", ErrorCode::SamplesRefused),
];

/// A code that once was in somebody's log means the same for ever.
#[test]
fn every_code_stands_for_what_it_always_has() {
    let all = [lake_errors(), kafka_errors(), other_errors()].into_iter().flatten();
    let mut met = BTreeSet::new();
    for (id, error) in all {
        let code = ErrorCode::of(error.as_ref());
        assert_eq!(code.map(ErrorCode::id), Some(id), "{error:?}");
        met.extend(code);
    }
    for (id, code) in ELSEWHERE {
        assert_eq!(code.id(), id);
        assert!(met.insert(code), "{id} is met above");
    }
    assert_eq!(met.into_iter().collect::<Vec<_>>(), ErrorCode::ALL, "each is held to its number here");
    assert_eq!(of_objection(Objection::Tls), ErrorCode::BrokerTls);
    assert_eq!(of_objection(Objection::Credentials), ErrorCode::BrokerCredentials);
    assert_eq!(of_objection(Objection::Access), ErrorCode::BrokerAccess);
    assert_eq!(of_objection(Objection::NoTopic), ErrorCode::TopicMissing);
}

#[test]
fn a_code_is_found_within_what_hides_it() {
    let of = |error: anyhow::Error| ErrorCode::of(error.as_ref()).map(ErrorCode::id);
    let missing = || LakeError::MissingFile { table: text("sites"), file: text("x") };
    let stream = || text("sites");
    assert_eq!(of(anyhow::Error::from(missing()).context("cannot show the board")), Some("BW0027"));
    assert_eq!(of(IngestError::Table { stream: stream(), source: missing() }.into()), Some("BW0027"));
    assert_eq!(of(PreviewError::Sql(SqlError::Store(StoreError::Lake(missing()))).into()), Some("BW0027"));
    let boxed = LakeError::Storage { context: stream(), source: Box::new(Box::new(missing())) };
    assert_eq!(of(boxed.into()), Some("BW0027"), "the cause says more");
    let line = PublishError::Line { file: text("f"), line: 1, problem: text("no JSON") };
    assert_eq!(of(PublishError::Stopped { records: 0, source: Box::new(line) }.into()), Some("BW0017"));
    let full = LakeError::Folder { folder: text("/x"), source: io(io::ErrorKind::StorageFull) };
    assert_eq!(of(full.into()), Some("BW0022"), "what made it impossible");
    assert_eq!(of(anyhow::anyhow!("there is no metric `x`")), None);
    assert_eq!(of(SqlError::Query { place: text(""), message: text("no table") }.into()), None);
}

#[test]
fn a_failure_shows_its_code_first_and_its_page_last() {
    let failure = Failure::from(LakeError::Missing { location: text("file:///x/") });
    let message = failure.message();
    assert!(message.starts_with("error[BW0019]: no lake at file:///x/: set lake.url"), "{message}");
    assert!(message.ends_with("\nsee ops/runbooks/errors/BW0019.md"), "{message}");
    assert!(!failure.line().contains("BW0019"), "a log has it as a field");
}

fn pages() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(PAGES)
}

#[test]
fn every_code_has_its_page_and_every_page_its_code() {
    let files = fs::read_dir(pages()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found: BTreeSet<String> = files.filter(|name| name != "README.md").collect();
    let wanted: BTreeSet<String> = ErrorCode::ALL.iter().map(|code| format!("{code}.md")).collect();
    assert_eq!(wanted.len(), ErrorCode::ALL.len(), "no number is given twice");
    assert_eq!(found, wanted);
    for code in ErrorCode::ALL {
        let page = fs::read_to_string(pages().join(format!("{code}.md"))).unwrap();
        assert!(page.starts_with(&format!("# {code}: {}\n", code.title())), "{code}: {page}");
        let parts: Vec<&str> = page.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(parts, ["## What happened", "## Why it may be", "## What to do"], "{code}");
    }
}

#[test]
fn the_index_lists_every_page_with_its_heading() {
    let index = fs::read_to_string(pages().join("README.md")).unwrap();
    let rows: Vec<&str> = index.lines().filter(|line| line.starts_with("| [BW")).collect();
    let wanted: Vec<String> =
        ErrorCode::ALL.iter().map(|code| format!("| [{code}]({code}.md) | {} |", code.title())).collect();
    assert_eq!(rows, wanted);
}
