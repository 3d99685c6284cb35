//! The commit protocol as a model: every order in which two writers, lost answers, late writes, kills, another engine and
//! vacuum can meet is tried, and in each state the table holds every offset below its position, each once.
//!
//! The model is `writer.rs` and `commit.rs` in small: `Refresh` and `Attempt` are the two halves of `TableWriter::step`,
//! `Assign` is ingest's start from the table. That the check can fail is proven by leaving out, one at a time, what the
//! protocol relies on: each such mistake must be found.
//!
//! Three batches, 574,704 states, in seconds: `cargo test --release -p lake --test commit_protocol`. Unoptimised: two batches,
//! 29,622 states.

use stateright::{Checker, HasDiscoveries, Model, Property};
use std::collections::BTreeSet;

const WRITERS: usize = 2;
/// Offsets 0 and 1 of one partition.
const RECORDS: u8 = 2;
/// Batches written in one history, by both writers together.
const BATCHES: u8 = if cfg!(debug_assertions) { 2 } else { 3 };
/// Ages of a file: from this one on it is not committed any more …
const STALE: u8 = 1;
/// … and from this one on vacuum may take it.
const FORGOTTEN: u8 = 2;

/// What the protocol relies on, left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    /// The position is not compared before a commit.
    NothingCompared,
    /// It is compared with the snapshot that the batch began on, and the commit is made on the latest.
    ComparedWithAnotherSnapshot,
    /// A commit without an answer counts as done.
    DoubtIsDone,
    /// A log entry at the version in doubt counts as ours, whoever wrote it.
    AnyEntryIsOurs,
    /// After a commit without an answer the files are removed.
    RemovesInDoubt,
    /// Old files are committed, too.
    CommitsStaleFiles,
}

struct Protocol {
    mistake: Option<Mistake>,
}

/// The table, what is on the way to it, and who writes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Lake {
    /// Log entry of version 1 and on.
    log: Vec<Entry>,
    /// Data files and their age.
    files: BTreeSet<(Batch, u8)>,
    /// Log entries that were sent and may yet arrive: "this version if absent".
    late: BTreeSet<(usize, Batch)>,
    writers: [Writer; WRITERS],
    /// Batches that a writer was told are committed.
    acknowledged: BTreeSet<Batch>,
    written: u8,
}

/// Offsets from `from` to before `next`, and the id of the attempt to commit them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Batch {
    id: u8,
    from: u8,
    next: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Entry {
    Ours(Batch),
    /// Another engine's, that moves no position: an OPTIMIZE.
    Foreign,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Writer {
    /// Killed, revoked or fenced: knows nothing.
    Out,
    /// Consumes from `from`.
    Reading { snapshot: usize, from: u8 },
    /// Has written a batch and commits it. `doubt`: the version that an attempt may have written.
    Committing { snapshot: usize, began: usize, batch: Batch, doubt: Option<usize> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Action {
    Assign(usize),
    Write {
        writer: usize,
        next: u8,
    },
    Attempt(usize, Fate),
    Refresh(usize),
    /// `kill -9`, or the partition is revoked.
    Lose(usize),
    Arrive(usize, Batch),
    Optimize,
    /// A day passes.
    Age,
    Vacuum,
}

/// What becomes of a write to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Fate {
    Answered,
    /// It took place, the answer was lost.
    Unanswered,
    /// It did not take place.
    Failed,
    /// No answer, and it may yet take place.
    Delayed,
}

impl Lake {
    /// The position as of a version.
    fn position(&self, version: usize) -> u8 {
        let ours = |entry: &Entry| if let Entry::Ours(batch) = entry { Some(batch.next) } else { None };
        self.log[..version].iter().rev().find_map(ours).unwrap_or(0)
    }

    fn batches(&self) -> impl Iterator<Item = Batch> {
        self.log.iter().filter_map(|entry| if let Entry::Ours(batch) = entry { Some(*batch) } else { None })
    }

    fn rows(&self, offset: u8) -> usize {
        self.batches().filter(|batch| (batch.from..batch.next).contains(&offset)).count()
    }

    /// The file is not too old to be committed (and thus there: vacuum takes only older ones).
    fn is_fresh(&self, batch: Batch) -> bool {
        self.files.iter().any(|(file, age)| *file == batch && *age < STALE)
    }

    fn put_if_absent(&mut self, version: usize, batch: Batch) {
        if self.log.len() + 1 == version {
            self.log.push(Entry::Ours(batch));
        }
    }
}

impl Protocol {
    fn is(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    /// The first half of a step: what became of the attempt in doubt?
    fn refresh(&self, lake: &mut Lake, writer: usize) {
        let Writer::Committing { began, batch, doubt: Some(version), .. } = lake.writers[writer] else { return };
        let ours = match lake.log.get(version - 1) {
            Some(Entry::Ours(found)) => found.id == batch.id || self.is(Mistake::AnyEntryIsOurs),
            Some(Entry::Foreign) => self.is(Mistake::AnyEntryIsOurs),
            None => false,
        };
        let snapshot = lake.log.len();
        lake.writers[writer] = match ours {
            true => Self::done(lake, batch),
            false => Writer::Committing { snapshot, began, batch, doubt: None },
        };
    }

    /// The second: compare, and commit on the very snapshot that was compared with.
    fn attempt(&self, lake: &mut Lake, writer: usize, fate: Fate) {
        let Writer::Committing { snapshot, began, batch, doubt: None } = lake.writers[writer] else { return };
        let compared = if self.is(Mistake::ComparedWithAnotherSnapshot) { began } else { snapshot };
        let fenced = lake.position(compared) != batch.from && !self.is(Mistake::NothingCompared);
        let stale = !lake.is_fresh(batch) && !self.is(Mistake::CommitsStaleFiles);
        if fenced || stale {
            lake.writers[writer] = Writer::Out;
            return;
        }
        let version = snapshot + 1;
        let conflict = lake.log.len() >= version;
        match fate {
            Fate::Answered | Fate::Unanswered => lake.put_if_absent(version, batch),
            Fate::Failed => {}
            Fate::Delayed => drop(lake.late.insert((version, batch))),
        }
        let answered = fate == Fate::Answered && !conflict;
        lake.writers[writer] = match answered || (self.is(Mistake::DoubtIsDone) && !conflict) {
            true => Self::done(lake, batch),
            false => Writer::Committing { snapshot, began, batch, doubt: Some(version) },
        };
        if self.is(Mistake::RemovesInDoubt) && fate != Fate::Answered {
            lake.files.retain(|(file, _)| *file != batch);
            lake.writers[writer] = Writer::Out;
        }
    }

    fn done(lake: &mut Lake, batch: Batch) -> Writer {
        lake.acknowledged.insert(batch);
        Writer::Reading { snapshot: lake.log.len(), from: batch.next }
    }
}

impl Model for Protocol {
    type State = Lake;
    type Action = Action;

    fn init_states(&self) -> Vec<Lake> {
        let nothing = BTreeSet::new();
        vec![Lake {
            log: Vec::new(),
            files: BTreeSet::new(),
            late: BTreeSet::new(),
            writers: [Writer::Out; WRITERS],
            acknowledged: nothing,
            written: 0,
        }]
    }

    fn actions(&self, lake: &Lake, actions: &mut Vec<Action>) {
        for (index, writer) in lake.writers.iter().enumerate() {
            match *writer {
                Writer::Out => actions.push(Action::Assign(index)),
                Writer::Reading { from, .. } if lake.written < BATCHES => {
                    actions.extend((from + 1..=RECORDS).map(|next| Action::Write { writer: index, next }));
                }
                Writer::Reading { .. } => {}
                Writer::Committing { doubt: Some(_), .. } => actions.push(Action::Refresh(index)),
                Writer::Committing { doubt: None, .. } => {
                    let fates = [Fate::Answered, Fate::Unanswered, Fate::Failed, Fate::Delayed];
                    actions.extend(fates.map(|fate| Action::Attempt(index, fate)));
                }
            }
            if *writer != Writer::Out {
                actions.push(Action::Lose(index));
            }
        }
        actions.extend(lake.late.iter().map(|&(version, batch)| Action::Arrive(version, batch)));
        if !lake.log.is_empty() && !lake.log.contains(&Entry::Foreign) {
            actions.push(Action::Optimize);
        }
        // A write that is on its way arrives, or is lost, within the days that vacuum leaves to files of no version.
        if lake.late.is_empty() && lake.files.iter().any(|(_, age)| *age < FORGOTTEN) {
            actions.push(Action::Age);
        }
        actions.push(Action::Vacuum);
    }

    fn next_state(&self, before: &Lake, action: Action) -> Option<Lake> {
        let mut lake = before.clone();
        let latest = lake.log.len();
        match action {
            Action::Assign(writer) => {
                lake.writers[writer] = Writer::Reading { snapshot: latest, from: lake.position(latest) };
            }
            Action::Write { writer, next } => {
                let Writer::Reading { snapshot, from } = lake.writers[writer] else { return None };
                let batch = Batch { id: lake.written, from, next };
                lake.written += 1;
                lake.files.insert((batch, 0));
                lake.writers[writer] = Writer::Committing { snapshot, began: snapshot, batch, doubt: None };
            }
            Action::Attempt(writer, fate) => self.attempt(&mut lake, writer, fate),
            Action::Refresh(writer) => self.refresh(&mut lake, writer),
            Action::Lose(writer) => lake.writers[writer] = Writer::Out,
            Action::Arrive(version, batch) => {
                lake.late.remove(&(version, batch));
                lake.put_if_absent(version, batch);
            }
            Action::Optimize => lake.log.push(Entry::Foreign),
            Action::Age => {
                lake.files = lake.files.iter().map(|&(file, age)| (file, (age + 1).min(FORGOTTEN))).collect();
            }
            Action::Vacuum => {
                let named: BTreeSet<Batch> = lake.batches().collect();
                lake.files.retain(|(file, age)| *age < FORGOTTEN || named.contains(file));
            }
        }
        (lake != *before).then_some(lake)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no offset twice", |_, lake: &Lake| (0..RECORDS).all(|offset| lake.rows(offset) <= 1)),
            Property::always("no offset below the position missing", |_, lake: &Lake| {
                (0..lake.position(lake.log.len())).all(|offset| lake.rows(offset) >= 1)
            }),
            Property::always("no row at or beyond the position", |_, lake: &Lake| {
                (lake.position(lake.log.len())..RECORDS).all(|offset| lake.rows(offset) == 0)
            }),
            Property::always("what was acknowledged is in the table", |_, lake: &Lake| {
                lake.acknowledged.iter().all(|batch| lake.batches().any(|found| found == *batch))
            }),
            Property::always("every file of the table is there", |_, lake: &Lake| {
                lake.batches().all(|batch| lake.files.iter().any(|(file, _)| *file == batch))
            }),
            // The histories worth having are among those tried.
            Property::sometimes("everything stored", |_, lake: &Lake| lake.position(lake.log.len()) == RECORDS),
            Property::sometimes("a commit without an answer took place", |_, lake: &Lake| {
                in_doubt(lake).any(|(batch, found)| found == Some(Entry::Ours(batch)))
            }),
            Property::sometimes("the version in doubt is another writer's", |_, lake: &Lake| {
                in_doubt(lake).any(|(batch, found)| matches!(found, Some(Entry::Ours(other)) if other.id != batch.id))
            }),
            Property::sometimes("the version in doubt is another engine's", |_, lake: &Lake| {
                in_doubt(lake).any(|(_, found)| found == Some(Entry::Foreign))
            }),
            Property::sometimes("a late write is still on its way when it is tried again", |_, lake: &Lake| {
                lake.writers.iter().any(|writer| match writer {
                    Writer::Committing { batch, doubt: None, .. } => lake.late.iter().any(|(_, late)| late == batch),
                    _ => false,
                })
            }),
            Property::sometimes("vacuum takes what was dropped", |_, lake: &Lake| {
                usize::from(lake.written) > lake.files.len()
            }),
        ]
    }
}

/// The batches in doubt, each with what the log holds at that version.
fn in_doubt(lake: &Lake) -> impl Iterator<Item = (Batch, Option<Entry>)> {
    lake.writers.iter().filter_map(|writer| match *writer {
        Writer::Committing { batch, doubt: Some(version), .. } => Some((batch, lake.log.get(version - 1).copied())),
        _ => None,
    })
}

#[test]
fn every_history_of_two_writers_keeps_each_offset_once() {
    let checker = Protocol { mistake: None }.checker().threads(2).spawn_bfs().join();
    assert!(checker.is_done(), "not every state was tried");
    assert!(checker.unique_state_count() > 25_000, "only {} states", checker.unique_state_count());
    checker.assert_properties();
}

#[test]
fn each_mistake_is_found_by_what_it_breaks() {
    let mistakes = [
        (Mistake::NothingCompared, "no offset twice"),
        (Mistake::ComparedWithAnotherSnapshot, "no offset twice"),
        (Mistake::DoubtIsDone, "what was acknowledged is in the table"),
        (Mistake::AnyEntryIsOurs, "what was acknowledged is in the table"),
        (Mistake::RemovesInDoubt, "every file of the table is there"),
        (Mistake::CommitsStaleFiles, "every file of the table is there"),
    ];
    for (mistake, broken) in mistakes {
        let model = Protocol { mistake: Some(mistake) };
        let found = HasDiscoveries::AnyOf([broken].into());
        let checker = model.checker().threads(2).finish_when(found).spawn_bfs().join();
        let path = checker.discovery(broken);
        assert!(path.is_some(), "{mistake:?} was not found out");
    }
}
