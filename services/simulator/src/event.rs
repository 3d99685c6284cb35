//! The events as they are sent, one type a stream.

use crate::local::Moment;
use jiff::Timestamp;
use serde::Serialize;

/// Any event; serialises as the payload of its stream.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Event {
    /// One entry of a leader's calendar.
    CalendarAudit(CalendarAudit),
    /// A short survey sent to a team.
    PulseSurvey(PulseSurvey),
    /// One anonymous answer to it.
    PulseResponse(PulseResponse),
    /// Something that a person did around learning.
    TrainingEvent(TrainingEvent),
    /// A lagging outcome.
    Outcome(Outcome),
    /// A meeting that a team is to hold.
    TeamMeeting(TeamMeeting),
    /// Something that a team said has to change.
    Remedy(Remedy),
    /// An internal audit of a site.
    InternalAudit(InternalAudit),
    /// Something new that is tried out.
    Pilot(Pilot),
    /// How many people of a group work at a site.
    Headcount(Headcount),
    /// Reference record of a site.
    Site(SiteRecord),
    /// Reference record of a leader.
    Leader(LeaderRecord),
}

/// Evaluates an expression with `$event` bound to the content of whichever variant it is.
macro_rules! for_any {
    ($self:expr, $event:ident => $value:expr) => {
        match $self {
            Event::CalendarAudit($event) => $value,
            Event::PulseSurvey($event) => $value,
            Event::PulseResponse($event) => $value,
            Event::TrainingEvent($event) => $value,
            Event::Outcome($event) => $value,
            Event::TeamMeeting($event) => $value,
            Event::Remedy($event) => $value,
            Event::InternalAudit($event) => $value,
            Event::Pilot($event) => $value,
            Event::Headcount($event) => $value,
            Event::Site($event) => $value,
            Event::Leader($event) => $value,
        }
    };
}

impl Event {
    /// Every stream that is simulated.
    pub const STREAMS: [&'static str; 12] = [
        "calendar_audits",
        "headcounts",
        "internal_audits",
        "leaders",
        "outcomes",
        "pilots",
        "pulse_responses",
        "pulse_surveys",
        "remedies",
        "sites",
        "team_meetings",
        "training_events",
    ];

    /// The stream it belongs to.
    pub fn stream(&self) -> &'static str {
        match self {
            Self::CalendarAudit(_) => "calendar_audits",
            Self::PulseSurvey(_) => "pulse_surveys",
            Self::PulseResponse(_) => "pulse_responses",
            Self::TrainingEvent(_) => "training_events",
            Self::Outcome(_) => "outcomes",
            Self::TeamMeeting(_) => "team_meetings",
            Self::Remedy(_) => "remedies",
            Self::InternalAudit(_) => "internal_audits",
            Self::Pilot(_) => "pilots",
            Self::Headcount(_) => "headcounts",
            Self::Site(_) => "sites",
            Self::Leader(_) => "leaders",
        }
    }

    /// The value of the stream's key field, which is also the Kafka key.
    pub fn key(&self) -> &str {
        match self {
            Self::CalendarAudit(event) => &event.entry_id,
            Self::PulseSurvey(event) => &event.survey_id,
            Self::PulseResponse(event) => &event.response_id,
            Self::TrainingEvent(event) => &event.event_id,
            Self::Outcome(event) => &event.outcome_id,
            Self::TeamMeeting(event) => &event.meeting_id,
            Self::Remedy(event) => &event.remedy_id,
            Self::InternalAudit(event) => &event.audit_id,
            Self::Pilot(event) => &event.pilot_id,
            Self::Headcount(event) => &event.headcount_id,
            Self::Site(event) => &event.site_id,
            Self::Leader(event) => &event.leader_id,
        }
    }

    /// The site that it concerns.
    pub fn site(&self) -> &str {
        for_any!(self, event => &event.site_id)
    }

    /// When it happened or is to happen; `None` for reference records.
    pub fn event_time(&self) -> Option<Timestamp> {
        match self {
            Self::CalendarAudit(event) => Some(event.starts_at.at),
            Self::PulseSurvey(event) => Some(event.sent_at.at),
            Self::PulseResponse(event) => Some(event.submitted_at.at),
            Self::TrainingEvent(event) => Some(event.occurred_at.at),
            Self::Outcome(event) => Some(event.occurred_at.at),
            Self::TeamMeeting(event) => Some(event.due_at.at),
            Self::Remedy(event) => Some(event.named_at.at),
            Self::InternalAudit(event) => Some(event.audited_at.at),
            Self::Pilot(event) => Some(event.started_at.at),
            Self::Headcount(event) => Some(event.counted_at.at),
            Self::Site(_) | Self::Leader(_) => None,
        }
    }

    /// Revision and the moment it was recorded: the greatest pair is the current state.
    pub fn recency(&self) -> (i64, Timestamp) {
        for_any!(self, event => (event.revision, event.recorded_at.at))
    }

    /// The payload, one JSON object.
    pub fn payload(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    pub(crate) fn stamp(&mut self, revision: i64, recorded_at: Timestamp) {
        for_any!(self, event => {
            event.revision = revision;
            event.recorded_at = event.recorded_at.on_same_clock(recorded_at);
        });
    }
}

/// Planned or done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// As it stood in the calendar beforehand.
    Planned,
    /// As it was done.
    Actual,
}

/// What the time went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words of the contract")]
pub enum Category {
    Field,
    Prestart,
    Coaching,
    Meeting,
    Admin,
    Training,
    Travel,
    Leave,
    Other,
}

/// Standing of a calendar entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words of the contract")]
pub enum Status {
    Confirmed,
    Tentative,
    Cancelled,
}

/// What a person did around learning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words of the contract")]
pub enum Verb {
    Assigned,
    Enrolled,
    Attended,
    Completed,
    Passed,
    Failed,
    Taught,
    Committed,
    Applied,
    Missed,
    Withdrawn,
}

/// Stream `calendar_audits`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields of the contract")]
pub struct CalendarAudit {
    pub entry_id: String,
    pub revision: i64,
    pub recorded_at: Moment,
    pub leader_id: String,
    pub site_id: String,
    pub basis: Basis,
    pub category: Category,
    pub status: Status,
    pub starts_at: Moment,
    pub ends_at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
}

/// Stream `pulse_surveys`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields of the contract")]
pub struct PulseSurvey {
    pub survey_id: String,
    pub revision: i64,
    pub recorded_at: Moment,
    pub instrument: &'static str,
    pub site_id: String,
    pub team_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leader_id: Option<String>,
    pub sent_at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<Moment>,
    pub invited: i64,
}

/// Stream `pulse_responses`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields of the contract")]
pub struct PulseResponse {
    pub response_id: String,
    pub revision: i64,
    pub recorded_at: Moment,
    pub survey_id: String,
    pub instrument: &'static str,
    pub site_id: String,
    pub team_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leader_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respondent_id: Option<String>,
    pub submitted_at: Moment,
    pub items: Vec<Item>,
}

/// One answered item of a response.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields of the contract")]
pub struct Item {
    pub item: &'static str,
    pub score: f64,
    pub min: f64,
    pub max: f64,
}

/// Stream `training_events`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields of the contract")]
pub struct TrainingEvent {
    pub event_id: String,
    pub revision: i64,
    pub recorded_at: Moment,
    pub person_id: String,
    pub role: &'static str,
    pub site_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
    pub program_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity_id: Option<&'static str>,
    pub verb: Verb,
    pub occurred_at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commitment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skill_path: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenure_band: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff_group: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner_id: Option<String>,
}

/// Stream `outcomes`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields of the contract")]
pub struct Outcome {
    pub outcome_id: String,
    pub revision: i64,
    pub recorded_at: Moment,
    pub site_id: String,
    pub occurred_at: Moment,
    pub kind: &'static str,
    pub value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upskilled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_level: Option<&'static str>,
}

/// Stream `team_meetings`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields of the contract")]
pub struct TeamMeeting {
    pub meeting_id: String,
    pub revision: i64,
    pub recorded_at: Moment,
    pub site_id: String,
    pub team_id: String,
    pub due_at: Moment,
    pub programme: &'static str,
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_at: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub material: Option<&'static str>,
}

/// Stream `remedies`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields of the contract")]
pub struct Remedy {
    pub remedy_id: String,
    pub revision: i64,
    pub recorded_at: Moment,
    pub site_id: String,
    pub named_at: Moment,
    pub due_at: Moment,
    pub team_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Moment>,
}

/// Stream `internal_audits`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields of the contract")]
pub struct InternalAudit {
    pub audit_id: String,
    pub revision: i64,
    pub recorded_at: Moment,
    pub site_id: String,
    pub audited_at: Moment,
    pub good_practices: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taught_elsewhere: Option<i64>,
}

/// Stream `pilots`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields of the contract")]
pub struct Pilot {
    pub pilot_id: String,
    pub revision: i64,
    pub recorded_at: Moment,
    pub site_id: String,
    pub started_at: Moment,
}

/// Stream `headcounts`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields of the contract")]
pub struct Headcount {
    pub headcount_id: String,
    pub revision: i64,
    pub recorded_at: Moment,
    pub site_id: String,
    pub counted_at: Moment,
    pub staff_group: &'static str,
    pub people: i64,
}

/// Reference stream `sites`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields of the contract")]
pub struct SiteRecord {
    pub site_id: String,
    pub revision: i64,
    pub recorded_at: Moment,
    pub name: String,
    pub region: &'static str,
    pub timezone: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headcount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_days: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<OwnTarget>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened_on: Option<jiff::civil::Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_on: Option<jiff::civil::Date>,
}

/// A site's own target in a metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields of the contract")]
pub struct OwnTarget {
    pub metric: &'static str,
    pub target: f64,
}

/// Reference stream `leaders`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields of the contract")]
pub struct LeaderRecord {
    pub leader_id: String,
    pub revision: i64,
    pub recorded_at: Moment,
    pub site_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekly_hours: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<jiff::civil::Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<jiff::civil::Date>,
}
