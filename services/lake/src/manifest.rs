//! The lake's own files: `_bellwether.json` (layout version, privacy key fingerprint) and `_bellwether.key`, the claim
//! that decides which of two programs binds its key first.

use crate::{
    error::{Cause, LakeError},
    home::{Home, sync_to_disk},
};
use object_store::PutMode;
use serde::{Deserialize, Serialize};

/// Layout version that this program writes, and the newest it reads.
pub(crate) const LAYOUT: u64 = 1;
const MANIFEST: &str = "_bellwether.json";
const CLAIM: &str = "_bellwether.key";

#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    layout: u64,
    #[serde(default)]
    key_fingerprint: Option<String>,
}

/// Reads and checks the manifest; false where there is none.
pub(crate) async fn check(home: &Home) -> Result<bool, LakeError> {
    Ok(read(home).await?.is_some())
}

/// Writes the manifest of a new lake, unless another program was faster.
pub(crate) async fn create(home: &Home) -> Result<(), LakeError> {
    let fresh = Manifest { layout: LAYOUT, key_fingerprint: None };
    put(home, MANIFEST, encode(home, &fresh)?, PutMode::Create).await?;
    read(home).await?.map(|_| ()).ok_or_else(|| LakeError::Missing { location: home.to_string() })
}

/// Remembers the fingerprint, or compares it with the remembered one.
///
/// Two programs may bind at once, and a local file system has no conditional overwrite. So the claim file, written if
/// absent, decides; the manifest then repeats it, which is the same whoever does it and however often.
pub(crate) async fn bind_key(home: &Home, fingerprint: &str) -> Result<(), LakeError> {
    let manifest = read(home).await?.ok_or_else(|| LakeError::Missing { location: home.to_string() })?;
    if let Some(remembered) = &manifest.key_fingerprint {
        return compare(home, remembered, fingerprint);
    }
    put(home, CLAIM, fingerprint.into(), PutMode::Create).await?;
    let claim = get(home, CLAIM).await?.ok_or_else(|| bad(home, CLAIM, "it vanished"))?;
    let claim = String::from_utf8(claim).map_err(|e| bad(home, CLAIM, e))?;
    compare(home, &claim, fingerprint)?;
    let bound = Manifest { key_fingerprint: Some(claim), ..manifest };
    put(home, MANIFEST, encode(home, &bound)?, PutMode::Overwrite).await
}

/// Compares the fingerprint with the remembered one, if there is one. Writes nothing.
pub(crate) async fn check_key(home: &Home, fingerprint: &str) -> Result<(), LakeError> {
    let claim = get(home, CLAIM).await?.map(String::from_utf8).transpose().map_err(|e| bad(home, CLAIM, e))?;
    let manifest = read(home).await?.and_then(|manifest| manifest.key_fingerprint);
    manifest.or(claim).map_or(Ok(()), |remembered| compare(home, &remembered, fingerprint))
}

fn compare(home: &Home, remembered: &str, given: &str) -> Result<(), LakeError> {
    if remembered == given {
        return Ok(());
    }
    Err(LakeError::Key { location: home.to_string(), remembered: remembered.into(), given: given.into() })
}

async fn read(home: &Home) -> Result<Option<Manifest>, LakeError> {
    let Some(bytes) = get(home, MANIFEST).await? else { return Ok(None) };
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| bad(home, MANIFEST, e))?;
    match manifest.layout {
        0 => Err(bad(home, MANIFEST, "layout version 0 never existed")),
        found if found > LAYOUT => Err(LakeError::NewerLayout { location: home.to_string(), found, known: LAYOUT }),
        _ => Ok(Some(manifest)),
    }
}

fn encode(home: &Home, manifest: &Manifest) -> Result<Vec<u8>, LakeError> {
    let mut bytes = serde_json::to_vec_pretty(manifest).map_err(|e| bad(home, MANIFEST, e))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn bad(home: &Home, file: &'static str, why: impl ToString) -> LakeError {
    LakeError::Manifest { location: home.to_string(), file, why: why.to_string() }
}

async fn get(home: &Home, file: &'static str) -> Result<Option<Vec<u8>>, LakeError> {
    home.read(&home.path(file)).await.map_err(|e| LakeError::storage(format!("reading {home}{file}"), e))
}

/// Writes a file; with [`PutMode::Create`] one that exists is left as it is.
async fn put(home: &Home, file: &'static str, bytes: Vec<u8>, mode: PutMode) -> Result<(), LakeError> {
    let failed = |e: Cause| LakeError::storage(format!("writing {home}{file}"), e);
    match home.store.put_opts(&home.path(file), bytes.into(), mode.into()).await {
        Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => {}
        Err(e) => return Err(failed(e.into())),
    }
    sync_to_disk(home.url.join(file).map_err(|e| failed(e.into()))?).await.map_err(|e| failed(e.into()))
}
