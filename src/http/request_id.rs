//! The id of a request, as `X-Request-Id` tells it.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use hyper::header::HeaderValue;

const PREFIX: &[u8; 4] = b"req_";
/// The prefix, and a number of 64 bits in hexadecimal digits.
const LENGTH: usize = PREFIX.len() + 16;

/// See the module. Its text is made once, and so short that it is copied rather than shared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestId([u8; LENGTH]);

/// The text is the id of no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotARequestId;

impl fmt::Display for NotARequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("req_ and 16 hexadecimal digits in lower case")
    }
}

impl RequestId {
    /// The id with that number.
    pub fn new(number: u64) -> RequestId {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; LENGTH];
        let (prefix, digits) = text.split_at_mut(PREFIX.len());
        prefix.copy_from_slice(PREFIX);
        for (position, digit) in digits.iter_mut().rev().enumerate() {
            *digit = DIGITS[(number >> (4 * position)) as usize & 0xf];
        }
        RequestId(text)
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        // It is ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// As a header has it. The value can be cloned without copying: one goes to the client, one may stay in the journal.
    pub fn header(self) -> HeaderValue {
        // It is ASCII that can be seen.
        HeaderValue::from_maybe_shared(Bytes::from_owner(self.0)).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RequestId {
    type Err = NotARequestId;

    fn from_str(text: &str) -> Result<RequestId, NotARequestId> {
        let text: [u8; LENGTH] = text.as_bytes().try_into().map_err(|_| NotARequestId)?;
        let digits = text.strip_prefix(PREFIX).ok_or(NotARequestId)?;
        let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if digits.iter().all(is_digit) { Ok(RequestId(text)) } else { Err(NotARequestId) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_written_as_the_formatter_would(number in any::<u64>()) {
            let (id, text) = (RequestId::new(number), format!("req_{number:016x}"));
            prop_assert_eq!(id.as_str(), &text);
            prop_assert_eq!(id.header(), text.as_str());
            prop_assert_eq!(text.parse(), Ok(id));
        }
    }

    #[test]
    fn what_no_server_has_given_is_no_id() {
        for text in
            ["", "req_", "req_3F9c0a51e7d2b846", "req_3f9c0a51e7d2b84", "reg_3f9c0a51e7d2b846", "req_3f9c0a51e7d2b8461"]
        {
            assert_eq!(text.parse::<RequestId>(), Err(NotARequestId), "{text:?}");
        }
    }
}
