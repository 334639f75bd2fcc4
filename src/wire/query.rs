//! The query of a URL, decoded.

use std::borrow::Cow;

use super::request::decode;

/// The parameters of a query, in the order in which they came. What is not encoded is not copied.
#[derive(Debug, PartialEq, Eq)]
pub struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// The query's percent-encoding is broken, or it is not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenEncoding;

/// What a query says of one parameter.
#[derive(Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Nothing.
    Absent,
    /// This.
    Once(&'a str),
    /// More than one thing.
    Repeated,
}

impl<'a> Query<'a> {
    /// Reads a query. A `+` stands for a space, as everywhere in queries.
    pub fn read(query: &'a str) -> Result<Query<'a>, BrokenEncoding> {
        let text = |part: &'a str| match part.as_bytes().contains(&b'+') {
            true => decode(&part.replace('+', " ")).map(|text| Cow::Owned(text.into_owned())).ok_or(BrokenEncoding),
            false => decode(part).ok_or(BrokenEncoding),
        };
        let mut pairs = Vec::new();
        let mut rest = query;
        while !rest.is_empty() {
            let (pair, after) = cut(rest, b'&');
            if !pair.is_empty() {
                let (name, value) = cut(pair, b'=');
                pairs.push((text(name)?, text(value)?));
            }
            rest = after;
        }
        Ok(Query(pairs))
    }

    /// The names of its parameters, in the order in which they came.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &**name)
    }

    /// What it says of `name`.
    pub fn get(&self, name: &str) -> Value<'_> {
        let mut values = self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (None, _) => Value::Absent,
            (Some(value), None) => Value::Once(value),
            (Some(_), Some(_)) => Value::Repeated,
        }
    }
}

/// What comes before the first of those signs, and what comes after it. A search for a byte is much quicker than one for a character.
fn cut(text: &str, sign: u8) -> (&str, &str) {
    let end = text.bytes().position(|byte| byte == sign);
    end.map_or((text, ""), |end| (&text[..end], &text[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_repetition_is_told_apart() {
        let query = Query::read("a=1&b=x%20y+z&c&a=2&&d=%2B").unwrap();
        assert_eq!(query.get("a"), Value::Repeated);
        assert_eq!(query.get("b"), Value::Once("x y z"));
        assert_eq!(query.get("c"), Value::Once(""));
        assert_eq!(query.get("d"), Value::Once("+"));
        assert_eq!(query.get("e"), Value::Absent);
        assert_eq!(Query::read("a=%zz"), Err(BrokenEncoding));
        assert_eq!(Query::read("%ff=1"), Err(BrokenEncoding));
    }
}
