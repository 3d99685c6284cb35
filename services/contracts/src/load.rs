//! Loads and validates schema files.

use crate::Contract;
use std::{path::Path, sync::Arc};

/// Every contract of a folder, by stream name.
#[derive(Debug, Clone, Default)]
pub struct Contracts {
    streams: Vec<Arc<Contract>>,
}

/// Why a schema file was refused: the file, the JSON pointer inside it, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// One fault or more, all of them in one run.
    #[error("{0}")]
    Faults(String),
}

impl Contracts {
    /// Loads `DIR/*.json`. Refuses unsupported keywords, bad patterns and duplicate topics, naming file and pointer.
    pub fn load(_dir: &Path) -> Result<Self, ContractError> {
        todo!()
    }
    /// The contracts that the program was built with (`schemas/` of this repository).
    pub fn shipped() -> Self {
        todo!()
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
