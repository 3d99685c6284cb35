//! Which digests have been sent: marks of a table in the lake, so that a restart, or a second program beside the first,
//! sends none again.
//!
//! Who sends claims it first, and only one claim is taken (compare-and-swap, as everywhere in the lake). What failed is given
//! back; the claim of a program that ended meanwhile lapses.

use arrow::datatypes::{DataType, Field, Schema};
use jiff::{SignedDuration, Timestamp};
use lake::{Commit, Lake, LakeError, Mark, Pending, TableSpec, TableWriter};
use std::{collections::BTreeMap, sync::Arc};

/// Name of the table. It has no rows: its marks say everything.
const TABLE: &str = "digests";
/// Longer than any attempt, and short enough for the same morning.
const LAPSES: SignedDuration = SignedDuration::from_mins(15);

/// The marks.
pub(super) struct Sent(TableWriter);

/// What became of a claim.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Claimed {
    /// It is ours to send.
    Ours(Claim),
    /// It has been sent.
    Sent,
    /// Another program is sending it.
    Elsewhere,
}

/// A claim of ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Claim {
    to: String,
    occasion: i64,
    /// What the mark of those sent holds.
    before: Option<i64>,
    at: i64,
}

impl Sent {
    /// Opens the table. Creates it where it is missing.
    pub(super) async fn open(lake: &Lake) -> Result<Self, LakeError> {
        let schema = Arc::new(Schema::new(vec![Field::new("note", DataType::Utf8, true)]));
        let (name, properties) = (TABLE.to_owned(), BTreeMap::new());
        Ok(Self(lake.writer(&TableSpec { name, schema, partition_by: Vec::new(), properties }).await?))
    }

    /// Claims the digest of an occasion for whom it is: `all`, `region/North`; never an address.
    pub(super) async fn claim(&mut self, to: &str, occasion: i64, now: Timestamp) -> Result<Claimed, LakeError> {
        self.0.refresh().await?;
        let (before, claimed) = (self.0.mark(&sent(to))?, self.0.mark(&claim(to))?);
        if before.is_some_and(|sent| sent >= occasion) {
            return Ok(Claimed::Sent);
        }
        if claimed.is_some_and(|at| now.as_microsecond() - at < micros(LAPSES)) {
            return Ok(Claimed::Elsewhere);
        }
        let at = now.as_microsecond();
        let mark = Mark { name: claim(to), expected: claimed, value: at };
        Ok(match self.0.commit(Pending::default(), &[mark]).await? {
            Commit::Done(_) => Claimed::Ours(Claim { to: to.to_owned(), occasion, before, at }),
            Commit::Fenced { .. } => Claimed::Elsewhere,
        })
    }

    /// Notes that it has been sent; `false` where the claim had lapsed and another program sent it too.
    pub(super) async fn settle(&mut self, done: Claim) -> Result<bool, LakeError> {
        let marks = [
            Mark { name: claim(&done.to), expected: Some(done.at), value: done.at },
            Mark { name: sent(&done.to), expected: done.before, value: done.occasion },
        ];
        Ok(matches!(self.0.commit(Pending::default(), &marks).await?, Commit::Done(_)))
    }

    /// Gives it back, unsent.
    pub(super) async fn release(&mut self, failed: Claim) -> Result<(), LakeError> {
        let mark = Mark { name: claim(&failed.to), expected: Some(failed.at), value: 0 };
        self.0.commit(Pending::default(), &[mark]).await.map(drop)
    }
}

fn sent(to: &str) -> String {
    format!("digest/{to}/sent")
}

fn claim(to: &str) -> String {
    format!("digest/{to}/claimed")
}

fn micros(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn at(minutes: i64) -> Timestamp {
        "2026-06-30T07:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
    }

    fn ours(claimed: Claimed) -> Claim {
        match claimed {
            Claimed::Ours(claim) => claim,
            other => panic!("{other:?}"),
        }
    }

    /// Two programs of one lake, each with its own view of the table.
    async fn two(folder: &TempDir) -> [Sent; 2] {
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        [Sent::open(&lake).await.unwrap(), Sent::open(&lake).await.unwrap()]
    }

    #[tokio::test]
    async fn of_two_programs_one_sends_and_after_a_restart_none() {
        let folder = TempDir::new().unwrap();
        let [mut one, mut other] = two(&folder).await;
        let claim = ours(one.claim("all", 7, at(0)).await.unwrap());
        assert_eq!(other.claim("all", 7, at(1)).await.unwrap(), Claimed::Elsewhere);
        ours(other.claim("region/North", 7, at(1)).await.unwrap());
        assert!(one.settle(claim).await.unwrap());
        let [mut restarted, _] = two(&folder).await;
        for sent in [&mut other, &mut restarted] {
            assert_eq!(sent.claim("all", 7, at(2)).await.unwrap(), Claimed::Sent);
        }
        ours(restarted.claim("all", 8, at(7 * 24 * 60)).await.unwrap());
    }

    /// Whoever looked before the other's claim, and claims after it has been sent, must not send it again.
    #[tokio::test]
    async fn who_comes_late_with_an_old_view_is_fenced() {
        let folder = TempDir::new().unwrap();
        let [mut one, mut other] = two(&folder).await;
        let (before, claimed) = (other.0.mark(&sent("all")).unwrap(), other.0.mark(&claim("all")).unwrap());
        assert_eq!((before, claimed), (None, None));
        let done = ours(one.claim("all", 7, at(0)).await.unwrap());
        assert!(one.settle(done).await.unwrap());
        let mark = Mark { name: claim("all"), expected: claimed, value: 1 };
        let late = other.0.commit(Pending::default(), &[mark]).await.unwrap();
        assert!(matches!(late, Commit::Fenced { .. }), "{late:?}");
    }

    #[tokio::test]
    async fn what_failed_is_given_back_and_the_claim_of_a_dead_program_lapses() {
        let folder = TempDir::new().unwrap();
        let [mut one, mut other] = two(&folder).await;
        let claim = ours(one.claim("all", 7, at(0)).await.unwrap());
        one.release(claim).await.unwrap();
        let dead = ours(other.claim("all", 7, at(0)).await.unwrap());
        assert_eq!(one.claim("all", 7, at(14)).await.unwrap(), Claimed::Elsewhere);
        let claim = ours(one.claim("all", 7, at(16)).await.unwrap());
        assert!(!other.settle(dead).await.unwrap(), "it was not dead after all: both have sent it");
        assert!(one.settle(claim).await.unwrap());
    }
}
