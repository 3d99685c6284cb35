//! Who may import whom (ARCHITECTURE.md, "Rooms"), asserted from `cargo metadata`.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};

/// Room → the rooms it may import.
const ARROWS: &[(&str, &[&str])] = &[
    ("contracts", &[]),
    ("lake", &["contracts"]),
    ("ingest", &["contracts", "lake"]),
    ("indicators", &[]),
    ("evaluation", &["contracts", "lake", "indicators"]),
    ("workbench", &["contracts", "lake", "indicators", "evaluation"]),
    ("exporter", &["indicators"]),
    ("simulator", &["contracts"]),
    ("validation", &["indicators"]),
    (
        "bellwether",
        &[
            "contracts",
            "lake",
            "ingest",
            "indicators",
            "evaluation",
            "workbench",
            "exporter",
            "simulator",
            "validation",
        ],
    ),
];

/// Library → the rooms that may import it.
const ONLY_HERE: &[(&str, &[&str])] = &[
    ("deltalake", &["lake"]),
    ("buoyant_kernel", &["lake"]),
    ("buoyant_kernel_engine", &["lake"]),
    ("rdkafka", &["ingest", "simulator"]),
    ("datafusion", &["lake", "evaluation", "workbench"]),
    ("axum", &["exporter"]),
    ("prost", &["exporter"]),
    ("lettre", &["bellwether"]),
    ("ureq", &["exporter", "bellwether"]),
];

#[test]
fn rooms_import_along_the_arrows_only() {
    let imports = imports();
    for (room, allowed) in ARROWS {
        let rooms: BTreeSet<&str> = ARROWS.iter().map(|(room, _)| *room).collect();
        let taken: BTreeSet<&str> =
            imports[*room].iter().map(String::as_str).filter(|name| rooms.contains(name)).collect();
        let allowed = allowed.iter().copied().collect();
        assert!(taken.is_subset(&allowed), "{room} imports {taken:?}, it may import {allowed:?}");
    }
}

#[test]
fn each_library_stays_in_its_room() {
    let imports = imports();
    for (library, rooms) in ONLY_HERE {
        for (room, taken) in &imports {
            assert!(
                !taken.contains(*library) || rooms.contains(&room.as_str()),
                "{room} imports {library}, only {rooms:?} may"
            );
        }
    }
}

#[test]
fn every_service_is_in_the_table() {
    let imports = imports();
    let known: BTreeSet<&str> = ARROWS.iter().map(|(room, _)| *room).collect();
    assert_eq!(imports.keys().map(String::as_str).collect::<BTreeSet<_>>(), known);
}

/// The core is built and tested in seconds because of this: nothing that it needs, however indirectly, does I/O or holds
/// columns. The exporter serves values, and links no engine to read a struct.
#[test]
fn the_core_and_the_exporter_build_without_the_engine() {
    for (room, never) in [
        ("indicators", &["arrow", "arrow-array", "datafusion", "parquet", "tokio", "deltalake", "rdkafka"][..]),
        ("exporter", &["arrow", "arrow-array", "datafusion", "parquet", "deltalake", "rdkafka"][..]),
    ] {
        let needed = needed_by(room);
        assert!(needed.contains("jiff"), "{room}: {needed:?}");
        let found: Vec<_> = never.iter().filter(|library| needed.contains(**library)).collect();
        assert!(found.is_empty(), "{room} needs {found:?}");
    }
}

/// Everything that is linked into a room's library, by name.
fn needed_by(room: &str) -> BTreeSet<String> {
    let metadata: Metadata =
        MetadataCommand::new().manifest_path(end_to_end::root().join("Cargo.toml")).exec().unwrap();
    let nodes: BTreeMap<_, _> = metadata.resolve.as_ref().unwrap().nodes.iter().map(|node| (&node.id, node)).collect();
    let normal = |dep: &&cargo_metadata::NodeDep| dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
    let mut seen = BTreeSet::new();
    let mut next: Vec<_> = metadata.packages.iter().filter(|p| *p.name == room).map(|p| &p.id).collect();
    while let Some(id) = next.pop() {
        if seen.insert(id) {
            next.extend(nodes[id].deps.iter().filter(normal).map(|dep| &dep.pkg));
        }
    }
    metadata.packages.iter().filter(|p| seen.contains(&p.id)).map(|p| p.name.to_string()).collect()
}

/// Service → what it imports outside tests.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let metadata: Metadata =
        MetadataCommand::new().manifest_path(end_to_end::root().join("Cargo.toml")).no_deps().exec().unwrap();
    let services = metadata.packages.iter().filter(|package| package.manifest_path.as_str().contains("/services/"));
    services
        .map(|package| {
            let normal = package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal);
            (package.name.to_string(), normal.map(|d| d.name.clone()).collect())
        })
        .collect()
}
