//! What the files name is there, and they agree with each other and with what the documents say of the program.

use super::{manifests, text, yaml};
use end_to_end::root;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn manifest(kind: &str) -> Value {
    let named = manifests().into_iter().map(|file| yaml(&file)).find(|manifest| manifest["kind"] == kind);
    named.unwrap_or_else(|| panic!("no manifest of kind {kind}"))
}

/// The instructions of the Dockerfile, each in one line.
fn instructions() -> Vec<String> {
    let joined = text("Dockerfile").replace("\\\n", " ");
    let lines = joined.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn what_compose_mounts_is_there() {
    let services = yaml("compose.yaml")["services"].clone();
    let mut mounted = 0;
    for (name, service) in services.as_object().unwrap() {
        for volume in strings(&service["volumes"]).filter(|volume| volume.starts_with("./")) {
            let (here, there) = volume.split_once(':').unwrap();
            assert!(root().join("ops").join(here).exists(), "{name}: {volume}");
            assert!(there.ends_with(":ro"), "{name}: {volume}");
            mounted += 1;
        }
        assert_eq!(service["cap_drop"], json!(["ALL"]), "{name}");
        for port in strings(&service["ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{name}: open to the network: {port}");
        }
    }
    assert!(mounted >= 6, "{mounted}");
    let home = services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"].as_str().unwrap();
    let home = home.strip_prefix("/var/lib/grafana/").unwrap();
    assert!(root().join("ops/grafana").join(home).exists(), "{home}");
}

/// Docker would only tell after the build, of minutes.
#[test]
fn what_the_image_copies_is_there_and_what_runs_in_it_is_nobody() {
    let instructions = instructions();
    let last = instructions.iter().rposition(|line| line.starts_with("FROM ")).unwrap();
    for copied in instructions[last..].iter().filter(|line| line.starts_with("COPY ") && !line.contains("--from=")) {
        let from = copied.split(' ').nth(1).unwrap();
        assert!(root().join(from).exists(), "{copied}");
    }
    let of = |instruction: &str| -> Vec<&String> {
        instructions[last..].iter().filter(|line| line.starts_with(&format!("{instruction} "))).collect()
    };
    assert_eq!(of("USER"), ["USER 65532:65532"]);
    let health = of("HEALTHCHECK")[0].split_once(" CMD ").unwrap().1;
    assert_eq!(health, r#"["bellwether", "health"]"#, "the image has no other client");
    assert!(of("RUN").is_empty(), "the image has no shell");
    // The compiler of the image is the one that the code is built with.
    let channel = std::fs::read_to_string(root().join("rust-toolchain.toml")).unwrap();
    let channel = channel.split("channel = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let base = instructions.iter().find_map(|line| line.strip_prefix("ARG BUILD=")).unwrap();
    assert!(base.contains(&format!("rust:{channel}")), "{base}, and rust-toolchain.toml says {channel}");
}

/// As they stand in `ops/README.md`.
#[test]
fn the_probes_are_those_of_the_documents() {
    let readme = text("README.md");
    let pod = &manifest("StatefulSet")["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let port = container["ports"][0]["containerPort"].as_u64().unwrap();
    for (probe, path) in [("livenessProbe", "/-/healthy"), ("readinessProbe", "/-/ready")] {
        let asked = &container[probe]["httpGet"];
        assert_eq!((asked["path"].as_str(), asked["port"].as_str()), (Some(path), Some("metrics")), "{probe}");
        let told = format!("{probe}:\n  httpGet: {{path: {path}, port: {port}}}");
        assert!(readme.contains(&told), "the README has no\n{told}");
    }
    assert!(container.get("startupProbe").is_none(), "a start waits for nothing");
    let service = manifest("Service");
    assert_eq!(service["spec"]["publishNotReadyAddresses"], json!(true), "or alerts on what is not ready cannot fire");
    assert_eq!(service["spec"]["ports"][0]["targetPort"], "metrics");
}

#[test]
fn a_pod_has_no_privileges_and_every_selector_finds_it() {
    let set = manifest("StatefulSet");
    let template = &set["spec"]["template"];
    let (pod, container) = (&template["spec"], &template["spec"]["containers"][0]);
    assert_eq!(pod["securityContext"]["runAsNonRoot"], json!(true));
    assert_eq!(pod["securityContext"]["runAsUser"], json!(65532), "the user of the image");
    assert_eq!(pod["automountServiceAccountToken"], json!(false));
    let context = &container["securityContext"];
    assert_eq!(
        (&context["readOnlyRootFilesystem"], &context["allowPrivilegeEscalation"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(context["capabilities"]["drop"], json!(["ALL"]));
    assert!(container["resources"]["limits"]["memory"].is_string());
    let labels = &template["metadata"]["labels"];
    for selector in [
        &set["spec"]["selector"]["matchLabels"],
        &manifest("Service")["spec"]["selector"],
        &manifest("NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
        &manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
    ] {
        assert_eq!(selector, labels);
    }
    assert_eq!(set["spec"]["serviceName"], manifest("Service")["metadata"]["name"]);
    assert_eq!(pod["serviceAccountName"], manifest("ServiceAccount")["metadata"]["name"]);
    let settings = &container["envFrom"][0]["configMapRef"]["name"];
    assert_eq!(settings, &manifest("ConfigMap")["metadata"]["name"]);
}

/// A stop that is cut short loses nothing, and costs the next start the time to read again.
#[test]
fn who_stops_the_program_waits_longer_than_it_drains() {
    let defaults: toml::Table =
        std::fs::read_to_string(root().join("services/bellwether/bellwether.toml")).unwrap().parse().unwrap();
    let seconds = |text: &str| text.trim_end_matches('s').parse::<u64>().unwrap();
    let drains = seconds(defaults["ingest"]["drain_limit"].as_str().unwrap());
    let unit = text("systemd/bellwether.service");
    let unit = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")).unwrap().to_owned();
    let compose = yaml("compose.yaml")["services"]["bellwether"]["stop_grace_period"].as_str().unwrap().to_owned();
    let pod = manifest("StatefulSet")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"].as_u64().unwrap();
    for (place, waits) in [("systemd", seconds(&unit)), ("compose", seconds(&compose)), ("Kubernetes", pod)] {
        assert!(waits > drains, "{place} waits {waits} s, and ingest.drain_limit is {drains} s");
    }
}

/// The key that somebody had made as told lay one `git add` from the repository.
#[test]
fn keys_that_the_files_tell_people_to_make_are_ignored() {
    let Some(git) = prerequisites::command("git", "git") else { return };
    let mut told = BTreeSet::new();
    for file in ["compose.yaml", "kubernetes/kustomization.yaml"] {
        let text = text(file);
        let made = text.split("> ops/").skip(1).map(|rest| rest.split([' ', ')', '\n']).next().unwrap().to_owned());
        told.extend(made.map(|path| format!("ops/{path}")));
    }
    let secrets = yaml("compose.yaml")["secrets"].clone();
    let secret = |secret: &Value| secret["file"].as_str().unwrap().trim_start_matches("./").to_owned();
    let of_compose: Vec<_> =
        secrets.as_object().unwrap().values().map(|value| format!("ops/{}", secret(value))).collect();
    assert!(of_compose.iter().all(|path| told.contains(path)), "{of_compose:?} and {told:?}");
    assert!(told.len() >= 2, "{told:?}");
    for key in told {
        let ignored = Command::new(&git).args(["check-ignore", "--quiet", &key]).current_dir(root()).status().unwrap();
        assert!(ignored.success(), "{key} is not in a .gitignore");
        assert!(text("Dockerfile.dockerignore").contains("**/*.key"), "{key} would be sent to the build");
    }
}
