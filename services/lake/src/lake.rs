//! A lake as a whole.

use crate::{
    error::LakeError,
    home::Home,
    manifest,
    place::{self, locate},
    snapshot::{TableSnapshot, TableStatus},
    spec::TableSpec,
    table::Table,
    writer::TableWriter,
};
use object_store::ObjectStore;
use std::sync::Arc;

/// A folder (or bucket prefix) of tables, with one file of its own: layout version and privacy key fingerprint.
/// Cheap to clone. Belongs to the runtime it was opened in.
#[derive(Debug, Clone)]
pub struct Lake {
    pub(crate) home: Arc<Home>,
}

impl Lake {
    /// Opens an existing lake (`file:///…`, `file://./…` or a path). Refuses a layout newer than this program's.
    pub async fn open(url: &str) -> Result<Self, LakeError> {
        let lake = Self::at(url)?;
        lake.check_there().await?;
        Ok(lake)
    }

    /// An error where the lake is not there (any more). A mount that went away is no empty lake: nothing is read as missing or
    /// created in its place.
    pub async fn check_there(&self) -> Result<(), LakeError> {
        match manifest::check(&self.home).await? {
            true => Ok(()),
            false => Err(LakeError::Missing { location: self.home.to_string() }),
        }
    }

    /// Opens the lake, creating a new one where there is none.
    pub async fn create(url: &str) -> Result<Self, LakeError> {
        let lake = Self::at(url)?;
        let folder = place::folder(url)?;
        let shown = folder.display().to_string();
        tokio::fs::create_dir_all(&folder).await.map_err(|e| LakeError::Folder { folder: shown, source: e })?;
        if !manifest::check(&lake.home).await? {
            manifest::create(&lake.home).await?;
        }
        Ok(lake)
    }

    fn at(url: &str) -> Result<Self, LakeError> {
        Ok(Self { home: Arc::new(Home::at(locate(url)?)?) })
    }

    /// The lake's URL, absolute, with a trailing slash.
    pub fn url(&self) -> &str {
        self.home.url.as_str()
    }

    /// Remembers the fingerprint of the privacy key, or refuses one that differs from the remembered.
    pub async fn bind_key(&self, fingerprint: &str) -> Result<(), LakeError> {
        manifest::bind_key(&self.home, fingerprint).await
    }

    /// Refuses a privacy key whose fingerprint differs from the remembered one; remembers nothing.
    pub async fn check_key(&self, fingerprint: &str) -> Result<(), LakeError> {
        manifest::check_key(&self.home, fingerprint).await
    }

    /// Opens a table for writing, creating it where it is missing. Optional columns that the spec adds are added to
    /// the table without a rewrite, and those that it does not name stay without values; any other difference is refused
    /// and named. So is a table that another engine has restored to an earlier version.
    pub async fn writer(&self, spec: &TableSpec) -> Result<TableWriter, LakeError> {
        self.check_there().await?;
        TableWriter::open(Table::new(&self.home, &spec.name)?, spec, false).await
    }

    /// The same, where another engine's RESTORE of the table is no reason to refuse: what it took away stays away.
    pub async fn writer_of_restored(&self, spec: &TableSpec) -> Result<TableWriter, LakeError> {
        self.check_there().await?;
        TableWriter::open(Table::new(&self.home, &spec.name)?, spec, true).await
    }

    /// The latest snapshot of a table, `None` where there is no such table.
    pub async fn snapshot(&self, table: &str) -> Result<Option<TableSnapshot>, LakeError> {
        let table = Table::new(&self.home, table)?;
        match table.exists().await? {
            true => TableSnapshot::load(table).await.map(Some),
            false => self.check_there().await.map(|()| None),
        }
    }

    /// A table as it was at a version; an error where the log no longer reaches back.
    pub async fn snapshot_at(&self, table: &str, version: u64) -> Result<TableSnapshot, LakeError> {
        TableSnapshot::at(Table::new(&self.home, table)?, version).await
    }

    /// All tables, by name.
    pub async fn status(&self) -> Result<Vec<TableStatus>, LakeError> {
        let listed = self.home.store.list_with_delimiter(Some(&self.home.root())).await;
        let listed = listed.map_err(|e| LakeError::storage(format!("listing {}", self.home), e))?;
        let mut names: Vec<_> = listed.common_prefixes.iter().filter_map(|p| p.filename().map(String::from)).collect();
        names.sort();
        let mut tables = Vec::with_capacity(names.len());
        for name in names {
            // Folders whose names no table can have (dot files, backups) are not ours.
            let Ok(table) = Table::new(&self.home, &name) else { continue };
            if table.exists().await? {
                tables.push(TableSnapshot::load(table).await?.status());
            }
        }
        Ok(tables)
    }
}
