//! Templates: texts with placeholders such as `{caller}`, taken apart once, when the fixtures are read.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::rc::Rc;

use serde::{Serialize, Serializer};

use crate::base::vocabulary::vocabulary;

vocabulary! {
    /// What a call puts in its own words' place.
    pub enum Placeholder {
        /// The person's full name.
        Caller = "caller",
        /// The person's first name.
        First = "first",
        /// The agent's name.
        Agent = "agent",
        /// The business's name.
        Business = "business",
        /// What the call is about, with its article.
        Service = "service",
        /// What that costs.
        Price = "price",
        /// A day soon, such as `Tuesday, November 24`.
        Date = "date",
        /// The day of the week of that date.
        Weekday = "weekday",
        /// A time of day, such as `10:30`.
        Time = "time",
        /// Whom the call is handed to.
        Colleague = "colleague",
        /// Four digits.
        Reference = "reference",
    }
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Said as it stands.
    Text(String, Shape),
    /// Replaced by a value.
    Value(Placeholder),
}

/// A text has a brace that opens or closes no placeholder, or a placeholder that there is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotATemplate;

impl Template {
    /// Takes a text apart.
    pub fn parse(text: &str) -> Result<Template, NotATemplate> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(begin) = rest.find(['{', '}']) {
            let (said, placeholder) = rest.split_at(begin);
            let (name, after) =
                placeholder.strip_prefix('{').and_then(|name| name.split_once('}')).ok_or(NotATemplate)?;
            pieces.extend(Piece::text(said));
            pieces.push(Piece::Value(name.parse().map_err(|_| NotATemplate)?));
            rest = after;
        }
        pieces.extend(Piece::text(rest));
        Ok(Template(pieces))
    }

    /// The placeholders in it, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = Placeholder> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Value(placeholder) => Some(*placeholder),
            Piece::Text(..) => None,
        })
    }

    /// How many words it has, its placeholders counted as one each.
    pub fn words_at_least(&self) -> u64 {
        self.words_with(|_| Shape::WORD)
    }

    /// How many words it has once it is filled.
    pub fn words(&self, values: &Values<'_>) -> u64 {
        self.words_with(|placeholder| Shape::of(values.get(placeholder)))
    }

    fn words_with(&self, shape_of: impl Fn(Placeholder) -> Shape) -> u64 {
        let shapes = self.0.iter().map(|piece| match piece {
            Piece::Text(_, shape) => *shape,
            Piece::Value(placeholder) => shape_of(*placeholder),
        });
        shapes.fold(Shape::NOTHING, Shape::before).words
    }

    /// Writes it with its placeholders filled in. A sentence that begins with one begins with a capital.
    fn write(&self, values: &Values<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut end = End::NOTHING;
        for piece in &self.0 {
            let text = match piece {
                Piece::Text(text, _) => text.as_str(),
                Piece::Value(placeholder) => values.get(*placeholder),
            };
            match (piece, text.chars().next()) {
                (Piece::Value(_), Some(first)) if end.begins_sentence() => {
                    first.to_uppercase().try_for_each(|capital| f.write_char(capital))?;
                    f.write_str(&text[first.len_utf8()..])?;
                }
                _ => f.write_str(text)?,
            }
            end = end.after(text);
        }
        Ok(())
    }
}

impl Piece {
    fn text(said: &str) -> Option<Piece> {
        (!said.is_empty()).then(|| Piece::Text(said.to_owned(), Shape::of(said)))
    }
}

/// What must be known of a text to count the words of a longer one that it is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    words: u64,
    is_empty: bool,
    begins_in_word: bool,
    ends_in_word: bool,
}

impl Shape {
    const NOTHING: Shape = Shape { words: 0, is_empty: true, begins_in_word: false, ends_in_word: false };
    const WORD: Shape = Shape { words: 1, is_empty: false, begins_in_word: true, ends_in_word: true };

    fn of(text: &str) -> Shape {
        Shape {
            words: text.split_whitespace().count() as u64,
            is_empty: text.is_empty(),
            begins_in_word: text.starts_with(|first: char| !first.is_whitespace()),
            ends_in_word: text.ends_with(|last: char| !last.is_whitespace()),
        }
    }

    /// The shape of both, one after the other: a word that goes on is one word.
    fn before(self, next: Shape) -> Shape {
        match (self.is_empty, next.is_empty) {
            (_, true) => self,
            (true, false) => next,
            (false, false) => Shape {
                words: self.words + next.words - u64::from(self.ends_in_word && next.begins_in_word),
                is_empty: false,
                begins_in_word: self.begins_in_word,
                ends_in_word: next.ends_in_word,
            },
        }
    }
}

/// The last two bytes of what has been written.
#[derive(Clone, Copy)]
struct End([u8; 2]);

impl End {
    const NOTHING: End = End([0; 2]);

    fn begins_sentence(self) -> bool {
        self.0 == [0; 2] || self.0 == *b". " || self.0 == *b"? "
    }

    fn after(self, text: &str) -> End {
        match text.as_bytes() {
            [] => self,
            [only] => End([self.0[1], *only]),
            [.., one, last] => End([*one, *last]),
        }
    }
}

/// What takes the placeholders' places in one call.
#[derive(Clone, Debug, Default)]
pub struct Values<'a> {
    /// For [`Placeholder::Caller`].
    pub caller: Cow<'a, str>,
    /// For [`Placeholder::First`].
    pub first: Cow<'a, str>,
    /// For [`Placeholder::Agent`].
    pub agent: Cow<'a, str>,
    /// For [`Placeholder::Business`].
    pub business: Cow<'a, str>,
    /// For [`Placeholder::Service`].
    pub service: Cow<'a, str>,
    /// For [`Placeholder::Price`].
    pub price: Cow<'a, str>,
    /// For [`Placeholder::Date`].
    pub date: Cow<'a, str>,
    /// For [`Placeholder::Weekday`].
    pub weekday: Cow<'a, str>,
    /// For [`Placeholder::Time`].
    pub time: Cow<'a, str>,
    /// For [`Placeholder::Colleague`].
    pub colleague: Cow<'a, str>,
    /// For [`Placeholder::Reference`].
    pub reference: Cow<'a, str>,
}

impl Values<'_> {
    fn get(&self, placeholder: Placeholder) -> &str {
        match placeholder {
            Placeholder::Caller => &self.caller,
            Placeholder::First => &self.first,
            Placeholder::Agent => &self.agent,
            Placeholder::Business => &self.business,
            Placeholder::Service => &self.service,
            Placeholder::Price => &self.price,
            Placeholder::Date => &self.date,
            Placeholder::Weekday => &self.weekday,
            Placeholder::Time => &self.time,
            Placeholder::Colleague => &self.colleague,
            Placeholder::Reference => &self.reference,
        }
    }
}

/// A text that is made when it is written somewhere.
#[derive(Clone, Debug)]
pub enum Text<'a> {
    /// As it stands.
    Plain(Cow<'a, str>),
    /// A template with a call's values. All texts of the call share them.
    Filled(&'a Template, Rc<Values<'a>>),
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Text::Plain(text) => f.write_str(text),
            Text::Filled(template, values) => template.write(values, f),
        }
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Text::Plain(text) => serializer.serialize_str(text),
            Text::Filled(..) => serializer.collect_str(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filled(template: &str, values: Values<'_>) -> String {
        Text::Filled(&Template::parse(template).unwrap(), Rc::new(values)).to_string()
    }

    #[test]
    fn a_sentence_that_begins_with_a_placeholder_begins_with_a_capital() {
        let values = || Values { service: "a cleaning".into(), first: "élodie".into(), ..Values::default() };
        assert_eq!(
            filled("{service}, {first}? {service}. {first}.", values()),
            "A cleaning, élodie? A cleaning. Élodie."
        );
        assert_eq!(filled("{price}{service} {service}", values()), "A cleaning a cleaning");
        assert_eq!(filled("{first}. {first} {first}", Values { first: "b.".into(), ..values() }), "B.. B. B.");
    }

    #[test]
    fn braces_are_for_placeholders_that_there_are() {
        for text in ["{", "}", "{caller", "caller}", "{nobody}", "{}", "{{caller}", "a {first} {"] {
            assert_eq!(Template::parse(text), Err(NotATemplate), "{text}");
        }
        assert_eq!(Template::parse("").unwrap().placeholders().count(), 0);
    }

    proptest! {
        #[test]
        fn words_are_counted_as_in_the_filled_text(
            parts in proptest::collection::vec("[a. \t\u{a0}é]{0,5}|\\{caller\\}|\\{date\\}", 0..8),
            caller in "[a \u{2003}]{0,4}",
            date in "[a. ]{0,4}",
        ) {
            let text = parts.concat();
            let values = Values { caller: caller.into(), date: date.into(), ..Values::default() };
            let counted = Template::parse(&text).unwrap().words(&values);
            prop_assert_eq!(counted, filled(&text, values).split_whitespace().count() as u64);
        }
    }
}
