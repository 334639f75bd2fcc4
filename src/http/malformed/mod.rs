//! What is wrong with a request below all that it may be asked for, and how that is answered: by RFC 9110 and RFC 9112.
//!
//! hyper refuses the worst of it by itself, with a bare status. What it was is found here, in the bytes that came ([`diagnose`]), so that the
//! client can be told. Where hyper is more lenient than this server, [`super::head`] is not.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use hyper::{StatusCode, Uri};

use super::idle_timeout::HEAD_TIMEOUT;
use super::request::MOST_HEADERS;

/// Why a request is refused, whatever it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The status of the answer.
    pub status: StatusCode,
    /// What was given, and what would be right.
    pub message: Cow<'static, str>,
    /// Whether that is TLS: the client shows its user nothing of the answer, so the log has to.
    pub is_tls: bool,
}

/// Protocols that begin otherwise than HTTP, by how they begin, and what to do about them.
const PROTOCOLS: [(&[u8], &str, &str); 8] = [
    (b"\x16\x03", "TLS", "use http:// in the place of https://, or put a proxy in front that ends TLS"),
    (b"SSH-", "SSH", "nothing here is reached by SSH"),
    (b"PROXY ", "the PROXY protocol", "switch it off in the proxy in front, for this server"),
    (b"\r\n\r\n\0\r\nQUIT\n", "the PROXY protocol", "switch it off in the proxy in front, for this server"),
    (
        b"PRI * HTTP/2.0",
        "HTTP/2 with another preface than RFC 9113 has",
        "begin a connection with it as it stands there",
    ),
    (b"EHLO ", "SMTP", "nothing here takes mail"),
    (b"HELO ", "SMTP", "nothing here takes mail"),
    (b"*1\r\n$", "the protocol of Redis", "look which port yours is on"),
];

/// By as many bytes each of them is known.
pub const LONGEST_BEGIN: usize = 20;

impl Malformed {
    /// A refusal with that status.
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Malformed {
        Malformed { status, message: message.into(), is_tls: false }
    }

    /// 400.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Malformed {
        Malformed::new(StatusCode::BAD_REQUEST, message)
    }
}

/// Shows bytes that a client has sent, in quotes and cut where they are many.
pub fn shown(bytes: &[u8]) -> String {
    const SHOWN: usize = 60;
    match bytes.get(..SHOWN) {
        Some(begin) if bytes.len() > SHOWN => format!("\"{}…\"", begin.escape_ascii()),
        _ => format!("\"{}\"", bytes.escape_ascii()),
    }
}

/// What is said to a client that begins as another protocol does.
pub fn other_protocol(came: &[u8]) -> Option<Malformed> {
    let (_, protocol, advice) = PROTOCOLS.iter().find(|(begin, _, _)| came.starts_with(begin))?;
    let message = format!("This looks like {protocol}; this port speaks HTTP without TLS: {advice}");
    Some(Malformed { is_tls: *protocol == "TLS", ..Malformed::bad_request(message) })
}

/// The path that a request asks for, of which that has come; what is most like one where the request line is malformed, and `None` where
/// there is none.
pub fn path(came: &[u8]) -> Option<&str> {
    let line = Lines(came).find(|line| !line.is_empty())?;
    let target = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).nth(1)?;
    let end = target.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(target.len());
    // What is no UTF-8 is no path.
    let target = target[..end].utf8_chunks().next()?.valid();
    match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map(|begin| &rest[begin..]),
        None => Some(target),
    }
}

/// What is wrong with a request that hyper has refused with `status`. `came` is what the client has sent, from the beginning of the request
/// on, as far as it is known.
pub fn diagnose(status: StatusCode, came: &[u8]) -> Malformed {
    match status {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            let too_long = Malformed::new(status, "The request has more than 100 headers, or they are too long");
            return endless_body(came).unwrap_or(too_long);
        }
        StatusCode::URI_TOO_LONG => return Malformed::new(status, "The request's path and query are too long"),
        _ => {}
    }
    if let Some(malformed) = other_protocol(came) {
        return malformed;
    }
    let mut lines = Lines(came);
    // Empty lines before a request are passed over.
    let first = lines.by_ref().find(|line| !line.is_empty()).unwrap_or_default();
    let found = in_request_line(first).or_else(|| in_headers(lines, first.ends_with(b"HTTP/1.0")));
    found.unwrap_or_else(|| {
        Malformed::bad_request(
            "This is neither HTTP/1 nor HTTP/2 without TLS: the request line or a header is malformed",
        )
    })
}

/// What is wrong with a head of which that has come, and its end not. Only what no end of it can put right.
pub fn so_far(came: &[u8]) -> Option<Malformed> {
    let whole = came.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    other_protocol(came).or_else(|| {
        let mut lines = Lines(&came[..whole]);
        let first = lines.by_ref().find(|line| !line.is_empty())?;
        in_request_line(first).or_else(|| in_headers(lines, first.ends_with(b"HTTP/1.0")))
    })
}

/// A head that has had its time.
pub fn late() -> Malformed {
    Malformed::new(
        StatusCode::REQUEST_TIMEOUT,
        format!("The head of the request did not come to its end, an empty line, within {} s", HEAD_TIMEOUT.as_secs()),
    )
}

/// A request of which a server that is to stop has not got all.
pub fn cut_short() -> Malformed {
    let message = "The server is stopping, and the rest of this request has not come";
    Malformed::new(StatusCode::SERVICE_UNAVAILABLE, message)
}

/// A head whose client has closed before its end.
pub fn broken_off() -> Malformed {
    Malformed::bad_request("The head of the request broke off before its end, an empty line")
}

/// The longest body that hyper can tell from one without a length. With a longer one it says that the headers are too long.
const MOST_COUNTED: u64 = u64::MAX - 2;

/// The refusal of a whole head that hyper has found too large, where that is the length of its body.
fn endless_body(came: &[u8]) -> Option<Malformed> {
    let mut lines = Lines(came);
    lines.by_ref().find(|line| !line.is_empty())?;
    let headers: Vec<&[u8]> = lines.by_ref().take(MOST_HEADERS + 1).take_while(|line| !line.is_empty()).collect();
    if headers.len() > MOST_HEADERS {
        return None;
    }
    let lengths = headers.iter().filter_map(|line| {
        let (name, value) = line.split_at_checked(line.iter().position(|byte| *byte == b':')?)?;
        name.eq_ignore_ascii_case(b"content-length").then(|| value[1..].trim_ascii())
    });
    content_lengths(&lengths.collect::<Vec<_>>()).err().filter(|found| found.status == StatusCode::PAYLOAD_TOO_LARGE)
}

/// The lines of a head, without their ends; a bare line feed is one. The last may be cut off.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let end = self.0.iter().position(|byte| *byte == b'\n');
        let (line, rest) = match end {
            Some(end) => (&self.0[..end], &self.0[end + 1..]),
            None => (self.0, &[][..]),
        };
        self.0 = rest;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// RFC 9110's `tchar`: what names of methods and headers consist of.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// What no value of a header may have in it.
fn is_control(byte: u8) -> bool {
    byte == 0x7f || (byte < 0x20 && byte != b'\t')
}

fn in_request_line(line: &[u8]) -> Option<Malformed> {
    const RIGHT: &str =
        "it has a method, a target and a version with one space between them, such as GET /api/v1/calls HTTP/1.1";
    let malformed = |what: String| Some(Malformed::bad_request(format!("The request line {what}; {RIGHT}")));
    let mut parts = line.splitn(2, |byte| *byte == b' ');
    let method = parts.next().unwrap_or_default();
    if method.is_empty() || !method.iter().all(|byte| is_token(*byte)) {
        return malformed(format!("begins with {}, which is no method", shown(method)));
    }
    let Some(rest) = parts.next() else { return malformed(format!("is {}", shown(line))) };
    let Some(end) = rest.iter().rposition(|byte| *byte == b' ') else {
        return malformed(format!("{} has no version", shown(line)));
    };
    let (target, version) = (&rest[..end], &rest[end + 1..]);
    if let Some(odd) = target.iter().find(|byte| **byte <= b' ' || **byte == 0x7f) {
        return malformed(format!("has {} in its target, where it has to be percent-encoded", shown(&[*odd])));
    }
    match version {
        b"HTTP/1.0" | b"HTTP/1.1" => {}
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit() => {
            let message =
                format!("The version is {}; this server speaks HTTP/1.0, HTTP/1.1 and HTTP/2", shown(version));
            return Some(Malformed::new(StatusCode::HTTP_VERSION_NOT_SUPPORTED, message));
        }
        _ => return malformed(format!("ends with {}, which is no version", shown(version))),
    }
    if target.is_empty() || Uri::try_from(target).is_err() {
        return malformed(format!("has {}, which is no target", shown(target)));
    }
    None
}

fn in_headers(lines: Lines<'_>, is_old: bool) -> Option<Malformed> {
    let mut lengths: Vec<&[u8]> = Vec::new();
    let mut codings: Vec<&[u8]> = Vec::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        if line[0] == b' ' || line[0] == b'\t' {
            return Some(Malformed::bad_request(format!(
                "The header line {} begins with a space: a header has one line",
                shown(line)
            )));
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return Some(Malformed::bad_request(format!("The header line {} has no colon", shown(line))));
        };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.ends_with(b" ") || name.ends_with(b"\t") {
            return Some(Malformed::bad_request(format!(
                "The header {} has a space before its colon",
                shown(name.trim_ascii_end())
            )));
        }
        if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) {
            return Some(Malformed::bad_request(format!("{} is no name of a header", shown(name))));
        }
        if let Some(odd) = value.iter().find(|byte| is_control(**byte)) {
            let message = format!("The header {} has {} in it, which no header may have", shown(name), shown(&[*odd]));
            return Some(Malformed::bad_request(message));
        }
        if name.eq_ignore_ascii_case(b"content-length") {
            lengths.push(value);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            codings.push(value);
        }
    }
    if !codings.is_empty() && is_old {
        return Some(Malformed::bad_request(
            "HTTP/1.0 has no Transfer-Encoding; say with Content-Length how long the body is",
        ));
    }
    transfer_codings(codings.into_iter()).err().or_else(|| content_lengths(&lengths).err())
}

/// Whether a body is as long as those `Content-Length`s say. Several that are the same are as good as one.
pub fn content_lengths(values: &[&[u8]]) -> Result<(), Malformed> {
    for value in values {
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            return Err(Malformed::bad_request(format!(
                "Content-Length is {}, must be the number of bytes in digits",
                shown(value)
            )));
        }
        if without_zeros(value) != without_zeros(values[0]) {
            let message =
                format!("Content-Length is {} and {} at once, must be one number", shown(values[0]), shown(value));
            return Err(Malformed::bad_request(message));
        }
    }
    let is_counted = |value: &&[u8]| {
        let number = std::str::from_utf8(value).ok().and_then(|digits| digits.parse::<u64>().ok());
        number.is_some_and(|number| number <= MOST_COUNTED)
    };
    match values.first().filter(|value| !is_counted(value)) {
        Some(length) => Err(Malformed::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("Content-Length is {}, which is more than any request body may have", shown(length)),
        )),
        None => Ok(()),
    }
}

/// The digits of a number without those that change nothing.
fn without_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    &digits[zeros..]
}

/// Whether the `Transfer-Encoding`s of a request, if it has any, are the one that is understood: `chunked`, once and alone.
pub fn transfer_codings<'a>(values: impl Iterator<Item = &'a [u8]>) -> Result<(), Malformed> {
    let members: Vec<&[u8]> =
        values.flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii).collect();
    let is_chunked = |member: &&[u8]| member.eq_ignore_ascii_case(b"chunked");
    match &*members {
        [] => Ok(()),
        [only] if is_chunked(only) => Ok(()),
        // hyper does not take it for chunked, and gives it no body.
        [.., last] if last.is_empty() && members.iter().any(is_chunked) => {
            Err(Malformed::bad_request("Transfer-Encoding has chunked in it and ends with a comma, must be chunked"))
        }
        all if all.iter().filter(|member| is_chunked(member)).count() > 1 => {
            Err(Malformed::bad_request("Transfer-Encoding has chunked in it more than once, must be chunked"))
        }
        [.., last] if !is_chunked(last) && members.iter().any(is_chunked) => {
            Err(Malformed::bad_request("Transfer-Encoding has chunked in it and not at its end, must be chunked"))
        }
        all => {
            let unknown = all.iter().find(|member| !is_chunked(member)).copied().unwrap_or_default();
            let message = format!("The transfer coding {} is not understood here, only chunked is", shown(unknown));
            Err(Malformed::new(StatusCode::NOT_IMPLEMENTED, message))
        }
    }
}
