//! Answers as they come over the wire.

use bytes::Bytes;
use hyper::{HeaderMap, StatusCode};

use super::Answer;

/// All answers that are in `heard`, each as long as its `Content-Length` says.
pub fn answers(mut heard: &[u8]) -> Vec<Answer> {
    let mut answers = Vec::new();
    while !heard.is_empty() {
        let end = heard.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("the head of an answer");
        let head = std::str::from_utf8(&heard[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse::<StatusCode>().unwrap();
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(':').unwrap();
            headers.append(name.parse::<hyper::header::HeaderName>().unwrap(), value.trim().parse().unwrap());
        }
        heard = &heard[end + 4..];
        let length = headers.get("content-length").map_or(0, |length| length.to_str().unwrap().parse().unwrap());
        let body = Bytes::copy_from_slice(&heard[..length]);
        heard = &heard[length..];
        answers.push(Answer { status, headers, body });
    }
    answers
}
