//! The folder of queries as a service knows it from its start on.

use super::{Pace, Reading, Reporting, Watch};
use crate::{failure::Failure, settings::Settings};
use contracts::Contracts;
use jiff::Timestamp;
use prometheus::Registry;
use std::path::PathBuf;
use workbench::QuerySet;

/// A folder that is watched, and told about.
#[derive(Debug)]
pub struct Queries {
    folder: PathBuf,
    watch: Watch,
    reporting: Reporting,
    first: Option<QuerySet>,
}

impl Queries {
    /// Reads the folder, and begins to watch it. Bad files are told in the log and in `registry`, and are no error.
    ///
    /// # Errors
    /// A folder that cannot be read or holds no query: that is wrong configuration.
    pub async fn open(settings: &Settings, contracts: &Contracts, registry: &Registry) -> Result<Self, Failure> {
        let (folder, reporting) = (settings.indicators.queries.clone(), Reporting::register(registry)?);
        let mut watch = Watch::start(&folder, contracts.clone(), Pace::default());
        let first = watch.next().await;
        reporting.read(&folder, &first, Timestamp::now());
        Ok(Self { folder, watch, reporting, first: Some(first.map_err(Failure::usage)?) })
    }

    /// The next set of query files; the first time at once. Waits on over a folder that cannot be read, which changes
    /// nothing. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> QuerySet {
        if let Some(first) = self.first.take() {
            return first;
        }
        loop {
            let reading: Reading = self.watch.next().await;
            self.reporting.read(&self.folder, &reading, Timestamp::now());
            if let Ok(set) = reading {
                return set;
            }
        }
    }

    /// The families about query files.
    pub fn reporting(&self) -> &Reporting {
        &self.reporting
    }
}
