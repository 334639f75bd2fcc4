//! Answers as they come over the wire.

use bytes::Bytes;
use hyper::header::HeaderName;
use hyper::{HeaderMap, StatusCode};

use super::Answer;

/// All answers that are in `heard`, each as long as its `Content-Length` says.
pub fn answers(mut heard: &[u8]) -> Vec<Answer> {
    let mut answers = Vec::new();
    while !heard.is_empty() {
        let (status, headers, rest) = head(heard);
        let length = headers.get("content-length").map_or(0, |length| length.to_str().unwrap().parse().unwrap());
        let (body, rest) = rest.split_at(length);
        answers.push(Answer { status, headers, body: Bytes::copy_from_slice(body) });
        heard = rest;
    }
    answers
}

/// The head of an answer, and what follows it.
pub fn head(heard: &[u8]) -> (StatusCode, HeaderMap, &[u8]) {
    let end = heard.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("the head of an answer");
    let mut lines = std::str::from_utf8(&heard[..end]).unwrap().split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        headers.append(name.parse::<HeaderName>().unwrap(), value.trim().parse().unwrap());
    }
    (status, headers, &heard[end + 4..])
}
