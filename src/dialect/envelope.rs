//! The envelopes that every JSON answer comes in.

use std::vec;

use bytes::Bytes;
use hyper::StatusCode;
use serde::Serialize;

use crate::http::body::Body;
use crate::http::response::Reply;

/// Most pages have less after their last item, in bytes.
const END_OF_PAGE_LENGTH: usize = 128;

#[derive(Serialize)]
struct Success<'a, T> {
    success: bool,
    data: &'a T,
}

#[derive(Serialize)]
struct Failure<'a> {
    success: bool,
    error: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Field<'a>],
}

/// One entry of a 422's `errors`.
#[derive(Serialize)]
pub struct Field<'a> {
    /// The field, query parameter or header.
    pub field: &'a str,
    /// What is wrong and what would be right.
    pub message: &'a str,
}

/// Where a page stands in its list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    page: u64,
    limit: u64,
    total: u64,
    total_pages: u64,
    has_next: bool,
    has_prev: bool,
}

impl Pagination {
    /// Page `page`, counted from 1, of a list of `total` things, `limit` a page.
    pub fn new(page: u64, limit: u64, total: u64) -> Pagination {
        let total_pages = total.div_ceil(limit.max(1));
        Pagination { page, limit, total, total_pages, has_next: page < total_pages, has_prev: page > 1 }
    }
}

/// How [`wrap`] begins; it ends with a brace.
const OPENING: &[u8] = br#"{"success":true,"data":"#;
/// How a page begins.
const OPENING_OF_PAGE: &[u8] = br#"{"success":true,"data":["#;

/// `{"success": true, "data": …}`
pub fn success(status: StatusCode, data: &impl Serialize) -> Reply {
    Reply::json(status, json(&Success { success: true, data }))
}

/// The same with data that has been written already.
pub fn success_written(status: StatusCode, data: &[u8]) -> Reply {
    Reply::json(status, [OPENING, data, b"}"].concat())
}

/// The same with data that `parts` make one after the other, as they are sent.
pub fn success_in_parts(status: StatusCode, parts: impl Iterator<Item = Bytes> + Send + 'static) -> Reply {
    let opening = std::iter::once(Bytes::from_static(OPENING));
    let chunks = opening.chain(parts).chain(std::iter::once(Bytes::from_static(b"}")));
    Reply::json_in_chunks(status, chunks)
}

/// `{"success": true, "data": […]}` of items that `write` writes one by one. What is long is written while it is sent, a piece when the
/// connection has room for it: whole, it might have tens of megabytes.
pub fn success_list<T: Send + 'static>(
    status: StatusCode,
    items: Vec<T>,
    write: impl Fn(&T, &mut Vec<u8>) + Send + 'static,
) -> Reply {
    sent_while_written(status, List::new((OPENING_OF_PAGE.to_vec(), b"]}"), items, write))
}

/// The same with a list that is the last member of an object, whose beginning, up to the list's items, is `before`.
pub fn success_list_in<T: Send + 'static>(
    status: StatusCode,
    before: &str,
    items: Vec<T>,
    write: impl Fn(&T, &mut Vec<u8>) + Send + 'static,
) -> Reply {
    sent_while_written(status, List::new(([OPENING, before.as_bytes()].concat(), b"]}}"), items, write))
}

fn sent_while_written<T: Send + 'static>(
    status: StatusCode,
    mut list: List<T, impl Fn(&T, &mut Vec<u8>) + Send + 'static>,
) -> Reply {
    let first = list.next().unwrap_or_default();
    match list.is_over {
        true => Reply::json(status, first),
        false => Reply::json_in_chunks(status, std::iter::once(first).chain(list).map(Bytes::from)),
    }
}

/// A list, piece by piece.
struct List<T, W> {
    items: vec::IntoIter<T>,
    write: W,
    /// What stands before the items, until it is written.
    opening: Vec<u8>,
    closing: &'static [u8],
    is_over: bool,
}

impl<T, W> List<T, W> {
    fn new((opening, closing): (Vec<u8>, &'static [u8]), items: Vec<T>, write: W) -> List<T, W> {
        List { items: items.into_iter(), write, opening, closing, is_over: false }
    }
}

/// How long a piece of a list is at least, unless it is the last, in bytes.
const PIECE: usize = 64 << 10;

impl<T, W: Fn(&T, &mut Vec<u8>)> Iterator for List<T, W> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        if self.is_over {
            return None;
        }
        let mut bytes = std::mem::take(&mut self.opening);
        bytes.reserve(1024);
        while bytes.len() < PIECE {
            let Some(item) = self.items.next() else {
                bytes.extend_from_slice(self.closing);
                self.is_over = true;
                break;
            };
            (self.write)(&item, &mut bytes);
            if !self.items.as_slice().is_empty() {
                bytes.push(b',');
            }
        }
        Some(bytes)
    }
}

/// [`success`] as bytes, which are expected to be about `length`.
pub fn wrap(data: &impl Serialize, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length);
    write_json(&Success { success: true, data }, &mut bytes);
    bytes
}

/// An item for [`page_of`], which is expected to be about `length`, with the comma that stands behind all but the last.
pub fn item(data: &impl Serialize, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length);
    write_json(data, &mut bytes);
    bytes.push(b',');
    bytes
}

/// `{"success": true, "data": […], "pagination": …}`, of items that have been written one by one. They are sent from where they are.
pub fn page_of(items: impl ExactSizeIterator<Item = Bytes>, pagination: &Pagination) -> Reply {
    let mut end = Vec::with_capacity(END_OF_PAGE_LENGTH);
    end.extend_from_slice(br#"],"pagination":"#);
    write_json(pagination, &mut end);
    end.push(b'}');
    let mut pieces = Vec::with_capacity(items.len() + 2);
    pieces.push(Bytes::from_static(OPENING_OF_PAGE));
    pieces.extend(items);
    if let [_, .., last] = &mut *pieces {
        last.truncate(last.len() - 1);
    }
    pieces.push(end.into());
    Reply::json_in_pieces(StatusCode::OK, pieces)
}

/// `{"success": false, "error": …}`, with `"errors"` if any field is named.
pub fn failure(status: StatusCode, error: &str, errors: &[Field<'_>]) -> Reply {
    Reply::json(status, json(&Failure { success: false, error, errors }))
}

/// An answer that says more than the usual envelopes hold.
pub fn raw(status: StatusCode, answer: &impl Serialize) -> Reply {
    Reply::json(status, json(answer))
}

/// The reply with what may have been overlooked in the request, in `warnings` before `data` or behind `error`. One that is in no envelope
/// stays as it is.
pub fn warned(mut reply: Reply, warnings: &[String]) -> Reply {
    if !warnings.is_empty() {
        reply.body = match reply.body {
            Body::Full(bytes) => Body::Full(with_warnings(bytes, warnings)),
            Body::Pieces(pieces) => {
                let spliced = pieces.iter().enumerate().map(|(position, piece)| match position {
                    0 => with_warnings(piece.clone(), warnings),
                    _ => piece.clone(),
                });
                Body::Pieces(spliced.collect())
            }
            Body::Chunks { mut chunks, left: None, .. } => {
                let first = chunks.next().map(|first| with_warnings(first, warnings));
                Body::chunks(first.into_iter().chain(chunks), None)
            }
            other => other,
        };
    }
    reply
}

/// The beginning of an envelope with warnings, before those that it has already.
fn with_warnings(envelope: Bytes, warnings: &[String]) -> Bytes {
    const WARNINGS: &[u8] = br#","warnings":["#;
    let Some(length) = length_of_beginning(&envelope) else { return envelope };
    let (beginning, rest) = envelope.split_at(length);
    let mut list = json(&warnings);
    // Without the brackets.
    let list = &mut list[1..];
    let end = list.len() - 1;
    match rest.strip_prefix(WARNINGS) {
        Some(more) => {
            list[end] = b',';
            [beginning, WARNINGS, list, more].concat().into()
        }
        None => [beginning, WARNINGS, list, rest].concat().into(),
    }
}

/// How much of an envelope stands before its warnings: whether it is a success and, if not, the error, which is to be read first.
fn length_of_beginning(envelope: &[u8]) -> Option<usize> {
    const SUCCESS: &[u8] = br#"{"success":true"#;
    const FAILURE: &[u8] = br#"{"success":false,"error":""#;
    if envelope.starts_with(SUCCESS) {
        return Some(SUCCESS.len());
    }
    let mut is_escaped = false;
    let is_end = |byte: &u8| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    };
    let length = envelope.strip_prefix(FAILURE)?.iter().position(is_end)?;
    Some(FAILURE.len() + length + 1)
}

fn json(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1024);
    write_json(value, &mut bytes);
    bytes
}

/// Adds a value as JSON.
pub fn write_json(value: &impl Serialize, bytes: &mut Vec<u8>) {
    // Structs, strings, numbers and lists always serialize.
    let _ = serde_json::to_writer(bytes, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_written_items_is_the_page_of_the_items() {
        for items in [vec![], vec!["a"], vec!["a", "}{", "\"c"]] {
            let written = items.iter().map(|data| item(data, 0).into());
            let pagination = Pagination::new(2, 20, 41);
            let expected = serde_json::json!({"success": true, "data": items, "pagination": pagination});
            let page: serde_json::Value =
                serde_json::from_slice(&page_of(written, &pagination).body.at_hand().unwrap()).unwrap();
            assert_eq!(page, expected);
        }
    }

    #[test]
    fn warnings_stand_beside_what_is_answered() {
        let warnings = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let read = |reply: Reply| {
            let bytes = match reply.body {
                Body::Chunks { chunks, .. } => chunks.collect::<Vec<_>>().concat().into(),
                body => body.at_hand().unwrap(),
            };
            serde_json::from_slice::<serde_json::Value>(&bytes).unwrap()
        };
        let parts =
            || success_in_parts(StatusCode::OK, [Bytes::from_static(b"[1,"), Bytes::from_static(b"2]")].into_iter());
        let made: [(Reply, serde_json::Value); 5] = [
            (success(StatusCode::OK, &[1, 2]), serde_json::json!({"success": true, "data": [1, 2]})),
            (parts(), serde_json::json!({"success": true, "data": [1, 2]})),
            (
                failure(StatusCode::CONFLICT, "n\\\"o\\", &[Field { field: "a", message: "b" }]),
                serde_json::json!({"success": false, "error": "n\\\"o\\", "errors": [{"field": "a", "message": "b"}]}),
            ),
            (failure(StatusCode::CONFLICT, "no", &[]), serde_json::json!({"success": false, "error": "no"})),
            (
                page_of([item(&1, 0).into()].into_iter(), &Pagination::new(1, 1, 1)),
                serde_json::json!({"success": true, "data": [1], "pagination": Pagination::new(1, 1, 1)}),
            ),
        ];
        for (reply, mut expected) in made {
            let reply = warned(warned(reply, &warnings(&["\"b\""])), &warnings(&["a", "é"]));
            let reply = warned(reply, &[]);
            expected["warnings"] = serde_json::json!(["a", "é", "\"b\""]);
            assert_eq!(read(reply), expected);
        }
        let refused = warned(failure(StatusCode::CONFLICT, "no", &[]), &warnings(&["a"])).body.at_hand().unwrap();
        assert_eq!(refused, br#"{"success":false,"error":"no","warnings":["a"]}"#[..], "the error is read first");
        let other = warned(Reply::json(StatusCode::OK, "{}"), &warnings(&["a"]));
        assert_eq!(read(other), serde_json::json!({}));
    }

    #[test]
    fn a_list_is_the_same_whether_it_is_sent_whole_or_in_pieces() {
        for (count, length) in [(0, 0), (1, 0), (3, 5), (1, PIECE), (2, PIECE - 1), (3, PIECE), (500, 1_000)] {
            let items = vec!["x".repeat(length); count];
            let expected = success(StatusCode::OK, &items).body.at_hand().unwrap();
            let inside = success_list_in(StatusCode::OK, "{\"of\":1,\"items\":[", items.clone(), write_json);
            let list = success_list(StatusCode::OK, items.clone(), write_json);
            assert_eq!(list.body.len().is_some(), expected.len() < PIECE, "{count} of {length}");
            let whole = |body| match body {
                Body::Chunks { chunks, .. } => {
                    let pieces: Vec<Bytes> = chunks.collect();
                    assert!(pieces.iter().all(|piece| piece.len() <= PIECE + length + 32), "{count} of {length}");
                    pieces.concat()
                }
                body => body.at_hand().unwrap().to_vec(),
            };
            assert_eq!(whole(list.body), expected, "{count} of {length}");
            let inside: serde_json::Value = serde_json::from_slice(&whole(inside.body)).unwrap();
            let data = serde_json::json!({"of": 1, "items": items});
            assert_eq!(inside, serde_json::json!({"success": true, "data": data}), "{count} of {length}");
        }
    }

    #[test]
    fn pages_know_their_neighbours() {
        let flags = |page, total| {
            let pagination = Pagination::new(page, 20, total);
            (pagination.total_pages, pagination.has_prev, pagination.has_next)
        };
        assert_eq!(flags(1, 0), (0, false, false));
        assert_eq!(flags(1, 20), (1, false, false));
        assert_eq!(flags(1, 21), (2, false, true));
        assert_eq!(flags(2, 21), (2, true, false));
        assert_eq!(flags(9, 21), (2, true, false));
    }
}
