//! The whole of a workspace as one document, out and in.

use akol_mock_world::error::Error;

use super::blocking;
use super::placing::Refused;
use super::workspace::Workspace;
use crate::engine::{NotAState, State};

impl Workspace {
    /// Everything about the workspace, as one JSON document: what `GET /__admin/state` shows, without the envelope.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// assert!(server.state().starts_with("{\"version\":1,"));
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn state(&self) -> String {
        // JSON is UTF-8.
        String::from_utf8(self.inner.export().flatten().collect()).unwrap_or_default()
    }

    /// Goes on from a state that was taken elsewhere. When this is done, nothing shows of what was under way before.
    ///
    /// # Errors
    ///
    /// The document is none, of a version that is not understood, or needs other fixtures than the server's. Then nothing is changed.
    ///
    /// ```
    /// use akol_mock::{MockServer, Place};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let first = MockServer::builder().seed(1).start().await?;
    /// let call = first.place(Place::to("+15557770001"))?;
    ///
    /// let second = MockServer::builder().seed(2).start().await?;
    /// second.go_on_from(&first.state()).await?;
    /// assert_eq!(second.call(&call.id), first.call(&call.id));
    /// assert_eq!(second.go_on_from("{}").await.unwrap_err().status, 422);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn go_on_from(&self, state: &str) -> Result<(), Refused> {
        let state = State::read(state, self.inner.world_template()).map_err(|refused| match refused {
            NotAState::Malformed(why) => Refused { status: 400, message: why },
            NotAState::Invalid(error) => Error::into(error),
        })?;
        self.inner.import(state).await;
        Ok(())
    }

    /// [`go_on_from`](Workspace::go_on_from) for tests without a runtime.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// let before = server.state();
    /// server.advance_blocking(std::time::Duration::from_secs(60))?;
    /// server.go_on_from_blocking(&before)?;
    /// assert_eq!(server.state(), before);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn go_on_from_blocking(&self, state: &str) -> Result<(), Refused> {
        blocking::wait_for(self.go_on_from(state))
    }
}
