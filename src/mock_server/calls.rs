//! Calls as a test sees them: snapshots, and what can be done to one.

use std::borrow::Cow;

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::calls::call;
use akol_mock_world::calls::call::{Direction, Outcome, Sentiment, Speaker, Status};
use akol_mock_world::calls::facet::Filter;
use akol_mock_world::content::dialogue::Line;
use akol_mock_world::content::template::Text;
use akol_mock_world::world::World;
use serde::Serialize;

use super::placing::Refused;
use super::workspace::Workspace;
use crate::dialect::call_view::CallView;

/// A call as it was when it was looked at: the fields that the API shows, and as JSON just what the API shows.
///
/// ```
/// let server = akol_mock::MockServer::builder().start_blocking()?;
/// let call = server.call("call_xxx").unwrap();
/// assert_eq!(call.duration_seconds, Some(88));
/// assert_eq!(call.transcript[1].text, "Are you open Saturday?");
/// assert_eq!(serde_json::to_value(&call)?["callerName"], "Alice (existing contact)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Call {
    /// `call_…`
    pub id: String,
    /// Whose it is: `biz_…`
    pub business_id: String,
    /// The campaign that it belongs to: `cmp_…`
    pub campaign_id: String,
    /// Who speaks: `agt_…`
    pub agent_id: String,
    /// The account's own number: `pn_…`
    pub phone_number_id: String,
    /// Who called whom.
    pub direction: Direction,
    /// The number that called, in E.164 form.
    pub from_number: String,
    /// The number that was called, in E.164 form.
    pub to_number: String,
    /// The other side's name, as the account knows it.
    pub caller_name: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// What came of it; `None` until it has ended.
    pub outcome: Option<Outcome>,
    /// When it began to ring; `None` while it is queued.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Whole seconds from the answer to the end; `None` until it has ended.
    pub duration_seconds: Option<u32>,
    /// How the person felt; `None` until it has ended, and where nobody answered.
    pub sentiment: Option<Sentiment>,
    /// What it was about; `None` until it has ended, and where nobody answered.
    pub summary: Option<String>,
    /// What it is filed under; none until it has ended.
    pub tags: Vec<String>,
    /// What was said so far.
    pub transcript: Vec<TranscriptLine>,
}

/// A line of a transcript.
///
/// ```
/// use akol_mock::{MockServer, Speaker};
///
/// let server = MockServer::builder().start_blocking()?;
/// let line = &server.call("call_xxx").unwrap().transcript[0];
/// assert_eq!((line.speaker, line.text.as_str(), line.timestamp), (Speaker::Agent, "Thanks for calling.", 0));
/// # Ok::<(), akol_mock::StartError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TranscriptLine {
    /// Who said it.
    pub speaker: Speaker,
    /// What was said.
    pub text: String,
    /// When, in milliseconds since the call was answered.
    pub timestamp: u32,
}

impl From<Line<Text<'_>>> for TranscriptLine {
    fn from(line: Line<Text<'_>>) -> TranscriptLine {
        TranscriptLine { speaker: line.speaker, text: line.text.to_string(), timestamp: line.start }
    }
}

impl Call {
    /// The call as it is at `now`.
    pub(super) fn of(call: &call::Call, world: &World, now: Timestamp) -> Call {
        let view = CallView::of(call, world, now);
        Call {
            id: view.id.to_string(),
            business_id: view.business_id.to_owned(),
            campaign_id: view.campaign_id.to_owned(),
            agent_id: view.agent_id.to_owned(),
            phone_number_id: view.phone_number_id.to_owned(),
            direction: view.direction,
            from_number: view.from_number.to_string(),
            to_number: view.to_number.to_string(),
            caller_name: view.caller_name.map(Cow::into_owned),
            status: view.status,
            outcome: view.outcome,
            started_at: view.started_at,
            ended_at: view.ended_at,
            duration_seconds: view.duration_seconds,
            sentiment: view.sentiment,
            summary: view.summary.map(|summary| summary.to_string()),
            tags: view.tags.into_owned(),
            transcript: view.transcript.into_iter().map(TranscriptLine::from).collect(),
        }
    }
}

impl Workspace {
    /// The call with that id, as it is now; `None` where there is none.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// assert!(server.call("call_xxx").is_some());
    /// assert!(server.call("call_nobody").is_none());
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn call(&self, id: &str) -> Option<Call> {
        self.inner.read(|world, now| world.find_call(id).ok().map(|call| Call::of(call, world, now)))
    }

    /// All calls, newest first, in the order of the API's list.
    ///
    /// ```
    /// use akol_mock::{MockServer, Place};
    ///
    /// let server = MockServer::builder().calls(5).start_blocking()?;
    /// let call = server.place(Place::to("+15005550100"))?;
    /// assert_eq!(server.calls().len(), 1 + 5 + 1, "the one in Akol's documentation, five that are drawn, and this one");
    /// assert_eq!(server.calls()[0], call);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn calls(&self) -> Vec<Call> {
        self.inner.read(|world, now| {
            let (_, calls) = world.list(&Filter::default(), 0..world.call_store().len() as u64);
            calls.into_iter().map(|call| Call::of(call, world, now)).collect()
        })
    }

    /// Ends a call at once, as `POST /calls/:id/end` does, and gives it as it is then.
    ///
    /// # Errors
    ///
    /// There is no such call, or it has ended.
    ///
    /// ```
    /// use akol_mock::{MockServer, Outcome, Place};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// let call = server.place(Place::to("+15005550107"))?;
    /// server.advance_blocking(std::time::Duration::from_secs(60))?;
    /// assert_eq!(server.end(&call.id)?.outcome, Some(Outcome::HungUp));
    /// assert_eq!(server.end(&call.id).unwrap_err().status, 409);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn end(&self, id: &str) -> Result<Call, Refused> {
        self.inner.write(|world| {
            let ended = world.end_call(id)?;
            Ok(Call::of(world.call(ended), world, world.now()))
        })
    }

    /// Makes a call enter that status now, if the lifecycle allows it, and gives it as it is then. Where it ends, it does so with that
    /// outcome, or with the one that fits best.
    ///
    /// # Errors
    ///
    /// There is no such call, or the lifecycle or the outcome does not allow it.
    ///
    /// ```
    /// use akol_mock::{MockServer, Outcome, Place, Status};
    ///
    /// let server = MockServer::builder().start_blocking()?;
    /// let call = server.place(Place::to("+15005550104"))?;
    /// assert_eq!(server.force(&call.id, Status::InProgress, None)?.status, Status::InProgress);
    /// let ended = server.force(&call.id, Status::Completed, Outcome::Transferred)?;
    /// assert_eq!(ended.outcome, Some(Outcome::Transferred));
    /// assert_eq!(server.force(&call.id, Status::Failed, None).unwrap_err().status, 409);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn force(&self, id: &str, status: Status, outcome: impl Into<Option<Outcome>>) -> Result<Call, Refused> {
        let outcome = outcome.into();
        self.inner.write(|world| {
            let forced = world.force(id, status, outcome)?;
            Ok(Call::of(world.call(forced), world, world.now()))
        })
    }
}
