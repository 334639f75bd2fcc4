//! What requests are looked for by.

use std::fmt;

use akol_mock_world::base::json::Json;
use akol_mock_world::base::quoted::Quoted;
use akol_mock_world::faults::matching::{MethodName, NotAMethod, NotAPath, PathPattern, Pattern};
use serde_json::Value;

/// What a request must be like. What is not said may be anything.
///
/// ```
/// use akol_mock::RequestPattern;
/// use serde_json::json;
///
/// let placed = RequestPattern::of("POST", "/api/v1/calls")?.status(201).body(json!({"toNumber": "+15005550100"}));
/// let server = akol_mock::MockServer::builder().start_blocking()?;
/// assert!(server.requests_like(&placed).is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RequestPattern(pub(super) Pattern);

impl RequestPattern {
    /// Any request.
    ///
    /// ```
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// assert_eq!(server.requests_like(&akol_mock::RequestPattern::any()).len(), 0);
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn any() -> RequestPattern {
        RequestPattern(Pattern::default())
    }

    /// A request with that method to that path. In the path `*` stands for anything within a segment and `**` for anything; where it
    /// has a `?`, the query counts too. The API's version may be there or not: `/api/v1/calls` and `/api/calls` are the same.
    ///
    /// # Errors
    ///
    /// It is no method, or no path.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// use akol_mock::RequestPattern;
    ///
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "POST /api/v1/calls/call_xxx/end", "");
    /// assert_eq!(server.requests_like(&RequestPattern::of("POST", "/api/calls/*/end")?).len(), 1);
    /// assert!(RequestPattern::of("POST", "calls").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(method: &str, path: &str) -> Result<RequestPattern, NotAPattern> {
        let read_method = method.parse::<MethodName>();
        let read_path = path.parse::<PathPattern>();
        let method = read_method.map_err(|_| NotAPattern(format!("{} is not {NotAMethod}", Quoted(method))))?;
        let path = read_path.map_err(|_| NotAPattern(format!("{} is not {NotAPath}", Quoted(path))))?;
        Ok(RequestPattern(Pattern { method: Some(method), path: Some(path), ..Pattern::default() }))
    }

    /// It is answered with that HTTP status.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// use akol_mock::RequestPattern;
    ///
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "GET /api/v1/calls/call_nobody", "");
    /// assert_eq!(server.requests_like(&RequestPattern::any().status(404)).len(), 1);
    /// assert_eq!(server.requests_like(&RequestPattern::any().status(200)).len(), 0);
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn status(self, status: u16) -> RequestPattern {
        RequestPattern(Pattern { status: Some(status), ..self.0 })
    }

    /// Its body is JSON that has this part: every key of an object that is given here, arrays element by element, all else equal.
    /// Numbers are compared as exactly as the value holds them, and 1, 1.0 and 1e0 are one.
    ///
    /// ```
    #[doc = include_str!("client.md")]
    /// use akol_mock::RequestPattern;
    /// use serde_json::json;
    ///
    /// let server = akol_mock::MockServer::builder().start_blocking()?;
    /// send(&server, "POST /api/v1/calls", r#"{"campaignId": "cmp_xxx", "toNumber": "+15005550100"}"#);
    /// assert_eq!(server.requests_like(&RequestPattern::any().body(json!({"campaignId": "cmp_xxx"}))).len(), 1);
    /// # Ok::<(), akol_mock::StartError>(())
    /// ```
    pub fn body(self, part: impl Into<Value>) -> RequestPattern {
        RequestPattern(Pattern { body: Some(Json::from(&part.into())), ..self.0 })
    }
}

/// As it is written in messages: `POST /api/v1/calls, answered 201`.
impl fmt::Display for RequestPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Pattern { method, path, status, body } = &self.0;
        f.write_str(method.as_ref().map_or("any method", MethodName::as_str))?;
        write!(f, " {}", path.as_ref().map_or("**", PathPattern::as_str))?;
        if let Some(body) = body {
            write!(f, " with {body} in its body")?;
        }
        status.map_or(Ok(()), |status| write!(f, ", answered {status}"))
    }
}

/// Why a pattern of requests cannot be made; names what was given, and what would do.
///
/// ```
/// let refused = akol_mock::RequestPattern::of("GET", "calls").unwrap_err();
/// assert!(refused.to_string().starts_with("\"calls\" is not a path"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAPattern(String);

impl fmt::Display for NotAPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotAPattern {}
