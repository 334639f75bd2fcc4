//! Why a request may be refused with 400 or 422 that the document allows: what a schema cannot say, each with its reason.

/// Parts of messages, and why no schema can say what they say. The document says it in words.
const EXCUSES: &[(&str, &str)] = &[
    ("startDate is after endDate", "no schema sees two parameters at a time"),
    ("belongs to another campaign", "which number belongs to which campaign is in the fixtures"),
    ("was used with another body before", "no schema sees an earlier request"),
    ("which belongs to campaign", "which number belongs to which campaign is in the fixtures"),
    (
        "This is neither HTTP/1 nor HTTP/2",
        "what is no HTTP is no request; the test has read more into it than there is",
    ),
    ("An HTTP/1.1 request has one Host header", "OpenAPI leaves the headers of HTTP to HTTP"),
    ("Host is ", "OpenAPI leaves the headers of HTTP to HTTP"),
    ("Host contradicts :authority", "OpenAPI leaves the headers of HTTP to HTTP"),
    ("times, may be given once", "OpenAPI leaves the headers of HTTP to HTTP"),
    ("The target has a fragment", "OpenAPI leaves the request line to HTTP"),
    ("The scheme of the target", "OpenAPI leaves the request line to HTTP"),
    ("The request line ", "OpenAPI leaves the request line to HTTP"),
    ("Transfer-Encoding", "OpenAPI leaves the framing of a body to HTTP"),
    ("Content-Length is ", "OpenAPI leaves the framing of a body to HTTP"),
    ("The request body broke off", "OpenAPI leaves the framing of a body to HTTP"),
    ("which is the most", "no schema knows how many there are already, or how long something is as JSON"),
    ("which has passed: it is", "no schema knows what time it is"),
    ("-02-29T", "no pattern tells which years have this day"),
    ("must be a duration of whole milliseconds", "no pattern tells how long a length of time is"),
    ("must be a length of time", "no pattern tells how long a length of time is"),
    ("must be the id of an event", "no pattern compares numbers"),
    ("scenario is \"", "which scenarios there are is in the fixtures"),
    ("scenarioWeights", "which scenarios there are, and what they weigh, is in the fixtures"),
    ("cannot receive webhooks", "which receivers a server sends to depends on how it was started"),
    ("does not go with --webhook-signature", "which secrets a server can sign with depends on how it was started"),
    ("a call that becomes", "which outcome fits depends on another field, and on where the call stands"),
    ("for a call that goes from", "which outcome fits depends on another field, and on where the call stands"),
];

/// The operation whose body is a whole world. Which worlds can have come about is more than a schema can say.
const WORLDS: (&str, &str) = ("putState", "no schema sees whether the parts of a world agree");

/// The reason for which such an answer of an operation is right, if there is one.
pub fn excuses(operation: &str, message: &str) -> Option<&'static str> {
    if operation == WORLDS.0 {
        return Some(WORLDS.1);
    }
    EXCUSES.iter().find(|(part, _)| message.contains(part)).map(|(_, reason)| *reason)
}
