//! The files that run the program elsewhere: image, compose, Kubernetes, systemd. No container engine and no cluster is at hand:
//! what can be known without them is asserted. Schemas and linters, that what they name is there and agrees with the others, and
//! that the program starts with their settings, as nobody, on a root that cannot be written to.

mod agreement;
mod linters;
mod read_only;
mod settings;

use end_to_end::root;
use serde_json::Value;

/// A text of `ops/`.
fn text(file: &str) -> String {
    std::fs::read_to_string(root().join("ops").join(file)).unwrap()
}

/// A YAML file of `ops/` as JSON.
fn yaml(file: &str) -> Value {
    let read = serde_saphyr::from_str(&text(file));
    read.unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The manifests of Kubernetes, by their file.
fn manifests() -> Vec<String> {
    let named = yaml("kubernetes/kustomization.yaml");
    let files =
        named["resources"].as_array().unwrap().iter().map(|file| format!("kubernetes/{}", file.as_str().unwrap()));
    files.collect()
}
