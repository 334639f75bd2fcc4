//! The bytes of the head that a connection of HTTP/1 is reading, kept in case something is wrong with it.
//!
//! hyper says of a head that it refuses that it is refused, and not why; and it takes some in which two readers may read two things. Both show in
//! the bytes alone. They are kept until hyper asks for more with nothing left of them, which shows by how they end: what is left would be the
//! beginning of a head, and that has no empty line in it. Nothing is decided by this record where hyper reads on: it only adds refusals.

use hyper::body::Body;
use hyper::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use hyper::{HeaderMap, Request};
use parking_lot::Mutex;

use super::malformed::{self, Malformed};

/// How much is kept, in bytes: more than a head may have.
const KEPT: usize = 32 << 10;
/// How much memory a connection holds on to when its next request is not there yet, in bytes.
const KEPT_BETWEEN: usize = 2 << 10;

/// The end of a head.
const EMPTY_LINE: &[u8] = b"\r\n\r\n";

/// See the module.
#[derive(Debug, Default)]
pub struct HeadRecord(Mutex<Recorded>);

/// What has come since the beginning of a request.
#[derive(Debug, Default)]
struct Recorded {
    /// The bytes, as far as they are kept.
    bytes: Vec<u8>,
    /// How many have come.
    total: usize,
    /// Whether the last of them are the end of a head, or a body that ends alike.
    ends_with_empty_line: bool,
    /// How many heads in them hyper has taken.
    taken: usize,
    /// Whether one of those goes on with a body.
    has_body: bool,
    /// How long the body of the last one is, where its head says so.
    body_length: Option<usize>,
    /// Whether it is not known any more where the request begins.
    is_lost: bool,
    /// How many of the bytes have been judged before the rest of their head came.
    judged: usize,
    /// Whether the head has had its time.
    is_late: bool,
}

impl HeadRecord {
    /// hyper asks for more. `in_body` says whether for more of a body. Gives what is wrong with the head that has come in part, where it is
    /// known by then: hyper waits for its end before it looks.
    pub fn asked(&self, in_body: bool) -> Option<Malformed> {
        let mut recorded = self.0.lock();
        if recorded.taken > 0 && !in_body {
            recorded.begin_next();
        }
        // Mostly nothing of the next head is there.
        if in_body || recorded.bytes.is_empty() { None } else { recorded.judge() }
    }

    /// The head that is being read has had its time. Says whether any of it has come.
    pub fn is_late(&self) -> bool {
        let mut recorded = self.0.lock();
        recorded.is_late = recorded.taken == 0 && recorded.has_begun();
        recorded.is_late
    }

    /// Whether a head has come in part, and its client will send no more of it.
    pub fn is_broken_off(&self) -> bool {
        let recorded = self.0.lock();
        recorded.taken == 0 && recorded.has_begun()
    }

    /// That has come, which is given to hyper next.
    pub fn came(&self, bytes: &[u8], in_body: bool) {
        let mut recorded = self.0.lock();
        let room = if in_body { 0 } else { KEPT.saturating_sub(recorded.bytes.len()) };
        // What is behind a gap does not follow what is before it.
        if recorded.is_whole() {
            recorded.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        recorded.total += bytes.len();
        recorded.ends_with_empty_line =
            bytes.ends_with(EMPTY_LINE) || (recorded.is_whole() && recorded.bytes.ends_with(EMPTY_LINE));
    }

    /// hyper has taken a head. Gives what is wrong with it all the same, if anything is.
    pub fn taken<B: Body>(&self, request: &Request<B>) -> Option<Malformed> {
        let mut recorded = self.0.lock();
        let has_body = !request.body().is_end_stream();
        let is_wrong = recorded.has_fragment(request)
            || (has_body && request.headers().contains_key(TRANSFER_ENCODING) && recorded.has_two_lengths());
        recorded.taken += 1;
        recorded.has_body |= has_body;
        recorded.body_length = if has_body { length_of(request.headers()) } else { Some(0) };
        if !is_wrong {
            return None;
        }
        Some(match has_body && request.headers().contains_key(TRANSFER_ENCODING) {
            true => Malformed::bad_request(
                "There are both Transfer-Encoding and Content-Length, and two readers might read two bodies; leave one out",
            ),
            false => {
                Malformed::bad_request("The target has a fragment (#…), which is the client's own and not to be sent")
            }
        })
    }

    /// Makes something of the head that hyper has refused, and all that has come after it; of nothing, where it is not known.
    pub fn refused<T>(&self, make: impl FnOnce(&[u8]) -> T) -> T {
        let recorded = self.0.lock();
        make(recorded.current().unwrap_or_default())
    }
}

fn length_of(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl Recorded {
    /// Whether all that has come is kept.
    fn is_whole(&self) -> bool {
        self.bytes.len() == self.total
    }

    /// Forgets the heads that hyper has taken, and their bodies.
    fn begin_next(&mut self) {
        let rest = match self.is_finished() {
            true => Some(self.bytes.len()),
            // The beginning of the next head is behind the end of the last.
            false if !self.has_body && self.is_whole() && !self.is_lost => {
                let end = self.bytes.windows(EMPTY_LINE.len()).rposition(|bytes| bytes == EMPTY_LINE);
                end.map(|end| end + EMPTY_LINE.len())
            }
            false => None,
        };
        self.is_lost = rest.is_none();
        self.bytes.drain(..rest.unwrap_or(self.bytes.len()));
        self.bytes.shrink_to(KEPT_BETWEEN);
        self.total = self.bytes.len();
        self.taken = 0;
        self.has_body = false;
        self.judged = 0;
    }

    /// Whether a head has begun, and it is known how.
    fn has_begun(&self) -> bool {
        !self.is_lost && self.bytes.iter().any(|byte| *byte != b'\r' && *byte != b'\n')
    }

    /// What is wrong with the head that has come in part, looked for in each line once it is whole.
    fn judge(&mut self) -> Option<Malformed> {
        if self.taken > 0 || self.is_lost {
            return None;
        }
        if self.is_late {
            return Some(malformed::late());
        }
        let lines = self.bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        if lines == self.judged && self.bytes.len() > malformed::LONGEST_BEGIN {
            return None;
        }
        self.judged = lines;
        malformed::so_far(&self.bytes)
    }

    /// Whether hyper has made use of all that has come, now that it asks for more.
    fn is_finished(&self) -> bool {
        if self.ends_with_empty_line {
            return true;
        }
        let Some(length) = self.body_length.filter(|_| self.taken == 1 && !self.is_lost) else { return false };
        let Some(end) = self.total.checked_sub(length) else { return false };
        match self.is_whole() {
            true => self.bytes[..end].ends_with(EMPTY_LINE),
            false => end_of_head(&self.bytes) == Some(end),
        }
    }

    /// The head that hyper reads, and what has come after it.
    fn current(&self) -> Option<&[u8]> {
        if self.is_lost || (self.taken > 0 && !self.is_whole()) {
            return None;
        }
        let mut begin = 0;
        for _ in 0..self.taken {
            begin += end_of_head(self.bytes.get(begin..)?)?;
        }
        if self.has_body {
            begin += self.body_length.filter(|_| self.taken == 1)?;
        }
        self.bytes.get(begin..)
    }

    /// Whether the head that hyper has just taken has a target with a fragment, of which hyper says nothing. Behind other requests that have
    /// come with it, it is not looked for.
    fn has_fragment<B>(&self, request: &Request<B>) -> bool {
        if self.taken > 0 || self.is_lost {
            return false;
        }
        let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
        // Where a target is as long as it was read to be, nothing has been cut off.
        if self.bytes.get(request.method().as_str().len() + 1 + target) == Some(&b' ') {
            return false;
        }
        let line = self.bytes.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
        line.is_some_and(|line| line.split(|byte| *byte == b' ').nth(1).is_some_and(|target| target.contains(&b'#')))
    }

    /// Whether the head that hyper has just taken, which has a `Transfer-Encoding`, has a `Content-Length` as well, which hyper leaves out.
    fn has_two_lengths(&self) -> bool {
        let Some(current) = self.current() else { return false };
        let head = &current[..end_of_head(current).unwrap_or(current.len())];
        let is_length = |line: &[u8]| {
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            name.eq_ignore_ascii_case(CONTENT_LENGTH.as_str().as_bytes())
        };
        head.split(|byte| *byte == b'\n').any(is_length)
    }
}

/// Where the first head in `bytes` ends: behind its first empty line, but for those before it.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let begin = bytes.iter().position(|byte| *byte != b'\r' && *byte != b'\n')?;
    let ends = |at: usize| match &bytes[at..] {
        [b'\n', b'\r', b'\n', ..] => Some(at + 3),
        [b'\n', b'\n', ..] => Some(at + 2),
        _ => None,
    };
    (begin..bytes.len()).find_map(ends)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http_body_util::Full;

    use super::*;

    const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    const POST: &[u8] = b"POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n";
    const CHUNKED: &[u8] = b"POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n";
    const WRONG: &[u8] = b"wrong";

    /// A head as hyper hands it on.
    fn head(method: &str, target: &str, headers: &[(&str, &str)]) -> Request<Full<Bytes>> {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if method == "GET" { "" } else { "body" };
        request.body(Full::from(body)).unwrap()
    }

    /// A connection, as hyper uses a record.
    #[derive(Default)]
    struct Connection(HeadRecord);

    impl Connection {
        fn comes(&self, pieces: &[&[u8]], in_body: bool) -> &Connection {
            for piece in pieces {
                self.0.asked(in_body);
                self.0.came(piece, in_body);
            }
            self
        }

        fn get(&self) -> Option<Malformed> {
            self.0.taken(&head("GET", "/a", &[]))
        }

        fn post(&self) -> Option<Malformed> {
            self.0.taken(&head("POST", "/b", &[("content-length", "4")]))
        }

        fn chunked(&self) -> Option<Malformed> {
            self.0.taken(&head("POST", "/b", &[("transfer-encoding", "chunked")]))
        }

        fn refused(&self) -> Vec<u8> {
            self.0.refused(<[u8]>::to_vec)
        }
    }

    #[test]
    fn what_is_refused_is_there_wherever_it_begins() {
        let first = Connection::default();
        assert_eq!(first.comes(&[b"wr", b"ong"], false).refused(), WRONG);
        let behind_others = Connection::default();
        for _ in 0..3 {
            behind_others.comes(&[&GET[..7], &GET[7..]], false);
            assert_eq!(behind_others.get(), None);
        }
        assert_eq!(behind_others.comes(&[WRONG], false).refused(), WRONG);
        let in_one_piece = Connection::default();
        in_one_piece.comes(&[&[GET, GET, b"wr"].concat()], false);
        assert_eq!((in_one_piece.get(), in_one_piece.get()), (None, None));
        assert_eq!(in_one_piece.refused(), b"wr");
        assert_eq!(in_one_piece.comes(&[b"ong"], false).refused(), WRONG);
    }

    #[test]
    fn a_body_is_passed_over_however_it_comes() {
        for pieces in [&[&[POST, b"body"].concat()[..]][..], &[POST, b"body"], &[POST, b"bo", b"dy"]] {
            let connection = Connection::default();
            connection.comes(&pieces[..1], false);
            assert_eq!(connection.post(), None);
            connection.comes(&pieces[1..], true);
            assert_eq!(connection.comes(&[WRONG], false).refused(), WRONG, "{pieces:?}");
        }
        let together = Connection::default();
        together.comes(&[&[POST, b"body", WRONG].concat()], false);
        assert_eq!(together.post(), None);
        assert_eq!(together.refused(), WRONG);
    }

    #[test]
    fn where_it_is_not_known_nothing_is_said_and_it_is_found_again() {
        let connection = Connection::default();
        connection.comes(&[&[POST, b"body", b"GE"].concat()], false);
        assert_eq!(connection.post(), None);
        assert_eq!(connection.comes(&[&GET[2..]], false).refused(), b"");
        assert_eq!(connection.get(), None);
        assert_eq!(connection.comes(&[WRONG], false).refused(), WRONG);
    }

    #[test]
    fn two_lengths_are_seen_behind_other_requests_too() {
        let connection = Connection::default();
        connection.comes(&[&[GET, CHUNKED].concat()], false);
        assert_eq!(connection.get(), None);
        assert!(connection.chunked().unwrap().message.contains("Content-Length"));
        let one = Connection::default();
        one.comes(&[b"POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nContent-Length: 4\r\n"], false);
        assert_eq!(one.chunked(), None, "what looks like one is in the body");
    }

    #[test]
    fn a_fragment_is_seen() {
        for line in ["GET /a#b HTTP/1.1\r\n\r\n", "\r\nGET /a#b HTTP/1.1\r\n\r\n", "GET http://h/a#b HTTP/1.1\r\n\r\n"]
        {
            let connection = Connection::default();
            connection.comes(&[line.as_bytes()], false);
            assert!(connection.get().unwrap().message.contains("fragment"), "{line}");
        }
        for line in ["GET /a HTTP/1.1\r\n#: b\r\n\r\n", "\nGET /a HTTP/1.1\r\n\r\n", "GET http://h/a HTTP/1.1\r\n\r\n"]
        {
            let connection = Connection::default();
            connection.comes(&[line.as_bytes()], false);
            assert_eq!(connection.get(), None, "{line}");
        }
    }

    #[test]
    fn little_is_kept() {
        let connection = Connection::default();
        connection.comes(&[&vec![b'x'; 2 * KEPT]], false);
        assert_eq!(connection.0.0.lock().bytes.len(), KEPT);
        connection.comes(&[GET], false);
        assert_eq!(connection.get(), None);
        connection.0.asked(false);
        assert!(connection.0.0.lock().bytes.capacity() <= KEPT_BETWEEN);
        connection.comes(&[POST], false);
        assert_eq!(connection.post(), None);
        connection.comes(&[&vec![b'x'; KEPT]], true);
        assert_eq!(connection.0.0.lock().bytes.len(), POST.len(), "bodies are not kept");
    }
}
