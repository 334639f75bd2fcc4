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
        let is_plain = !query.bytes().any(|byte| byte == b'%' || byte == b'+');
        let text = |part: &'a str| if is_plain { Ok(Cow::Borrowed(part)) } else { decode_part(part) };
        let mut pairs = Vec::new();
        // In one pass, byte by byte: to search from each sign for the next takes several times as long.
        let (mut begin, mut equals) = (0, None);
        for (position, byte) in query.bytes().chain([b'&']).enumerate() {
            match byte {
                b'=' if equals.is_none() => equals = Some(position),
                b'&' => {
                    if begin < position {
                        let value = equals.map_or("", |equals| &query[equals + 1..position]);
                        pairs.push((text(&query[begin..equals.unwrap_or(position)])?, text(value)?));
                    }
                    (begin, equals) = (position + 1, None);
                }
                _ => {}
            }
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

fn decode_part(part: &str) -> Result<Cow<'_, str>, BrokenEncoding> {
    if !part.contains('+') {
        return decode(part).ok_or(BrokenEncoding);
    }
    decode(&part.replace('+', " ")).map(|text| Cow::Owned(text.into_owned())).ok_or(BrokenEncoding)
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
        for query in ["a=b=c&&=d&e", "a=b%3Dc&&=d&e", "&a=b=c&=d&&e=&"] {
            let pairs = [("a", "b=c"), ("", "d"), ("e", "")].map(|(name, value)| (name.into(), value.into()));
            assert_eq!(Query::read(query), Ok(Query(pairs.into())), "{query}");
        }
        assert_eq!(Query::read(""), Ok(Query(Vec::new())));
        assert_eq!(Query::read("a=%zz"), Err(BrokenEncoding));
        assert_eq!(Query::read("%ff=1"), Err(BrokenEncoding));
    }
}
