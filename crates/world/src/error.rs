//! Why a command is refused, in the terms of the field. What status that is over HTTP is not decided here.

use std::borrow::Cow;
use std::fmt;

use super::directory::CampaignStatus;
use crate::base::quoted::Quoted;
use crate::base::time::Timestamp;
use crate::calls::call::Status;
use crate::calls::magic_number::Fault;
use crate::webhooks::Event;

/// A refusal. Its text says what was wrong and, where that helps, what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// There is no such thing in this account.
    NotFound {
        /// What was looked for, such as `call`.
        what: &'static str,
        /// The id that was given.
        id: String,
    },
    /// Fields that are missing or wrong, all of them.
    Invalid(Vec<FieldError>),
    /// The campaign is paused.
    CampaignPaused {
        /// Its id.
        id: String,
    },
    /// The campaign is neither running nor paused.
    CampaignNotRunning {
        /// Its id.
        id: String,
        /// Where it stands.
        status: CampaignStatus,
    },
    /// A campaign cannot go from one status to the other.
    CampaignTransition {
        /// Its id.
        id: String,
        /// Where it stands.
        from: CampaignStatus,
        /// Where it was told to go.
        to: CampaignStatus,
    },
    /// A call cannot be made to go from one status to the other.
    CallTransition {
        /// Its id.
        id: String,
        /// Where it stands.
        from: Status,
        /// Where it was told to go.
        to: Status,
        /// Where it can go, in words.
        allowed: String,
    },
    /// The month's call minutes are used up.
    MinutesUsedUp {
        /// Minutes used and allowed; `None` where the dialled number asked for this answer.
        usage: Option<(u64, u64)>,
        /// When it was refused.
        at: Timestamp,
        /// When there are new minutes.
        renewed_at: Timestamp,
    },
    /// The call has ended.
    AlreadyEnded {
        /// Its id.
        id: String,
        /// How it ended.
        status: Status,
    },
    /// The first request with the same idempotency key has no answer yet.
    StillAnswering,
    /// The call has no recording.
    NoRecording {
        /// Its id.
        id: String,
        /// Why not.
        why: &'static str,
    },
    /// The delivery cannot be sent again.
    NotRedeliverable {
        /// Its id.
        id: String,
        /// Why not, and what would help.
        why: &'static str,
    },
    /// An event was to be told, but of those who have subscribed nobody wants it.
    NobodyWants {
        /// The event.
        event: Event,
    },
    /// An event was to be told, but there is no call that it could be about.
    NothingToTell {
        /// The event.
        event: Event,
    },
    /// The dialled number asked for a fault.
    Injected(Fault),
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field, query parameter or header.
    pub field: Cow<'static, str>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Error {
    /// One field is wrong.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Error {
        Error::Invalid(vec![FieldError { field: Cow::Borrowed(field), message: message.into() }])
    }

    /// There is no room for what `field` gives: `there` says how many there are, and `remedy` what would help.
    pub fn too_many(field: &'static str, there: impl fmt::Display, remedy: &str) -> Error {
        Error::invalid(field, format!("is one too many: there are {there} already, which is the most; {remedy}"))
    }

    /// There is no such thing.
    pub fn not_found(what: &'static str, id: impl Into<String>) -> Error {
        Error::NotFound { what, id: id.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotFound { what, id } => {
                let place = match *what {
                    "workspace" => "on this server",
                    "call" | "campaign" | "phone number" => "in this account",
                    _ => "in this workspace",
                };
                write!(f, "No {what} {} {place}", Quoted(id))
            }
            Error::Invalid(fields) => {
                f.write_str("Validation failed: ")?;
                for (position, FieldError { field, message }) in fields.iter().enumerate() {
                    write!(f, "{}{field} {message}", if position > 0 { "; " } else { "" })?;
                }
                Ok(())
            }
            Error::CampaignPaused { id } => write!(f, "Campaign {id} is paused; resume it to place calls"),
            Error::CampaignNotRunning { id, status } => {
                write!(f, "Campaign {id} is {status}; calls can be placed only while it is RUNNING")
            }
            Error::CampaignTransition { id, from, to } => {
                write!(f, "Campaign {id} is {from} and cannot become {to}; only RUNNING and PAUSED follow each other")
            }
            Error::CallTransition { id, from, to, allowed } => {
                write!(f, "Call {id} is {from} and cannot become {to} now; it can become {allowed}")
            }
            Error::MinutesUsedUp { usage, renewed_at, .. } => {
                f.write_str("Monthly call minutes are used up")?;
                if let Some((used, allowed)) = usage {
                    write!(f, " ({used} of {allowed})")?;
                }
                write!(f, " and overage is off; there are new minutes from {renewed_at}")
            }
            Error::AlreadyEnded { id, status } => write!(f, "Call {id} has already ended ({status})"),
            Error::StillAnswering => {
                f.write_str("The first request with this Idempotency-Key is still being answered; send it again later")
            }
            Error::NoRecording { id, why } => write!(f, "Call {id} has no recording: {why}"),
            Error::NotRedeliverable { id, why } => write!(f, "Delivery {id} cannot be sent again: {why}"),
            Error::NobodyWants { event } => write!(
                f,
                "No webhook is subscribed to {event}; make one with POST /__admin/webhooks that has it among its events, or \
                 none of others, so that it is kept for reading"
            ),
            Error::NothingToTell { event } => {
                write!(
                    f,
                    "There is no call that {event} could tell of; place one, or let one come in with POST /__admin/calls"
                )
            }
            Error::Injected(fault) => write!(f, "{fault}"),
        }
    }
}

impl std::error::Error for Error {}
