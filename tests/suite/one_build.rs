//! `cargo demo` and `cargo xtask test` must ask for the same features of every shared library, or the second builds
//! DataFusion again.

use std::collections::BTreeSet;
use std::process::Command;

#[test]
fn the_program_and_the_tests_share_one_build_of_every_library() {
    let program = features(&["--package", "bellwether", "--edges", "normal,build"]);
    let workspace = features(&["--workspace", "--edges", "normal,build,dev"]);
    let twice: Vec<_> = program.difference(&workspace).collect();
    assert!(program.len() > 300, "cargo tree printed {} libraries", program.len());
    assert!(twice.is_empty(), "switch the tests' features on in services/bellwether/Cargo.toml, too: {twice:#?}");
}

/// `name version|features` of every library outside the workspace.
fn features(selection: &[&str]) -> BTreeSet<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--locked", "--prefix", "none", "--format", "{p}|{f}"])
        .args(selection)
        .current_dir(end_to_end::root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| line.replace(" (*)", "").replace(" (proc-macro)", ""))
        .filter(|line| !line.contains(" (/"))
        .collect()
}
