//! Schemas and linters, in the versions of `ops/xtask/linters.txt`.

use super::manifests;
use end_to_end::{root, tool};
use std::path::Path;
use std::process::Command;

/// The oldest and the newest Kubernetes that the manifests are for.
const KUBERNETES: [&str; 2] = ["1.29.0", "1.37.0"];

/// Runs one of the linters in `ops/`; whether it found no fault, and what it said.
fn lint(folder: &Path, linter: &str, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(folder.join("bin").join(linter)).args(arguments).current_dir(root().join("ops")).output();
    let output = output.unwrap();
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[test]
fn the_image_the_compose_file_and_the_manifests_pass_their_linters() {
    let Some(linters) = tool("BELLWETHER_TEST_LINTERS") else { return };
    let pass = |linter: &str, arguments: &[&str]| {
        let (passed, told) = lint(&linters, linter, arguments);
        assert!(passed, "{linter} {arguments:?}:\n{told}");
    };
    pass("hadolint", &["--failure-threshold", "info", "Dockerfile"]);
    pass("check-jsonschema", &["--builtin-schema", "vendor.compose-spec", "compose.yaml"]);
    let manifests = manifests();
    for version in KUBERNETES {
        let mut arguments = vec!["--strict", "-k", version];
        arguments.extend(manifests.iter().map(String::as_str));
        pass("kubernetes-validate", &arguments);
    }
}

/// A linter that lets everything pass proves nothing.
#[test]
fn the_linters_see_a_wrong_word() {
    let Some(linters) = tool("BELLWETHER_TEST_LINTERS") else { return };
    let folder = tempfile::tempdir().unwrap();
    let wrong = |file: &str, right: &str, wrong: &str| {
        let text = super::text(file);
        assert!(text.contains(right), "{file} has no {right}");
        let path = folder.path().join(Path::new(file).file_name().unwrap());
        std::fs::write(&path, text.replace(right, wrong)).unwrap();
        path.to_string_lossy().into_owned()
    };
    let image = wrong("Dockerfile", "ENTRYPOINT [\"/usr/bin/bellwether\"]", "ENTRYPOINT /usr/bin/bellwether");
    let compose = wrong("compose.yaml", "read_only: true", "readonly: true");
    let pod = wrong("kubernetes/statefulset.yaml", "readOnlyRootFilesystem", "readOnlyRoot");
    for (linter, arguments, told) in [
        ("hadolint", vec!["--failure-threshold", "info", &image], "DL3025"),
        ("check-jsonschema", vec!["--builtin-schema", "vendor.compose-spec", &compose], "readonly"),
        ("kubernetes-validate", vec!["--strict", "-k", KUBERNETES[1], &pod], "readOnlyRoot"),
    ] {
        let (passed, said) = lint(&linters, linter, &arguments);
        assert!(!passed && said.contains(told), "{linter}: {said}");
    }
}

/// As systemd itself reads the unit; and of ten points of exposure at most one and a half.
#[test]
fn systemd_finds_no_fault_and_little_exposure_in_the_unit() {
    let Some(analyze) = prerequisites::command("systemd-analyze", "systemd") else { return };
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("bellwether.service");
    // It looks for the program, which is not installed here.
    let text = super::text("systemd/bellwether.service");
    std::fs::write(&unit, text.replace("/usr/bin/bellwether", "/bin/true")).unwrap();
    for arguments in [&["verify"][..], &["security", "--offline=true", "--threshold=15"]] {
        let output = Command::new(&analyze).args(arguments).arg(&unit).output().unwrap();
        let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{arguments:?}: {told}");
        // `verify` tells of a key that it does not know, and passes it.
        assert!(arguments != ["verify"] || !told.contains("bellwether.service"), "{told}");
    }
}
