//! What a server keeps for reading.

use super::Builder;

impl Builder {
    /// How many requests, and how many finished deliveries, each workspace keeps for reading, the newest; 1,000 unless told otherwise.
    ///
    /// ```
    #[doc = include_str!("../client.md")]
    /// let server = akol_mock::MockServer::builder().journal_size(1).start_blocking()?;
    /// send(&server, "GET /api/v1/calls", "");
    /// send(&server, "GET /api/v1/calls/call_xxx", "");
    /// assert_eq!(server.requests().len(), 1);
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn journal_size(self, requests: u32) -> Builder {
        self.with(|settings| settings.journal_size = requests)
    }

    /// How many bytes all journals and finished deliveries of the server may take together; 256 MiB unless told otherwise. The oldest
    /// bodies make room for newer ones, and when there are none left, the oldest entries.
    ///
    /// ```
    #[doc = include_str!("../client.md")]
    /// let server = akol_mock::MockServer::builder().journal_bytes(64 << 10).start_blocking()?;
    /// for _ in 0..2 {
    ///     send(&server, "POST /api/v1/calls", &"x".repeat(40_000));
    /// }
    /// assert!(server.requests()[0].is_body_dropped() && !server.requests()[1].is_body_dropped());
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn journal_bytes(self, bytes: u64) -> Builder {
        self.with(|settings| settings.journal_bytes = bytes)
    }
}
