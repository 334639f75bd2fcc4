//! Requests that a test has written byte by byte.

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method};

use super::Asked;

/// The requests that are in `sent`, one after the other. `None` stands for what is no request, and for all that follows it.
pub fn asked(mut sent: &[u8]) -> Vec<Option<Asked>> {
    let mut found = Vec::new();
    while !sent.is_empty() {
        match request(sent) {
            Some((request, rest)) => {
                found.push(Some(request));
                sent = rest;
            }
            None => {
                found.push(None);
                break;
            }
        }
    }
    found
}

fn request(sent: &[u8]) -> Option<(Asked, &[u8])> {
    let end = sent.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let mut lines = sent[..end].split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = std::str::from_utf8(lines.next()?).ok()?;
    let [method, target, version] = first.split(' ').collect::<Vec<_>>().try_into().ok()?;
    if !["HTTP/1.0", "HTTP/1.1"].contains(&version) {
        return None;
    }
    let mut headers = HeaderMap::new();
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        headers.append(name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?);
    }
    let rest = &sent[end + 4..];
    let (body, rest) = match headers.get("content-length") {
        _ if headers.contains_key("transfer-encoding") => unchunked(rest),
        Some(length) => {
            let length: usize = length.to_str().ok()?.parse().ok()?;
            let (body, rest) = rest.split_at(length.min(rest.len()));
            (body.to_vec(), rest)
        }
        None => (Vec::new(), rest),
    };
    // An absolute target names the server, too.
    let target = match target.split_once("://").map(|(_, rest)| rest) {
        Some(rest) => &rest[rest.find('/').unwrap_or(rest.len())..],
        None => target,
    };
    let method = Method::from_bytes(method.as_bytes()).ok()?;
    Some((Asked { method, target: target.to_owned(), headers, body: Bytes::from(body) }, rest))
}

/// The body that comes in chunks, as far as they are chunks, and what follows the last.
fn unchunked(mut sent: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut body = Vec::new();
    loop {
        let Some((length, rest)) = chunk_length(sent) else { return (body, &[]) };
        if length == 0 {
            return (body, after_trailers(rest));
        }
        let Some((chunk, rest)) = rest.split_at_checked(length) else { return (body, &[]) };
        let Some(rest) = rest.strip_prefix(b"\r\n") else { return (body, &[]) };
        body.extend(chunk);
        sent = rest;
    }
}

/// What follows the trailers and the empty line after them.
fn after_trailers(sent: &[u8]) -> &[u8] {
    let end = sent.windows(4).position(|bytes| bytes == b"\r\n\r\n").map_or(sent.len(), |end| end + 4);
    sent.strip_prefix(b"\r\n").unwrap_or(&sent[end..])
}

/// The length of a chunk, whatever extensions it has, and what follows the line that says it.
fn chunk_length(sent: &[u8]) -> Option<(usize, &[u8])> {
    let end = sent.windows(2).position(|bytes| bytes == b"\r\n")?;
    let length = std::str::from_utf8(&sent[..end]).ok()?.split(';').next()?;
    let length = usize::from_str_radix(length, 16).ok()?;
    Some((length, &sent[end + 2..]))
}
