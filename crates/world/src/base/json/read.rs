//! Reads JSON as RFC 8259 has it, with the limits of `serde_json`: 127 levels, and numbers that a double can hold.

use std::fmt;
use std::ops::Range;

use super::number::Number;
use super::{Json, Object};

/// The most levels of arrays and objects. Reading takes a little stack for each.
const LEVELS: usize = 127;

/// Why a text is no JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotJson {
    reason: &'static str,
    line: usize,
    column: usize,
}

impl NotJson {
    /// What is wrong, without the place.
    pub fn reason(&self) -> &'static str {
        self.reason
    }
}

/// In words, with the place.
impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at line {} column {}", self.reason, self.line, self.column)
    }
}

impl std::error::Error for NotJson {}

/// The JSON that a text is.
pub(super) fn whole(text: &str) -> Result<Json, NotJson> {
    let mut reader = Reader::new(text);
    reader.whole::<Json>().map_err(|reason| reader.error(reason))
}

/// How many levels of arrays and objects the JSON has that a text is; `None` where it is no JSON. Makes nothing of it.
pub fn depth(text: &str) -> Option<usize> {
    let mut reader = Reader::new(text);
    reader.whole::<()>().is_ok().then_some(reader.deepest)
}

/// The end of the number that a text begins with.
pub(super) fn number_at_start(text: &str) -> Option<usize> {
    let mut reader = Reader::new(text);
    reader.number().ok().map(|range| range.end)
}

/// What is made of what is read: a value, or nothing.
trait Made: Sized {
    const IS_KEPT: bool;
    fn null() -> Self;
    fn truth(truth: bool) -> Self;
    fn number(text: &str) -> Self;
    fn text(text: String) -> Self;
    fn array(elements: Vec<Self>) -> Self;
    fn object(fields: Vec<(String, Self)>) -> Self;
}

impl Made for Json {
    const IS_KEPT: bool = true;

    fn null() -> Json {
        Json::Null
    }

    fn truth(truth: bool) -> Json {
        Json::Bool(truth)
    }

    fn number(text: &str) -> Json {
        Json::Number(Number::of(text))
    }

    fn text(text: String) -> Json {
        Json::String(text)
    }

    fn array(elements: Vec<Json>) -> Json {
        Json::Array(elements)
    }

    fn object(fields: Vec<(String, Json)>) -> Json {
        Json::Object(Object::from_iter(fields))
    }
}

/// No memory is taken for it: neither vector ever holds anything.
impl Made for () {
    const IS_KEPT: bool = false;

    fn null() {}

    fn truth(_: bool) {}

    fn number(_: &str) {}

    fn text(_: String) {}

    fn array(_: Vec<()>) {}

    fn object(_: Vec<(String, ())>) {}
}

const END: &str = "EOF while parsing a value";
const VALUE: &str = "expected value";

/// Reads a text from its start; what has been read lies before `at`.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    level: usize,
    deepest: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Reader<'a> {
        Reader { text, at: 0, level: 0, deepest: 0 }
    }

    fn error(&self, reason: &'static str) -> NotJson {
        let read = &self.text.as_bytes()[..self.at.min(self.text.len())];
        let line = 1 + read.iter().filter(|byte| **byte == b'\n').count();
        let column = read.iter().rev().take_while(|byte| **byte != b'\n').count();
        NotJson { reason, line, column }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no space, which is not read yet.
    fn peek_after_space(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
        }
        self.peek()
    }

    /// What is wrong with the next byte, which counts as read.
    fn refuse<T>(&mut self, reason: &'static str) -> Result<T, &'static str> {
        self.at += 1;
        Err(reason)
    }

    fn whole<T: Made>(&mut self) -> Result<T, &'static str> {
        let value = self.value()?;
        match self.peek_after_space() {
            None => Ok(value),
            Some(_) => self.refuse("trailing characters"),
        }
    }

    fn value<T: Made>(&mut self) -> Result<T, &'static str> {
        match self.peek_after_space() {
            None => Err(END),
            Some(b'n') => self.word("null").map(|()| T::null()),
            Some(b't') => self.word("true").map(|()| T::truth(true)),
            Some(b'f') => self.word("false").map(|()| T::truth(false)),
            Some(b'"') => self.string(T::IS_KEPT).map(T::text),
            Some(b'-' | b'0'..=b'9') => self.number().map(|range| T::number(&self.text[range])),
            Some(b'[') => self.deeper(Reader::array),
            Some(b'{') => self.deeper(Reader::object),
            Some(_) => self.refuse(VALUE),
        }
    }

    fn word(&mut self, word: &'static str) -> Result<(), &'static str> {
        for expected in word.bytes() {
            match self.peek() {
                Some(byte) if byte == expected => self.at += 1,
                Some(_) => return self.refuse("expected ident"),
                None => return Err(END),
            }
        }
        Ok(())
    }

    /// Reads what begins with a bracket, one level down.
    fn deeper<T>(&mut self, read: fn(&mut Self) -> Result<T, &'static str>) -> Result<T, &'static str> {
        self.at += 1;
        if self.level == LEVELS {
            return Err("recursion limit exceeded");
        }
        self.level += 1;
        self.deepest = self.deepest.max(self.level);
        let read = read(self)?;
        self.level -= 1;
        Ok(read)
    }

    fn array<T: Made>(&mut self) -> Result<T, &'static str> {
        const END: &str = "EOF while parsing a list";
        let mut elements = Vec::new();
        if self.peek_after_space() == Some(b']') {
            self.at += 1;
            return Ok(T::array(elements));
        }
        loop {
            match self.peek_after_space() {
                Some(b']') => return self.refuse("trailing comma"),
                _ => elements.push(self.value()?),
            }
            match self.peek_after_space() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(T::array(elements));
                }
                Some(_) => return self.refuse("expected `,` or `]`"),
                None => return Err(END),
            }
        }
    }

    fn object<T: Made>(&mut self) -> Result<T, &'static str> {
        const END: &str = "EOF while parsing an object";
        let mut fields = Vec::new();
        if self.peek_after_space() == Some(b'}') {
            self.at += 1;
            return Ok(T::object(fields));
        }
        loop {
            let name = match self.peek_after_space() {
                Some(b'"') => self.string(T::IS_KEPT)?,
                Some(b'}') => return self.refuse("trailing comma"),
                Some(_) => return self.refuse("key must be a string"),
                None => return Err(END),
            };
            match self.peek_after_space() {
                Some(b':') => self.at += 1,
                Some(_) => return self.refuse("expected `:`"),
                None => return Err(END),
            }
            let value = self.value()?;
            if T::IS_KEPT {
                fields.push((name, value));
            }
            match self.peek_after_space() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(T::object(fields));
                }
                Some(_) => return self.refuse("expected `,` or `}`"),
                None => return Err(END),
            }
        }
    }

    /// Reads a string, of which nothing is made where it is not kept.
    fn string(&mut self, is_kept: bool) -> Result<String, &'static str> {
        const END: &str = "EOF while parsing a string";
        self.at += 1;
        let mut made = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            let Some(plain) = plain else {
                self.at = self.text.len();
                return Err(END);
            };
            if is_kept {
                made.push_str(&rest[..plain]);
            }
            self.at += plain + 1;
            match rest.as_bytes()[plain] {
                b'"' => return Ok(made),
                b'\\' => {
                    let letter = self.escape()?;
                    if is_kept {
                        made.push(letter);
                    }
                }
                _ => return Err("control character (\\u0000-\\u001F) found while parsing a string"),
            }
        }
    }

    /// What stands for a character after a backslash.
    fn escape(&mut self) -> Result<char, &'static str> {
        let Some(letter) = self.peek() else { return Err("EOF while parsing a string") };
        self.at += 1;
        Ok(match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code(),
            _ => return Err("invalid escape"),
        })
    }

    /// The character of `\uXXXX`, or of two such that are a surrogate pair; half a pair is no character.
    fn code(&mut self) -> Result<char, &'static str> {
        const HALF: &str = "lone leading surrogate in hex escape";
        let first = self.four_digits()?;
        let code = match first {
            0xd800..=0xdbff => {
                if !self.text[self.at..].starts_with("\\u") {
                    return self.refuse("unexpected end of hex escape");
                }
                self.at += 2;
                let second = self.four_digits()?;
                if !(0xdc00..=0xdfff).contains(&second) {
                    return Err(HALF);
                }
                0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            _ => first,
        };
        char::from_u32(code).ok_or(HALF)
    }

    fn four_digits(&mut self) -> Result<u32, &'static str> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(byte) = self.peek() else { return Err("EOF while parsing a string") };
            self.at += 1;
            let Some(digit) = char::from(byte).to_digit(16) else { return Err("invalid escape") };
            code = code * 16 + digit;
        }
        Ok(code)
    }

    /// Reads a number, and says where it stands.
    fn number(&mut self) -> Result<Range<usize>, &'static str> {
        const INVALID: &str = "invalid number";
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let whole = self.digits();
        if whole == 0 {
            return if self.peek().is_none() { Err(END) } else { self.refuse(INVALID) };
        }
        if whole > 1 && self.text.as_bytes()[self.at - whole] == b'0' {
            self.at -= whole - 1;
            return self.refuse(INVALID);
        }
        let mut is_whole = true;
        if self.peek() == Some(b'.') {
            is_whole = false;
            self.at += 1;
            if self.digits() == 0 {
                return if self.peek().is_none() { Err(END) } else { self.refuse(INVALID) };
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            is_whole = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            if self.digits() == 0 {
                return if self.peek().is_none() { Err(END) } else { self.refuse(INVALID) };
            }
        }
        /// So many digits are always held by a double.
        const ALWAYS_HELD: usize = 300;
        let is_held = is_whole && whole < ALWAYS_HELD;
        if !is_held && !self.text[start..self.at].parse::<f64>().is_ok_and(f64::is_finite) {
            return Err("number out of range");
        }
        Ok(start..self.at)
    }

    /// Reads digits, and says how many.
    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }
}
