//! Headers as the journal keeps them: as text, a line each, in one piece of memory.

use std::cell::RefCell;

use hyper::header::{HeaderName, HeaderValue};

const BETWEEN: &[u8] = b": ";
const END: u8 = b'\n';

/// Adds headers to a text, a line each. Names have no colon in them, and values no line's end.
pub(super) fn write<'a>(headers: impl IntoIterator<Item = (&'a HeaderName, &'a HeaderValue)>, text: &mut Vec<u8>) {
    for (name, value) in headers {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(BETWEEN);
        text.extend_from_slice(value.as_bytes());
        text.push(END);
    }
}

/// What `write` writes, in a piece of memory of just that length, without asking beforehand how long it will be.
pub(super) fn in_one_piece(write: impl FnOnce(&mut Vec<u8>)) -> Box<[u8]> {
    thread_local! {
        static DRAFT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    DRAFT.with_borrow_mut(|draft| {
        draft.clear();
        write(draft);
        Box::from(&**draft)
    })
}

/// Headers that are kept, each a name in lower case and a value of any bytes; those of one name follow each other.
#[derive(Clone, Copy, Debug)]
pub struct Headers<'a>(&'a [u8]);

impl<'a> Headers<'a> {
    /// Those of which [`write`] made the text.
    pub(super) fn read(text: &'a [u8]) -> Headers<'a> {
        Headers(text)
    }

    /// All of them, in order.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.0.split(|byte| *byte == END).filter_map(|line| {
            let end = line.windows(BETWEEN.len()).position(|bytes| bytes == BETWEEN)?;
            Some((std::str::from_utf8(&line[..end]).ok()?, &line[end + BETWEEN.len()..]))
        })
    }

    /// The header of that name, in whatever case; the first one, where there are several; `None` where it is missing or no text.
    pub fn text(self, name: &str) -> Option<&'a str> {
        let (_, value) = self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(value).ok().filter(|text| text.is_ascii())
    }
}

#[cfg(test)]
mod tests {
    use hyper::HeaderMap;

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let sent: [(&str, &[u8]); 5] =
            [("host", b"a: b"), ("x-empty", b""), ("x-bytes", b"\xff: \xfe"), ("accept", b"a"), ("accept", b"b")];
        let mut map = HeaderMap::new();
        for (name, value) in sent {
            map.append(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap());
        }
        let text = in_one_piece(|text| write(&map, text));
        assert_eq!(in_one_piece(|text| write(&map, text)), text);
        let headers = Headers::read(&text);
        assert_eq!(headers.iter().collect::<Vec<_>>(), sent);
        assert_eq!(headers.text("Host"), Some("a: b"));
        assert_eq!(headers.text("x-empty"), Some(""));
        assert_eq!(headers.text("ACCEPT"), Some("a"));
        assert_eq!(headers.text("x-bytes"), None);
        assert_eq!(headers.text("b"), None);
        assert_eq!(Headers::read(b"").iter().count(), 0);
    }
}
