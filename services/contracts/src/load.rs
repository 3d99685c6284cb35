//! Loads and validates schema files.

use crate::{
    contract::Contract,
    fault::{ContractError, Fault, FaultLog},
    schema,
};
use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

/// Every contract of a folder, by stream name.
#[derive(Debug, Clone, Default)]
pub struct Contracts {
    streams: Vec<Arc<Contract>>,
}

/// File name and text of every schema of this repository, as `services/build.rs` lists them.
const SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

impl Contracts {
    /// Loads `DIR/*.json`.
    ///
    /// # Errors
    /// Every fault of every file: unsupported keywords, bad patterns, duplicate topics and the like, each with file and
    /// JSON pointer; a folder that cannot be read or holds no schema.
    pub fn load(dir: &Path) -> Result<Self, ContractError> {
        let (mut files, mut faults) = read_folder(dir).map_err(|fault| ContractError::Faults(vec![fault]))?;
        files.sort();
        if files.is_empty() && faults.is_empty() {
            faults.push(folder_fault(dir, "holds no schema file (*.json)", "name the folder that holds the schemas"));
        }
        Self::build(files.iter().map(|(file, text)| (file.as_str(), text.as_str())), faults)
    }

    /// The contracts that the program was built with (`schemas/` of this repository).
    ///
    /// # Errors
    /// None in a released program: a test loads them.
    pub fn shipped() -> Result<Self, ContractError> {
        Self::build(SHIPPED.iter().copied(), Vec::new())
    }

    fn build<'a>(
        files: impl Iterator<Item = (&'a str, &'a str)>,
        mut faults: Vec<Fault>,
    ) -> Result<Self, ContractError> {
        let mut streams: Vec<Contract> = Vec::new();
        let mut topics: BTreeMap<String, String> = BTreeMap::new();
        for (file, text) in files {
            let log = FaultLog::new(file);
            let contract = schema::read(file, text, &log);
            if let Some(contract) = contract {
                match topics.get(&contract.topic) {
                    Some(other) => log.add(
                        "/x-stream/topic",
                        format!("the topic `{}` is also that of {other}", contract.topic),
                        "choose a topic that no other stream has",
                    ),
                    None => {
                        topics.insert(contract.topic.clone(), file.to_owned());
                        streams.push(contract);
                    }
                }
            }
            faults.extend(log.into_faults());
        }
        if !faults.is_empty() {
            return Err(ContractError::Faults(faults));
        }
        streams.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { streams: streams.into_iter().map(Arc::new).collect() })
    }

    /// By stream name.
    pub fn get(&self, name: &str) -> Option<&Arc<Contract>> {
        self.streams.iter().find(|c| c.name() == name)
    }
    /// By Kafka topic.
    pub fn by_topic(&self, topic: &str) -> Option<&Arc<Contract>> {
        self.streams.iter().find(|c| c.topic() == topic)
    }
    /// All, by stream name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Contract>> {
        self.streams.iter()
    }
}

type Files = Vec<(String, String)>;

fn read_folder(dir: &Path) -> Result<(Files, Vec<Fault>), Fault> {
    let cannot = |error: std::io::Error| {
        folder_fault(dir, format!("cannot be read: {error}"), "check the path and its permissions")
    };
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(dir).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        match fs::read_to_string(&path) {
            Ok(text) => files.push((path.display().to_string(), text)),
            Err(error) => {
                faults.push(folder_fault(&path, format!("cannot be read: {error}"), "check the file's permissions"));
            }
        }
    }
    Ok((files, faults))
}

fn folder_fault(path: &Path, what: impl Into<String>, remedy: &str) -> Fault {
    Fault { file: path.display().to_string(), pointer: String::new(), what: what.into(), remedy: remedy.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_schemas_load() {
        let contracts = Contracts::shipped().unwrap();
        let names: Vec<&str> = contracts.iter().map(|c| c.name()).collect();
        let expected = [
            "calendar_audits",
            "headcounts",
            "internal_audits",
            "leaders",
            "outcomes",
            "pilots",
            "pulse_responses",
            "pulse_surveys",
            "remedies",
            "sites",
            "team_meetings",
            "training_events",
        ];
        assert_eq!(names, expected);
        for contract in contracts.iter() {
            assert_eq!(contract.topic(), format!("bellwether.{}", contract.name().replace('_', "-")));
            assert_eq!(contracts.by_topic(contract.topic()).unwrap().name(), contract.name());
            assert_eq!(contract.is_reference(), ["sites", "leaders"].contains(&contract.name()));
            assert_eq!(contract.revision_span_weeks(), 13);
        }
    }
}
