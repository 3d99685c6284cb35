//! What is wrong with schema files: every fault of every file, in one run.

use std::{cell::RefCell, fmt};

/// One fault of a schema file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file, as it was given.
    pub file: String,
    /// JSON pointer inside the file; empty for the file as a whole.
    pub pointer: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if !self.pointer.is_empty() {
            write!(f, "#{}", self.pointer)?;
        }
        write!(f, ": {}; {}", self.what, self.remedy)
    }
}

/// Why schema files were refused.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// One fault or more, all of them in one run: file, JSON pointer, what is wrong and what to do.
    #[error("{}", lines(.0))]
    Faults(Vec<Fault>),
}

impl ContractError {
    /// Each fault, in file order.
    pub fn faults(&self) -> &[Fault] {
        let Self::Faults(faults) = self;
        faults
    }
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}

/// Collects the faults of one file while it is read.
#[derive(Debug)]
pub(crate) struct FaultLog {
    file: String,
    faults: RefCell<Vec<Fault>>,
}

impl FaultLog {
    pub(crate) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), faults: RefCell::default() }
    }

    pub(crate) fn add(&self, pointer: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) {
        let fault =
            Fault { file: self.file.clone(), pointer: pointer.into(), what: what.into(), remedy: remedy.into() };
        self.faults.borrow_mut().push(fault);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.faults.borrow().is_empty()
    }

    pub(crate) fn into_faults(self) -> Vec<Fault> {
        self.faults.into_inner()
    }
}
