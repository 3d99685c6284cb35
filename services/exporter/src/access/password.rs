//! `basic_auth_users`: names and hashes of passwords (bcrypt).

use axum::http::HeaderValue;
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Semaphore;

/// Costs that bcrypt has. A hash of cost 10 takes some 50 ms, each step more twice that.
const COSTS: std::ops::RangeInclusive<u32> = 4..=31;

/// As many right passwords are remembered, so that a scraper pays for one hash and not for one a scrape.
const REMEMBERED: usize = 100;

/// Who is let in.
pub(crate) struct Users {
    hashes: BTreeMap<String, String>,
    /// Digests of what was right.
    right: Mutex<HashSet<[u8; 32]>>,
    /// One hash is computed at a time: whoever guesses takes one core, and not all.
    turn: Semaphore,
}

impl Default for Users {
    fn default() -> Self {
        Self { hashes: BTreeMap::new(), right: Mutex::default(), turn: Semaphore::new(1) }
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} users", self.hashes.len())
    }
}

impl Users {
    pub fn new(hashes: BTreeMap<String, String>) -> Result<Self, String> {
        for (number, (name, hash)) in hashes.iter().enumerate() {
            if name.contains(':') {
                return Err(format!("basic_auth_users: the name of user {} has a colon", number + 1));
            }
            if !is_hash(hash) {
                return Err(format!(
                    "basic_auth_users.{name} is no bcrypt hash ($2y$10$…): `htpasswd -nBC 10 {name}` makes one"
                ));
            }
        }
        Ok(Self { hashes, ..Self::default() })
    }

    /// Everybody is let in.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Whether an `Authorization` header is one of theirs.
    pub async fn admit(self: &Arc<Self>, authorization: Option<&HeaderValue>) -> bool {
        if self.is_empty() {
            return true;
        }
        let Some((name, password)) = authorization.and_then(credentials) else { return false };
        let given = self.digest(&name, &password);
        if self.remembered().contains(&given) {
            return true;
        }
        let Ok(_turn) = self.turn.acquire().await else { return false };
        let users = Arc::clone(self);
        let right = tokio::task::spawn_blocking(move || users.is_right(&name, &password)).await.unwrap_or(false);
        if right {
            let mut remembered = self.remembered();
            if remembered.len() >= REMEMBERED {
                remembered.clear();
            }
            remembered.insert(given);
        }
        right
    }

    /// Takes as long for a name that there is not: nobody learns which there are.
    fn is_right(&self, name: &str, password: &[u8]) -> bool {
        let known = self.hashes.get(name);
        let Some(hash) = known.or_else(|| self.hashes.values().next()) else { return false };
        bcrypt::verify(password, hash).unwrap_or(false) && known.is_some()
    }

    fn digest(&self, name: &str, password: &[u8]) -> [u8; 32] {
        // Zero bytes keep the three apart.
        let hash = self.hashes.get(name).map_or("", String::as_str);
        Sha256::new()
            .chain_update(name)
            .chain_update(b"\0")
            .chain_update(hash)
            .chain_update(b"\0")
            .chain_update(password)
            .finalize()
            .into()
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashSet<[u8; 32]>> {
        // Every change is whole.
        self.right.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_hash(text: &str) -> bool {
    let parts = text.parse::<bcrypt::HashParts>();
    text.len() == 60 && text.starts_with("$2") && parts.is_ok_and(|parts| COSTS.contains(&parts.get_cost()))
}

/// Name and password of `Basic …` (RFC 7617).
fn credentials(authorization: &HeaderValue) -> Option<(String, Vec<u8>)> {
    let (scheme, encoded) = authorization.to_str().ok()?.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    Some((String::from_utf8(decoded[..colon].to_vec()).ok()?, decoded[colon + 1..].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `right`, at the least cost there is.
    fn users() -> Arc<Users> {
        let hash = bcrypt::hash("right", 4).unwrap();
        Arc::new(Users::new([("scraper".to_owned(), hash)].into()).unwrap())
    }

    fn basic(credentials: &str) -> HeaderValue {
        format!("Basic {}", STANDARD.encode(credentials)).parse().unwrap()
    }

    #[tokio::test]
    async fn who_knows_the_password_is_let_in_and_nobody_else() {
        let users = users();
        for _ in 0..2 {
            assert!(users.admit(Some(&basic("scraper:right"))).await);
            for wrong in ["scraper:wrong", "scraper:", "nobody:right", "scraper", ":right", "scraper:right:"] {
                assert!(!users.admit(Some(&basic(wrong))).await, "{wrong}");
            }
        }
        assert_eq!(users.remembered().len(), 1, "what is wrong is not remembered");
        for header in ["Bearer x", "Basic ???", "Basic", ""] {
            assert!(!users.admit(Some(&header.parse().unwrap())).await, "{header}");
        }
        assert!(!users.admit(None).await);
        assert!(Arc::new(Users::default()).admit(None).await, "without users everybody is let in");
    }

    #[test]
    fn a_hash_is_one_of_bcrypt() {
        let good = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG";
        assert!(is_hash(good) && is_hash(&good.replace("$2y", "$2b")));
        for bad in ["", "right", &good[..59], &good.replace("$10$", "$99$"), &good.replace("$2y", "$1y")] {
            assert!(!is_hash(bad), "{bad}");
        }
    }
}
