//! What is written.

use crate::small;
use simulator::Event;

#[test]
fn the_folder_holds_every_stream_the_truth_and_the_broken_ones() {
    let dir = std::env::temp_dir().join(format!("bellwether-simulator-{}", std::process::id()));
    let written = small().write(&dir, 40).unwrap();
    let read = |name: &str| std::fs::read(dir.join(name)).unwrap();
    let lines = |name: &str| read(name).split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
    let events: usize = Event::STREAMS.iter().map(|stream| lines(&format!("{stream}.ndjson"))).sum();
    assert_eq!((events, written.events, written.bad), (small().arrivals().len(), small().arrivals().len(), 40));
    let truth: serde_json::Value = serde_json::from_slice(&read("truth.json")).unwrap();
    assert_eq!(truth["as_of"], "2026-06-17T12:00:00Z");
    let list: Vec<serde_json::Value> = serde_json::from_slice(&read("bad.json")).unwrap();
    assert_eq!(list.len(), 40);
    for bad in &list {
        assert!(
            usize::try_from(bad["line"].as_u64().unwrap()).unwrap() <= lines(bad["file"].as_str().unwrap()),
            "{bad}"
        );
    }
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let file = std::env::temp_dir().join(format!("bellwether-not-a-folder-{}", std::process::id()));
    std::fs::write(&file, "").unwrap();
    let error = small().write(&file.join("out"), 0).unwrap_err().to_string();
    std::fs::remove_file(&file).unwrap();
    assert!(error.contains("bellwether-not-a-folder"), "{error}");
}
