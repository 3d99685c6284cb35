//! How the program fails: an exit code, and words that say what, where, why and what to do.

use crate::{error_code::ErrorCode, settings::Faults};
use contracts::ContractError;
use ingest::{IngestError, PrivacyKeyError, PublishError, SettingsError};
use lake::LakeError;
use std::{io, process::ExitCode};
use workbench::QueryFileError;

/// A failure and the exit code that it deserves.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    error: anyhow::Error,
    code: Option<ErrorCode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Exit 1: the work failed.
    Work,
    /// Exit 2: wrong usage or configuration.
    Usage,
}

/// What a command that ran to its end found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Exit 0.
    Done,
    /// Exit 1: a check found something; it has been written out.
    Found,
}

impl Failure {
    fn new(kind: Kind, error: anyhow::Error) -> Self {
        let code = ErrorCode::of(error.as_ref());
        Self { kind, error, code }
    }

    /// With the code of what is told here in words alone.
    pub fn coded(self, code: ErrorCode) -> Self {
        Self { code: Some(code), ..self }
    }

    /// The code of what went wrong, where it has one.
    pub fn code(&self) -> Option<ErrorCode> {
        self.code
    }

    /// Wrong usage or configuration.
    pub fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self::new(Kind::Usage, error.into())
    }

    /// A check found something to be refused, whatever it is.
    pub fn found(error: impl Into<anyhow::Error>) -> Self {
        Self::new(Kind::Work, error.into())
    }

    /// Wrong usage, in words of our own.
    pub fn misuse(message: impl Into<String>) -> Self {
        Self::usage(anyhow::Error::msg(message.into()))
    }

    /// Whether it is fixed in settings, schemas or queries, and not by trying again.
    pub fn is_usage(&self) -> bool {
        self.kind == Kind::Usage
    }

    /// A reader that went away (`| head`) is no failure.
    fn is_broken_pipe(&self) -> bool {
        self.error.chain().filter_map(|e| e.downcast_ref::<io::Error>()).any(|e| e.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The message with its causes, each once: many errors repeat their source in their own text. With a code its page
    /// comes last.
    pub fn message(&self) -> String {
        let told = self.told("\n  because: ");
        match self.code {
            None => format!("error: {told}"),
            Some(code) => format!("error[{code}]: {told}\nsee {}", code.page()),
        }
    }

    /// The same in one line, for a log that says by itself that it is an error.
    pub fn line(&self) -> String {
        self.told(": ")
    }

    fn told(&self, because: &str) -> String {
        let mut told = self.error.to_string();
        for cause in self.error.chain().skip(1).map(ToString::to_string) {
            if !told.contains(&cause) {
                told.push_str(because);
                told.push_str(&cause);
            }
        }
        told
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        let kind = if is_configuration(&error) { Kind::Usage } else { Kind::Work };
        Self::new(kind, error)
    }
}

/// What is fixed in settings, schemas or queries and not by trying again.
fn is_configuration(error: &anyhow::Error) -> bool {
    let of_lake = |error: &LakeError| matches!(error, LakeError::Url { .. } | LakeError::Key { .. });
    error.is::<Faults>()
        || error.is::<ContractError>()
        || error.is::<PrivacyKeyError>()
        || error.is::<SettingsError>()
        || matches!(error.downcast_ref(), Some(QueryFileError::Faults(_) | QueryFileError::Path { .. }))
        || matches!(error.downcast_ref(), Some(PublishError::Settings(_)))
        || matches!(error.downcast_ref(), Some(IngestError::Lake(error)) if of_lake(error))
        || error.downcast_ref().is_some_and(of_lake)
}

/// Ends the program: tells a failure on standard error and gives the exit code.
pub fn conclude(result: Result<Outcome, Failure>) -> ExitCode {
    use io::Write;
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody is left to tell if standard error is gone too.
            let _ = writeln!(io::stderr(), "{}", failure.message());
            ExitCode::from(if failure.kind == Kind::Usage { 2 } else { 1 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("reading lake: {source}")]
    struct Repeats {
        source: io::Error,
    }

    #[test]
    fn the_cause_chain_is_told_once_each() {
        let inner = Repeats { source: io::Error::other("disk on fire") };
        let failure = Failure::from(anyhow::Error::from(inner).context("cannot show the board"));
        assert_eq!(failure.message(), "error: cannot show the board\n  because: reading lake: disk on fire");
        assert_eq!(failure.line(), "cannot show the board: reading lake: disk on fire");
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let failure = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(conclude(Err(failure)), ExitCode::SUCCESS);
    }
}
