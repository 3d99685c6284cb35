//! Codes of the errors that an operator can meet, each with a page in `ops/runbooks/errors/`.
//!
//! A number is never given to anything else, and its page stays when nothing has the code any more: people find it by the
//! code that a log of last year shows. What only the author of a command or a query can put right has words and no code.

use crate::{digest::SendError, settings::Faults};
use contracts::ContractError;
use evaluation::{QueryFailure, SqlError, StoreError};
use exporter::{
    FamilyError,
    backfill::{RemoteWriteError, StretchError},
};
use ingest::{IngestError, Objection, PrivacyKeyError, PublishError, SettingsError};
use lake::LakeError;
use std::{error::Error, fmt, io, iter::successors, net::SocketAddr};
use tokio::task::JoinError;
use workbench::{ConvergeError, PreviewError, QueryFileError};

/// The address is taken, not ours, or not to be had by this user.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {listen}: set another address with `http.listen` (BELLWETHER__HTTP__LISTEN)")]
pub(crate) struct ListenError {
    pub(crate) listen: SocketAddr,
    pub(crate) source: io::Error,
}

/// Where the pages are, from the repository's root.
pub const PAGES: &str = "ops/runbooks/errors";

macro_rules! codes {
    ($($name:ident = $id:literal: $title:literal,)*) => {
        /// What went wrong, for who has to put it right.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each has its title beside it, and a page")]
        pub enum ErrorCode { $($name,)* }

        impl ErrorCode {
            /// Every code, in order.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Such as `BW0007`.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// The heading of its page.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    Settings = "BW0001": "Settings are refused",
    PrivacyKey = "BW0002": "No usable privacy key",
    OtherPrivacyKey = "BW0003": "The lake was written with another privacy key",
    Schemas = "BW0004": "Schema files are refused",
    Queries = "BW0005": "Query files are refused",
    QueryFolder = "BW0006": "The folder of queries cannot be read",
    Listen = "BW0007": "The address for HTTP cannot be listened on",
    BrokerUnreachable = "BW0008": "No Kafka broker answers",
    BrokerTls = "BW0009": "No agreement with the broker on TLS",
    BrokerCredentials = "BW0010": "The broker does not take the credentials",
    BrokerAccess = "BW0011": "The broker refuses a right",
    TopicMissing = "BW0012": "A topic does not exist",
    DeadLetterNotStored = "BW0013": "A dead letter could not be stored",
    PartitionStopped = "BW0014": "A partition is stopped",
    PartitionNotReadable = "BW0015": "A partition was not readable for too long",
    PartitionWithheld = "BW0016": "Another member of the group withholds partitions",
    EventRefused = "BW0017": "A line to be published is no event",
    RecordNotAccepted = "BW0018": "The broker did not accept a record",
    LakeMissing = "BW0019": "There is no lake at this place",
    LakeFolder = "BW0020": "The folder for the lake cannot be used",
    LakeAccess = "BW0021": "Access to the lake is denied",
    DiskFull = "BW0022": "The disk is full",
    LakeNewer = "BW0023": "The lake was written by a later program",
    LakeManifest = "BW0024": "A file of the lake itself is damaged",
    TableDamaged = "BW0025": "The log of a table is damaged",
    TableRestored = "BW0026": "Another engine has restored a table",
    DataFile = "BW0027": "A data file is damaged or missing",
    OtherCluster = "BW0028": "A table belongs to something else",
    TableSchema = "BW0029": "A table does not fit its schema",
    CommitFailed = "BW0030": "A commit failed again and again",
    LakeStorage = "BW0031": "The storage of the lake fails",
    ResultsOvertaken = "BW0032": "Two programs evaluate one lake",
    ResultsForeign = "BW0033": "Stored results are not this program's",
    QueryFailed = "BW0034": "A query fails",
    PublicationRefused = "BW0035": "Values are not published",
    RemoteWriteUnreachable = "BW0036": "Remote write gets no answer",
    SamplesTooOld = "BW0037": "Samples are too old for the server",
    SamplesRefused = "BW0038": "The server refuses samples",
    Defect = "BW0039": "A defect of the program",
    PromisesLost = "BW0040": "Promises to those who answered are lost",
    DigestNotSent = "BW0041": "The weekly digest is not sent",
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl ErrorCode {
    /// Its page, from the repository's root.
    pub fn page(self) -> String {
        format!("{PAGES}/{self}.md")
    }

    /// The code of the first error of the chain that has one. A full disk comes before what it made impossible.
    pub fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        let chain = || successors(Some(error), |&cause| cause.source());
        let full = chain().any(is_full).then_some(Self::DiskFull);
        full.or_else(|| chain().find_map(specific)).or_else(|| chain().find_map(general))
    }
}

/// Which error has which code.
fn specific(error: &(dyn Error + 'static)) -> Option<ErrorCode> {
    let table = [
        typed(error, |_: &Faults| Some(ErrorCode::Settings)),
        typed(error, |_: &SettingsError| Some(ErrorCode::Settings)),
        typed(error, |_: &exporter::WebConfigError| Some(ErrorCode::Settings)),
        typed(error, |_: &PrivacyKeyError| Some(ErrorCode::PrivacyKey)),
        typed(error, |_: &ContractError| Some(ErrorCode::Schemas)),
        typed(error, of_query_file),
        typed(error, |_: &ListenError| Some(ErrorCode::Listen)),
        typed(error, of_ingest),
        typed(error, of_publish),
        typed(error, of_lake),
        typed(error, of_store),
        typed(error, |_: &QueryFailure| Some(ErrorCode::QueryFailed)),
        typed(error, of_sql),
        typed(error, of_preview),
        typed(error, of_converge),
        typed(error, |_: &exporter::PublishError| Some(ErrorCode::PublicationRefused)),
        typed(error, |_: &FamilyError| Some(ErrorCode::PublicationRefused)),
        typed(error, of_stretch),
        typed(error, of_remote_write),
        typed(error, |_: &SendError| Some(ErrorCode::DigestNotSent)),
        typed(error, |died: &JoinError| died.is_panic().then_some(ErrorCode::Defect)),
    ];
    table.into_iter().flatten().next()
}

/// What is only known to be one of these, where no cause below says more.
fn general(error: &(dyn Error + 'static)) -> Option<ErrorCode> {
    LakeError::within(error).map(|_| ErrorCode::LakeStorage)
}

/// By its type, in a box or not.
fn typed<E: Error + 'static>(
    error: &(dyn Error + 'static),
    code: impl FnOnce(&E) -> Option<ErrorCode>,
) -> Option<ErrorCode> {
    error.downcast_ref().or_else(|| error.downcast_ref::<Box<E>>().map(Box::as_ref)).and_then(code)
}

fn is_full(error: &(dyn Error + 'static)) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
}

fn of_query_file(error: &QueryFileError) -> Option<ErrorCode> {
    Some(match error {
        QueryFileError::Faults(_) => ErrorCode::Queries,
        QueryFileError::Path { .. } => ErrorCode::QueryFolder,
        QueryFileError::Engine(_) => ErrorCode::Defect,
    })
}

fn of_ingest(error: &IngestError) -> Option<ErrorCode> {
    match error {
        IngestError::Unreachable(unreachable) => Some(of_broker(&unreachable.source, ErrorCode::BrokerUnreachable)),
        IngestError::Kafka { source, .. } => Objection::of(source).map(of_objection),
        IngestError::Table { source, .. } | IngestError::Lake(source) => of_lake(source),
        IngestError::Positions(_) => Some(ErrorCode::PartitionStopped),
        IngestError::Waited { .. } => Some(ErrorCode::PartitionNotReadable),
        IngestError::Withheld { .. } => Some(ErrorCode::PartitionWithheld),
        IngestError::DeadLetter { .. } => Some(ErrorCode::DeadLetterNotStored),
        IngestError::Columns { .. } | IngestError::Metrics(_) | IngestError::Stage { .. } => Some(ErrorCode::Defect),
        _ => None,
    }
}

fn of_publish(error: &PublishError) -> Option<ErrorCode> {
    match error {
        PublishError::Settings(_) => Some(ErrorCode::Settings),
        PublishError::Line { .. } | PublishError::Encoding { .. } => Some(ErrorCode::EventRefused),
        PublishError::Unreachable(unreachable) => Some(of_broker(&unreachable.source, ErrorCode::BrokerUnreachable)),
        PublishError::Refused { source, .. } => Some(of_broker(source, ErrorCode::RecordNotAccepted)),
        PublishError::Stopped { source, .. } => of_publish(source),
        _ => None,
    }
}

/// What the broker objects to, or else this.
fn of_broker(error: &(dyn Error + 'static), otherwise: ErrorCode) -> ErrorCode {
    Objection::of(error).map_or(otherwise, of_objection)
}

fn of_objection(objection: Objection) -> ErrorCode {
    match objection {
        Objection::Tls => ErrorCode::BrokerTls,
        Objection::Credentials => ErrorCode::BrokerCredentials,
        Objection::Access => ErrorCode::BrokerAccess,
        Objection::NoTopic => ErrorCode::TopicMissing,
    }
}

fn of_lake(error: &LakeError) -> Option<ErrorCode> {
    match error {
        LakeError::Missing { .. } => Some(ErrorCode::LakeMissing),
        LakeError::Url { .. } => Some(ErrorCode::Settings),
        LakeError::Folder { .. } => Some(ErrorCode::LakeFolder),
        LakeError::Permission { .. } => Some(ErrorCode::LakeAccess),
        LakeError::Full { .. } => Some(ErrorCode::DiskFull),
        LakeError::NewerLayout { .. } => Some(ErrorCode::LakeNewer),
        LakeError::Manifest { .. } => Some(ErrorCode::LakeManifest),
        LakeError::Key { .. } => Some(ErrorCode::OtherPrivacyKey),
        LakeError::Corrupt { .. } => Some(ErrorCode::TableDamaged),
        LakeError::Restored { .. } => Some(ErrorCode::TableRestored),
        LakeError::DamagedFile { .. } | LakeError::MissingFile { .. } => Some(ErrorCode::DataFile),
        LakeError::Property { .. } => Some(ErrorCode::OtherCluster),
        LakeError::Schema { .. } => Some(ErrorCode::TableSchema),
        LakeError::Commit { .. } | LakeError::StaleFiles { .. } => Some(ErrorCode::CommitFailed),
        LakeError::Rows { .. } => Some(ErrorCode::Defect),
        // Its cause may be another of these.
        _ => None,
    }
}

fn of_store(error: &StoreError) -> Option<ErrorCode> {
    match error {
        StoreError::Lake(error) => of_lake(error),
        StoreError::Overtaken { .. } => Some(ErrorCode::ResultsOvertaken),
        StoreError::Foreign(_) => Some(ErrorCode::ResultsForeign),
        StoreError::AnswersForgotten { .. } => Some(ErrorCode::Schemas),
        StoreError::PromisesLost { .. } | StoreError::ForeignPromises(_) => Some(ErrorCode::PromisesLost),
        // It tells the cause.
        StoreError::Read(_) => None,
    }
}

/// The text of a query is its author's affair.
fn of_sql(error: &SqlError) -> Option<ErrorCode> {
    match error {
        SqlError::Query { .. } => None,
        SqlError::Timeout(_) => Some(ErrorCode::QueryFailed),
        SqlError::Failed(cause) => ErrorCode::of(cause).or(Some(ErrorCode::QueryFailed)),
        SqlError::Lake(error) => of_lake(error),
        SqlError::Store(error) => of_store(error),
    }
}

fn of_preview(error: &PreviewError) -> Option<ErrorCode> {
    match error {
        PreviewError::Condition(_) => None,
        PreviewError::Query { .. } => Some(ErrorCode::QueryFailed),
        PreviewError::Sql(error) => of_sql(error),
    }
}

fn of_converge(error: &ConvergeError) -> Option<ErrorCode> {
    match error {
        ConvergeError::Query(_) => Some(ErrorCode::QueryFailed),
        ConvergeError::Lake(error) => of_lake(error),
        ConvergeError::Store(error) => of_store(error),
        _ => None,
    }
}

fn of_stretch(error: &StretchError) -> Option<ErrorCode> {
    match error {
        StretchError::Family { .. } => Some(ErrorCode::PublicationRefused),
        StretchError::Label { .. } => None,
    }
}

fn of_remote_write(error: &RemoteWriteError) -> Option<ErrorCode> {
    match error {
        RemoteWriteError::Url { .. } | RemoteWriteError::Authorities(_) => Some(ErrorCode::Settings),
        RemoteWriteError::Unreachable { .. } | RemoteWriteError::Busy { .. } => Some(ErrorCode::RemoteWriteUnreachable),
        RemoteWriteError::TooOld { .. } => Some(ErrorCode::SamplesTooOld),
        RemoteWriteError::Conflict { .. } | RemoteWriteError::Refused { .. } => Some(ErrorCode::SamplesRefused),
        RemoteWriteError::Compress(_) => Some(ErrorCode::Defect),
        RemoteWriteError::Stopped { .. } => None,
    }
}

#[cfg(test)]
mod tests;
